from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from buildxray.ide.code_actions import FIX_ALL, fix_all, quick_fixes
from buildxray.ide.fixes import fix_text, keeps_artifacts
from buildxray.rules.base import Safety
from buildxray.syntax.text import TextRange, apply_edits
from tests.rules.test_dockerfiles import examples
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyzer
from tests.support.markup import fixture

GREET = Path(__file__).parents[2] / "examples" / "greet"
COST_RULES = (
    "early-platform-arg",
    "emulated-build",
    "redundant-target-platform",
    "unused-platform-arg",
)
BROUGHT_TO_LIGHT = {
    "build-platform-image": {"wrong-arch-build"},
    "masked-platform-arg": {"missing-goarm"},
    "undeclared-platform-arg": {"missing-goarm"},
}
"""Findings that a fix may uncover: the fixed rule, and the rule that may follow."""
REPAIRED = (GREET / "Dockerfile.cross").read_text()


@every_case("name, n_steps", [("Dockerfile", 19), ("Dockerfile.early-arg", 15), ("Dockerfile.cross", 13)])
def test_the_example_in_three_stages_of_repair(name: str, n_steps: int) -> None:
    text = (GREET / name).read_text()
    assert len(analyzer().analyze(text).plan.steps) == n_steps
    assert fix_text(analyzer(), text).text == REPAIRED
    assert analyzer().analyze(REPAIRED).diagnostics == ()


ARTICLE = "-o /go/bin/longcat", "RUN [ -e /usr/bin/upx ] && upx /go/bin/longcat || echo"
WITH_UPX = ARTICLE[0], f"RUN apk add --no-cache upx\n{ARTICLE[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("commands", [ARTICLE, WITH_UPX, (ARTICLE[0], "RUN test -s /go/bin/longcat")])
@pytest.mark.parametrize("case", ["lang-04-go-emulated", "lang-05-go-native-arg-early"])
def test_a_compressed_program_keeps_the_fixes_safe(case: str, commands: tuple[str, str]) -> None:
    """An article on multi-platform builds shows these commands: without cross-compilation, then with an early ARG, then with a late one."""

    def text_of(case: str) -> str:
        output, run = commands
        text = case_text(case).replace("-o /out/greet", output).replace("RUN test -s /out/greet", run)
        return text.replace("/out/greet /greet", "/go/bin/longcat /longcat").replace("/greet", "/longcat")

    assert fix_text(analyzer(), text_of(case)).text == text_of("lang-06-go-native-arg-late")
    assert analyzer().analyze(text_of("lang-06-go-native-arg-late")).diagnostics == ()


@every_case("command", ["strip /go/bin/longcat", "/go/bin/longcat --version", "ldd /go/bin/longcat"])
def test_a_command_that_needs_its_own_machine_prevents_the_fix(command: str) -> None:
    text = case_text("lang-04-go-emulated").replace(
        "RUN test -s /out/greet", f"RUN {command.replace('/go/bin/longcat', '/out/greet')}"
    )
    assert fix_text(analyzer(), text).text == text


def test_fixes_of_one_stage_do_not_contradict_each_other() -> None:
    text = "FROM golang AS build\nRUN GOARCH=$TARGETARCH go build -o /a . \nRUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /b .\n"
    fixed = fix_text(analyzer(), text).text
    assert fixed.count("ARG ") == 2
    assert fixed.index("ARG TARGETARCH\n") < fixed.index("/a") < fixed.index("ARG TARGETOS\n") < fixed.index("/b")


def test_suggestions_are_applied_only_on_request() -> None:
    text = "FROM golang AS build\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    assert fix_text(analyzer(), text).text == text
    assert "CGO_ENABLED=0 go build" in fix_text(analyzer(), text, with_suggestions=True).text


@pytest.mark.parametrize(
    ("before", "after"),
    [("package templates\n\nconst dockerfile = `", "`\n"), ("", "{{ if .Debug }}\nRUN true\n{{ end }}\n")],
)
def test_a_text_that_is_not_a_dockerfile_is_left_alone(before: str, after: str) -> None:
    text = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    assert fix_text(analyzer(), text).titles
    assert fix_text(analyzer(), before + text + after, with_suggestions=True).text == before + text + after


