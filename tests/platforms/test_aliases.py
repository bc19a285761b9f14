from __future__ import annotations

from buildxray.platforms.aliases import architectures_of_image, architectures_of_path, named_architectures
from tests.support.cases import every_case


@every_case(
    "path, expected",
    [
        ("Dockerfile.arm64", {"arm64"}),
        ("linux/arm32v7/Dockerfile", {"arm"}),
        ("images/x86_64/Dockerfile.aarch64", {"amd64", "arm64"}),
        ("i386/Dockerfile", {"386"}),
        ("remote-env-arm.Dockerfile", {"arm", "arm64"}),
        ("docker/arm/Dockerfile", {"arm", "arm64"}),
        ("docker/intel/Dockerfile", {"386", "amd64"}),
        ("Dockerfile.x86", {"386", "amd64"}),
        ("x86_64/Dockerfile", {"amd64"}),
        ("Dockerfile", set()),
        ("intel-gpu/intelligence/Dockerfile.x86-tools", set()),
        ("charm/arms/Dockerfile.farm", set()),
        # Parts of words.
        ("charm64/Dockerfile", set()),
        ("Dockerfile.arm64ish", set()),
        ("", set()),
    ],
)
def test_architectures_of_a_path(path: str, expected: set[str]) -> None:
    assert architectures_of_path(path) == expected


@every_case(
    "name, expected",
    [
        ("arm64v8/alpine", {"arm64"}),
        ("tool:1-amd64", {"amd64"}),
        ("docker.io/resin/raspberry-pi-alpine-node:9-slim", {"arm"}),
        ("resin/rpi-raspbian:latest", {"arm"}),
        ("balenalib/raspberrypi3-debian-node:12", {"arm"}),
        ("balenalib/raspberrypi4-64-debian", {"arm64"}),
        ("balenalib/raspberrypi0-2w-64", {"arm64"}),
        ("balenalib/armv7hf-debian", {"arm"}),
        ("balenalib/intel-nuc-alpine", {"amd64"}),
        ("balenalib/aarch64-alpine", {"arm64"}),
        # Software for the machine, or of another publisher, may exist for several.
        ("example/raspberry-pi-camera", set()),
        ("balenalib/wifi-connect", set()),
        ("node:22", set()),
    ],
)
def test_architectures_of_an_image(name: str, expected: set[str]) -> None:
    assert architectures_of_image(name) == expected


@every_case(
    "text, expected",
    [
        ("tool_Linux-64bit.tar.gz", {"amd64"}),
        ("tool-linux_64-bit.zip", {"amd64"}),
        ("instantclient-basiclite-linuxx64.zip", {"amd64"}),
        ("tool_Linux-ARM64.tar.gz", set()),
        ("raspbian-64bit.img", set()),
        ("tool-linux-64bits", set()),
        ("linuxx64ish", set()),
        ("app-arm64-v8a-release.apk", set()),
        ("app-arm64-v8.tgz", {"arm64"}),
        ("tool-x86_64.tar.gz", {"amd64"}),
    ],
)
def test_architectures_in_the_name_of_a_file(text: str, expected: set[str]) -> None:
    assert {name for *_place, name in named_architectures(text)} == expected
