"""Commands of Go that `make` or a script of the project runs, which download the modules after the sources are copied."""

from __future__ import annotations

from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings

_MAKEFILE = "build:\n\tgo build -o /o .\n"


def in_project(
    *,
    recipes: str | None = "go build -o /o .",
    makefile: str = _MAKEFILE,
    scripts: dict[str, str] | None = None,
    needed: NeededFiles | None = NeededFiles(("go.mod", "go.sum"), is_complete=True),  # noqa: B008
    held: str = "go.mod",
) -> Workspace:
    """A repository with a module in its root, these scripts, and a Makefile with these recipes for each goal."""
    files = {"Makefile": makefile, **(scripts or {}), **dict.fromkeys(held.split(), "")}
    return Workspace(
        requires_modules=None,
        holds=files.__contains__,
        texts=lambda path: (files[path],) if path in files else (),
        recipes=lambda path, _goals, _given: recipes if path == "Makefile" else None,
        needed=lambda path, _base, _manager: needed if path == "go.mod" else None,
    )


def messages(lines: str, workspace: Workspace) -> list[str]:
    text = f"FROM golang AS b\nWORKDIR /w\n{lines}\nFROM scratch\nCOPY --from=b /o /o\n"
    return [it.message for it in findings(late_module_download, context(text, workspace=workspace))]


@every_case(
    "lines, begins, ends",
    [
        ("COPY . .\nRUN make", "`make` (`go build`) downloads", "`go mod download` needs no other files"),
        (
            "COPY . .\nRUN make build A=$A",
            "`make build A=$A` (`go build`) downloads",
            "`go mod download` needs no other files",
        ),
        (
            "COPY go.mod go.sum ./\nCOPY . .\nRUN make build",
            "`make build` (`go build`) downloads the dependencies again after each change of the source: ",
            "add `RUN go mod download` right after `COPY go.mod go.sum`, before the rest is copied",
        ),
        ("COPY . .\nRUN ./x.sh", "`./x.sh` (`go build`)", "`go mod download` needs no other files"),
        ("COPY . .\nRUN ./z.sh", "`./z.sh` (`go mod download`)", "`go mod download` needs no other files"),
        ("COPY . .\nRUN touch a && make", "`make` (`go build`)", "needs no other files"),
        ("COPY . .\nRUN make\nRUN go build .", "`make` (`go build`)", "needs no other files"),
    ],
)
def test_what_a_makefile_or_a_script_downloads(lines: str, begins: str, ends: str) -> None:
    (message,) = messages(
        lines, in_project(scripts={"x.sh": "set -e\ngo vet ./...\ngo build -o /o .\n", "z.sh": "go mod download\n"})
    )
    assert message.startswith(begins)
    assert message.endswith(ends)


@every_case(
    "lines, changes",
    [
        # Something else downloads the modules, or keeps them.
        ("COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN make", {}),
        ("COPY go.mod go.sum Makefile ./\nRUN make deps\nCOPY . .\nRUN make", {}),
        ("COPY go.mod go.sum x.sh ./\nRUN ./x.sh\nCOPY . .\nRUN make", {"scripts": {"x.sh": "go mod download"}}),
        ("COPY go.mod go.sum y.sh ./\nRUN ./y.sh\nCOPY . .\nRUN make", {}),
        ("COPY . .\nRUN --mount=type=cache,target=/go/pkg/mod make", {}),
        ("COPY . .\nRUN --mount=type=bind,target=/w make", {}),
        ("RUN make", {}),
        # What the recipes do is unknown, or depends on a condition.
        ("COPY . .\nRUN make", {"recipes": None}),
        ("COPY . .\nRUN make", {"recipes": "gcc -o /o a.c"}),
        ("COPY . .\nRUN make", {"recipes": "cd web && go build -o /o ."}),
        ("COPY . .\nRUN make", {"recipes": "if [ -d a ]; then go build -o /o .; fi"}),
        ("COPY . .\nRUN make -C web", {}),
        ("COPY . .\nRUN make -f other.mk", {}),
        ("COPY . .\nRUN cd web && make", {}),
        ("COPY . .\nRUN ./y.sh", {}),
        # The modules come from another place, or their list is changed.
        ("COPY . .\nRUN make", {"makefile": "F = -mod=vendor\n" + _MAKEFILE}),
        ("COPY . .\nRUN make", {"makefile": "export GOPROXY = https://proxy.example.org\n" + _MAKEFILE}),
        ("COPY . .\nRUN make", {"recipes": "go mod edit -require a/b@v1\ngo build ."}),
        ("COPY . .\nRUN make", {"held": "go.mod vendor/modules.txt"}),
        # There is nothing to download, or more than the lists is needed.
        ("COPY . .\nRUN make", {"needed": None}),
        ("COPY . .\nRUN make", {"needed": NeededFiles(("go.mod",), is_complete=True, requires_nothing=True)}),
        ("COPY . .\nRUN make", {"needed": NeededFiles(("go.mod",), is_complete=False)}),
    ],
)
def test_scripts_of_which_an_earlier_download_may_be_no_use(lines: str, changes: dict[str, object]) -> None:
    workspace = in_project(**changes)  # type: ignore[arg-type]
    assert messages(lines, workspace) == []


def test_the_fix_downloads_the_modules_before_the_source() -> None:
    check_fix(
        late_module_download,
        "FROM golang AS b\nWORKDIR /w\nCOPY . .\nRUN make build\nFROM scratch\nCOPY --from=b /o /o\n",
        "FROM golang AS b\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN make build\nFROM scratch\nCOPY --from=b /o /o\n",
        title="Download the modules before the source is copied",
        workspace=in_project(),
    )
