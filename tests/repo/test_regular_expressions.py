"""Regular expressions on untrusted files take linear time, and none takes exponential time.

The server reads projects and logs in threads, where nothing can interrupt a call of `re`, and no other thread runs during one: a pattern of
quadratic time on a file of 1 MB would stop the server for hours.
"""

from __future__ import annotations

import ast
import gc
import importlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from buildxray.ide.time_budget import OutOfTimeError, time_budget
from buildxray.syntax.lazy_regex import _LazyRegex
from tests.support.ambiguity import is_ambiguous
from tests.support.code import ROOT, modules, tree

LAYERS = ("files", "logs", "projects")
LENGTH = 10_000
SECONDS = 0.03
"""The limit in CPU seconds. A pattern of linear time takes a hundredth of it, one of quadratic time more than twice as long."""
SHORT = {
    "projects/sources.py: _NOT_RUN",
    "projects/file_names.py: _DOCKERFILE",
    "projects/hcl/regular.py: _TOKEN",
    "projects/hcl/semver.py: _RANGE",
}
"""Patterns for short inputs: file names of at most 255 bytes, and texts of at most 500 characters."""
WORD = re.compile(r"(?<!\\)(?<!\?P<)[A-Za-z]{2,}")
SIGNS = re.compile(r"(?:\\[^\w\s])+|[#=>\"'/:,]")
BEGINNINGS = re.compile(r"(?:\\[^\w\s]|[#=>\"'/:,-]){2,}")
"""Several signs in a row, such as `=\\(`: without these before it, a repetition is not reached."""
REPETITION = re.compile(r"[*+{]")
"""The signs of a repetition; as plain characters they only make a pattern look as if it had one."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """The patterns of the layers: where each is, and the method that it is used with."""
    for path in modules():
        place = path.relative_to(ROOT)
        if place.parts[0] not in LAYERS:
            continue
        module = importlib.import_module(".".join(("buildxray", *place.with_suffix("").parts)))
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from used(module, node, place, node.func)


def used(
    module: ModuleType, call: ast.Call, place: Path, function: ast.Attribute
) -> Iterator[tuple[str, re.Pattern[Any], str]]:
    if not isinstance(function.value, ast.Name):
        return
    named = getattr(module, function.value.id, None)
    if isinstance(named, _LazyRegex):
        yield f"{place.as_posix()}: {function.value.id}", _compiled(*named._arguments), function.attr
    elif function.value.id == "re" and call.args and isinstance(call.args[0], ast.Constant):
        flags = re.DOTALL if "DOTALL" in ast.unparse(call) else 0
        yield f"{place.as_posix()}:{call.lineno}", _compiled(call.args[0].value, flags), function.attr


def _compiled(pattern: Any, flags: int) -> re.Pattern[Any]:  # noqa: ANN401 - a text or bytes
    return re.compile(pattern, flags)


def texts(pattern: str) -> Iterator[str]:
    """Yield long texts that repeat parts of a pattern and end with a mismatch."""
    words = [*dict.fromkeys(WORD.findall(pattern))][:8]
    signs = [*dict.fromkeys(re.sub(r"\\(.)", r"\1", it) for it in SIGNS.findall(pattern))][:8]
    units = [
        "a",
        "1",
        " ",
        "\t",
        "\n",
        "a ",
        "-",
        *words,
        *signs,
        *(f"{it} " for it in words),
        *(f"{it}-" for it in words),
    ]
    beginnings = [*dict.fromkeys(re.sub(r"\\(.)", r"\1", it) for it in BEGINNINGS.findall(pattern))][:4]
    for start, unit in product(["", "a", "\t", *words, *signs, *beginnings], units):
        yield start + unit * (LENGTH // len(unit)) + "\0"


def is_bounded(pattern: re.Pattern[Any]) -> bool:
    """True if a pattern reads at most a few characters at each place, and in one way, so that its time is linear."""
    source = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    return REPETITION.search(source) is None


def is_linear(pattern: re.Pattern[Any], method: str) -> bool:
    is_bytes = isinstance(pattern.pattern, bytes)
    source = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    find = getattr(pattern, method if method in {"match", "fullmatch"} else "search")
    for text in texts(source):
        try:
            with time_budget(SECONDS):
                find(text.encode() if is_bytes else text)
        except OutOfTimeError:
            return False
    return True


@pytest.mark.slow
def test_patterns_on_files_of_strangers_take_linear_time() -> None:
    slow = {
        where
        for where, pattern, method in patterns()
        if where not in SHORT and not is_bounded(pattern) and not is_linear(pattern, method)
    }
    assert slow == set()


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?m)^\s*require\b",
        r"(?P<targets>[^\t#=:][^=:#]*?)\s*::?(?![=:])(?P<rest>.*)",
        r"[\w./-]+\.(?:bash|sh)(?![\w.])",
        r"\b(?:docker|podman)\b[^\n]*\bbuild\b",
        r"(?:>>?|\btee)[ \t]*[\"']?[^\s>]*(?:docker|container)file",
        r"(?s)\$\{\{(.*?)\}\}",
        r"\s+#",
        r"=\((?:[^()]+)+\)",
        r"\[[^\]]*\d+/\d+\] ",
        r"(?m)^\t[^\n]*\bsed\b(?:[^\n]|\\\n)*FROM --platform=",
    ],
)
@pytest.mark.slow
def test_the_check_sees_what_it_forbids(pattern: str) -> None:
    assert not is_linear(re.compile(pattern), "search")


# Exponential time, in all layers


def all_patterns() -> dict[str, re.Pattern[Any]]:
    """Each lazy pattern of the server, by its text."""
    for path in modules():
        if path.stem != "__main__":
            importlib.import_module(".".join(("buildxray", *path.relative_to(ROOT).with_suffix("").parts)))
    # The collector does not list frozen objects: tests/conftest.py and commands freeze what is imported by then.
    gc.unfreeze()
    lazy = [it for it in gc.get_objects() if type(it) is _LazyRegex]
    gc.freeze()
    return {str(it._arguments): _compiled(*it._arguments) for it in lazy}


@pytest.mark.slow
def test_no_pattern_takes_exponential_time() -> None:
    found = all_patterns()
    assert len(found) > 800
    assert [text for text, it in found.items() if is_ambiguous(it)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:a+)+b",
        r"(?:a|aa)*b",
        r"(?:a*)*b",
        r"(?:[ab]{1,3})+c",
        r"(?:\S*\s+)*x",
        r"(?:[^\s'$]|\$\w+)*;",
        r"(?s:[^\\\n]|\\.|\\\n)+;",
        r"(?:#[^\n]*\r?\n)*x",
        r"(?m)^a(?:\n[ \t]+[^\n]*)*\nb",
    ],
)
def test_two_ways_round_a_loop(pattern: str) -> None:
    assert is_ambiguous(re.compile(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"a+a+b",
        r"(?:a|b)*c",
        r"(?:ab?)*c",
        r"(?:\S+\s+)*x",
        r"(?:[^\s'$]|\$\w)*;",
        r"(?:#[^\r\n]*\r?\n)*x",
        r"(?:\$(?!\()|\$\([^()]*\)|[^\s$])*;",
        r"(?:[^\\]|\\.|\\\Z)+",
        r"(?:a{2}){0,40}b",
    ],
)
def test_one_way_round_a_loop(pattern: str) -> None:
    assert not is_ambiguous(re.compile(pattern))