def test_the_light_bulb_lists_fixes_before_other_actions() -> None:
    text = (GREET / "Dockerfile").read_text()
    analysis = analyzer().analyze(text)
    actions = [*quick_fixes(analysis, TextRange(7, 7))]
    assert [(it.title, it.is_preferred) for it in actions] == [
        ("Cross-compile this stage: 3 of 6 RUN steps leave emulation", True),
        ("Ignore `emulated-build` for this instruction", False),
        ("Ignore `emulated-build` in this file", False),
    ]
    end = len("FROM golang")
    assert [it.title for it in quick_fixes(analysis, TextRange(end, end))] == [it.title for it in actions]


def titles(text: str, place: TextRange, **named: frozenset[tuple[str, TextRange]]) -> list[str]:
    found = [it.title for it in quick_fixes(analyzer().analyze(text), place, **named)]
    return [it for it in found if not it.startswith("Ignore")]


def test_a_fix_is_offered_on_the_line_of_its_finding_and_where_it_edits() -> None:
    text = "FROM golang AS build\nWORKDIR /s\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    native = "Cross-compile this stage: 1 of 2 RUN steps leaves emulation"
    start, run = TextRange(0, 0), text.index("RUN")
    (finding,) = [it for it in analyzer().analyze(text).diagnostics if it.rule == "emulated-build"]
    # On the whole line, at the RUN that it edits, and for a range that contains it.
    assert titles(text, start) == [native]
    assert titles(text, TextRange(run, run)) == [native]
    elsewhere = TextRange(text.index("WORKDIR"), text.index("WORKDIR"))
    assert titles(text, elsewhere) == []
    (named,) = titles(text, elsewhere, named=frozenset({(finding.rule, finding.range)}))
    assert named == f"{native} (in line 1)"


def test_the_title_of_a_suggestion_asks_for_review() -> None:
    text = "FROM golang AS build\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    assert titles(text, TextRange(0, 0)) == [
        "Cross-compile this stage: 1 of 2 RUN steps leaves emulation (a suggestion: review it first)"
    ]


def test_fix_all_is_one_edit() -> None:
    text = (GREET / "Dockerfile").read_text()
    action = fix_all(analyzer(), analyzer().analyze(text))
    assert action is not None
    assert action.kind == FIX_ALL
    assert apply_edits(text, action.edits) == REPAIRED
    assert fix_all(analyzer(), analyzer().analyze(REPAIRED)) is None


@pytest.mark.slow
@every_case("case, targets", product(CASES, ["linux/amd64,linux/arm64", "linux/arm/v6,linux/arm/v7,windows/amd64"]))
def test_every_fix_removes_its_finding_without_new_errors(case: str, targets: str) -> None:
    text = case_text(case)
    analysis = analyzer(targets).analyze(text)
    before = [it.rule for it in analysis.diagnostics]
    for diagnostic in analysis.diagnostics:
        for fix in diagnostic.fixes:
            after = analyzer(targets).analyze(apply_edits(text, fix.edits))
            rules = [it.rule for it in after.diagnostics]
            assert len(after.plan.errors) <= len(analysis.plan.errors)
            assert rules.count(diagnostic.rule) < before.count(diagnostic.rule)
            new = {it for it in rules if rules.count(it) > before.count(it)}
            assert new <= BROUGHT_TO_LIGHT.get(diagnostic.rule, set())
            if diagnostic.rule in COST_RULES:
                assert len(after.plan.steps) <= len(analysis.plan.steps)
                assert len(after.build.emulated_steps) <= len(analysis.build.emulated_steps)
    fixed = fix_text(analyzer(targets), text, with_suggestions=True).text
    assert fix_text(analyzer(targets), fixed, with_suggestions=True).text == fixed


ALL_DOCKERFILES = [
    *((case, case_text(case)) for case in CASES),
    *((it.title, fixture(it.markup).text) for it in examples()),
]


@pytest.mark.slow
@every_case("name, text", ALL_DOCKERFILES)
def test_no_safe_fix_makes_a_file_of_the_image_worse(name: str, text: str) -> None:
    before = analyzer().analyze(text)
    for diagnostic in before.diagnostics:
        for fix in diagnostic.fixes:
            if fix.safety is Safety.SAFE:
                after = analyzer().analyze(apply_edits(text, fix.edits))
                assert keeps_artifacts(before, after), (name, diagnostic.rule, fix.title)


def test_the_check_for_worse_files_sees_a_worse_file() -> None:
    good = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    bad = good.replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang")
    assert not keeps_artifacts(analyzer().analyze(good), analyzer().analyze(bad))
    assert keeps_artifacts(analyzer().analyze(bad), analyzer().analyze(good))
