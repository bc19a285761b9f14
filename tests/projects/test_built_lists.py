"""Lists of Swift and Haskell, whose packages are downloaded when the project is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from buildxray.projects.context import Contexts
from buildxray.toolchains.base import NeededFiles
from tests.support.cases import every_case

REMOTE = 'let package = Package(name: "a", dependencies: [.package(url: "https://example.com/b.git", from: "1.0.0")])\n'
CABAL = "cabal-version: 2.4\nname: app\nexecutable app\n  main-is: Main.hs\n  build-depends: base, warp\n"


def needed(directory: Path, files: Mapping[str, str], path: str, manager: str) -> NeededFiles | None:
    place = directory / str(abs(hash(str(sorted(files.items())))))
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return Contexts((place,)).needed(path, ".", manager)


@every_case(
    "files, expected",
    [
        ({"Package.swift": REMOTE}, "Package.swift"),
        ({"Package.swift": REMOTE, "Package.resolved": "{}"}, "Package.swift Package.resolved"),
        ({"Package.swift": REMOTE, "Package@swift-5.9.swift": REMOTE}, "Package.swift Package@swift-5.9.swift"),
        ({"Package.swift": REMOTE.replace("url:", "id:")}, "Package.swift"),
        ({"Package.swift": REMOTE + '.executableTarget(name: "a", path: "Sources/a")\n'}, "Package.swift"),
        ({"Package.swift": f'{REMOTE}// .package(path: "../c")\n'}, "Package.swift"),
        # Nothing is downloaded.
        ({"Package.swift": 'let package = Package(name: "a")\n'}, "none"),
        ({"Package.swift": f"// {REMOTE}"}, "none"),
        # What else it needs is unknown.
        ({"Package.swift": f'{REMOTE}.package(path: "../c")\n'}, "?"),
        ({"Package.swift": f'{REMOTE}.package(name: "c", path: "c")\n'}, "?"),
        ({"Package.swift": f"{REMOTE}FileManager.default.fileExists(atPath: x)\n"}, "?"),
    ],
)
def test_swift(tmp_path: Path, files: Mapping[str, str], expected: str) -> None:
    assert _shown(needed(tmp_path, files, "Package.swift", "swift")) == expected


@every_case(
    "files, expected",
    [
        ({"app.cabal": CABAL}, "app.cabal"),
        ({"app.cabal": CABAL, "cabal.project": "packages: .\n"}, "app.cabal cabal.project"),
        (
            {"app.cabal": CABAL, "cabal.project": "packages:\n  ./*.cabal\n", "cabal.project.freeze": ""},
            "app.cabal cabal.project cabal.project.freeze",
        ),
        ({"app.cabal": CABAL.replace(" base, warp", "\n      base\n    , warp >=3 && <4")}, "app.cabal"),
        ({"app.cabal": CABAL.replace("base, warp", "base\n  if os(linux)\n    build-depends: warp")}, "app.cabal"),
        (
            {
                "app.cabal": CABAL.replace("warp", "text"),
                "cabal.project": "packages: .\nsource-repository-package\n  type: git\n",
            },
            "app.cabal cabal.project",
        ),
        # All comes with the compiler, or is a part of the package, or is not built.
        ({"app.cabal": CABAL.replace("warp", "bytestring >= 0.11, app, containers")}, "none"),
        ({"app.cabal": CABAL.replace(", warp", "")}, "none"),
        ({"app.cabal": CABAL.replace("warp", "text") + "test-suite t\n  build-depends: hspec\n"}, "none"),
        ({"app.cabal": CABAL.replace("build-depends", "other-modules")}, "none"),
        ({"app.cabal": CABAL.replace("  build-depends", "  -- build-depends")}, "none"),
        # Other packages of the project, and programs of it.
        ({"app.cabal": CABAL, "cabal.project": "packages: . lib\n"}, "?"),
        ({"app.cabal": CABAL, "cabal.project": "import: other.project\n"}, "?"),
        ({"app.cabal": CABAL, "b.cabal": CABAL}, "?"),
        ({"app.cabal": f"build-type: Custom\n{CABAL}"}, "?"),
    ],
)
def test_haskell(tmp_path: Path, files: Mapping[str, str], expected: str) -> None:
    assert _shown(needed(tmp_path, files, "*.cabal", "cabal")) == expected


def test_a_project_above_the_package_may_have_more(tmp_path: Path) -> None:
    files = {"cabal.project": "packages: a\n", "a/app.cabal": CABAL}
    assert _shown(needed(tmp_path, files, "a/*.cabal", "cabal")) == "?"
    assert needed(tmp_path, {"README": ""}, "*.cabal", "cabal") is None


def _shown(found: NeededFiles | None) -> str:
    """The needed files; `none` if they name no package, and `?` if others are needed."""
    assert found is not None
    return "none" if found.requires_nothing else " ".join(found.files) if found.is_complete else "?"
