from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildxray.ide.completion import completions
from buildxray.ide.completion.base import Completion, first_sentence, plain
from buildxray.ide.completion.instructions import STAGES
from buildxray.ide.reference import INSTRUCTIONS, MOUNT_KEY_ALIASES, MOUNT_KEYS, MOUNT_TYPES
from buildxray.plan import mounts
from buildxray.projects.context import ContextEntry, ContextLister
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.ide import analyze
from tests.support.markup import fixture
from tests.support.strategies import mutated

FILES = {"": [("src", True), ("go.mod", False), (".git", True)], "src": [("main.go", False)]}


def context(directory: str) -> list[ContextEntry]:
    return [ContextEntry(name, is_directory) for name, is_directory in FILES.get(directory, [])]


def offered(markup: str) -> list[Completion]:
    given = fixture(markup)
    found = completions(analyze(given.text), given.cursor, context)
    for it in found:
        assert it.edit.range.end == given.cursor
        assert plain(it.snippet) == it.edit.new_text or not it.snippet or it.kind in ("keyword", "value", "flag")
    return found


def labels(markup: str) -> list[str]:
    return [it.label for it in offered(markup)]


def completed(markup: str, label: str) -> str:
    """The text after a completion is accepted."""
    given = fixture(markup)
    (taken,) = [it for it in offered(markup) if it.label == label]
    return apply_edits(given.text, [taken.edit, *taken.others])


def test_platforms_complete_the_flag_and_its_value() -> None:
    assert labels("FROM --platform=<|> golang\n") == [
        "$BUILDPLATFORM",
        "$TARGETPLATFORM",
        "linux/amd64",
        "linux/arm64",
    ]
    assert completed("FROM --platform=$BU<|> golang\n", "$BUILDPLATFORM") == "FROM --platform=$BUILDPLATFORM golang\n"
    assert completed("FROM --platform=li<|>\n", "linux/arm64") == "FROM --platform=linux/arm64\n"


def test_variables_after_a_dollar_sign() -> None:
    assert labels("FROM x\nARG OWN\nRUN echo $<|>\n")[:2] == ["OWN", "TARGETARCH"]
    assert labels("FROM x\nARG APP\nENV NAME=1\nRUN echo $AP<|>\n") == ["APP"]
    assert "HTTP_PROXY" in labels("FROM x\nRUN echo $HTTP<|>\n")
    assert labels("FROM x\nCMD echo $<|>\n") == []
    assert "OWN" in labels("FROM x\nARG OWN\nRUN echo $O<|>\n")
    assert "OWN" not in labels("ARG OWN\nFROM x\nRUN echo $<|>\n")
    assert "OWN" in labels("ARG OWN\nFROM x:$<|>\n")
    assert "OWN" in labels("FROM a AS b\nENV OWN=1\nFROM b\nRUN ${<|>\n")
    assert labels("FROM x\nRUN echo \\$<|>\n") == []


@every_case(
    "before, after",
    [
        ("FROM x\nRUN echo $TARGET<|>\n", "FROM x\nARG TARGETARCH\nRUN echo $TARGETARCH\n"),
        ("FROM x\nRUN echo ${<|>}\n", "FROM x\nARG TARGETARCH\nRUN echo ${TARGETARCH}\n"),
        ("FROM x\nRUN echo ${<|>\n", "FROM x\nARG TARGETARCH\nRUN echo ${TARGETARCH}\n"),
        ("FROM x\nARG TARGETARCH\nRUN echo \\\n  $<|>\n", "FROM x\nARG TARGETARCH\nRUN echo \\\n  $TARGETARCH\n"),
        ("FROM x-$<|>\n", "FROM x-$TARGETARCH\n"),
    ],
)
def test_completing_an_undeclared_argument_declares_it(before: str, after: str) -> None:
    assert completed(before, "TARGETARCH") == after


