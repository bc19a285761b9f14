"""Regular expressions of a project take bounded time."""

from __future__ import annotations

import pytest

from buildxray.projects.hcl.regular import find_all
from buildxray.projects.hcl.values import UnknownPatternError
from tests.support.cases import every_case


@every_case("pattern", ["(a|a)" * 60 + "b", "(a|(a|a))" * 30 + "b", "(a*)*b", "a*" * 40 + "b"])
def test_patterns_without_a_bound_are_refused(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        list(find_all(pattern, "a" * 80))


def test_alternatives_of_platforms_are_computed() -> None:
    pattern = r"^(linux|darwin|windows)/(amd64|arm64|arm|386|ppc64le|s390x|riscv64)$"
    assert [it[2] for it in find_all(pattern, "linux/arm64")] == ["arm64"]
