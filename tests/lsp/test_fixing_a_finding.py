"""The main use through a real process: a finding about emulation, its fix, and no finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.syntax.text import ColumnUnit
from tests.support.editor import Editor, editor

pytestmark = [pytest.mark.slow, pytest.mark.processes]


GREET = Path(__file__).parents[2] / "examples" / "greet"


async def tell_the_story(session: Editor, before: str, after: str) -> None:
    (finding,) = await session.open(before)
    assert session.marked(finding.range) == "golang:1.26-alpine"
    assert (finding.code, finding.severity) == ("emulated-build", types.DiagnosticSeverity.Warning)
    assert "so do all 3 RUN instructions of this stage" in finding.message

    actions = await session.actions(finding.range)
    preferred = [it for it in actions if it.is_preferred]
    assert [it.title for it in preferred] == ["Cross-compile this stage: 3 of 6 RUN steps leave emulation"]
    assert preferred[0].kind == types.CodeActionKind.QuickFix
    assert [it.code for it in preferred[0].diagnostics or ()] == ["emulated-build"]

    assert await session.apply(preferred[0]) == []
    assert session.text == after
    assert session.errors == []


@pytest.mark.parametrize("client", ["visual-studio-code", "neovim", "emacs"])
async def test_a_finding_disappears_after_its_fix(client: str) -> None:
    async with editor(client) as session:
        before, after = (GREET / "Dockerfile").read_text(), (GREET / "Dockerfile.cross").read_text()
        await tell_the_story(session, before, after)


@pytest.mark.parametrize("unit", ["utf-16", "utf-8", "utf-32"])
async def test_columns_in_every_unit(unit: ColumnUnit) -> None:
    def strange(text: str) -> str:
        text = text.replace("RUN CGO_ENABLED", "RUN echo 'é こ 🐳' && CGO_ENABLED")
        return "# é こ 🐳\x0c\u2028🐳\n" + text.replace("go mod verify", "echo 🐳🐳é")

    async with editor(units=[unit]) as session:
        assert session.unit == unit
        before, after = (GREET / "Dockerfile").read_text(), (GREET / "Dockerfile.cross").read_text()
        await tell_the_story(session, strange(before), strange(after))


async def test_fix_all() -> None:
    async with editor() as session:
        await session.open((GREET / "Dockerfile.early-arg").read_text())
        nowhere = types.Range(types.Position(5, 0), types.Position(5, 0))
        (action,) = await session.actions(nowhere, ["source.fixAll"])
        assert action.kind == "source.fixAll.buildxray"
        assert await session.apply(action) == []
        assert session.text == (GREET / "Dockerfile.cross").read_text()
        assert await session.actions(nowhere, ["source.fixAll"]) == []


@pytest.mark.parametrize("unit", ["utf-16", "utf-8"])
async def test_hover_on_every_argument(unit: ColumnUnit) -> None:
    lines = ["FROM alpine"]
    for name in AUTOMATIC_ARGUMENTS:
        lines += [f"ARG {name}", f"RUN echo 'é🐳' ${name}", f"COPY 🐳 /こ/${{{name}:-é}}"]
    async with editor(units=[unit]) as session:
        await session.open("\n".join(lines))
        for name in AUTOMATIC_ARGUMENTS:
            for place in (f"ARG {name}", f"echo 'é🐳' ${name}", f"/こ/${{{name}"):
                found = await session.hover(session.text.index(place) + len(place) - 1)
                assert found is not None
                assert isinstance(found.contents, types.MarkupContent)
                assert found.contents.value.startswith(f"**`{name}`**")
                assert "| `linux/arm64` |" in found.contents.value
                assert found.range is not None
                assert session.marked(found.range) == name
        assert session.errors == []
