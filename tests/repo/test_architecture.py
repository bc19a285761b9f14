"""The layers: a module imports only its own layer and lower ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import buildxray

ROOT = Path(buildxray.__path__[0])
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
    for path in sorted(ROOT.rglob("*.py")):
        layer = path.relative_to(ROOT).parts[0]
        for module in _imports(path):
            head, _, rest = module.partition(".")
            target = rest.partition(".")[0]
            if head in PROTOCOL and layer != "lsp":
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
            if head == "buildxray" and {layer, target} <= {*LAYERS} and LAYERS.index(layer) < LAYERS.index(target):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_the_command_line_starts_without_the_protocol() -> None:
    code = "import sys, buildxray.cli.main; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not PROTOCOL & {*ast.literal_eval(run.stdout)}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {it.name for it in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
