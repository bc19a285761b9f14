"""The layers: a module imports only its own layer and lower ones."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support.code import ROOT, Import, imports, modules, source, tree

LAYERS = [
    "localization",
    "files",
    "syntax",
    "platforms",
    "plan",
    "toolchains",
    "semantics",
    "rules",
    "projects",
    "logs",
    "ide",
    "lsp",
    "cli",
]
PROTOCOL = {"pygls", "lsprotocol"}


def test_layers_point_down() -> None:
    wrong: list[str] = []
    for path in modules():
        layer = path.relative_to(ROOT).parts[0]
        for module in {it.module for it in imports(path)}:
            head, _, rest = module.partition(".")
            target = rest.partition(".")[0]
            if head in PROTOCOL and layer != "lsp":
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
            if head == "buildxray" and {layer, target} <= {*LAYERS} and LAYERS.index(layer) < LAYERS.index(target):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


@pytest.mark.slow
def test_a_plain_bake_file_loads_no_module_of_rare_functions(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(
        'variable "A" { default = upper("x") }\ntarget "default" { args = { A = A } }\n'
    )
    code = (
        "import sys; from pathlib import Path; from buildxray.projects.reader import read_directory\n"
        "builds = read_directory(Path(sys.argv[1]), (Path(sys.argv[1]).parent,), local_platform='linux/amd64').builds\n"
        "rare = {f'buildxray.projects.hcl.{it}' for it in ('formatting', 'regular', 'semver')} | {'hashlib'}\n"
        "print([dict(it.arguments) for it in builds], sorted(rare & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert run.stdout == "[{'A': 'X'}] []\n"


@pytest.mark.slow
def test_the_command_line_starts_without_the_protocol() -> None:
    code = "import sys, buildxray.cli.main; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not PROTOCOL & {*ast.literal_eval(run.stdout)}


UNNEEDED = {
    "asyncio",
    "attr",
    "hcl2",
    "pathspec",
    "platform",
    "pygments",
    "rich",
    "ruamel",
    "subprocess",
    "tomlkit",
    "concurrent",
    "multiprocessing",
}
"""Modules that a check of one file without a project does not need."""


@pytest.mark.slow
def test_a_check_of_one_file_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    """A rule is imported only for a file that has its subject, a library only where something is read with it."""
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM alpine\nRUN echo 1\n")
    code = (
        "import sys; from buildxray.cli.main import main; from buildxray.rules.registry import ALL\n"
        "assert main(['check', sys.argv[1]]) == 0\n"
        "print([it.name for it in ALL if it.about and it.defined in sys.modules])\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code, dockerfile], capture_output=True, text=True, check=True)
    rules, imported = run.stdout.splitlines()[-2:]
    assert rules == "[]"
    assert not {*ast.literal_eval(imported)} & (UNNEEDED | PROTOCOL)


def test_no_module_imports_itself_by_way_of_others() -> None:
    paths = {
        ".".join(("buildxray", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in modules()
    }
    graph: TopologicalSorter[str] = TopologicalSorter()
    for module, path in paths.items():
        named = (full for it in imports(path) if not it.is_for_types for full in _full_names(it))
        names = {it for it in named if it in paths and it != module}
        # A package that only lists its modules does not depend on them.
        graph.add(module, *(it for it in names if not module.startswith(f"{it}.")))
    graph.prepare()


def _full_names(statement: Import) -> Iterator[str]:
    """Yield the module and, since a name may be a module too, each name with it."""
    yield statement.module
    yield from (f"{statement.module}.{it}" for it in statement.names)


@pytest.mark.slow
def test_imports_are_those_of_the_syntax_trees() -> None:
    for path in modules():
        expected: list[tuple[str, tuple[str, ...]]] = []
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                expected.append((node.module or "", tuple(it.name for it in node.names)))
            elif isinstance(node, ast.Import):
                expected += ((it.name, ()) for it in node.names)
        for_types = [
            inner
            for node in ast.walk(tree(path))
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
        ]
        assert sorted((it.module, it.names) for it in imports(path)) == sorted(expected)
        assert sum(it.is_for_types for it in imports(path)) == len(for_types)


READING = {"rules", "ide", "cli"}
"""The layers that read a build as objects (`semantics/build.py`)."""
VALUES = {
    "plan.checks.catalogue": None,
    "plan.checks.ignored": {"IgnorePatterns"},
    "plan.request": {"BuildRequest", "TargetResult"},
    "syntax.alignment": {"aligned"},
    "syntax.expansion": {"expand", "heredoc_marker"},
    "syntax.heredocs": {"heredoc_name_spans", "terminator_range"},
    "syntax.instructions": None,
    "syntax.lazy_regex": {"lazy_regex"},
    "syntax.lexer": {"ExpansionError", "lex"},
    "syntax.lines": {"BYTE_ORDER_MARK", "continuation", "is_comment", "join_lines", "physical_lines"},
    "syntax.mounts": {"MountSyntaxError", "mount_options"},
    "syntax.nodes": {"parse_node"},
    "syntax.parser": {"Dockerfile", "parse"},
    "syntax.shell": {
        "SHELLS",
        "TESTS",
        "UNKNOWN",
        "Command",
        "Condition",
        "Script",
        "ShellWord",
        "is_posix_shell",
        "read_script",
        "reads_script",
    },
    "syntax.suggestions": {"nearest"},
    "syntax.text": None,
    "syntax.instruction_table": {"INSTRUCTION_KINDS"},
    "syntax.variables": {"variable_references"},
}
"""The names that these layers may import from below `semantics`: values, and readers of text. None allows the whole module."""


def test_rules_and_features_read_builds_as_objects() -> None:
    wrong: list[str] = []
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if path.relative_to(ROOT).parts[0] not in READING:
            continue
        for it in imports(path):
            module = it.module.removeprefix("buildxray.")
            if module == it.module or module.partition(".")[0] not in ("plan", "syntax"):
                continue
            allowed = VALUES.get(module, set())
            if allowed is not None and not {*it.names} <= allowed:
                wrong.append(f"{name} imports {', '.join(sorted({*it.names} - allowed))} of {module}")
    assert wrong == []


def test_no_index_of_the_plan_leaves_semantics() -> None:
    pattern = re.compile(r"from_idx|end_idx|\.facts\b|\.graph\b|\.inventory\b|\.outline\b")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for layer in sorted(READING)
        for path in modules()
        if path.is_relative_to(ROOT / layer)
        for number, line in enumerate(source(path).splitlines(), 1)
        if pattern.search(line) and "import" not in line
    ]
    assert wrong == []


def test_modules_compile_no_regular_expression_when_they_are_imported() -> None:
    """Compiling all of them would take a fifth of the time of a check of one file; `files` is below `lazy_regex`."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        if path.relative_to(ROOT).parts[0] != "files" and "re.compile" in source(path)
        for statement in tree(path).body
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "re.compile"
    ]
    assert wrong == []


def test_toolchains_are_compared_by_identity() -> None:
    """The name of a toolchain is for people: a rule that compares it breaks silently when the name is reworded."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        if "toolchain.name" in source(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare) and re.search(r"\btoolchain\.name$", ast.unparse(node.left))
    ]
    assert wrong == []
