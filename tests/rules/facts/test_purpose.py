"""The purpose of a Dockerfile by its path."""

from __future__ import annotations

from buildxray.rules.facts.purpose import is_case_of_test
from tests.support.cases import every_case


@every_case(
    "path, expected",
    [
        ("rules/copy/test/negative2.dockerfile", True),
        ("tests/Dockerfile.invalid", True),
        ("testdata/good.Dockerfile", True),
        # The `Dockerfile` of a directory may be that in which tests run.
        ("tests/valid/Dockerfile", False),
        ("tests/Dockerfile.integration", False),
        ("negative.Dockerfile", False),
        ("images/good.Dockerfile", False),
    ],
)
def test_inputs_of_tests(path: str, *, expected: bool) -> None:
    assert is_case_of_test(path) is expected
