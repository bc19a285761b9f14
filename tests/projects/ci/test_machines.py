"""Which machine a runner is, by its labels."""

from __future__ import annotations

import pytest

from buildxray.projects.ci.machines import runner_platform


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("ubuntu-latest", "linux/amd64"),
        ("ubuntu-24.04-arm", "linux/arm64"),
        (["self-hosted", "large-arm64"], "linux/arm64"),
        ("BuilderArm64", "linux/arm64"),
        ("404RunnerArm64", "linux/arm64"),
        ("linux_arm64_big", "linux/arm64"),
        ("charmed", "linux/amd64"),
        ("FarmBuilder", "linux/amd64"),
        ("PharmaRunner", "linux/amd64"),
        ("macos-latest", "None"),
    ],
)
def test_a_runner_is_the_machine_that_its_labels_name(labels: object, expected: str) -> None:
    assert str(runner_platform(labels)) == expected
