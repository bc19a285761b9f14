"""The Dockerfiles that scripts, Makefiles and a `package.json` name, and that do not exist."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, is_directory, read_project_text
from buildxray.projects.builds import DeclaredBuild, absolute
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.command_lines import Options
from buildxray.projects.ci.hand_overs import written_names
from buildxray.projects.ci.script_files import MAKEFILES, MOST_FILES, PACKAGE, script_and_seen_files
from buildxray.projects.places import CONTINUED_LINE
from buildxray.projects.search import is_ignored
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_FILE_OPTION: Final = lazy_regex(
    r"(?<![\w-])(?:-f|--file)(?:[ \t]+|=)(?:\\?[\"'])?(?P<path>[\w@%+:,./-]*[\w@%+:,-])(?=\\?[\"']|[\s;&|)]|\Z)"
)
"""An option of `docker build` with a path that is written out."""
_BUILD: Final = lazy_regex(r"\b(?:build|bud)\b")
_SAYING: Final = lazy_regex(r"[ \t@-]*(?:#|echo\b|printf\b)")
"""A line that says something, and reads and writes no file."""
_TEST: Final = lazy_regex(r"(?:\[|\btest)[ \t]+(?:![ \t]+)?-\w[ \t]")
_FETCHING: Final = lazy_regex(
    r"^[^#\n]*\b(?:git[ \t]+(?:-[^\n]*[ \t])?(?:checkout|clone|submodule|switch|worktree)|(?:gh[ \t]+repo|hg)[ \t]+clone|svn[ \t]+(?:checkout|co|export))\b",
    re.MULTILINE,
)
"""A command that brings the files of a repository, or those of another branch."""
_OF_OPERATOR_SDK: Final = "bundle.Dockerfile"
"""The file that `operator-sdk generate bundle` writes. Source: sdk.operatorframework.io, "Bundle"."""
_MOST_CHARACTERS: Final = 200_000
_MOST_EXAMINED: Final = 50
"""Limit for the options with a path of a missing Dockerfile; the whole script is searched for each name."""


def is_script(path: Path) -> bool:
    """True if a file that starts builds is a script, a Makefile, or a list of scripts, by its name."""
    return path.suffix in {".bash", ".mk", ".sh"} or path.name in _NAMES


_NAMES: Final = frozenset((*MAKEFILES, "Justfile", "justfile", ".justfile", PACKAGE))


def missing_dockerfiles(
    path: Path, text: str, builds: Iterable[DeclaredBuild], root: Path
) -> Iterator[tuple[TextRange, Path]]:
    """Yield each place where a script names a Dockerfile that does not exist, with the path that the build looks for.

    That is proved only for a path that is written out and of which no other line of the script says anything: a test may ask if
    the file exists, and a command may write it. The script may also be started in another directory than the one that is presumed.
    `root` is that of the repository.
    """
    builds = [it for it in builds if not it.remote]
    missing = {it.dockerfile for it in builds if not exists(it.dockerfile) and not it.may_be_written}
    missing = {it for it in missing if it.name != _OF_OPERATOR_SDK}
    if not missing or len(text) > _MOST_CHARACTERS:
        return
    written = written_names(text)
    by_name: dict[str, set[Path]] = {}
    for it in builds:
        by_name.setdefault(it.dockerfile.name, set()).add(it.dockerfile)
    n_left = _MOST_EXAMINED
    for line in CONTINUED_LINE.finditer(text):
        for match in _FILE_OPTION.finditer(line[0]):
            named = posixpath.normpath(match["path"])
            candidates = by_name.get(posixpath.basename(named), set())
            asked = {it for it in candidates if it.as_posix().endswith(f"/{named.lstrip('./')}")}
            dockerfile = next(iter(asked), None)
            if dockerfile is None or not asked <= missing or len(asked) > 1 or dockerfile.name in written:
                continue
            n_left -= 1
            if n_left < 0:
                return
            if not _names_only_builds(text, dockerfile.name) or _may_exist(path, named, dockerfile, root):
                continue
            if _FETCHING.search(text, 0, line.start()) is not None:
                # The files of another repository, or of another branch, may be there then.
                continue
            start, end = match.span("path")
            yield TextRange(line.start() + start, line.start() + end), dockerfile


# Builds without the option


_QUOTED: Final = r"\\?\"[^\"\n]*\"|\\[^\"\n]|'[^'\n]*'|\$\([^()\n]*\)|\$(?!\()"
_PLAIN_BUILD: Final = lazy_regex(
    rf"(?<![\w./-])docker[ \t]+(?:(?:buildx|image)[ \t]+)?build(?P<words>(?:[ \t]+(?:{_QUOTED}|[^\s\"'$\\;&|<>#()`])+)+)(?=[ \t]*(?:[;&|#\r\n]|\Z))"
)
"""A build with all its words."""
_WORD: Final = lazy_regex(rf"(?:{_QUOTED}|[^\s\"'$\\])+")
_STRING: Final = lazy_regex(r"(?<=\")(?:[^\"\\\n]|\\.)*(?=\")")
"""A string of JSON."""
_ENTERING: Final = lazy_regex(r"\b(?:cd|pushd)[ \t]")
_PATH: Final = lazy_regex(r"\.{0,2}[\w@%+,./-]*")
_MENTION: Final = lazy_regex(r"(?:docker|container)file", re.IGNORECASE)


def builds_without_dockerfile(
    path: Path, text: str, builds: Iterable[DeclaredBuild], root: Path
) -> Iterator[tuple[TextRange, Path]]:
    """Yield each place where a command builds a directory, written out, that has no Dockerfile, with the path that the build looks for.

    That is proved only for a Makefile that no other one includes, and for a package.json, because a script may be started elsewhere; and only
    if no script of the repository names a Dockerfile but in builds, so that none writes or fetches it.
    """
    missing = {it.dockerfile for it in builds if not it.remote and not it.may_be_written}
    missing = {it for it in missing if it.name == "Dockerfile" and it.parent.is_relative_to(root) and not exists(it)}
    missing = {it for it in missing if is_directory(it.parent) and not exists(it.with_name("Containerfile"))}
    if not missing or path.name not in (*MAKEFILES, PACKAGE) or len(text) > _MOST_CHARACTERS:
        return
    lines = [
        it
        for it in (_STRING if path.name == PACKAGE else CONTINUED_LINE).finditer(text)
        if _SAYING.match(it[0]) is None
    ]
    if _FETCHING.search(text) is not None or _names_otherwise(text) or _may_be_made(path, root):
        return
    for line in lines:
        joined = line[0].replace("\\\n", "  ")
        for match in _PLAIN_BUILD.finditer(joined):
            if _ENTERING.search(joined, 0, match.start()) is not None:
                continue
            words = [it[0] for it in _WORD.finditer(match["words"])]
            options = Options.of(words)
            if options.all("--file") or len(options.operands) != 1 or _PATH.fullmatch(options.context) is None:
                continue
            dockerfile = absolute(path.parent / options.context / "Dockerfile")
            if dockerfile in missing and not is_ignored(dockerfile, root):
                start = match.start("words") + match["words"].rfind(options.context)
                yield TextRange(line.start() + start, line.start() + start + len(options.context)), dockerfile


def _may_be_made(path: Path, root: Path) -> bool:
    """True if a script of the repository has a line about Dockerfiles that builds none, or one that includes a Makefile; or if there are too many scripts."""
    scripts = _all_scripts(root)
    if scripts is None:
        return True
    texts = (read_project_text(it) or "" for it in scripts if it != path)
    return any(_INCLUDING.search(it) is not None or _names_otherwise(it) for it in texts)


def _all_scripts(root: Path) -> list[Path] | None:
    """The scripts, workflows and other files of a repository that may run builds; None if there are too many to look at."""
    scripts, others = script_and_seen_files(root)
    is_complete = len(scripts) < MOST_FILES and len(others) < MOST_FILES
    return [*scripts, *others, *workflow_files(root)] if is_complete else None


def _names_otherwise(text: str) -> bool:
    """True if a line of a script, apart from comments and messages, names a Dockerfile and builds nothing."""
    lines = (it[0] for it in CONTINUED_LINE.finditer(text) if _MENTION.search(it[0]) is not None)
    return any(_SAYING.match(it) is None and _BUILD.search(it) is None for it in lines)


_INCLUDING: Final = lazy_regex(
    r"^[-s]?include[ \t][^\n#]*[Mm]akefile[ \t]*$|\bmake[ \t]+(?:-f|--file)|\bmake[ \t][^\n]*[ \t]-f[ \t]", re.MULTILINE
)
"""A line that reads a Makefile in another directory."""


def _names_only_builds(text: str, name: str) -> bool:
    """True if each line with the name of a Dockerfile is a build of it, a comment or a message."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")
    lines = (it[0] for it in CONTINUED_LINE.finditer(text) if pattern.search(it[0]) is not None)
    return all(_SAYING.match(it) is not None or _is_build(it, pattern) for it in lines)


