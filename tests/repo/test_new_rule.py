from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.new_rule import ROOT, RULES, create, registered


@pytest.mark.parametrize("name", ["aaa-first", "late-lunch", "zzz-last"])
def test_a_new_rule_is_registered_in_order(name: str) -> None:
    function = name.replace("-", "_")
    text = registered((ROOT / RULES / "registry.py").read_text(), function)
    imports = [it for it in text.splitlines() if " import " in it and "rules." in it and "rules.base" not in it]
    listed = [it for it in text.splitlines() if it.startswith("    ") and it.endswith(",")]
    assert imports == sorted(imports)
    assert listed == sorted(listed)
    assert f"    {function}," in listed
    ast.parse(text)


def test_what_it_writes_passes_its_own_tests(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "server", tmp_path / "server")
    shutil.copytree(ROOT / "tests" / "support", tmp_path / "tests" / "support")
    (tmp_path / "tests" / "rules").mkdir()
    _, test, _ = create(tmp_path, "late-lunch", "A stage has lunch late")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}/server:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    with pytest.raises(ValueError, match="exists"):
        create(tmp_path, "late-lunch", "x")
    with pytest.raises(ValueError, match="no name"):
        create(tmp_path, "Lunch", "x")
