from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.ci.unread import has_unread_builds, may_build_images


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("docker-compose.prod.yml", "services:\n  a:\n    build: .\n", True),
        ("compose.dev.yaml", "services:\n  a:\n    build:\n      context: a\n", True),
        ("docker-compose.prod.yml", "services:\n  a:\n    image: a\n    # build: .\n", False),
        ("my-compose.prod.yml", "services:\n  a:\n    build: .\n", True),
        ("decompose.yml", "services:\n  a:\n    build: .\n", False),
        ("railway.toml", '[build]\nbuilder = "DOCKERFILE"\n', True),
        ("railway.toml", '[build]\nbuilder = "NIXPACKS"\n', False),
        ("fly.toml", 'app = "web"\n', True),
        ("heroku.yml", "build:\n  docker:\n    web: Dockerfile\n", True),
        ("render.yaml", "services:\n  - type: web\n    dockerfilePath: ./Dockerfile\n", True),
        ("render.yaml", "services:\n  - type: web\n    runtime: node\n", False),
        ("other.toml", 'builder = "DOCKERFILE"\n', False),
    ],
)
def test_services_that_build_an_image(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text)
    assert may_build_images(tmp_path, tmp_path) is expected


@pytest.mark.parametrize(
    ("runner", "expected"),
    [
        ("ubuntu-latest", True),
        ("${{ matrix.runner }}", False),
        ("\n      group: ${{ matrix.runner }}", False),
        ("\n      - ${{ matrix.runner }}", False),
        ("\n      group: big", True),
    ],
)
def test_runners_that_are_variables_mostly_are_one_for_each_platform(
    tmp_path: Path, runner: str, expected: bool
) -> None:
    workflow = tmp_path / ".github" / "workflows" / "build.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        f"jobs:\n  a:\n    runs-on: {runner}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          platforms: ${{{{ matrix.p }}}}\n"
    )
    assert has_unread_builds(tmp_path, ()) is expected
