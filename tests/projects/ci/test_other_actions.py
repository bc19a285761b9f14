from __future__ import annotations

from pathlib import Path

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.projects.ci.expressions import Context
from buildxray.projects.ci.other_actions import makes_image, platforms_of
from buildxray.projects.hcl.values import UNKNOWN
from tests.support.cases import every_case


@every_case(
    "uses, given, expected",
    [
        ("elgohr/Publish-Docker-Github-Action@v5", {"name": "a/b"}, True),
        ("acme/docker-build@v1", {"dockerfile": "Dockerfile"}, True),
        ("acme/docker-build@v1", {"DOCKER_FILE": "Dockerfile"}, True),
        ("acme/docker-build@v1", {"image": "a", "platforms": "linux/amd64"}, True),
        ("acme/docker-build@v1", {"image": "a", "platforms": "${{ vars.P }}"}, True),
        ("acme/publish@v1", {"image": "a", "platforms": "aws"}, False),
        ("acme/publish@v1", {"platforms": "linux/amd64"}, False),
        ("acme/publish@v1", {"image": "a", "platforms": "linux/amd64"}, True),
        ("acme/docker-build@v1", {"image": "a"}, True),
        ("acme/publish-image@v1", {"image": "a"}, False),
        ("acme/.github/.github/workflows/build.yml@main", {"image": "a"}, False),
        ("acme/containers/.github/actions/security@main", {"image": "a", "dockerfile": "Dockerfile"}, False),
        ("acme/.github/.github/workflows/image.yml@main", {"dockerfile": "Dockerfile"}, True),
        ("acme/ci/.github/workflows/lint-image.yml@main", {"dockerfile": "Dockerfile"}, False),
        ("acme/docker-lint@v1", {"dockerfile": "Dockerfile"}, False),
        ("acme/electron-build@v1", {"platform": "linux"}, False),
        ("hadolint/hadolint-action@v3", {"dockerfile": "Dockerfile"}, False),
        ("docker/setup-qemu-action@v3", {"image": "tonistiigi/binfmt", "platforms": "linux/arm64"}, False),
        ("docker/metadata-action@v5", {"images": "a", "context": "git"}, False),
        ("actions/build@v5", {"dockerfile": "Dockerfile"}, False),
        ("docker-build", {"dockerfile": "Dockerfile"}, False),
    ],
)
def test_actions_that_make_an_image(uses: str, given: dict[str, str], expected: bool) -> None:
    assert makes_image(uses, given) is expected


@every_case(
    "value, expected",
    [
        ("linux/amd64, linux/arm64", ("linux/amd64", "linux/arm64")),
        ('["linux/amd64"]', ("linux/amd64",)),
        ("[", ()),
        ('[{"platform": "linux/amd64"}]', ()),
        (["linux/amd64"], ("linux/amd64",)),
        (["linux/amd64", UNKNOWN], None),
        (UNKNOWN, None),
        ("ubuntu-latest", ()),
        ("linux", ()),
        ("arm64", ("linux/arm64",)),
        ('[ "amd64", "aarch64" ]', ("linux/amd64", "linux/aarch64")),
        ("", ()),
        (None, ()),
    ],
)
def test_platforms_of_an_input(value: object, expected: tuple[str, ...] | None) -> None:
    assert platforms_of(Context({}).expand(value)) == expected


@every_case(
    "uses, given, note, is_for_one",
    [
        ("acme/image@v1", "{image: a, platforms: 'linux/amd64,linux/arm64'}", True, False),
        ("acme/image@v1", "{image: a, platforms: '${{ vars.P }}'}", True, False),
        ("acme/image@v1", "{image: a, platforms: linux/amd64}", True, True),
        ("acme/image@v1", "{image: a, dockerfile: Dockerfile}", True, True),
        ("acme/image@v1", "{image: a}", False, False),
    ],
)
def test_a_build_that_is_not_read_is_said(tmp_path: Path, uses: str, given: str, note: bool, is_for_one: bool) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\nRUN true\n")
    workflow = tmp_path / ".github" / "workflows" / "a.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: {uses}\n        with: {given}\n"
    )
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", Settings())
    assert build.declared == ()
    assert build.is_for_one_platform is is_for_one
    assert any("another repository" in str(it) for it in projects.notes_of(workflow)) is note
