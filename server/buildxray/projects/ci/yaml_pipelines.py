"""The builds of pipelines in YAML, and of Taskfiles: GitLab's jobs, the plugins of Woodpecker and Drone, and lists of commands in general. Nothing is executed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import path_below, read_project_text
from buildxray.platforms.machines import is_chosen
from buildxray.projects.builds import DeclaredBuild, on_machines, pairs, platform_names
from buildxray.projects.ci import circle, gitlab
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.pipeline_machines import PipelineMachines, pipeline_machines
from buildxray.projects.ci.pipelines import azure_commands, cloud_build_commands, step_directory
from buildxray.projects.ci.script_files import is_taskfile, script_files
from buildxray.projects.ci.site import Reading, Site, SubmitCall, in_checkout, project_path
from buildxray.projects.substitution import substituted
from buildxray.projects.yaml import YamlError, YamlMapping, as_mapping, load_documents, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex

_SECTIONS: Final = frozenset(("jobs", "phases", "pipeline", "pipelines", "services", "steps", "tasks"))
"""Keys that hold steps but are not the name of a step."""
_OF_COMMANDS: Final = frozenset(
    ("script", "commands", "command", "run", "cmd", "cmds", "bash", "pwsh", "powershell", "inlineScript")
)
"""Keys with the commands of a job; those that end in `_script` are too: `before_script`, `build_script`."""
_PLUGIN: Final = lazy_regex(
    r"(?:.*/)?(?:plugin-docker-buildx|docker-buildx|plugins/(?:acr|docker|ecr|gar|gcr|kaniko)|(?:drone|plugin)-(?:docker|kaniko)|buildx)(?::.*)?$"
)


def read_submitted(call: SubmitCall, root: Path, reading: Reading, *, local_platform: str) -> None:
    """Effect: add the builds of a file of Google Cloud Build, in the directory that a command sends, with the substitutions that it gives."""
    text = read_project_text(call.config)
    shown = path_below(call.config, root)
    if text is None or shown is None:
        return
    site = Site(
        root,
        lambda it: project_path(root, it),
        path_below(call.directory, root) or ".",
        name=call.config.name,
        source=call.config,
        origin=shown,
        local_platform=local_platform,
        step=call.step,
    )
    read_yaml(text, site, reading, call)


def read_yaml(text: str, site: Site, reading: Reading, call: SubmitCall | None = None) -> None:
    """Effect: add the builds of GitLab's jobs, of Woodpecker's and Drone's plugins, and of lists of commands in general.

    `call` gives substitutions in place of those of the file.
    """
    try:
        documents = [it for one in _variants(text, site) for it in load_documents(one) if isinstance(it, YamlMapping)]
    except YamlError:
        return
    path = path_below(site.source, site.root) or site.source.name
    if gitlab.is_of_gitlab(path):
        documents = [gitlab.with_whole_jobs(it, lambda name: _is_named(name, text, site)) for it in documents]
    elif circle.is_of_circle(path):
        documents = [*map(circle.with_whole_jobs, documents)]
    for document, machines in zip(documents, pipeline_machines(path, documents), strict=True):
        if is_taskfile(site.source.name):
            _complete_tasks(document)
        variables = {**_texts(document.get("variables")), **_substitutions(document, call)}
        placed = site if machines is None else site._replace(machines=machines.usual)
        _Tables(machines, reading).read(document, placed, variables, 0, 1)


def _substitutions(document: Mapping[str, Any], call: SubmitCall | None) -> dict[str, str]:
    """The known values of substitutions: those that a command gives, and the defaults of the others. Source: cloud.google.com/build, "Substituting variable values"."""
    defaults = _texts(document.get("substitutions"))
    if call is None:
        return defaults
    values = {**({} if call.has_others else defaults), **dict(call.substitutions)}
    return {name: it for name, it in values.items() if it is not None}


def _is_named(job: str, text: str, site: Site) -> bool:
    """True if a hidden job of GitLab may be a part of a job that is not read with it."""
    others = (it for it in script_files(site.root) if it != site.source and it.suffix in _SUFFIXES)
    texts = (read_project_text(it) or "" for it in others if gitlab.is_of_gitlab(path_below(it, site.root) or ""))
    return gitlab.names_elsewhere(job, text, texts)


_SUFFIXES: Final = frozenset((".yml", ".yaml"))
_WOODPECKER: Final = lazy_regex(r"(?:^|/)\.woodpecker[./]")
_MOST_VARIANTS: Final = 27
"""Woodpecker's limit for the combinations of a matrix."""


