from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.ci.unread import may_build_images


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
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
