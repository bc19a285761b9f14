"""The builds in shell scripts, Makefiles and the files of other CI systems. Nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import exists, is_file, path_below, read_project_text
from buildxray.projects.builds import DeclaredBuild, absolute, platform_names
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.command_lines import PROGRAMS
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.jenkins import Jenkinsfile
from buildxray.projects.ci.justfiles import with_values
from buildxray.projects.ci.makefiles import makefile_site, read_makefile, read_placed_makefile
from buildxray.projects.ci.script_files import (
    GORELEASER,
    MAKEFILES,
    OTHER_SHELLS,
    SKAFFOLD,
    is_goreleaser,
    is_shell,
    is_taskfile,
    script_files,
)
from buildxray.projects.ci.shell_scripts import ShellScripts
from buildxray.projects.ci.site import WORKSPACE, Reading, Site, in_checkout, project_path
from buildxray.projects.ci.skaffold import read_skaffold
from buildxray.projects.ci.travis import read_travis
from buildxray.projects.ci.windows_shells import from_batch, from_powershell
from buildxray.projects.ci.yaml_pipelines import read_yaml
from buildxray.projects.yaml import YamlError, YamlMapping, as_mapping, load_documents
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import LineIndex

_COMMAND: Final = lazy_regex(
    r"(?:docker(?:-buildx)?(?:\s+buildx|\s+image)?\s+(?:build|bake)|depot\s+(?:build|bake)|docker(?:-|\s+)compose)\b(?:[^\n\\'\"]|\\{1,2}\r?\n|\\.|\"[^\"\n]*\"|'[^'\n]*')*"
)
_COMMENT: Final = lazy_regex(r"[ \t]*(?:#|//|::|\*|<#|rem\b|echo\b|write-)", re.IGNORECASE)
"""The beginning of a line that starts nothing, in scripts of several languages."""
_GOES_UP: Final = lazy_regex(r"\.\.|\bdirname\b")
_GOES: Final = lazy_regex(
    r"^[ \t]*(?:cd|chdir|set-location)[ \t]+[\"']?(?P<path>[\w./-]+)[\"']?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
"""A command that goes to another directory, in PowerShell and in the Windows command line."""
_MOST_MOVES: Final = 20
_TOOL: Final = lazy_regex(rf"{PROGRAMS}|buildx|kaniko|\bDocker(?:Compose)?@\d")
_YAML: Final = frozenset((".yml", ".yaml"))


def read_scripts(root: Path, *, local_platform: str) -> Reading:
    """Read the builds that the scripts of a repository start."""
    reading = Reading(ShellScripts(root))
    # Parts of Makefiles are read where they are included.
    listed = sorted(script_files(root), key=lambda it: it.suffix == ".mk")
    of_tasks = _directories_of_tasks([it for it in listed if is_taskfile(it.name)], root)
    for path in listed:
        name = path.name
        if path in reading.included:
            continue
        if name.startswith(MAKEFILES) or path.suffix == ".mk":
            reading.makefiles.add(path)
            if path.suffix == ".mk":
                # A part of a Makefile runs where the Makefile that includes it is.
                read_makefile(path, makefile_site(root, root, local_platform), reading)
            else:
                read_placed_makefile(path, root, reading, local_platform)
            continue
        text = read_project_text(path)
        if name in SKAFFOLD and text is not None:
            reading.builds += read_skaffold(text, path, root)
            continue
        if text is None or not (_TOOL.search(text) or reading.scripts.may_be_started_in(text)):
            continue
        site = Site(root, lambda it: project_path(root, it), source=path, local_platform=local_platform)
        site = site._replace(name=name, origin=path.relative_to(root).as_posix())
        own = path_below(path.parent, root) or "."
        if path in of_tasks or name.lower().endswith("justfile"):
            # These run where they are, and not at the root.
            text = text if path in of_tasks else with_values(text)
            for directory in of_tasks.get(path, (own,)):
                _read_text(text, site._replace(directory=directory), reading)
        elif path.suffix == ".just":
            # A justfile imports it, and runs it where that is, or it is a module, which runs where it is.
            _read_placed(with_values(text), site, own, reading)
        elif own == "." or (path.suffix in _YAML and "cloudbuild" not in name):
            _read_text(text, site, reading)
        else:
            _read_placed(text, site, own, reading)
    return reading


def _read_placed(text: str, site: Site, own: str, reading: Reading) -> None:
    """Effect: add the builds of a script as started at the root, or in its own directory if not fewer of its Dockerfiles exist from there.

    The text does not determine where people start a script; one beside the Dockerfile that it builds is started there.
    """
    n_before = len(reading.builds), len(reading.makes)
    site = site._replace(is_presumed=True)
    _read_text(text, site, reading)
    builds = reading.builds[n_before[0] :]
    has_beside = exists(site.source.with_name("Dockerfile"))
    if builds and not has_beside and all(is_file(it.dockerfile) for it in builds):
        return
    if not builds and not has_beside and _GOES_UP.search(text) is None:
        return
    reading.read_elsewhere(n_before, lambda it: _read_text(text, site._replace(directory=own), it))


def _read_text(text: str, site: Site, reading: Reading) -> None:
    """Effect: add the builds of one file."""
    path = site.source
    if is_shell(path, text):
        read_commands(text, site._replace(is_whole_file=True), reading)
    elif is_goreleaser(path.name):
        if path.name in GORELEASER or _is_given_to_goreleaser(path, site.root):
            reading.builds += _goreleaser(text, path, site.root)
    elif path.name == ".travis.yml":
        read_travis(text, site, reading)
    elif path.suffix in _YAML or path.suffix == ".json":
        read_yaml(text, site, reading)
    else:
        is_other_shell = path.suffix in OTHER_SHELLS
        _read_lines(_as_shell(text, site) if is_other_shell else text, site, reading, follows_cd=is_other_shell)


def _as_shell(text: str, site: Site) -> str:
    """The text of a script of PowerShell or of the Windows command line for the shell."""
    own = f"{WORKSPACE}/{path_below(site.source.parent, site.root) or ''}".rstrip("/").replace("\\", "/")
    return (from_batch if site.source.suffix in {".cmd", ".bat"} else from_powershell)(text, own)


def _read_lines(text: str, site: Site, reading: Reading, *, follows_cd: bool = False) -> None:
    """Effect: add the builds of commands that are quoted in a text of any language.

    With `follows_cd` the commands run one after the other, each in the directory to which those before it have gone.
    """
    lines = LineIndex.of(text)
    site = site._replace(may_be_cut=True)
    is_of_jenkins = site.source.name.startswith("Jenkinsfile") or site.source.suffix == ".jenkinsfile"
    jenkins = Jenkinsfile(text) if is_of_jenkins else None
    if jenkins is not None:
        for start, command in jenkins.builds():
            directory = jenkins.directory(start)
            if directory is not None and not _COMMENT.match(text, text.rfind("\n", 0, start) + 1):
                place = site._replace(
                    directory=directory, line=lines.line_of(start) + 1, machines=jenkins.machines(start)
                )
                read_commands(command, place, reading)
    moves = [(it.start(), f"cd '{it['path']}'\n") for it in _GOES.finditer(text)][:_MOST_MOVES] if follows_cd else []
    for match in _COMMAND.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if _COMMENT.match(text, start):
            continue
        line = lines.line_of(match.start()) + 1
        directory = site.directory if jenkins is None else jenkins.directory(match.start())
        if directory is None:
            continue
        before = "".join(it for place, it in moves if place < match.start())
        # In the strings of Groovy the backslash of a continued line is itself escaped.
        command = re.sub(r"\\\\(?=\r?\n)", r"\\", match[0])
        machines = site.machines if jenkins is None else jenkins.machines(match.start())
        read_commands(before + command, site._replace(line=line, directory=directory, machines=machines), reading)


def _directories_of_tasks(paths: Sequence[Path], root: Path) -> dict[Path, tuple[str, ...]]:
    """The directories, relative to the root, that the tasks of each Taskfile run in: its own, or those of the files that include it.

    Source: taskfile.dev, "Including other Taskfiles".
    """
    own = {path: path_below(path.parent, root) or "." for path in paths}
    including: dict[Path, dict[str, None]] = {path: {} for path in paths}
    beside = {path.parent: path for path in reversed(paths)}
    for path in sorted(paths, key=lambda it: len(it.parts)):
        place = next(iter(including[path]), own[path])
        for name, given in _included_taskfiles(path):
            target = absolute(path.parent / name)
            included = target if target in own else beside.get(target)
            if included is not None and included != path:
                including[included].setdefault(place if given is None else in_checkout(place, given))
    return {path: (*[*including[path]][:_MOST_PLACES],) or (own[path],) for path in paths}


def _included_taskfiles(path: Path) -> Iterator[tuple[str, str | None]]:
    """The path of each Taskfile that another one includes, and the directory that it gives it; those with variables are left out."""
    text = read_project_text(path)
    if text is None or "includes:" not in text:
        return
    try:
        document = next(load_documents(text), None)
    except YamlError:
        return
    for it in as_mapping(as_mapping(document).get("includes")).values():
        name = it if isinstance(it, str) else as_mapping(it).get("taskfile")
        given = as_mapping(it).get("dir")
        if isinstance(name, str) and "{{" not in f"{name}{given}":
            yield name, given if isinstance(given, str) else None


_MOST_PLACES: Final = 50
"""The directories that the tasks of one file run in."""


_GORELEASER_UNKNOWN: Final = frozenset({"context"})
"""The context is a directory that GoReleaser makes, with its binaries and `extra_files`. Source: goreleaser.com, "Docker Images"."""


def _is_given_to_goreleaser(path: Path, root: Path) -> bool:
    """True if a workflow, a script or a Makefile names a file as the configuration of GoReleaser: `--config FILE`."""
    naming = re.compile(rf"(?:--config|-f)[ \t=]+[\"']?(?:[\w.-]+/)*{re.escape(path.name)}(?![\w.-])")
    files = (it for it in (*workflow_files(root), *script_files(root)) if it != path)
    return any(naming.search(read_project_text(it) or "") is not None for it in files)


def _goreleaser(text: str, path: Path, root: Path) -> Iterator[DeclaredBuild]:
    """Read the images of GoReleaser: an entry of `dockers_v2` lists its platforms, `dockers` has an entry for each platform."""
    try:
        document = next(load_documents(text), None)
    except YamlError:
        return
    table = document if isinstance(document, YamlMapping) else YamlMapping()
    merged: dict[Path, DeclaredBuild] = {}
    for key in ("dockers_v2", "dockers"):
        entries = table.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, YamlMapping):
                continue
            dockerfile = project_path(root, str(entry.get("dockerfile", "Dockerfile")))
            if dockerfile is None or "{{" in str(dockerfile):
                continue
            names = _goreleaser_platforms(entry, is_new=key == "dockers_v2")
            before = merged.get(dockerfile)
            line = min(entry.lines.values(), default=1)
            build = before or DeclaredBuild(
                str(entry.get("id", path.name)),
                path,
                line,
                dockerfile,
                dockerfile.parent,
                origin=path.relative_to(root).as_posix(),
                unknown=_GORELEASER_UNKNOWN,
            )
            together = (*dict.fromkeys((*build.platform_names, *names)),)
            merged[dockerfile] = replace(
                build,
                platform_names=together,
                pushes=not entry.get("skip_push"),
                ignores_cache="--no-cache" in _goreleaser_flags(entry) and (before is None or before.ignores_cache),
            )
    yield from merged.values()


def _goreleaser_flags(entry: Mapping[str, Any]) -> list[str]:
    """The options with which GoReleaser builds an image. Source: goreleaser.com, "Docker Images" and "Docker Images v2"."""
    flags = entry.get("build_flag_templates", entry.get("flags"))
    return [str(it) for it in flags] if isinstance(flags, list) else []


def _goreleaser_platforms(entry: Mapping[str, Any], *, is_new: bool) -> tuple[str, ...]:
    if is_new:
        platforms = entry.get("platforms")
        return platform_names(platforms) if isinstance(platforms, list) else ("linux/amd64", "linux/arm64")
    named = [it.partition("=")[2] for it in _goreleaser_flags(entry) if it.startswith("--platform=")]
    if named:
        return platform_names(named)
    variant = f"/v{entry['goarm']}" if entry.get("goarm") else ""
    return (f"{entry.get('goos', 'linux')}/{entry.get('goarch', 'amd64')}{variant}",)