def _variants(text: str, site: Site) -> Iterator[str]:
    """The texts of a pipeline: one for each combination of the matrix of Woodpecker, which writes the values into the text before it reads it.

    Source: woodpecker-ci.org, "Matrix workflows".
    """
    path = path_below(site.source, site.root) or ""
    is_short = len(text) <= _LONGEST_VARIANT
    matrix = (
        as_mapping(as_mapping(load_yaml(text)).get("matrix"))
        if is_short and "matrix" in text and _WOODPECKER.search(path)
        else {}
    )
    if not matrix:
        yield text
        return
    listed = matrix.get("include")
    given = [it for it in listed if isinstance(it, Mapping)] if isinstance(listed, list) else None
    axes = {key: [*map(str, it)] for key, it in matrix.items() if isinstance(it, list)} if given is None else {}
    products = (dict(zip(axes, it, strict=True)) for it in itertools.product(*axes.values()))
    for values in itertools.islice(products if given is None else given, _MOST_VARIANTS):
        yield _with_variables(text, values)


def _with_variables(text: str, values: Mapping[str, Any]) -> str:
    return substituted(_BRACED, lambda it: str(values.get(it["name"], it[0])), text, len(text) * 2)


_LONGEST_VARIANT: Final = 5_000
"""Limit for the code points of a pipeline that is read several times."""
_BRACED: Final = lazy_regex(r"\$\{(?P<name>\w+)\}")


def _complete_tasks(taskfile: YamlMapping) -> None:
    """Effect: write the short tasks of a Taskfile in full, `build: docker build .`, and the values of variables into the commands.

    Source: taskfile.dev, "Short task syntax", "Variables".
    """
    tasks = taskfile.get("tasks")
    if not isinstance(tasks, YamlMapping):
        return
    shared = as_mapping(taskfile.get("vars"))
    for name, body in tasks.items():
        if isinstance(body, str | list):
            task = YamlMapping()
            task["cmds"] = body
            tasks[name] = task
        own = tasks[name]
        if isinstance(own, YamlMapping):
            values = {**shared, **as_mapping(own.get("vars"))}
            for key in ("cmds", "cmd", "dir"):
                if key in own:
                    own[key] = _with_values(own[key], values)


