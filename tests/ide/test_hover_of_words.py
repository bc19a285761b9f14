"""Hovers and completions of options, values and other words that are neither names nor keywords."""

from __future__ import annotations

from buildxray.ide.completion import completions
from buildxray.ide.completion.base import Completion
from buildxray.ide.hover import hover
from tests.support.cases import every_case
from tests.support.ide import analyze, hover_at
from tests.support.markup import fixture


def offered(markup: str) -> list[Completion]:
    given = fixture(markup)
    return completions(analyze(given.text), given.cursor)


@every_case(
    "markup, beginning",
    [
        ("# check=sk<|>ip=all\nFROM x\n", "**`skip=`**"),
        ("# check=skip=JSONArgs<|>Recommended;error=true\nFROM x\n", "**`JSONArgsRecommended`**: CMD or ENTRYPOINT"),
        ("# check=skip=StageNameCasing,emulated-<|>build\nFROM x\n", "**`emulated-build`**: A stage compiles"),
        ("# check=skip=a<|>ll\nFROM x\n", "**`all`**: every check"),
        ("# check=error=tr<|>ue\nFROM x\n", "**`error=`**"),
        ("FROM x\n# check=skip=JSONArgs<|>Recommended\nCMD a\n", "**`JSONArgsRecommended`**"),
        ("FROM x\n# buildxray: ignore=emulated-<|>build\nRUN a\n", "**`emulated-build`**"),
        ("# syntax=docker/<|>dockerfile:1\nFROM x\n", "**`# syntax=`**"),
        ("# escape=<|>`\nFROM x\n", "**`# escape=`**"),
        ("FROM x\nSTOPSIGNAL SIG<|>QUIT\n", "**`SIGQUIT`**: asks nginx"),
        ("FROM x\nSTOPSIGNAL <|>9\n", "**`SIGKILL`**: kills"),
        ("FROM x\nSTOPSIGNAL te<|>rm\n", "**`SIGTERM`**: asks"),
        ("FROM x\nRUN <<E<|>OF\na\nEOF\n", "**`EOF`**: a heredoc of 1 line, up to"),
        ("FROM x\nRUN <<EOF\na\nb\nE<|>OF\n", "**`EOF`**: a heredoc of 2 lines, up to"),
        ("FROM x\nEXPOSE 44<|>3\n", "**TCP port 443** (HTTPS)"),
        ("FROM x\nEXPOSE 443/u<|>dp\n", "**UDP port 443** (HTTPS)"),
        ("FROM x\nEXPOSE 54<|>32\n", "**TCP port 5432** (PostgreSQL)"),
        ("FROM x\nEXPOSE 30<|>00\n", "**TCP port 3000** (usually Node.js)"),
        ("FROM x\nEXPOSE 3000/u<|>dp\n", "**UDP port 3000**\n"),
        ("FROM x\nEXPOSE 30<|>01\n", "**TCP port 3001**\n"),
        ("FROM x\nEXPOSE 8000-80<|>10/udp\n", "**UDP ports 8000 to 8010**"),
        ("FROM x\nLABEL org.opencontainers.image.so<|>urce=y\n", "**`org.opencontainers.image.source`**: the URL"),
        ("FROM x\nWORKDIR /a\nWORKDIR <|>b\n", "The working directory from here on: `/a/b`."),
        ("FROM x A<|>S y\n", "**`AS`**"),
        ("FROM x\nHEALTHCHECK --start-inter<|>val=1s CMD a\n", "**`--start-interval`**"),
        ("FROM x\nRUN --mount=type=cache,target=/<|>a b\n", "**`target`**"),
    ],
)
def test_options_and_values_have_hovers(markup: str, beginning: str) -> None:
    given = fixture(markup)
    shown = hover(analyze(given.text), given.cursor)
    assert shown is not None
    assert shown.markdown.startswith(beginning)
    assert shown.range.contains(given.cursor)


@every_case(
    "markup",
    [
        "# check=skip=Unkn<|>own\nFROM x\n",
        "FROM x\n# skip=J<|>SONArgsRecommended\nCMD a\n",
        "FROM x\n# buildxray: ignore=unkn<|>own\nRUN a\n",
        "FROM x\nSTOPSIGNAL SIG<|>XYZ\n",
        "FROM x\nSTOPSIGNAL 3<|>1\n",
        "FROM x\nEXPOSE ht<|>tp\n",
        "FROM x\nLABEL com.exam<|>ple=y\n",
        "FROM x\nUSER nob<|>ody\n",
        "FROM x\nCMD E<|>OF\n",
    ],
)
def test_words_of_uncertain_meaning_have_no_hover(markup: str) -> None:
    shown = hover_at(markup)
    assert shown is None or shown.startswith("**`skip=`**")


def test_words_have_no_hover_if_another_server_explains_them() -> None:
    given = fixture("FROM x\nSTOPSIGNAL SIG<|>QUIT\n")
    assert hover(analyze(given.text), given.cursor, is_general=False) is None


def test_a_heredoc_says_what_becomes_of_its_text() -> None:
    shown = hover_at("FROM x\nCOPY <<-'E<|>OF' /y\n\t$a\nEOF\n")
    assert shown is not None
    assert "It is copied as written" in shown
    assert "Tabs at the start" in shown


def test_an_environment_variable_that_tools_know() -> None:
    shown = hover_at("FROM x\nENV NODE_<|>ENV=production\n")
    assert shown is not None
    assert "Known to tools: `production` lets npm skip" in shown


@every_case(
    "markup, label, detail",
    [
        ("# check=skip=JSON<|>\nFROM x\n", "JSONArgsRecommended", "CMD or ENTRYPOINT starts a shell"),
        ("# check=skip=al<|>\nFROM x\n", "all", "every check"),
        ("# check=error=t<|>\nFROM x\n", "true", ""),
        ("FROM x\nENV PYTHONUN<|>\n", "PYTHONUNBUFFERED", "any value lets Python print without a buffer"),
        ("FROM x\nLABEL org.opencontainers.image.cr<|>\n", "org.opencontainers.image.created", "when the image was"),
        ("FROM x\n# buildxray: ignore=emulated<|>\n", "emulated-build", "A stage compiles under emulation"),
    ],
)
def test_the_same_words_are_completed(markup: str, label: str, detail: str) -> None:
    details = {it.label: it.detail for it in offered(markup)}
    assert details[label].startswith(detail)


@every_case("markup", ["FROM x\nENV <|>\n", "FROM x\nENV TZ=<|>\n", "FROM x\nENV TZ=UTC T<|>\n"])
def test_variables_of_tools_are_offered_only_beside_the_tool(markup: str) -> None:
    assert "TZ" not in {it.label for it in offered(markup)}
