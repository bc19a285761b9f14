"""The paths of the build context that a text needs, which tell the context if no file of the project does."""

from __future__ import annotations

from buildxray.semantics.needed_paths import needed_paths
from tests.support.cases import every_case
from tests.support.rules import context


@every_case(
    "lines, paths",
    [
        ("COPY . .", ""),
        ("COPY a.sh /", "a.sh"),
        ("COPY ./x/a.sh ../b /", "b x/a.sh"),
        ("ADD --chown=a:b a.tar /", "a.tar"),
        ("COPY . .\nRUN go build -o m ./m.go", "m.go"),
        ("COPY src /w\nRUN cd /w/cmd && go run main.go", "src src/cmd/main.go"),
        ("COPY . /other\nRUN go build ./m.go", ""),
        ("RUN go build ./m.go\nCOPY . .", ""),
        ("COPY . .\nRUN go build ./cmd/a && gofmt -l a.go", ""),
        # The text does not tell these, or they are not in the context.
        ("COPY package*.json go.* $A ./", ""),
        ("COPY --from=alpine /a /b", ""),
        ("COPY <<EOF /b\nEOF", ""),
        ("ADD https://example.org/a git@example.org:a/b.git /", ""),
        ("COPY . .\nRUN go build $MAIN.go", ""),
    ],
)
def test_the_paths_that_a_stage_needs(lines: str, paths: str) -> None:
    build = context(f"FROM golang:1.24\nWORKDIR /w\n{lines}\n").build
    assert " ".join(sorted(needed_paths(build.needed_stages))) == paths


def test_only_some_paths_are_looked_for() -> None:
    lines = "".join(f"COPY a{number} /\n" for number in range(200))
    assert len(needed_paths(context(f"FROM alpine\n{lines}").build.needed_stages)) == 100
