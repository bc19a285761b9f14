from __future__ import annotations

import pytest

from buildxray.rules.buildkit.maintainer_deprecated import maintainer_deprecated
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (
            f'{FROM}maintainer "me" $x\n',
            "maintainer",
            f'{FROM}label org.opencontainers.image.authors="\\"me\\" \\$x"\n',
        ),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(maintainer_deprecated, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"# check=skip=MaintainerDeprecated\n{FROM}MAINTAINER me\n",
        f"{FROM}# check=skip=all\nMAINTAINER me\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(maintainer_deprecated, text)
