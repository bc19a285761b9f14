"""The builds of whole projects equal those of `docker buildx bake --print` (buildx 461836b, an empty environment).

The expectations of `cases/workflows` were written by hand from GitHub's documentation.
"""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any

from buildxray.projects.as_json import build_as_json
from buildxray.projects.reader import read_project
from tests.support.cases import every_case

CASES = Path(__file__).parent / "cases"


def built(directory: Path) -> list[dict[str, Any]]:
    read = read_project(directory, local_platform="linux/amd64")
    return [json.loads(json.dumps(build_as_json(it, directory))) for it in read.builds]


def cases(*kinds: str) -> list[Path]:
    return sorted(it.parent for kind in kinds for it in (CASES / kind).glob("*/oracle.json"))


def expected(target: dict[str, Any]) -> dict[str, Any] | None:
    """The compared fields of a target; None if no file of the project builds it."""
    context = target.get("context", ".")
    if "dockerfile-inline" in target or "://" in context:
        return None
    return {
        "dockerfile": posixpath.normpath(posixpath.join(context, target.get("dockerfile", "Dockerfile"))),
        "target": target.get("target", ""),
        "platforms": target.get("platforms", []),
        "args": target.get("args", {}),
        "contexts": target.get("contexts", {}),
    }


@every_case("directory", cases("bake", "compose"))
def test_targets_are_those_of_bake(directory: Path) -> None:
    oracle = json.loads((directory / "oracle.json").read_text())
    targets = {name: expected(it) for name, it in oracle["targets"].items()}
    builds = {it["name"]: it for it in built(directory) if it["name"] not in targets or targets[it["name"]]}
    assert {name: {key: it[key] for key in want} for name, it in builds.items() for want in [targets[name] or {}]} == {
        name: it for name, it in targets.items() if it is not None
    }
    assert [it["unknown"] for it in builds.values()] == [[] for _it in builds]
    if oracle["default"] is not None:
        by_default = {name for name, it in builds.items() if it["default"]}
        assert by_default == {it for it in oracle["default"] if targets[it] is not None}


@every_case("directory", cases("workflows"))
def test_workflows_have_the_expected_builds_and_machines(directory: Path) -> None:
    oracle = json.loads((directory / "oracle.json").read_text())
    builds = built(directory)
    assert {it["dockerfile"] for it in builds} == {it["dockerfile"] for it in oracle["builds"]}
    for want in oracle["builds"]:
        alike = [it for it in builds if it["dockerfile"] == want["dockerfile"] and it["platforms"] == want["platforms"]]
        assert alike, [it["platforms"] for it in builds]
        nodes = want.get("build_platform") or {it: it for it in want.get("native", ())}
        assert any({**it["nodes"], **nodes} == it["nodes"] for it in alike), [it["nodes"] for it in alike]
