"""The launcher of the VS Code extension, which mypy does not check, imports names that exist."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "client-vscode" / "launch.py"


@pytest.mark.slow  # imports the protocol
def test_what_the_launcher_imports_exists() -> None:
    imports = [it for it in ast.walk(ast.parse(LAUNCHER.read_text("utf-8"))) if isinstance(it, ast.ImportFrom)]
    assert [it.module for it in imports] == ["buildxray.lsp.main"]
    for node in imports:
        module = import_module(str(node.module))
        assert all(hasattr(module, it.name) for it in node.names)
