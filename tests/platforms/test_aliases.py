from __future__ import annotations

from buildxray.platforms.aliases import architectures_of_path
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
