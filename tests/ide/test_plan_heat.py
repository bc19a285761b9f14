"""The picture of a plan with the times of a log: seconds in boxes, heat, the critical path."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.plan_view.as_json import view_as_json
from buildxray.ide.plan_view.markdown import as_markdown
from buildxray.ide.plan_view.model import plan_view
from buildxray.ide.plan_view.svg import draw, stylesheet
from buildxray.logs.reader import read_log_text
from buildxray.semantics.build import Step
from tests.ide.test_plan_picture import check_drawing
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.logs import CROSS, NAIVE, NAIVE_TTY, REQUEST
from tests.support.made_logs import made_build, rawjson
from tests.support.picture import EIGHT, Picture
from tests.support.rules import request

pytestmark = pytest.mark.slow


def timed(text: str, log: str, platforms: str = "", edited: str = "") -> Analysis:
    """The analysis of a text with a log; `edited` is the text after an edit since that build."""
    asked = request(platforms) if platforms else REQUEST
    analyzer = Analyzer(asked)
    analyzer.measured = MeasuredBuild(text, read_log_text(log).builds[0], asked)
    return analyzer.analyze(edited or text)


def drawn(analysis: Analysis) -> Picture:
    return Picture(draw(plan_view(analysis), "Dockerfile"))


def chosen_seconds(step: Step) -> float:
    """Times of all sizes, from nothing to hours."""
    return [0.0, 0.04, 0.6, 7.3, 158.9, 12_345.6][(step.idx * 7) % 6]


@pytest.mark.slow
@every_case("case", CASES)
def test_times_fit_into_their_boxes(case: str) -> None:
    text = case_text(case)
    asked = request("linux/amd64,linux/arm64")
    build = made_build(text, asked, chosen_seconds)
    if build.plan.errors or len(build.vertices) < 4:
        return
    check_drawing(drawn(timed(text, "\n".join(rawjson(build)), "linux/amd64,linux/arm64")))


def test_times_of_many_platforms_fit_too() -> None:
    build = made_build(NAIVE, request(EIGHT), chosen_seconds)
    check_drawing(drawn(timed(NAIVE, "\n".join(rawjson(build)), EIGHT)))


def test_boxes_have_seconds_and_the_hottest_is_the_longest() -> None:
    picture = drawn(timed(NAIVE, NAIVE_TTY))
    texts = {text for text, _place in picture.texts()}
    assert {"158.9 s", "18.3 s", "235.0 s", "204.6 s"} <= texts
    by_heat = {
        it.get("data-line"): it.get("class", "") for it in picture.of_class("critical") if "exec" in it.get("class", "")
    }
    assert by_heat == {
        "5": "step emulated exec heat-4 critical",
        "7": "step emulated exec heat-5 critical",
        "8": "step emulated exec heat-1 critical",
    }


def test_the_critical_path_is_a_line_from_the_image_to_the_last_step() -> None:
    picture = drawn(timed(NAIVE, NAIVE_TTY))
    rails = [(float(it.get("y", "")), float(it.get("height", ""))) for it in picture.of_class("rail")]
    first = rails[:8]
    assert len(rails) == 9
    assert all(a + height == pytest.approx(b) for (a, height), (b, _h) in pairwise(first))
    assert len(picture.of_class("critical", picture.of_class("wires")[0])) == 1


def test_the_picture_of_the_built_text_has_the_seconds_that_fixes_save() -> None:
    svg = draw(plan_view(timed(NAIVE, NAIVE_TTY)), "Dockerfile")
    assert "440.1 s" in svg
    assert "−140 s" in svg
    assert "saved by the safe fixes" in svg
    assert "critical path: what the build waits for" in svg
    assert "up to 235.0 s" in svg


def test_an_edited_text_has_estimates() -> None:
    analysis = timed(NAIVE, NAIVE_TTY, edited=CROSS)
    picture = drawn(analysis)
    check_drawing(picture)
    texts = [text for text, _place in picture.texts()]
    assert texts.count("≈ 18 s") == 2
    assert "160–330 s" in draw(plan_view(analysis), "Dockerfile")
    assert picture.of_class("emulated") == []


def test_without_a_log_the_picture_has_no_times() -> None:
    svg = draw(plan_view(Analyzer(REQUEST).analyze(NAIVE)), "Dockerfile")
    body = svg[svg.index("</style>") :]
    assert not re.search(r"heat|rail|critical", body)


def test_a_screen_reader_hears_the_time() -> None:
    labels = [it.get("aria-label", "") for it in drawn(timed(NAIVE, NAIVE_TTY)).of_class("step")]
    (compile_,) = [it for it in labels if "158.9 s" in it]
    assert compile_.endswith("emulated; 158.9 s; on the critical path")


def test_other_editors_get_the_numbers() -> None:
    found = view_as_json(plan_view(timed(NAIVE, NAIVE_TTY)))
    assert found["times"]["total"] == 440.1
    steps = [step for stage in found["stages"] for row in stage["rows"] for step in row["steps"]]
    (compile_,) = [it for it in steps if it["seconds"] == 158.9]
    assert (compile_["measured"], compile_["critical"]) == (True, True)
    assert view_as_json(plan_view(Analyzer(REQUEST).analyze(NAIVE)))["times"] is None


def test_markdown_has_a_column_of_seconds() -> None:
    text = as_markdown(plan_view(timed(NAIVE, NAIVE_TTY)), "Dockerfile")
    (row,) = [it for it in text.splitlines() if "go build" in it]
    assert row.endswith("| 18.3 s · **158.9 s** |")


def luminance(colour: str) -> float:
    parts = [int(colour[it : it + 2], 16) / 255 for it in (1, 3, 5)]
    red, green, blue = (it / 12.92 if it <= 0.03928 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_texts_on_heat_colours_have_enough_contrast() -> None:
    """Contrast of at least 4.5 (WCAG 2.1, AA), in light and in dark."""
    inks = re.findall(r"--on-heat: (#\w{6})", stylesheet())
    levels = [re.findall(rf"--heat-{it}: (#\w{{6}})", stylesheet()) for it in range(1, 6)]
    for theme, ink in enumerate(inks):
        for level in levels:
            high, low = sorted((luminance(ink), luminance(level[theme])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5
    assert len(inks) == 2