def _is_build(line: str, pattern: re.Pattern[str]) -> bool:
    """True if a line builds a Dockerfile and does nothing else with it."""
    option = _FILE_OPTION.search(line)
    if option is None or _TEST.search(line) is not None or pattern.search(_FILE_OPTION.sub("", line)) is not None:
        return False
    return _BUILD.search(line, 0, option.start()) is not None


def _may_exist(source: Path, named: str, dockerfile: Path, root: Path) -> bool:
    """True if the file may exist where the script is started, if its directory is made first, or if Git ignores it."""
    if not dockerfile.is_relative_to(root) or _may_get_directory(source, dockerfile, root):
        return True
    directories = (it for it in source.parents if it.is_relative_to(root))
    return any(exists(it / named) for it in directories) or is_ignored(dockerfile, root)


def _may_get_directory(source: Path, dockerfile: Path, root: Path) -> bool:
    """True if the directory of a Dockerfile is missing, unless surely nothing makes it before a Makefile, or a list of scripts, builds it.

    A renamed directory has no other mention in the scripts of the repository than builds; what makes it names it, or unpacks an archive.
    """
    missing = [it for it in dockerfile.parents if it.is_relative_to(root) and not is_directory(it)]
    if not missing:
        return False
    scripts = _all_scripts(root) if source.name in (*MAKEFILES, PACKAGE) else None
    if scripts is None:
        return True
    name = re.compile(rf"(?<![\w.-]){re.escape(missing[-1].name)}(?![\w-]|\.\w)")
    for it in {source, *scripts}:
        text = read_project_text(it) or ""
        if _INCLUDING.search(text) is not None or (it == source and _BRINGING.search(text) is not None):
            return True
        lines = (it[0] for it in CONTINUED_LINE.finditer(text) if name.search(it[0]) is not None)
        if any(_SAYING.match(it) is None and _OF_IMAGE.search(it) is None for it in lines):
            return True
    return False


_OF_IMAGE: Final = lazy_regex(r"\bdocker[ \t]+(?:(?:buildx|image)[ \t]+)?build\b")
_BRINGING: Final = lazy_regex(
    r"^[^#\n]*\b(?:7z|bsdtar|cookiecutter|curl|degit|git|gh|hg|rsync|svn|tar|unzip|vendir|wget)[ \t]", re.MULTILINE
)
"""A command that may bring directories without their names."""
