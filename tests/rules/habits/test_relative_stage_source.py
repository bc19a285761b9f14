from __future__ import annotations

from buildxray.rules.habits.relative_stage_source import relative_stage_source
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

TEXT = "FROM {image} AS b\n{before}\nWORKDIR /w\nCOPY . .\nRUN {run}\nFROM debian\nCOPY --from=b {source} /out/\n"
PARTS = {"image": "golang:1.26", "before": "RUN apt-get update", "run": "go build -o server .", "source": "server"}


def test_a_file_of_the_working_directory_is_reported() -> None:
    check_rule(
        relative_stage_source,
        """
        FROM golang AS b
        WORKDIR /w
        COPY . .
        RUN go build -o server .
        FROM debian
        COPY --from=b ./server /server
                      ^^^^^^^^ 💭 the build stops here: with `--from`, `server` is `/server`, and the stage has `/w/server`
        """,
    )
    check_fix(
        relative_stage_source,
        TEXT.format(**PARTS),
        TEXT.format(**{**PARTS, "source": "/w/server"}),
        title="Write `/w/server`",
    )


@every_case(
    "parts",
    [
        {},
        {"source": "bin/tool", "run": "go build -o bin/tool ."},
        {"source": "server", "run": "cd cmd && go build -o server ."},
        {"image": "gcc:14", "run": "gcc -o server a.c"},
        {"before": "RUN apt-get install -y make"},
        {"before": "COPY go.mod go.sum /"},
    ],
)
def test_a_source_that_is_not_in_the_root_directory(parts: dict[str, str]) -> None:
    # `bin` is a directory of every image.
    n_findings = 0 if parts.get("source") == "bin/tool" else 1
    assert len(findings(relative_stage_source, context(TEXT.format(**{**PARTS, **parts})))) == n_findings


@every_case(
    "parts",
    [
        {"source": "/w/server"},
        {"source": "/server"},
        {"source": "other"},
        {"source": "serv*"},
        {"source": "$NAME"},
        {"run": "go build -o /server ."},
        {"run": "go build -o server . && cp server /server"},
        {"run": "go build -o server . && mv server ../"},
        {"run": "go build -o server . && ./install.sh"},
        {"before": "COPY . /"},
        {"before": "COPY server /"},
        {"before": "COPY a /server/"},
        {"before": "COPY go.mod tools /"},
        {"before": "WORKDIR /server"},
        {"before": "RUN touch server"},
        {"before": "RUN unknown"},
        {"before": "WORKDIR /w\nRUN cd / && touch server"},
        {"image": "example.com/go"},
        {"run": "npm run build", "source": "dist"},
    ],
)
def test_a_source_that_may_be_there_is_not_reported(parts: dict[str, str]) -> None:
    check_nothing(relative_stage_source, TEXT.format(**{**PARTS, **parts}))


def test_a_stage_without_a_directory_works_in_that_of_its_image() -> None:
    check_nothing(
        relative_stage_source,
        "FROM golang AS b\nCOPY a.go .\nRUN go build -o server .\nFROM debian\nCOPY --from=b server /\n",
    )
