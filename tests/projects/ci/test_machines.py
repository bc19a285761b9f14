"""The platform of a runner, from its labels."""

from __future__ import annotations

from buildxray.projects.ci.machines import runner_platform
from tests.support.cases import every_case


@every_case(
    "labels, expected",
    [
        ("ubuntu-latest", "linux/amd64"),
        ("ubuntu-24.04-arm", "linux/arm64"),
        (["self-hosted", "large-arm64"], "linux/arm64"),
        ("BuilderArm64", "linux/arm64"),
        ("404RunnerArm64", "linux/arm64"),
        ("linux_arm64_big", "linux/arm64"),
        ("charmed", "None"),
        ("FarmBuilder", "None"),
        ("PharmaRunner", "None"),
        ("macos-latest", "linux/arm64"),
        ("macos-14", "linux/arm64"),
        ("macos-26", "linux/arm64"),
        ("macos-15-xlarge", "linux/arm64"),
        ("macos-13-xlarge", "linux/arm64"),
        ("macos-13", "linux/amd64"),
        ("macos-14-large", "linux/amd64"),
        ("macos-latest-large", "linux/amd64"),
        ("macos-15-intel", "linux/amd64"),
        ("macos-arm", "linux/arm64"),
        ("macos-14-arm64-big", "linux/arm64"),
        ("macos", "None"),
        ("macos-builder", "None"),
        ("harmacos-14", "None"),
        (["self-hosted", "macOS"], "None"),
        (["self-hosted", "macos-14"], "None"),
        (["self-hosted", "macOS", "ARM64"], "linux/arm64"),
        (["self-hosted", "macOS", "X64"], "linux/amd64"),
        ("team-aarch64", "linux/arm64"),
        ("team-arm", "linux/arm64"),
        ("buildjet-4vcpu", "None"),
        ("self-hosted", "None"),
        (["self-hosted", "linux"], "None"),
        (["self-hosted", "ubuntu-22.04"], "None"),
        (["self-hosted", "linux", "ARM"], "None"),
        (["self-hosted", "Linux", "X64"], "linux/amd64"),
        (["self-hosted", "linux", "ARM64"], "linux/arm64"),
        ("my-runner", "None"),
        ("big_x86_64", "linux/amd64"),
        ("ubuntu-latest-16-cores", "linux/amd64"),
        ("buildjet-4vcpu-ubuntu-2204", "linux/amd64"),
        ("buildjet-4vcpu-ubuntu-2204-arm", "linux/arm64"),
        ("windows-2025", "windows/amd64"),
        ("windows-11-arm", "windows/arm64"),
        (["amd64", "arm64"], "None"),
        ({"group": "builders"}, "None"),
        ({"group": "arm64-builders"}, "linux/arm64"),
        ({"group": "ubuntu-runners", "labels": "ubuntu-24.04-16core"}, "linux/amd64"),
        ({"group": "ubuntu-runners"}, "None"),
        (None, "None"),
    ],
)
def test_a_runner_is_the_machine_that_its_labels_name(labels: object, expected: str) -> None:
    assert str(runner_platform(labels)) == expected
