"""`# check=…` skips checks and makes them errors as in BuildKit, and silences our own rules by name."""

from __future__ import annotations

from buildxray.ide.diagnostics import diagnose
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import context

CASING = "FROM alpine as x\n"
PLATFORM = "FROM alpine\nRUN echo $TARGETARCH\n"


def found(text: str) -> dict[str, Severity]:
    return {it.rule: it.severity for it in diagnose(context(text))}


@every_case(
    "text, rule, is_reported",
    [
        (f"# check=skip=FromAsCasing\n{CASING}", "from-as-casing", False),
        (f"# check=skip=all\n{CASING}", "from-as-casing", False),
        (f"#check = skip = StageNameCasing , FromAsCasing ;error=false\n{CASING}", "from-as-casing", True),
        (f"# check=skip=StageNameCasing,FromAsCasing;error=false\n{CASING}", "from-as-casing", False),
        # BuildKit knows its checks by their Pascal names only.
        (f"# check=skip=from-as-casing\n{CASING}", "from-as-casing", True),
        (f"# check=skip=undeclared-platform-arg\n{PLATFORM}", "undeclared-platform-arg", False),
        (f"# check=skip=UndeclaredPlatformArg\n{PLATFORM}", "undeclared-platform-arg", False),
        (f"# check=skip=all\n{PLATFORM}", "undeclared-platform-arg", True),
        ("FROM alpine\n# check=skip=UndeclaredPlatformArg\nRUN echo $TARGETARCH\n", "undeclared-platform-arg", False),
        ("FROM alpine\n# check=skip=Other\nRUN echo $TARGETARCH\n", "undeclared-platform-arg", True),
        ("# check=skip=Nope\nFROM alpine\n", "misspelled-suppression", True),
        ("# check=skip=FromAsCasing,emulated-build\nFROM alpine\n", "misspelled-suppression", False),
        ("# check=bogus\nFROM alpine\n", "build-error", True),
        ("FROM alpine as x # buildxray\n", "build-error", True),
    ],
)
def test_check_directives_and_comments_silence_rules(text: str, rule: str, is_reported: bool) -> None:
    assert (rule in found(text)) == is_reported


def test_error_true_makes_warnings_errors() -> None:
    assert found(f"# check=error=true\n{CASING}")["from-as-casing"] is Severity.ERROR
    assert found(f"# check=error=true\n{PLATFORM}")["undeclared-platform-arg"] is not Severity.INFORMATION
    assert found(CASING)["from-as-casing"] is Severity.INFORMATION
