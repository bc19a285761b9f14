"""Each of BuildKit's checks has a rule of its name."""

from __future__ import annotations

from buildxray.plan.checks.catalogue import CHECK_NAMES, kebab_case
from buildxray.rules.registry import ALL

RULES = {it.name: it for it in ALL}
FROM = "FROM alpine\n"
WITHOUT_A_RULE = {"InvalidBaseImagePlatform"}
"""It needs the image of a registry."""


def test_each_check_has_a_rule() -> None:
    assert {kebab_case(it) for it in CHECK_NAMES if it not in WITHOUT_A_RULE} == {
        it.name for it in ALL if it.buildkit_check
    }
    assert all(kebab_case(it.buildkit_check) == it.name for it in ALL if it.buildkit_check)
