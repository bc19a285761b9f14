from __future__ import annotations

from buildxray.ide.plan_view.markdown import as_markdown
from buildxray.ide.plan_view.model import plan_view
from tests.support.ide import analyze


def test_each_step_is_in_a_row_with_its_cost() -> None:
    view = plan_view(analyze("FROM golang AS build\nRUN go build | tee log\nFROM scratch\nCOPY --from=build /a /a\n"))

    assert (
        as_markdown(view, "Dockerfile")
        == """\
**Dockerfile**, built on linux/amd64 for linux/amd64, linux/arm64: 6 steps, 2 RUN steps, 1 emulated, 1 RUN once per platform

| line | stage | instruction | steps |
|---:|---|---|---|
| 1 | build | `FROM golang` | per platform amd64, arm64 |
| 2 | build | `RUN go build \\| tee log` | native amd64; **emulated** arm64 |
| 4 | stage-1 | `COPY --from=build /a /a` | per platform amd64, arm64 |
"""
    )


def test_text_of_the_document_is_shown_as_text() -> None:
    text = as_markdown(plan_view(analyze("FROM a\nRUN echo `date` <b>\n")), "<i>|Dockerfile*")

    assert "**\\<i\\>\\|Dockerfile\\***" in text
    assert "`` RUN echo `date` <b> ``" in text
