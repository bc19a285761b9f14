"""GitHub workflows: steps of `docker/build-push-action`, and `docker buildx build` in scripts.

Source: github.com/docker/build-push-action, action.yml; docs.github.com, "Workflow syntax".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import ReadError, list_directory, read_project_text
from buildxray.projects.builds import DeclaredBuild, dockerfile_path, platform_names
from buildxray.projects.yaml import load_yaml
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import Command, read_script

DIRECTORY: Final = Path(".github", "workflows")
_EXPRESSION: Final = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_ACTION: Final = re.compile(r"docker/build-push-action(?:@.*)?")
_MOST_COMBINATIONS: Final = 256


def read_workflows(directory: Path) -> Iterator[DeclaredBuild]:
    """The builds of all workflows of a repository, given its root."""
    try:
        entries = list_directory(directory / DIRECTORY)
    except ReadError:
        return
    for path in (Path(it.path) for it in entries if it.name.endswith((".yaml", ".yml"))):
        text = read_project_text(path)
        if text is None or ("build-push-action" not in text and "docker" not in text):
            continue
        document = load_yaml(text)
        for job in _mapping(_mapping(document).get("jobs")).values():
            yield from _merged(_job_builds(directory, path.name, _mapping(document), _mapping(job)))


def _merged(builds: Iterator[DeclaredBuild]) -> Iterator[DeclaredBuild]:
    """What a matrix builds one platform at a time is one build for all of them."""
    together: dict[tuple[Path, str, str], DeclaredBuild] = {}
    for build in builds:
        key = (build.dockerfile, build.target, build.origin)
        known = together.get(key)
        names = dict.fromkeys((*(known.platform_names if known else ()), *build.platform_names))
        together[key] = replace(known or build, platform_names=(*names,))
    yield from together.values()


def _job_builds(
    directory: Path, name: str, workflow: Mapping[Any, Any], job: Mapping[Any, Any]
) -> Iterator[DeclaredBuild]:
    environment = {**_mapping(workflow.get("env")), **_mapping(job.get("env"))}
    steps = job.get("steps")
    for variables in _combinations(_mapping(_mapping(job.get("strategy")).get("matrix"))):
        known = {**{f"env.{key}": value for key, value in environment.items()}, **variables}
        for step in steps if isinstance(steps, list) else ():
            body = _mapping(step)
            if _ACTION.fullmatch(str(body.get("uses", ""))):
                yield from _action_build(directory, name, _mapping(body.get("with")), known)
            elif isinstance(body.get("run"), str):
                yield from _script_builds(directory, name, _expand(body["run"], known))


def _combinations(matrix: Mapping[Any, Any]) -> Iterator[dict[str, object]]:
    axes = {
        str(key): values
        for key, values in matrix.items()
        if isinstance(values, list) and key not in ("include", "exclude")
    }
    included = [_mapping(it) for it in matrix.get("include") or () if isinstance(matrix.get("include"), list)]
    products = [
        dict(zip(axes, it, strict=True))
        for it in itertools.islice(itertools.product(*axes.values()), _MOST_COMBINATIONS)
    ]
    combinations = [*(products if axes or not included else ()), *included]
    for combination in combinations:
        yield dict(_flat("matrix", combination))


def _flat(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """`matrix.image.file` for what is nested."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}", inner)
    else:
        yield prefix, value


def _action_build(
    directory: Path, name: str, inputs: Mapping[Any, Any], known: Mapping[str, object]
) -> Iterator[DeclaredBuild]:
    read = {str(key): _expand(str(value), known) for key, value in inputs.items()}
    context = read.get("context", ".") or "."
    # Without a context of its own the action takes the repository from GitHub: its root.
    context = "." if "${{" in context or "://" in context else context
    file = read.get("file", "")
    path = dockerfile_path(directory, context, "Dockerfile") if not file else dockerfile_path(directory, ".", file)
    if path is not None and "${{" not in str(path):
        arguments = (
            it.partition("=") for it in read.get("build-args", "").splitlines() if "=" in it and "${{" not in it
        )
        target = read.get("target", "")
        yield DeclaredBuild(
            name,
            directory / DIRECTORY / name,
            1,
            path,
            path.parent,
            platform_names=platform_names([read.get("platforms", "")]),
            target="" if "${{" in target else target,
            arguments=tuple((key.strip(), value.strip()) for key, _, value in arguments),
            origin=f".github/workflows/{name}",
        )


def _script_builds(directory: Path, name: str, script: str) -> Iterator[DeclaredBuild]:
    if "docker" not in script or "build" not in script:
        return
    instructions = parse(f"RUN <<BUILDXRAY_END\n{script}\nBUILDXRAY_END\n").instructions
    for command in read_script(instructions[0].node).commands if instructions else ():
        arguments = [*command.arguments]
        if command.name == "docker" and (arguments[:1] == ["build"] or arguments[:2] == ["buildx", "build"]):
            yield from _command_build(directory, name, command)


def _command_build(directory: Path, name: str, command: Command) -> Iterator[DeclaredBuild]:
    options: dict[str, list[str]] = {}
    arguments = iter(command.arguments)
    positional = ""
    for argument in arguments:
        key, separator, value = argument.partition("=")
        if key in _OPTIONS:
            options.setdefault(_OPTIONS[key], []).append(value if separator else next(arguments, ""))
        elif not argument.startswith("-"):
            positional = argument
    file = options.get("file", [""])[-1]
    path = (
        dockerfile_path(directory, ".", file) if file else dockerfile_path(directory, positional or ".", "Dockerfile")
    )
    if path is not None and "$" not in str(path):
        pairs = (it.partition("=") for it in options.get("argument", ()))
        target = options.get("target", [""])[-1]
        yield DeclaredBuild(
            name,
            directory / DIRECTORY / name,
            1,
            path,
            path.parent,
            platform_names=platform_names(it for it in options.get("platform", ()) if "$" not in it),
            target="" if "$" in target else target,
            arguments=tuple((key, value) for key, separator, value in pairs if separator and "$" not in value),
            origin=f".github/workflows/{name}",
        )


_OPTIONS: Final = {
    "--build-arg": "argument",
    "--file": "file",
    "--platform": "platform",
    "--tag": "tag",
    "--target": "target",
    "-f": "file",
    "-t": "tag",
}
"""Those that matter, and those whose value is not the build context."""


def _expand(text: str, known: Mapping[str, object]) -> str:
    return _EXPRESSION.sub(lambda it: _shown(known[it[1]]) if it[1] in known else it[0], text)


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
