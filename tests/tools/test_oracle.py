from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORACLE = """\
import json, sys
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest, TargetResult
from buildxray.platforms.platform import parse_normalized
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.parser import parse

for line in sys.stdin:
    asked = json.loads(line)
    own = parse_normalized(asked["build_platform"])
    nodes = {{parse_normalized(it): parse_normalized(node) for it, node in asked["nodes"]}}
    results = [(it["target"], [*map(parse_normalized, it["platforms"])]) for it in asked["results"]]
    request = BuildRequest(
        own,
        tuple(map(parse_normalized, asked["target_platforms"])),
        build_arguments=tuple(asked["build_args"].items()),
        target_stage=asked["target"],
        contexts=tuple(map(tuple, asked["contexts"])),
        results=tuple(TargetResult(name, tuple((it, nodes.get(it, own)) for it in known)) for name, known in results),
        nodes=tuple(nodes.items()),
    )
    answer = plan_as_json(plan(parse(asked["text"]), request), "")
    steps = answer["steps"]
    if {mistake}:
        for it in steps:
            it["label"] += "!"
    print(json.dumps({{"error": str(answer["error"] or ""), "steps": steps}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("mistake", [False, True], ids=["agrees", "differs"])
def test_different_plans_are_found(tmp_path: Path, *, mistake: bool) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "Dockerfile").write_text("FROM alpine\nRUN a\nCOPY b /b\n")
    oracle = tmp_path / "oracle.py"
    oracle.write_text(ORACLE.format(mistake=mistake))
    command = [
        *(sys.executable, str(ROOT / "tools" / "oracle.py"), "--oracle", f"{sys.executable} {oracle}"),
        *(str(tmp_path / "files"), "--rounds", "1"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert (run.returncode == 0) is not mistake
    assert ("400 builds, 0 differ" in run.stdout) is not mistake
