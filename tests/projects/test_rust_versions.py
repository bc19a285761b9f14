from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from buildxray.projects.context import Contexts
from tests.support.cases import every_case


def write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def asked(directory: Path, files: Mapping[str, str], path: str) -> list[str]:
    """What the files of a directory ask for, each as its path, its kind, what is written and the minor version."""
    found = Contexts((write(directory / str(abs(hash(str(files)))), files),)).rust_needs(path)
    return [f"{it.path} {it.asking.value} {it.written} {it.version[0]}" for needs in found for it in needs]


PACKAGE = '[package]\nname = "a"\nversion = "0.1.0"\n'
IN_B = "b/Cargo.toml edition 2024 85"


@every_case(
    "text, expected",
    [
        ('edition = "2024"\n', ["Cargo.toml edition 2024 85"]),
        ('edition = "2021"\n', ["Cargo.toml edition 2021 56"]),
        ('edition = "2018"\n', ["Cargo.toml edition 2018 31"]),
        ('edition = "2015"\n', []),
        ("", []),
        ('edition = "2099"\n', []),
        ("edition = 2024\n", []),
        ('rust-version = "1.85"\n', ["Cargo.toml rust-version 1.85 85"]),
        ('rust-version = "1.85.1"\n', ["Cargo.toml rust-version 1.85.1 85"]),
        ('rust-version = ">=1.85"\n', []),
        ('rust-version = "1"\n', []),
        (
            'edition = "2021"\nrust-version = "1.70"\n',
            ["Cargo.toml edition 2021 56", "Cargo.toml rust-version 1.70 70"],
        ),
        ('# edition = "2024"\n', []),
        ('edition = "2024"\n[', []),
    ],
)
def test_what_a_package_asks_for(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert asked(tmp_path, {"Cargo.toml": PACKAGE + text}, "Cargo.toml") == expected


def test_unstable_features_are_refused_anyway(tmp_path: Path) -> None:
    files = {"Cargo.toml": f'cargo-features = ["edition2024"]\n{PACKAGE}edition = "2024"\n'}
    assert asked(tmp_path, files, "Cargo.toml") == []


@every_case(
    "root, expected",
    [
        ('[workspace]\nmembers = ["b"]\n', [IN_B, "b/Cargo.toml rust-version 1.88 88"]),
        ('[workspace]\nmembers = ["./b/"]\n', [IN_B, "b/Cargo.toml rust-version 1.88 88"]),
        ('[workspace]\nmembers = ["*"]\n', [IN_B, "b/Cargo.toml rust-version 1.88 88"]),
        ('[workspace]\nmembers = ["b"]\ndefault-members = ["c"]\n', [IN_B]),
        ('[workspace]\nmembers = ["*"]\nexclude = ["b"]\n', []),
        ('[workspace]\nmembers = ["*/c"]\n', []),
        ('[workspace]\nmembers = ["c"]\n', []),
        ('[workspace]\nmembers = [3, "../b"]\n', []),
        ("[workspace]\nmembers = 3\n", []),
        # The root is what is compiled.
        (f'{PACKAGE}[workspace]\nmembers = ["b"]\n', [IN_B]),
    ],
)
def test_the_members_of_a_workspace(tmp_path: Path, root: str, expected: list[str]) -> None:
    files = {"Cargo.toml": root, "b/Cargo.toml": '[package]\nname = "b"\nedition = "2024"\nrust-version = "1.88"\n'}
    assert asked(tmp_path, files, "Cargo.toml") == expected


def test_the_values_of_a_workspace(tmp_path: Path) -> None:
    root = '[workspace]\nmembers = ["b", "c"]\n[workspace.package]\nedition = "2024"\nrust-version = "1.88"\n'
    member = '[package]\nname = "b"\nedition.workspace = true\nrust-version = { workspace = true }\n'
    files = {"Cargo.toml": root, "b/Cargo.toml": member, "c/Cargo.toml": '[package]\nname = "c"\nedition = "2021"\n'}
    expected = [IN_B, "b/Cargo.toml rust-version 1.88 88"]
    assert asked(tmp_path, files, "Cargo.toml") == [*expected, "c/Cargo.toml edition 2021 56"]
    assert asked(tmp_path, files, "b/Cargo.toml") == expected
    # Nothing of a workspace that no package takes.
    assert asked(tmp_path, {"Cargo.toml": root}, "Cargo.toml") == []
    assert asked(tmp_path, {"b/Cargo.toml": member}, "b/Cargo.toml") == []


@every_case(
    "name, path, expected",
    [
        ("rust-toolchain.toml", "b/Cargo.toml", []),
        ("rust-toolchain", "b/Cargo.toml", []),
        ("b/rust-toolchain", "b/Cargo.toml", []),
        ("c/rust-toolchain", "b/Cargo.toml", [IN_B]),
    ],
)
def test_another_toolchain(tmp_path: Path, name: str, path: str, expected: list[str]) -> None:
    files = {"b/Cargo.toml": '[package]\nname = "b"\nedition = "2024"\n', name: "1.85"}
    assert asked(tmp_path, files, path) == expected


@every_case(
    "text, expected",
    [
        ("# made by Cargo\nversion = 4\n\n[[package]]\n", ["Cargo.lock Cargo.lock 4 78"]),
        ("version = 4\r\n", ["Cargo.lock Cargo.lock 4 78"]),
        ("version = 3\n", []),
        ('[[package]]\nversion = "4.0.0"\n', []),
    ],
)
def test_the_format_of_a_lock_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert asked(tmp_path, {"Cargo.toml": PACKAGE, "Cargo.lock": text}, "Cargo.lock") == expected


def test_cargo_does_not_read_the_lock_file_of_a_member(tmp_path: Path) -> None:
    files = {"Cargo.toml": '[workspace]\nmembers = ["b"]\n', "b/Cargo.toml": PACKAGE, "b/Cargo.lock": "version = 4\n"}
    assert asked(tmp_path, files, "b/Cargo.lock") == []


def test_directories_without_the_file(tmp_path: Path) -> None:
    write(tmp_path / "a", {"Cargo.toml": PACKAGE})
    contexts = Contexts((tmp_path / "a", tmp_path / "b"))
    assert contexts.rust_needs("Cargo.toml") == ((),)
    assert contexts.rust_needs("../a/Cargo.toml") == contexts.rust_needs("Cargo.lock") == ()
