"""The picture of a plan is well-formed and legible, and nothing in it overlaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest

from buildxray import localization
from buildxray.ide.plan_view.model import plan_view
from buildxray.ide.plan_view.page import page
from buildxray.ide.plan_view.svg import draw, stylesheet
from buildxray.ide.plan_view.typography import CODE, LABEL, STYLES, elided, width, wrapped
from tests.ide.test_plan_view import EARLY
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyze
from tests.support.picture import EIGHT, SVG, Picture, Rectangle, picture
from tests.support.rules import TARGETS
from tests.support.samples import dockerfile_of

pytestmark = pytest.mark.slow


FORTY_STAGES = dockerfile_of(500)
NAIVE = "FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a\n"


def check_drawing(drawn: Picture) -> None:
    """Check that nothing overlaps and every text is inside its box."""
    assert not [(one, other) for one, other in combinations(drawn.cards, 2) if one.overlaps(other)]
    assert not [(one, other) for one, other in combinations(drawn.frames, 2) if one.overlaps(other)]
    for card, stage in zip(drawn.cards, drawn.of_class("stage"), strict=True):
        texts = [*drawn.texts(stage)]
        assert [it for it, place in texts if not card.holds(place)] == []
        assert [(a, b) for (a, one), (b, other) in combinations(texts, 2) if one.overlaps(other)] == []
        assert all(card.holds(Rectangle.of(it)) for it in drawn.of_class("frame", stage))
    for step in drawn.of_class("step"):
        (frame,) = map(Rectangle.of, drawn.of_class("frame", step))
        assert [it for it, place in drawn.texts(step) if not frame.holds(place)] == []
    check_wires(drawn)


def check_wires(drawn: Picture) -> None:
    """Check that wires run between and below the columns, except at their two ends."""
    texts = [place for _, place in drawn.texts()]
    for points in drawn.wires:
        for (x, y), (to_x, to_y) in pairwise(points):
            line = Rectangle(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))
            crossed = [it for it in drawn.cards if it.overlaps(line)]
            assert len(crossed) <= 2, "only the ends of a wire are inside a column"
            assert not [it for it in texts if it.overlaps(line)]


@pytest.mark.slow
@every_case("case", CASES)
def test_no_text_leaves_its_box_and_no_wire_crosses_one(case: str) -> None:
    check_drawing(picture(case_text(case)))


@pytest.mark.parametrize("targets", ["linux/amd64", TARGETS, EIGHT, "linux/amd64,windows/amd64"])
def test_texts_fit_for_any_number_of_platforms(targets: str) -> None:
    for text in (NAIVE, EARLY):
        drawn = picture(text, targets)
        check_drawing(drawn)
        assert len(drawn.of_class("step")) == sum(drawn.states.values()) > 0


def test_forty_stages_are_about_as_wide_as_a_screen() -> None:
    drawn = picture(FORTY_STAGES)
    assert len(drawn.cards) == 40
    check_drawing(drawn)
    width, height = max(it.right for it in drawn.cards), max(it.bottom for it in drawn.cards)
    assert width < 2.5 * height


def test_stages_that_need_nothing_of_each_other_share_a_column() -> None:
    base = "FROM alpine AS base\nRUN a\nFROM base AS one\nRUN b\nFROM base AS two\nRUN c\n"
    drawn = picture(base + "FROM scratch\nCOPY --from=one /a /\nCOPY --from=two /b /\nRUN d\nRUN e\nRUN f\nRUN g\n")
    check_drawing(drawn)
    one, two = drawn.cards[1:3]
    assert one.x == two.x
    assert one.bottom < two.y


def test_no_text_is_smaller_than_eleven_pixels() -> None:
    assert [it.name for it in STYLES if it.size < 11] == []


@pytest.fixture
def _japanese() -> Iterator[None]:
    localization.use("ja")
    yield
    localization.use("en")


@pytest.mark.usefixtures("_japanese")
def test_japanese_texts_fit() -> None:
    check_drawing(picture(EARLY, EIGHT))


def test_boxes_have_the_class_of_their_state() -> None:
    assert picture(NAIVE).states == {"separate": 4, "native": 1, "emulated": 1}
    assert picture(EARLY).states == {"separate": 6, "shared": 2, "repeated": 2, "native": 3, "emulated": 1}


def test_a_shared_step_is_as_wide_as_all_of_a_repeated_one() -> None:
    shared, *repeated = [
        [Rectangle.of(it) for it in drawn.of_class("frame", row)]
        for drawn in [picture("FROM --platform=$BUILDPLATFORM a\nRUN a\nARG TARGETARCH\nRUN b\n")]
        for row in drawn.of_class("row")[1:]
    ]
    assert shared[0].x == repeated[0][0].x
    assert shared[0].right == repeated[0][1].right
    assert repeated[0][0].y == repeated[0][1].y


def test_emulated_steps_differ_by_more_than_colour() -> None:
    drawn = picture(NAIVE)
    (emulated,) = drawn.of_class("emulated")
    (native,) = drawn.of_class("native")
    assert len(drawn.of_class("hatched", emulated)) == 1
    assert drawn.of_class("hatched", native) == []
    uses = [it.get("href") for step in (emulated, native) for it in step.iter(f"{SVG}use")]
    assert uses == ["#plan-emulated", "#plan-native"]


def test_totals_are_on_top() -> None:
    assert picture(EARLY).totals == {
        "steps": 15,
        "RUN steps": 6,
        "emulated: linux/arm64": 1,
        "RUN once per platform": 3,
        "of these avoidable": 1,
    }
    assert [*picture("FROM a\nRUN b\n", "linux/amd64").totals.values()] == [2, 1, 0]


def test_the_legend_has_only_the_states_in_the_picture() -> None:
    (legend,) = [it for it in picture(NAIVE).root.iter(f"{SVG}g") if it.get("class") == "legend"]
    texts = [it.text for it in legend.iter(f"{SVG}text")]
    assert texts == [
        "native: on the build machine",
        "emulated: on another architecture",
        "files of one platform",
        "COPY --from",
    ]


def test_the_picture_shows_the_error_of_buildkit() -> None:
    drawn = picture("FROM a\nRUN --mount=type=nonsense x\n")
    (error,) = [it for it in drawn.root.iter(f"{SVG}g") if it.get("class") == "error"]
    assert " ".join(it.text or "" for it in error.iter(f"{SVG}text")).startswith("BuildKit refuses this file. Line 2:")


def test_steps_have_descriptions_for_screen_readers() -> None:
    drawn = picture(EARLY)
    assert drawn.root.get("aria-label") == (
        "Dockerfile: built on linux/amd64 for linux/amd64, linux/arm64; "
        "15 steps, 6 RUN steps, 1 emulated, 3 RUN once per platform"
    )
    for step in drawn.of_class("step"):
        assert re.fullmatch(r"stage \S+, line \d+; .+; .+", step.get("aria-label", ""))
    assert [it.get("aria-label") for it in drawn.of_class("stage")] == [
        "stage build: amd64 (--platform=$BUILDPLATFORM)",
        "stage stage-1: amd64, arm64 (target platform)",
    ]


def test_the_whole_text_of_what_is_cut_is_its_title() -> None:
    long = "RUN " + "x" * 500
    row = picture(f"FROM a\n{long}\n").of_class("row")[1]
    assert row[0].text == long
    assert "x" * 500 not in {it.text for it in row.iter(f"{SVG}text")}


def test_hostile_text_stays_text() -> None:
    drawn = picture(
        'FROM a AS b\nRUN echo "</text><script>alert(1)</script>" \x00\x1b\ud800\uffff é 日本\n', name='"><b>&'
    )
    assert [it for it in drawn.root.iter() if it.tag.endswith("script")] == []
    check_drawing(drawn)


def test_a_picture_has_no_inline_styles_or_scripts() -> None:
    view = plan_view(analyze(EARLY))
    bare = draw(view, "Dockerfile", is_alone=False)
    assert "<style" not in bare
    assert " style=" not in bare
    assert "<style>" in draw(view, "Dockerfile")


def test_the_policy_of_the_page_allows_only_its_own_style_and_script() -> None:
    text = page([(plan_view(analyze(EARLY)), "a<b"), (plan_view(analyze(NAIVE)), "c")])
    assert text.count("<svg") == 2
    assert "default-src 'none'; style-src 'sha256-" in text
    assert "unsafe" not in text
    assert "a&lt;b" in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len({*ids})


def test_measured_widths_are_those_of_the_font() -> None:
    sizes = dict(re.findall(r"\.plan \.([\w-]+) \{ font-size: ([\d.]+)px", stylesheet()))
    assert {name: float(size) for name, size in sizes.items()} == {it.name: it.size for it in STYLES}


def test_texts_are_cut_and_wrapped_at_their_width() -> None:
    assert elided("short", CODE, 100) == "short"
    assert elided("x" * 50, CODE, 100) == "x" * 13 + "…"
    assert width("日本", LABEL) > width("ab", LABEL)
    assert wrapped("", LABEL, 100) == []
    lines = wrapped("one two " + "x" * 60, LABEL, 60)
    assert "".join(lines).replace(" ", "") == "onetwo" + "x" * 60
    assert all(width(it, LABEL) <= 60 for it in lines)
