"""Targets of a Bake file that other targets use as named contexts: their platforms reach the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.plan.planner import plan
from buildxray.platforms.platform import parse_normalized
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64 = parse_normalized("linux/amd64")
DOCKERFILE = "FROM base\nRUN make\n"


def built(root: Path, bake: str, settings: Settings | None = None) -> ProjectBuild:
    (root / "docker-bake.hcl").write_text(bake)
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "base.Dockerfile").write_text("FROM alpine\n")
    return Projects().build(root / "Dockerfile", settings or Settings(build_platform=AMD64))


def app(platforms: str, base: str = "") -> str:
    contexts = 'contexts = { base = "target:base" }'
    base_target = f'target "base" {{\n  dockerfile = "base.Dockerfile"\n  {base}\n}}\n'
    return f'target "default" {{\n  platforms = [{platforms}]\n  {contexts}\n}}\n{base_target}'


BOTH = '"linux/amd64", "linux/arm64"'


@every_case(
    "bake, expected",
    [
        (app(BOTH, f"platforms = [{BOTH}]"), ["linux/amd64", "linux/arm64"]),
        (app(BOTH, 'platforms = ["linux/amd64"]'), ["linux/amd64"]),
        (app(BOTH), ["linux/amd64"]),
        (app(BOTH, 'platforms = ["local"]'), ["linux/amd64"]),
        # These platforms are unknown.
        (app(BOTH, "platforms = split(timestamp(), X)"), []),
        (app(BOTH, 'platforms = ["odd/"]'), []),
        (app(BOTH).replace("target:base", "target:other"), []),
        # Without platforms for the build itself, those of its targets belong to another build.
        (app("", f"platforms = [{BOTH}]"), []),
    ],
)
def test_the_platforms_of_a_target(tmp_path: Path, bake: str, expected: list[str]) -> None:
    results = built(tmp_path, bake).request.results
    assert [str(it) for result in results for it in result.platforms] == expected


def test_platforms_of_the_user_leave_the_platforms_of_targets_unknown(tmp_path: Path) -> None:
    settings = Settings(platforms=(parse_normalized("linux/s390x"),))
    assert built(tmp_path, app(BOTH, f"platforms = [{BOTH}]"), settings).request.results == ()


def test_targets_that_need_each_other_are_refused(tmp_path: Path) -> None:
    bake = app(BOTH, 'platforms = ["linux/amd64"]\n  contexts = { x = "target:default" }')
    made = plan(parse(DOCKERFILE), built(tmp_path, bake).request)
    assert made.error is not None
    assert "`default` → `base` → `default`" in made.error.message


@pytest.mark.slow
def test_a_long_chain_of_targets_takes_no_time(tmp_path: Path) -> None:
    chain = "\n".join(f'target "t{n}" {{ contexts = {{ base = "target:t{n + 1}" }} }}' for n in range(1_000))
    assert built(tmp_path, app(BOTH, 'contexts = { x = "target:t0" }') + chain).request.results != ()


def test_an_override_in_a_workflow_changes_the_platforms_of_all_targets(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  bake:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - uses: docker/bake-action@v6\n        with: {push: true, set: '*.platform=linux/arm64'}\n"
    )
    (tmp_path / ".git").mkdir()
    build = built(tmp_path, app("", ""))
    assert [str(it) for it in build.request.target_platforms] == ["linux/arm64"]
    assert [str(it) for result in build.request.results for it in result.platforms] == ["linux/arm64"]


BASE = "FROM alpine\nARG V\nENV HOME_OF=/app/$V\nONBUILD RUN make\n"


@every_case(
    "fields, expected",
    [
        ('args = { V = "3" }', "/app/3"),
        ("", "/app/"),
        # The arguments, or the file, are unknown.
        ("args = { V = timestamp() }", None),
        ('dockerfile = "other.Dockerfile"', None),
        ('target = "none"', None),
        ('context = "https://example.com/a.git"', None),
        ('dockerfile-inline = "FROM scratch"', None),
    ],
)
def test_the_image_of_a_target_is_known(tmp_path: Path, fields: str, expected: str | None) -> None:
    bake = app(BOTH, f"platforms = [{BOTH}]\n  {fields}")
    if "dockerfile =" in fields:
        bake = bake.replace('  dockerfile = "base.Dockerfile"\n', "")
    (tmp_path / "base.Dockerfile").write_text("")
    built(tmp_path, bake)
    (tmp_path / "base.Dockerfile").write_text(BASE)
    request = Projects().build(tmp_path / "Dockerfile", Settings(build_platform=AMD64)).request
    known = [dict(it.configurations) for it in request.results]
    values = {one.environment[-1][1] for it in known for one in it.values()}
    assert values == ({expected} if expected is not None else set())
    text = "FROM base\nWORKDIR $HOME_OF\n"
    made = plan(parse(text), request)
    triggers = [it.label for it in made.steps if "ONBUILD RUN make" in it.label]
    assert len(triggers) == (2 if expected is not None else 0)
