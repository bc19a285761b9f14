"""Modules of Go that a cache keeps, because too many lists would have to be copied before the source."""

from __future__ import annotations

from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings

CACHE = "--mount=type=cache,target=/go/pkg/mod "


def of_modules(count: int, *, is_complete: bool = True) -> Workspace:
    """Facts of a project of which a go.mod replaces some modules by directories."""
    files = ("go.mod", "go.sum", *(f"m{it}/go.mod" for it in range(count)))
    return Workspace(
        requires_modules=True,
        holds=frozenset(files).__contains__,
        needed=lambda *_given: NeededFiles(files, is_complete=is_complete),
    )


def test_a_cache_keeps_the_modules_of_many_lists() -> None:
    text = (
        "FROM golang:1.26 AS b\nWORKDIR /w\nCOPY . .\nRUN {0}go mod download\nRUN mkdir -p /out\nRUN {0}go build -o /out/a .\n"
        "FROM b AS c\nRUN {0}make test\nFROM scratch\nCOPY --from=b /out/a /a\nCOPY --from=c /out/b /b\n"
    )
    (finding,) = findings(late_module_download, context(text.format(""), workspace=of_modules(11)))
    assert finding.message == (
        "`go mod download` downloads the modules again after each change of the source; it needs 13 files, too many to copy first: "
        "`--mount=type=cache,target=/go/pkg/mod` keeps the downloads"
    )
    check_fix(late_module_download, text.format(""), text.format(CACHE), workspace=of_modules(11))


def test_an_image_that_needs_no_modules() -> None:
    text = 'FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download && go build -o /a .\nCMD ["/a"]\n'
    assert len(findings(late_module_download, context(text, workspace=of_modules(11)))) == 1


def test_lists_that_may_be_copied_are_named() -> None:
    text = "FROM golang:1.26\nWORKDIR /w\nCOPY . .\nRUN go mod download\n"
    (finding,) = findings(late_module_download, context(text, workspace=of_modules(10)))
    assert "are not copied before the rest" in finding.message


@every_case(
    "lines, end",
    [
        # Another place, or none that is known.
        ("FROM debian\nWORKDIR /w\nCOPY . .\nRUN go mod download", ""),
        ("FROM golang\nENV GOMODCACHE=/m\nWORKDIR /w\nCOPY . .\nRUN go mod download", ""),
        ("FROM golang\nENV GOPATH=/m\nWORKDIR /w\nCOPY . .\nRUN go mod download", ""),
        ("FROM golang\nENV GOFLAGS=-mod=vendor\nWORKDIR /w\nCOPY . .\nRUN go build", ""),
        # A mount, or a user who may not write to one.
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN --mount=type=cache,target=/go go build", ""),
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download\nRUN --mount=type=cache,target=/c go build", ""),
        ("FROM golang\nUSER app\nWORKDIR /w\nCOPY . .\nRUN go mod download", ""),
        # The image or another stage has the modules.
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download", "FROM s\nCMD go run ."),
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download", "FROM s"),
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download", "FROM golang\nCOPY --from=s /go /go"),
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download", "FROM golang\nRUN --mount=from=s,target=/s go build"),
        # The lists come first.
        ("FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build", ""),
    ],
)  # fmt: skip
def test_modules_that_a_mount_may_not_keep(lines: str, end: str) -> None:
    first, _newline, rest = lines.partition("\n")
    text = f"{first} AS s\n{rest}\n" + (end or "FROM scratch\nCOPY --from=s /out/a /a") + "\n"
    check_nothing(late_module_download, text, workspace=of_modules(20))


def test_no_cache_mount_is_advised_where_each_begins_empty() -> None:
    text = "FROM golang AS s\nWORKDIR /w\nCOPY . .\nRUN go mod download\nFROM scratch\nCOPY --from=s /out/a /a\n"
    assert findings(late_module_download, context(text, workspace=of_modules(20)))
    check_nothing(late_module_download, text, workspace=of_modules(20, is_complete=False))
    fresh = of_modules(20)._replace(is_on_fresh_machines=lambda: True)
    check_nothing(late_module_download, text, workspace=fresh)
