"""Source: containerd/platforms; the values are BuildKit's for `--platform` and TARGETPLATFORM."""

from __future__ import annotations

import pytest

from buildxray.platforms.platform import Platform, PlatformError, Starting, can_run, parse, parse_normalized, starting
from tests.support.cases import every_case


@every_case(
    "text, parsed, normalized",
    [
        ("linux/amd64", "linux/amd64", "linux/amd64"),
        ("linux/arm64/v8", "linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64", "linux/arm64"),
        ("linux/arm", "linux/arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm", "linux/arm/v7"),
        ("linux/x86_64", "linux/amd64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v3"),
        ("linux/i386", "linux/386", "linux/386"),
        ("Linux/AMD64", "linux/amd64", "linux/amd64"),
        ("macos/arm64", "darwin/arm64", "darwin/arm64"),
        ("windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64"),
    ],
)
def test_parse_and_normalize(text: str, parsed: str, normalized: str) -> None:
    assert str(parse(text)) == parsed
    assert str(parse_normalized(text)) == normalized


def test_one_word_is_completed_by_the_local_machine() -> None:
    local = Platform("linux", "s390x")
    assert str(parse("arm64", local=local)) == "linux/arm64"
    assert str(parse("windows", local=local)) == "windows/s390x"


@every_case("text", ["", "linux/", "a/b/c/d", "linux/$X", "*", "linux/*", "vax", "win(x/amd64", "/amd64"])
def test_no_platform(text: str) -> None:
    with pytest.raises(PlatformError):
        parse(text)


def test_what_runs_without_emulation() -> None:
    amd64, arm64 = Platform("linux", "amd64"), Platform("linux", "arm64")
    assert can_run(amd64, Platform("linux", "amd64", "v2"))
    assert can_run(amd64, Platform("linux", "386"))
    assert not can_run(amd64, arm64)
    assert not can_run(arm64, Platform("linux", "arm", "v7"))
    assert not can_run(amd64, Platform("windows", "amd64"))


@every_case(
    "machine, image, kind",
    [
        ("linux/amd64", "linux/386", Starting.ALL),
        ("linux/386", "linux/amd64", Starting.NONE),
        ("linux/arm64", "linux/arm/v7", Starting.WITH_32_BIT),
        ("linux/arm/v7", "linux/arm64", Starting.NONE),
        ("linux/arm/v6", "linux/arm", Starting.NEWER),
        ("linux/arm", "linux/arm/v5", Starting.ALL),
        ("linux/amd64/v2", "linux/amd64/v3", Starting.NEWER),
        ("linux/amd64/v3", "linux/amd64", Starting.ALL),
        ("linux/arm64", "linux/arm64/v8", Starting.ALL),
        ("linux/arm64", "linux/arm64/v9", Starting.NEWER),
        ("windows/amd64", "linux/amd64", Starting.NONE),
    ],
)
def test_the_machines_on_which_an_image_starts(machine: str, image: str, kind: Starting) -> None:
    assert starting(parse_normalized(machine), parse(image)) is kind