def test_only_undeclared_arguments_are_offered_after_arg() -> None:
    assert "TARGETARCH" in labels("FROM x\nARG <|>\n")
    assert "TARGETARCH" in labels("FROM x\narg TARGETOS T<|>\n")
    assert "TARGETARCH" not in labels("FROM x\nARG TARGETARCH\nARG <|>\n")
    assert completed("FROM x\nARG TARGETA<|>\n", "TARGETARCH") == "FROM x\nARG TARGETARCH\n"


def test_stages_are_offered_where_one_can_be_named() -> None:
    text = "FROM a AS one\nFROM b AS two\nFROM <|>\n"
    assert labels(text)[:2] == ["one", "two"]
    assert labels("FROM a AS one\nFROM b\nFROM c\nCOPY --from=<|> a b\n") == ["one", "1"]
    assert labels("FROM a AS One\nFROM b\nCOPY --from=O<|> a b\n") == ["one"]
    assert labels("FROM a AS one\nFROM b AS two\nCOPY --from=<|> a b\n") == ["one"]
    assert labels("FROM a AS one\nFROM b\nRUN --mount=type=bind,from=o<|> a b\n") == ["one"]
    assert completed("FROM a AS one\nFROM o<|>\n", "one") == "FROM a AS one\nFROM one\n"


def test_settings_of_the_compiler_that_follows_are_offered() -> None:
    assert labels("FROM x\nRUN G<|> go build\n") == ["GOARCH=$TARGETARCH", "GOOS=$TARGETOS", "GOARM=${TARGETVARIANT#v}"]
    assert completed("FROM x\nRUN a && GOA<|>go build\n", "GOARCH=$TARGETARCH") == (
        "FROM x\nARG TARGETARCH\nRUN a && GOARCH=$TARGETARCH go build\n"
    )
    assert completed("FROM x\nRUN C<|> go build\n", "CGO_ENABLED=0") == "FROM x\nRUN CGO_ENABLED=0 go build\n"
    assert labels("FROM x\nRUN G<|> && go build\n") == []
    assert labels("FROM x\nCOPY GO<|> go build\n") == ["go.mod"]


def test_instructions_are_offered_at_the_start_of_a_line() -> None:
    assert labels("<|>") == ["FROM", "ARG", *STAGES]
    assert labels("FROM x\n<|>")[:3] == ["RUN", "COPY", "ENV"]
    assert {*INSTRUCTIONS} - {*labels("FROM x\n<|>")} == {"MAINTAINER"}
    assert labels("FROM x\nhea<|>") == ["HEALTHCHECK"]
    assert labels("from x\nhea<|>") == ["healthcheck"]
    assert {*INSTRUCTIONS} - {*labels("FROM x\nONBUILD <|>")} == {"FROM", "MAINTAINER", "ONBUILD"}
    assert labels("FROM x\nRUN a \\\n  R<|>") == []
    assert completed("FROM x\nRU<|> a\n", "RUN") == "FROM x\nRUN a\n"
    (taken,) = offered("FROM x\nCOP<|>")
    assert taken.snippet == "COPY ${1:source} ${2:destination}"


