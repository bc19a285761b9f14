"""BuildKit's own check of the same mistake, switched off in the file."""

import pytest

from buildxray.rules.scope.misspelled_platform_arg import misspelled_platform_arg
from tests.support.rules import context, findings

FROM = "# check=skip={}\nFROM --platform=$BUILDPLATFROM golang AS b\nRUN a\n"
RUN = "# check=skip={}\nFROM golang AS b\nRUN a $TARGETRACH\n"


def test_check_that_is_switched_off() -> None:
    assert not findings(misspelled_platform_arg, context(FROM.format("UndefinedArgInFrom")))


@pytest.mark.parametrize("text", [FROM.format("UndefinedVar"), RUN.format("UndefinedArgInFrom")])
def test_other_checks_and_other_places(text: str) -> None:
    assert findings(misspelled_platform_arg, context(text))
