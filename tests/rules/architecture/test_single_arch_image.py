"""Images of one architecture in files that are named for it."""

import pytest

from buildxray.rules.architecture.single_arch_image import single_arch_image
from buildxray.toolchains.base import Workspace
from tests.support.rules import context, findings


@pytest.mark.parametrize(
    ("path", "image"),
    [
        ("Dockerfile.arm64", "arm64v8/alpine:3.22"),
        ("Dockerfile.amd64", "amd64/debian:13"),
        ("linux/arm32v7/Dockerfile", "arm32v7/debian:13"),
        ("images/aarch64/Dockerfile", "arm64v8/debian:13"),
        ("x/app-x64.Dockerfile", "example/base:1-amd64"),
    ],
)
def test_file_that_tells_its_architecture(path: str, image: str) -> None:
    text = f"FROM {image}\nARG TARGETARCH\nCOPY bin/$TARGETARCH/app /app\n"
    assert not findings(single_arch_image, context(text, workspace=Workspace(dockerfile=path)))


@pytest.mark.parametrize("path", ["Dockerfile", "Dockerfile.amd64", "charm64/Dockerfile", ""])
def test_file_that_does_not(path: str) -> None:
    text = "FROM arm64v8/alpine:3.22\nARG TARGETARCH\nCOPY bin/$TARGETARCH/app /app\n"
    assert findings(single_arch_image, context(text, workspace=Workspace(dockerfile=path)))