@every_case(
    "markup, expected",
    [
        ("FROM --<|>", ["--platform=$BUILDPLATFORM", "--platform="]),
        ("FROM --platform=${<|>", ["${BUILDPLATFORM}", "${TARGETPLATFORM}"]),
        ("FROM --platform=${T<|>} x", ["${TARGETPLATFORM"]),
        ("FROM a <|>", ["AS"]),
        # BuildKit does not expand variables in this heredoc.
        ("FROM x\nARG A=1\nCOPY <<'E' /x\n$A<|>\nE\n", []),
        ("FROM x\nARG A=1\nCOPY <<E /x\n$A<|>\nE\n", ["A"]),
        ("FROM x\nARG A=1\nRUN <<'E'\necho $A<|>\nE\n", ["A"]),
        ("FROM x\nRUN --<|>", ["--device=", "--mount=", "--network=", "--security="]),
        ("FROM x\nRUN --network=none --n<|>", []),
        ("FROM x\nRUN a --<|>", []),
        ("FROM x\nCOPY --ch<|>", ["--chmod=", "--chown="]),
        ("FROM x\nONBUILD COPY --ch<|>", ["--chmod=", "--chown="]),
        ("FROM x\nHEALTHCHECK --start<|>", ["--start-interval=", "--start-period="]),
        (
            "FROM x\nHEALTHCHECK --timeout=1s <|>",
            ["CMD", "--interval=", "--retries=", "--start-interval=", "--start-period="],
        ),
        ("FROM x\nRUN --network=<|>", ["default", "none", "host"]),
        ("FROM x\nRUN --security=i<|>", ["insecure"]),
        ("FROM x\nRUN --mount=<|>", [f"type={it}" for it in MOUNT_TYPES]),
        ("FROM x\nRUN --mount=type=c<|>", ["cache"]),
        ("FROM x\nRUN --mount=type=cache,target=/a,sh<|>", ["sharing="]),
        ("FROM x\nRUN --mount=type=cache,sharing=<|>", ["locked", "shared", "private"]),
        ("FROM x\nRUN --mount=type=bind,src=s<|>", ["src/"]),
        ("FROM x\nRUN --mount=type=secret,<|>", ["target=", "id=", "required=", "env=", "mode=", "uid=", "gid="]),
        ("FROM golang\nRUN --mount=type=cache,target=<|>", ["/go/pkg/mod", "/root/.cache/go-build"]),
        ("FROM golang\nENV GOCACHE=/c\nRUN --mount=type=cache,target=<|>", ["/go/pkg/mod", "/c"]),
        ("FROM x\nRUN --mount=type=cache,target=<|> apt-get update", ["/var/cache/apt", "/var/lib/apt/lists"]),
        ("FROM x\nUSER dev\nRUN --mount=type=cache,target=<|> npm ci", ["/home/dev/.npm"]),
        ("FROM x\nUSER 1000\nRUN --mount=type=cache,target=<|> npm ci", []),
        ("FROM x AS base\nFROM base\nRUN npm ci\nRUN --mount=type=cache,target=<|>", ["/root/.npm"]),
        (
            "FROM x\nCOPY <|>",
            [
                "go.mod",
                "src/",
                ".git/",
                *(f"--{it}" for it in ("chmod=", "chown=", "exclude=", "from=", "link", "parents")),
            ],
        ),
        ("FROM x\nCOPY src/<|>", ["main.go"]),
        ("FROM x\nCOPY ../<|>", []),
        ("FROM x\nCOPY --from=y s<|>", []),
        ("FROM x\nWORKDIR /here\nCOPY a /h<|>", ["/here"]),
        ("FROM x\nEXPOSE 53/<|>", ["tcp", "udp", "sctp"]),
        ("FROM x\nSTOPSIGNAL SIGQ<|>", ["SIGQUIT"]),
        ("FROM x\nRUN adduser -D app\nUSER a<|>", ["app"]),
        ("#<|>", ["syntax=", "escape=", "check=", "buildxray: ignore="]),
        ("# syntax=docker/dockerfile:1\n# <|>\nFROM x\n", ["escape=", "check=", "buildxray: ignore="]),
        ("FROM x\n# <|>", ["buildxray: ignore="]),
        ("# check=<|>", ["skip=", "error=true", "skip=all", "experimental="]),
        ("# check=skip=Stage<|>", ["StageNameCasing"]),
        ("FROM x\n# buildxray: ignore=emul<|>", ["emulated-build"]),
        ("FROM x\nCMD <|>", ['["program"]']),
        ("FROM x\nENTRYPOINT [<|>", ['["program"]']),
        ("FROM x\nCMD npm <|>", []),
        ("FROM x\nADD --checksum=<|>", ["sha256:"]),
        ('FROM x\nCOPY ["<|>', ["go.mod", "src/", ".git/"]),
        ('FROM x\nCOPY ["go.mod", "src/<|>', ["main.go"]),
        ("FROM x\nRUN a b <|>", []),
        ("FROM x\nRUN <<EOF\n<|>\nEOF\n", []),
    ],
)
def test_the_labels_that_each_place_offers(markup: str, expected: list[str]) -> None:
    assert labels(markup) == expected