def _with_values(commands: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what YAML holds
    """Commands of a task with the values of its variables; a value that a command or the environment gives is left as it is."""
    if isinstance(commands, list):
        return [_with_values(it, values) for it in commands]
    if isinstance(commands, YamlMapping) and isinstance(commands.get("cmd"), str):
        commands["cmd"] = _with_values(commands["cmd"], values)

    def value(match: re.Match[str]) -> str:
        known = values.get(match["name"])
        text = str(known) if isinstance(known, str | int) else None
        if match["default"] is not None and (text is None or f".{match['name']}" in text):
            return match["default"]
        return match[0] if text is None else text

    for _round in range(_MOST_ROUNDS) if isinstance(commands, str) and "{{" in commands else ():
        commands = substituted(_TEMPLATE, value, commands, _MOST_TEXT)
    return commands


_TEMPLATE: Final = lazy_regex(
    r"\{\{[ \t]*\.(?P<name>\w+)[ \t]*(?:\|[ \t]*default[ \t]+[\"'](?P<default>[^\"']*)[\"'][ \t]*)?\}\}"
)
"""A variable of Task, perhaps with the value that it has if nothing sets it."""
_MOST_ROUNDS: Final = 3
_MOST_TEXT: Final = 20_000


class _Tables:
    """Reads the tables of one document."""

    def __init__(self, machines: PipelineMachines | None, reading: Reading) -> None:
        self._machines = machines
        self._reading = reading

    def read(
        self,
        table: Mapping[str, Any],
        site: Site,
        variables: Mapping[str, str],
        depth: int,
        line: int,
        *,
        is_of_jobs: bool = False,
    ) -> None:
        """Effect: add the builds of a table and of those in it; with `is_of_jobs` each table in it is a job."""
        reading = self._reading
        own = {
            **variables,
            **_texts(table.get("variables")),
            **_texts(table.get("environment")),
            **_texts(table.get("env")),
        }
        if self._machines is not None:
            site = site._replace(machines=self._machines.of(table, site.machines, own))
        place_of_task = table.get("dir") if is_taskfile(site.source.name) else None
        if isinstance(place_of_task, str):
            if "{{" in place_of_task or "$" in place_of_task:
                return
            site = site._replace(directory=in_checkout(site.directory, place_of_task))
        directory = step_directory(table, own)
        if directory is None:
            return
        site = site._replace(directory=in_checkout(site.directory, directory))
        written = azure_commands(table) or cloud_build_commands(table)
        if written:
            below = table.get("dir")
            inner = site._replace(directory=in_checkout(site.directory, below)) if isinstance(below, str) else site
            first = min(table.lines.values(), default=line) if isinstance(table, YamlMapping) else line
            read_commands(written, inner._replace(environment=own, line=first), reading)
        settings = table.get("settings")
        if isinstance(settings, Mapping) and _PLUGIN.fullmatch(str(table.get("image", ""))):
            _add_plugin(settings, site._replace(line=line, name=str(table.get("name", site.name))), reading)
        for key, value in table.items():
            place = table.lines.get(key, line) if isinstance(table, YamlMapping) else line
            listed = value if isinstance(value, list) else [value]
            if key in _OF_COMMANDS or key.endswith("_script"):
                texts = [
                    it if isinstance(it, str) else str(it.get("command", it.get("cmd", "")))
                    for it in listed
                    if isinstance(it, str) or (isinstance(it, Mapping) and "working_directory" not in it)
                ]
                read_commands("\n".join(texts), site._replace(environment=own, line=place), reading)
            for it in listed:
                if isinstance(it, Mapping) and depth < 8:
                    named = isinstance(value, Mapping) and (
                        is_of_jobs or depth == 0 or _is_step(it) or (depth == 1 and "cmds" in it)
                    )
                    name = key if named and key not in _SECTIONS else _title(it) or site.name
                    holds_jobs = key == "jobs" and depth == 0 and isinstance(value, Mapping)
                    self.read(it, site._replace(name=str(name)), own, depth + 1, place, is_of_jobs=holds_jobs)


_TITLES: Final = ("job", "deployment", "label", "key")
"""Keys with the name of a job in a list: of Azure Pipelines and of Buildkite."""


def _title(table: Mapping[str, Any]) -> str:
    """The name of a job in a list of them; empty for another table."""
    return next((it for key in _TITLES if isinstance(it := table.get(key), str) and it), "")


def _is_step(table: Mapping[str, Any]) -> bool:
    """True if a table is a step of Woodpecker, whose key is its name."""
    return "image" in table and ("settings" in table or "commands" in table)


def _add_plugin(settings: Mapping[str, Any], site: Site, reading: Reading) -> None:
    """Effect: add the build of a plugin for images, given its settings. Source: codeberg.org/woodpecker-plugins/docker-buildx."""
    context = str(settings.get("context", "."))
    file = settings.get("dockerfile")
    path = site.resolve(str(file)) if isinstance(file, str) else site.resolve(f"{context}/Dockerfile")
    directory = site.resolve(context)
    if path is None or directory is None or "$" in str(path):
        return
    platforms = settings.get("platforms", settings.get("platform"))
    values = platforms if isinstance(platforms, list) else [platforms]
    names = platform_names(it for it in values if isinstance(it, str) and "$" not in it)
    arguments = settings.get("build_args")
    listed = [str(it).partition("=") for it in arguments] if isinstance(arguments, list) else []
    own = site.machines.own
    is_unknown = any("$" in str(it) for it in values)
    if not names and own is not None and is_chosen(own):
        names, is_unknown = (str(own),), False
    reading.builds.append(
        on_machines(
            DeclaredBuild(
                name=site.name,
                source=site.source,
                line=site.line,
                dockerfile=path,
                context=directory,
                platform_names=names,
                target=str(settings.get("target", "")),
                arguments=pairs({name: value for name, separator, value in listed if separator and "$" not in value}),
                unknown_arguments=(
                    *sorted({name for name, separator, value in listed if not separator or "$" in value}),
                ),
                origin=site.origin,
                pushes=not settings.get("dry_run", False),
                unknown=frozenset({"platforms"} if is_unknown else ()),
            ),
            site.machines,
        )
    )


def _texts(value: object) -> dict[str, str]:
    if isinstance(value, list):
        # Cloud Build has `env: ["NAME=value"]`.
        value = dict(it.split("=", 1) for it in value if isinstance(it, str) and "=" in it)
    items = value.items() if isinstance(value, Mapping) else ()
    plain = {str(key): it.get("value") if isinstance(it, Mapping) else it for key, it in items}
    return {key: str(it) for key, it in plain.items() if isinstance(it, str | int) and "$" not in str(it)}
