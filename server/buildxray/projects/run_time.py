"""What the sources of a program show that it needs when it runs: other programs, time zones, and files that it opens by their paths.

The sources are read as text. What a program does through packages of others is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import MOST_PROJECT_BYTES, is_file, read_project_text, walk
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import RunTimeNeeds

_MOST_FILES: Final = 2000
_MOST_CHARACTERS: Final = 20_000_000
_MOST_DIRECTORIES: Final = 5000
_MOST_TEXTS: Final = 2000
"""Limit for the texts in the sources that may be paths."""
_SKIPPED: Final = frozenset(
    {"__tests__", "bin", "dist", "e2e", "examples", "node_modules", "obj", "target", "test", "testdata", "tests", "third_party", "vendor"}
)  # fmt: skip
"""Directories of tests, and of files that others write or that a build makes."""


class _Language(NamedTuple):
    """How the sources of a language are known, and how they start programs."""

    suffixes: tuple[str, ...]
    tests: re.Pattern[str] | None = None
    """The ends of the names of tests."""
    starting: re.Pattern[str] | None = None
    """A text that starts a program; None if the image of the program does not change."""
    zones: re.Pattern[str] | None = None
    """A text that reads the files of time zones."""


_LANGUAGES: Final[Mapping[str, _Language]] = {
    "Go": _Language(
        (".go",),
        lazy_regex(r"_test\.go$"),
        lazy_regex(r"\"os/exec\"|\b(?:os\.StartProcess|syscall\.(?:Exec|ForkExec)|unix\.Exec)\("),
        lazy_regex(r"\btime\.LoadLocation\("),
    ),
    "Java": _Language(
        (".java", ".kt", ".scala"),
        None,
        lazy_regex(
            r"\bProcessBuilder\(|\bgetRuntime\(\)[ \t]{0,9}\.[ \t]{0,9}exec\(|\bimport (?:scala\.)?sys\.process\b"
        ),
    ),
    ".NET": _Language(
        (".cs", ".fs", ".vb"), None, lazy_regex(r"\bProcess\.Start\(|\bProcessStartInfo\b|\bnew Process\b")
    ),
    "Node.js": _Language(
        (".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"), lazy_regex(r"\.(?:spec|test)\.[cm]?[jt]sx?$")
    ),
}
"""Sources: pkg.go.dev/os/exec; the documentation of java.lang.ProcessBuilder, java.lang.Runtime and System.Diagnostics.Process."""
_TEXT: Final = lazy_regex(
    r"(?P<imported>\b(?:from|import|require\()[ \t]{0,9})?(?P<mark>[\"'`])(?:file:(?://)?)?(?P<path>[\w.@~+/-][\w.@~+/*{}\[\]-]{0,199})(?P=mark)"
)
"""A text without blanks, which may be a path."""
_OPENING: Final = lazy_regex(
    r"\b(?:AddConfigPath|Dir|DirFS|File|Glob|Load|LoadHTMLFiles|LoadHTMLGlob|Open|OpenFile|ParseFiles|ParseGlob|ReadDir|ReadFile|SetConfigFile|Static"
    r"|StaticFS|StaticFile|createReadStream|join|Join|readFile|readFileSync|readdirSync|resolve|sendFile|static)\([^()\n]{0,99}\Z"
)
"""A call that opens a file, or a directory of files, before its argument."""
_MOST_BEFORE: Final = 130


def run_time_needs(directory: Path, language: str) -> RunTimeNeeds | None:
    """What the sources of a language below a directory show; None without any, for an unknown language, or if they are too many."""
    known = _LANGUAGES.get(language)
    if known is None:
        return None
    n_files = n_characters = 0
    starts_programs = reads_zones = has_zones = False
    texts: dict[str, None] = {}
    places: set[str] = set()
    for path in _sources(directory, known):
        text = read_project_text(path, MOST_PROJECT_BYTES)
        n_files += 1
        n_characters += len(text or "")
        if text is None or n_files > _MOST_FILES or n_characters > _MOST_CHARACTERS:
            return None
        starts_programs |= known.starting is not None and known.starting.search(text) is not None
        reads_zones |= known.zones is not None and known.zones.search(text) is not None
        has_zones |= '"time/tzdata"' in text
        texts.update(dict.fromkeys(_paths_in(text)))
        places.add(path.parent.relative_to(directory).as_posix())
        if len(texts) > _MOST_TEXTS:
            return None
    return (
        RunTimeNeeds(starts_programs, reads_zones and not has_zones, (*texts,), frozenset(places)) if n_files else None
    )


def _sources(directory: Path, language: _Language) -> Iterator[Path]:
    for n_directories, (root, directories, names) in enumerate(walk(directory)):
        if n_directories >= _MOST_DIRECTORIES:
            return
        directories[:] = sorted(it for it in directories if it not in _SKIPPED and not it.startswith("."))
        for name in sorted(names):
            if name.endswith(language.suffixes) and (language.tests is None or language.tests.search(name) is None):
                path = Path(root) / name
                if is_file(path):
                    yield path


def _paths_in(text: str) -> Iterator[str]:
    """The texts that may be paths: with a slash or a dot, or as the argument of a call that opens a file."""
    for it in _TEXT.finditer(text):
        path = it["path"]
        if it["imported"] or path in (".", "..", "/"):
            continue
        is_opened = _OPENING.search(text, max(0, it.start() - _MOST_BEFORE), it.start()) is not None
        if is_opened or "/" in path or "." in path[1:]:
            yield path
