"""Files are opened in one layer only, so that no other module can omit a limit."""

from __future__ import annotations

import ast

import pytest

from tests.support.code import ROOT, modules, tree

OPENING = {
    "open",
    "fdopen",
    "mkstemp",
    "read_bytes",
    "read_text",
    "write_bytes",
    "write_text",
    "walk",
    "iterdir",
    "scandir",
}
"""Names of functions and methods that open a file or list a directory, whatever object they are called on."""
RAISING = {"exists", "is_file", "is_dir"}
"""Methods that raise `OSError` for a name that is too long and a link to itself; the functions of `files/reading.py` give False."""
OURS = {"read_bytes", "read_text", "walk"}
"""Functions of `files/reading.py` that have the same names; they are called by the name alone."""


@pytest.mark.slow
def test_files_are_opened_in_the_layer_files_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules()
        if path.relative_to(ROOT).parts[0] != "files"
        for line, name in calls(tree(path))
        if name in OPENING
    ]
    assert wrong == []


@pytest.mark.slow
def test_paths_are_looked_up_without_errors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.attr}"
        for path in modules()
        if path.relative_to(ROOT).parts[0] != "files"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        # An entry of a directory that is not followed is already known.
        if node.func.attr in RAISING and not node.keywords and not node.args
    ]
    assert wrong == []


def test_the_check_sees_what_it_forbids() -> None:
    source = "open(p)\np.read_text()\nos.open(p, 0)\nio.open(p)\nread_text(p)\np.walk()"
    assert [name for _line, name in calls(ast.parse(source)) if name in OPENING] == [
        "open",
        "read_text",
        "open",
        "open",
        "walk",
    ]


def calls(tree: ast.AST) -> list[tuple[int, str]]:
    """The called functions with their lines, without those of the layer `files`."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and not _is_syntax_tree(node.func):
                found.append((node.lineno, node.func.attr))
            elif isinstance(node.func, ast.Name) and node.func.id not in OURS:
                found.append((node.lineno, node.func.id))
    return found


def _is_syntax_tree(function: ast.Attribute) -> bool:
    """True for `ast.walk`."""
    return isinstance(function.value, ast.Name) and function.value.id == "ast"
