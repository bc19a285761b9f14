"""The builds of the Bake files of a directory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.globs import component_pattern
from buildxray.files.reading import is_file, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.bake.targets import OF_ENVIRONMENT, Definition, Target
from buildxray.projects.builds import (
    DeclaredBuild,
    LinkedTarget,
    Note,
    absolute,
    context_path,
    dockerfile_path,
    existing_dockerfile,
    is_remote,
    makes_files,
    pairs,
)
from buildxray.projects.hcl.values import UNKNOWN, Unknown, Value
from buildxray.projects.interpolation import Unset
from buildxray.projects.own_address import own_directory

_MOST_BYTES: Final = 300_000
"""Size limit of one file: parsing takes 10 s for each MB, as each text is a template."""


class Override(NamedTuple):
    """One `--set pattern.key=value` (buildx: Config.newOverrides)."""

    pattern: str
    key: str
    value: str | Unknown
    is_added: bool = False


class BakeProject(NamedTuple):
    """The declarations of Bake files, and the directories that their paths are relative to."""

    definition: Definition
    directory: Path
    """The directory that Bake runs in: paths of contexts and Dockerfiles are relative to it."""
    notes: tuple[Note, ...]
    sources: tuple[Path, ...]
    files_directory: Path
    """The directory that the names of files in `definition` and `notes` are relative to."""
    if_set: Definition | None = None
    """The same declarations with unknown values for the variables that are empty unless the environment sets them; None if there are none."""


def load_bake(
    directory: Path,
    names: Sequence[str],
    *,
    local_platform: str = "linux/amd64",
    environment: Mapping[str, str | Unknown] | None = None,
) -> BakeProject:
    """Read the declarations of these files, as `buildx bake` does in `directory`."""
    # Imported late: it is needed for Bake files only.
    from buildxray.projects.bake.evaluation import Project  # noqa: PLC0415
    from buildxray.projects.compose import add_services  # noqa: PLC0415
    from buildxray.projects.hcl.json_form import parse_json  # noqa: PLC0415
    from buildxray.projects.hcl.parser import parse_hcl  # noqa: PLC0415

    definition, notes, bodies, sources = Definition(), list[Note](), [], list[Path]()
    composes = [it for it in names if it.lower().endswith((".yml", ".yaml"))]
    if composes:
        composed, included = add_services(definition, directory, composes)
        notes += composed
        sources += included
    for name in names:
        text = None if name in composes else read_project_text(directory / name, _MOST_BYTES)
        if text is None:
            continue
        document = (parse_json if name.endswith(".json") else parse_hcl)(text, name)
        bodies.append(document.body)
        notes += (Note(name, it.line, it.message) for it in document.problems)
        sources.append(directory / name)
    builtins = {"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": local_platform}
    project = Project(bodies, builtins=builtins, environment=environment or {})
    project.check_variables()
    project.fill(definition)
    notes += project.notes
    if_set = None
    unset = project.unset_variables()
    if unset:
        values = {**(environment or {}), **dict.fromkeys(unset, UNKNOWN)}
        if_set = Definition()
        set_project = Project(bodies, builtins=builtins, environment=values)
        set_project.check_variables()
        set_project.fill(if_set)
    return BakeProject(definition, directory, (*dict.fromkeys(notes),), (*sources,), directory, if_set)


def bake_builds(
    project: BakeProject,
    *,
    names: Sequence[str] = (),
    overrides: Sequence[Override] = (),
) -> Iterator[DeclaredBuild]:
    """The builds of all targets of a project, or of the named targets and groups."""
    definition = project.definition
    wanted = definition.built(names) if names else frozenset(definition.targets)
    by_default = definition.built(names or ("default",))
    passed_on = frozenset[str]() if names else frozenset(_passed_on(definition))
    for name in definition.targets:
        if name in wanted:
            target = definition.resolved(name)
            _override(target, overrides)
            linked = (*_linked(project, target, overrides),)
            for build in _builds(project, target, linked, is_default=name in by_default):
                yield replace(build, is_passed_on=True) if name in passed_on else build


def presumed_builds(
    directory: Path, ancestors: Sequence[Path], names: Iterable[str], usual: Sequence[str], *, local_platform: str
) -> Iterator[DeclaredBuild]:
    """The builds of Bake files that are read only if a command names them, as far as their Dockerfiles exist.

    A target that needs another file is left out: one that inherits from a target of it, or that has the name of a target in `usual`,
    the files that Bake reads by itself.
    """
    known = load_bake(directory, usual, local_platform=local_platform).definition.targets if usual else {}
    for name in names:
        project = best_directory(directory, ancestors, [name], local_platform=local_platform)
        targets = project.definition.targets
        for build in bake_builds(project):
            parents = targets[build.name].fields.get("inherits", ())
            is_complete = isinstance(parents, tuple) and all(it in targets for it in parents)
            if is_complete and build.name not in known and not build.remote and is_file(build.dockerfile):
                yield replace(build, is_default=False, is_presumed=True)


_OF_METADATA_ACTION: Final = "docker-metadata-action"
"""The target that `docker/metadata-action` writes for others to inherit. Source: its README, input `bake-target`."""


def _passed_on(definition: Definition) -> Iterator[str]:
    """The targets that only give attributes, such as tags and platforms, to those that inherit from them.

    They name no file, directory or stage, no group has them, and the targets that inherit build other files, or the same one. If
    each of these is for a stage of the same file, a target without a stage is for the whole of it.
    """
    children: dict[str, list[str]] = {}
    for name, target in definition.targets.items():
        parents = target.fields.get("inherits", ())
        for parent in parents if isinstance(parents, tuple) else ():
            if isinstance(parent, str):
                children.setdefault(parent, []).append(name)
    grouped = definition.built(("default", *definition.groups))
    for name, heirs in children.items():
        if name in grouped or name not in definition.targets:
            continue
        target = definition.resolved(name)
        if not _BUILT.isdisjoint(target.fields) or target.service:
            continue
        same = [it for it in map(definition.resolved, heirs) if _FILES.isdisjoint(it.fields)]
        if name == _OF_METADATA_ACTION or not same or any("target" not in it.fields for it in same):
            yield name


_FILES: Final = frozenset(("context", "dockerfile", "dockerfile-inline"))
_BUILT: Final = _FILES | {"contexts", "target"}
"""The attributes that say what is built."""


def _linked(project: BakeProject, target: Target, overrides: Sequence[Override]) -> Iterator[LinkedTarget]:
    """The targets that the contexts of a target name, if the text determines their platforms."""
    definition, names = project.definition, target.links
    circle = definition.circle(target.name) if names else ()
    for name in names:
        if name not in definition.targets:
            continue
        problem = ""
        if circle:
            members = " → ".join(f"`{it}`" for it in circle)
            problem = _("Bake refuses the build: its targets need each other ({targets})", targets=members)
        linked = definition.resolved(name)
        _override(linked, overrides)
        platforms = linked.fields.get("platforms", ())
        if problem or (isinstance(platforms, tuple) and UNKNOWN not in platforms):
            build = None if problem else next(_builds(project, linked, (), is_default=False), None)
            if build is None or build.remote or build.unknown:
                yield LinkedTarget(name, (*_texts(platforms),), problem)
            else:
                values = (build.dockerfile, build.target, build.arguments, build.contexts)
                yield LinkedTarget(name, build.platform_names, problem, *values)


def _builds(
    project: BakeProject, target: Target, linked: tuple[LinkedTarget, ...], *, is_default: bool
) -> Iterator[DeclaredBuild]:
    fields = target.fields
    context, dockerfile = fields.get("context", "."), fields.get("dockerfile") or "Dockerfile"
    if "dockerfile-inline" in fields or not isinstance(context, str) or not isinstance(dockerfile, str):
        return
    path, directory = dockerfile_path(project.directory, context, dockerfile), context_path(project.directory, context)
    own = own_directory(project.directory, context) if directory is None else None
    if own is not None:
        path, directory = absolute(own / dockerfile), own
    platforms, stage, arguments, contexts = (
        fields.get("platforms", ()),
        fields.get("target", ""),
        fields.get("args", {}),
        fields.get("contexts", {}),
    )
    known = {
        "platforms": isinstance(platforms, tuple) and UNKNOWN not in platforms,
        "target": isinstance(stage, str),
        "args": isinstance(arguments, Mapping) and UNKNOWN not in arguments.values(),
        "contexts": isinstance(contexts, Mapping) and UNKNOWN not in contexts.values(),
    }
    yield DeclaredBuild(
        name=target.name,
        source=project.files_directory / target.file,
        line=target.line,
        dockerfile=existing_dockerfile(path or absolute(project.directory / context / dockerfile)),
        context=directory or project.directory,
        remote=context if directory is None else "",
        platform_names=(*_texts(platforms),),
        fallback_platform=str(fields.get("platform", "")) if target.service else "",
        target=stage if isinstance(stage, str) else "",
        image_names=(*_texts(fields.get("tags", ())),),
        arguments=pairs(_text_values(arguments)),
        unknown_arguments=_unknown_arguments(project, target),
        contexts=pairs(_text_values(contexts)),
        linked=linked,
        origin=_origin(target),
        is_of_service=bool(target.service),
        is_default=is_default,
        makes_files=makes_files(_texts(fields.get("output", ()))),
        ignores_cache=fields.get("no-cache") in (True, "true"),
        is_check=fields.get("call", "build") not in {"build", "", UNKNOWN},
        unknown=frozenset(key for key, is_known in known.items() if not is_known),
    )


def _unknown_arguments(project: BakeProject, target: Target) -> tuple[str, ...]:
    """The names of the arguments of a target that may have another value than the text tells; see `DeclaredBuild.unknown_arguments`."""
    arguments = target.fields.get("args", {})
    if not isinstance(arguments, Mapping):
        return ("*",)
    unknown = {name for name, it in arguments.items() if isinstance(it, Unknown | Unset)}
    inherited = target.fields.get(OF_ENVIRONMENT)
    unknown |= {it for it in inherited if isinstance(it, str)} if isinstance(inherited, tuple) else set()
    if project.if_set is not None and target.name in project.if_set.targets:
        if_set = project.if_set.resolved(target.name).fields.get("args", {})
        if isinstance(if_set, Mapping):
            unknown |= {name for name, it in if_set.items() if isinstance(it, Unknown)}
        else:
            unknown |= {*arguments}
    return (*sorted(unknown),)


def _origin(target: Target) -> str:
    if target.service:
        return _("{file}, service `{service}`", file=target.file, service=target.service)
    return _("{file}, target `{target}`", file=target.file, target=target.name)


def _texts(value: Value) -> Iterator[str]:
    yield from (it for it in value if isinstance(it, str)) if isinstance(value, tuple) else ()


def _text_values(value: Value) -> dict[str, str]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {key: it for key, it in items if isinstance(it, str)}


def read_overrides(lines: Iterable[str]) -> tuple[Override, ...]:
    """Parse values of `--set`; invalid ones are left out."""
    overrides: list[Override] = []
    for line in lines:
        left, separator, value = line.strip().partition("=")
        pattern, dot, key = left.removesuffix("+").partition(".")
        if separator and dot:
            overrides.append(Override(pattern, key, value, left.endswith("+")))
    return (*overrides,)


def _override(target: Target, overrides: Iterable[Override]) -> None:
    """Effect: change a target as `--set` asks (buildx: Target.AddOverrides)."""
    platforms: list[str | Unknown] | None = None
    for it in overrides:
        if not _matches(it.pattern, target.name):
            continue
        head, _dot, rest = it.key.partition(".")
        if head == "platform":
            fields = target.fields.get("platforms", ())
            before = (
                [one for one in fields if isinstance(one, str | Unknown)] if isinstance(fields, tuple) else [UNKNOWN]
            )
            platforms = [*((before if it.is_added else []) if platforms is None else platforms), it.value]
        elif head in {"args", "contexts"} and rest:
            target.merge(Target(target.name, "", 0, {head: {rest: it.value}}))
        elif head in {"context", "dockerfile", "target", "call"}:
            target.fields[head] = it.value
    if platforms is not None:
        target.fields["platforms"] = (*dict.fromkeys(platforms),)


def _matches(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    if not set("*?[") & set(pattern) or len(pattern) > 200:
        return False
    return component_pattern(pattern).fullmatch(name) is not None


def best_directory(
    directory: Path, ancestors: Iterable[Path], names: Sequence[str], *, local_platform: str
) -> BakeProject:
    """Read Bake files as if run in their own directory, or in the parent directory from which more of their Dockerfiles exist.

    Bake resolves paths against the directory in which it is run, which only the paths of Dockerfiles suggest.
    """
    return best_placed(load_bake(directory, names, local_platform=local_platform), ancestors)


def best_placed(best: BakeProject, ancestors: Iterable[Path]) -> BakeProject:
    """A project as read in its own directory, or in the one of `ancestors` from which more of its Dockerfiles exist."""
    most, total = _count_existing(best)
    for ancestor in ancestors if most < total else ():
        candidate = best._replace(directory=ancestor)
        count, _total = _count_existing(candidate)
        if count > most:
            best, most = candidate, count
    return best


def _count_existing(project: BakeProject) -> tuple[int, int]:
    """The number of a project's Dockerfiles that exist, and the number of all, without those of targets that only pass their fields on."""
    paths: set[Path] = set()
    for name in project.definition.run()[:500]:
        fields = project.definition.resolved(name).fields
        context, dockerfile = fields.get("context", "."), fields.get("dockerfile") or "Dockerfile"
        if isinstance(context, str) and isinstance(dockerfile, str) and "dockerfile-inline" not in fields:
            path = None if is_remote(context) else dockerfile_path(project.directory, context, dockerfile)
            paths |= {path} if path is not None else set()
    return sum(map(is_file, paths)), len(paths)
