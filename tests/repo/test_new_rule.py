from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.new_rule import ROOT, create


@pytest.mark.slow
def test_a_new_rule_passes_its_own_tests(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "server", tmp_path / "server")
    shutil.copytree(ROOT / "tests" / "support", tmp_path / "tests" / "support")
    _, test = create(tmp_path, "habits", "sad-breakfast", "A stage has a sad breakfast")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        # Loading the plugins of other tests takes longer than the test.
        env={"PYTHONPATH": f"{tmp_path}/server:{tmp_path}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    with pytest.raises(ValueError, match="exists"):
        create(tmp_path, "habits", "sad-breakfast", "x")
    with pytest.raises(ValueError, match="not the name"):
        create(tmp_path, "habits", "Lunch", "x")
