"""Commands of Swift and Haskell that download and build in one step."""

from __future__ import annotations

from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, context, findings

FILES = {"*.cabal": ("app.cabal",), "Package.swift": ("Package.swift", "Package.resolved")}


def of_project(*, is_complete: bool = True, requires_nothing: bool = False) -> Workspace:
    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        files = FILES.get(path)
        return (
            None
            if files is None
            else NeededFiles(files, is_complete=is_complete, installs_itself=True, requires_nothing=requires_nothing)
        )

    return Workspace(holds=frozenset({"app.cabal", "Package.swift", "Package.resolved"}).__contains__, needed=needed)


def messages(lines: str, image: str, workspace: Workspace | None = None) -> list[str]:
    text = f"FROM {image} AS b\nWORKDIR /w\n{lines}\nFROM debian\nCOPY --from=b /out/a /a\nCMD a\n"
    return [it.message for it in findings(late_module_download, context(text, workspace=workspace or of_project()))]


SWIFT = "`swift build` downloads the dependencies again after each change of the source: "
CABAL = "`cabal build` downloads the dependencies again after each change of the source: "


@every_case(
    "lines, said",
    [
        (
            "COPY . .\nRUN swift build -c release",
            "`Package.swift` and `Package.resolved` are not copied before the rest; `swift package resolve` needs no other files",
        ),
        (
            "COPY Package.* ./\nCOPY . .\nRUN swift build",
            "add `RUN swift package resolve` right after `COPY Package.*`, before the rest is copied",
        ),
        (
            "COPY Package.swift Package.resolved ./\nCOPY Sources Sources\nRUN swift package clean\nRUN swift build",
            "add `RUN swift package resolve` right after `COPY Package.swift Package.resolved`, before the rest is copied",
        ),
        ("COPY . .\nRUN swift package resolve && swift build", ""),
        ("COPY . .\nRUN swift test\nRUN swift build", ""),
    ],
)
def test_swift(lines: str, said: str) -> None:
    found = messages(lines, "swift:6.0")
    if said:
        assert found == [f"{SWIFT}{said}"]
    else:
        (message,) = found
        assert not message.startswith("`swift build`")


@every_case(
    "lines",
    [
        "COPY Package.* ./\nRUN swift package resolve\nCOPY . .\nRUN swift build",
        "COPY Package.* ./\nRUN swift build || true\nCOPY . .\nRUN swift build",
        "COPY . .\nRUN swift build --package-path server",
        "COPY . .\nRUN swift build --show-bin-path",
        "COPY . .\nRUN --mount=type=cache,target=/w/.build swift build",
        "COPY . .\nRUN sed -i s/a/b/ Package.swift && swift build",
        "RUN git clone https://example.com/a.git && cd a && swift build",
        "COPY . .\nRUN swift --version",
    ],
)
def test_near_misses_of_swift(lines: str) -> None:
    assert messages(lines, "swift:6.0") == []


@every_case(
    "lines, said",
    [
        (
            "COPY . .\nRUN cabal update && cabal build -O2",
            "`app.cabal` is not copied before the rest; `cabal update && cabal build -O2 --only-dependencies` needs no other files",
        ),
        (
            "RUN cabal update\nCOPY . .\nRUN cabal build exe:app",
            "`app.cabal` is not copied before the rest; `cabal build exe:app --only-dependencies` needs no other files",
        ),
        (
            "RUN cabal update\nCOPY *.cabal ./\nCOPY . .\nRUN cabal build",
            "add `RUN cabal build --only-dependencies` right after `COPY *.cabal`, before the rest is copied",
        ),
        ("COPY . .\nRUN cabal update\nRUN cabal build --only-dependencies\nRUN cabal build", "`app.cabal` is not copied before the rest"),
    ],
)  # fmt: skip
def test_haskell(lines: str, said: str) -> None:
    assert messages(lines, "haskell:9.8") == [f"{CABAL}{said}"]


@every_case(
    "lines",
    [
        "COPY app.cabal ./\nRUN cabal update && cabal build --only-dependencies\nCOPY . .\nRUN cabal build",
        "COPY app.cabal ./\nRUN cabal update && cabal build --dependencies-only\nCOPY . .\nRUN cabal build",
        "COPY . .\nRUN cabal build --project-file=other.project",
        "COPY . .\nRUN --mount=type=cache,target=/root/.cabal cabal build",
        "COPY . .\nRUN hpack && cabal build",
        "COPY . .\nRUN cabal --version",
        "COPY . .\nRUN cabal install hlint",
    ],
)
def test_near_misses_of_haskell(lines: str) -> None:
    assert messages(lines, "haskell:9.8") == []


@every_case("image, run", [("swift:6.0", "swift build"), ("haskell:9.8", "cabal build")])
def test_only_lists_that_name_packages_are_reported(image: str, run: str) -> None:
    lines = f"COPY . .\nRUN {run}"
    assert len(messages(lines, image)) == 1
    assert messages(lines, image, of_project(is_complete=False)) == []
    assert messages(lines, image, of_project(requires_nothing=True)) == []
    assert messages(lines, image, Workspace(holds=lambda _path: True, needed=lambda *_given: None)) == []
    check_nothing(late_module_download, f"FROM {image}\nWORKDIR /w\n{lines}\nCMD a\n")