def test_completions_replace_what_is_typed_already() -> None:
    assert completed("FROM --<|> golang\n", "--platform=$BUILDPLATFORM") == "FROM --platform=$BUILDPLATFORM golang\n"
    assert completed("#<|>", "syntax=") == "# syntax="
    assert completed("# sy<|>", "syntax=") == "# syntax="
    assert completed("FROM x\nRUN --mount=type=bind,ta<|>", "target=") == "FROM x\nRUN --mount=type=bind,target="
    apt = "target=/var/cache/apt,sharing=locked"
    assert completed("FROM x\nRUN --mount=type=cache,<|> apt-get update", apt).endswith(f"cache,{apt} apt-get update")
    for tool, target in {
        "cargo fetch": "/usr/local/cargo/registry,sharing=locked",
        "./gradlew assemble": "/root/.gradle,sharing=locked",
        "mvn package": "/root/.m2,sharing=locked",
        "yarn": "/usr/local/share/.cache/yarn,sharing=locked",
        "npm ci": "/root/.npm",
        "go build": "/go/pkg/mod",
    }.items():
        text = completed(f"FROM x\nRUN --mount=type=cache,<|> {tool}", f"target={target}")
        assert text.endswith(f"cache,target={target} {tool}")


@every_case("label", STAGES)
def test_offered_stages_have_no_findings(label: str) -> None:
    text = plain(STAGES[label][1]) + "FROM scratch\nCOPY --from=build /out /out\n"
    analysis = analyze(text)
    assert analysis.plan.errors == ()
    assert [it.rule for it in analysis.diagnostics] in ([], ["wrong-arch-build"] if "xx" in label else [])
    assert not any(it.is_emulated for it in analysis.plan.steps)


@every_case(
    "text, expected",
    [
        ("Copies files. A destination that ends in `/` is a directory.", "Copies files."),
        ("The path.", "The path."),
        ("ファイルをコピーします。`/` で終わるコピー先はディレクトリです。", "ファイルをコピーします。"),
    ],
)
def test_details_are_one_sentence(text: str, expected: str) -> None:
    assert first_sentence(text) == expected


def test_the_reference_lists_what_buildkit_knows() -> None:
    listed = {name: {it.name for it in entry.flags} for name, entry in INSTRUCTIONS.items() if entry.flags}
    assert listed == {name: {*kind.flags} for name, kind in INSTRUCTION_KINDS.items() if kind.flags}
    assert {*MOUNT_TYPES} == {*mounts.MOUNT_TYPES}
    assert {*MOUNT_KEYS, *MOUNT_KEY_ALIASES, "type"} == {*mounts.MOUNT_KEYS}


def test_paths_of_the_build_context_are_offered(tmp_path: Path) -> None:
    for name in ("a.txt", "b.log", "src/c.log", "src/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("**/*.log\n")
    (tmp_path / "out").symlink_to("/")
    lister = ContextLister(tmp_path / "Dockerfile", tmp_path)
    assert [it.name for it in lister("")] == [".dockerignore", "a.txt", "out", "src"]
    assert lister("src/") == [ContextEntry("d.txt", is_directory=False)]
    assert lister("out") == []
    assert lister("none\0") == []


@pytest.mark.slow
@given(mutated(), st.data())
@settings(deadline=None)
def test_completion_never_raises_and_edits_end_at_the_cursor(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    analysis = analyze(text)
    for it in completions(analysis, offset, context):
        assert 0 <= it.edit.range.start <= it.edit.range.end == offset
        apply_edits(text, [it.edit, *it.others])
