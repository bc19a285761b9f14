"""The paths in the index of Git."""

from __future__ import annotations

import struct
from pathlib import Path

from buildxray.projects.git_index import tracked_files
from tests.support.cases import every_case

_PATHS = ("Dockerfile", "a/Dockerfile", "a/b", "a/ü " + 200 * "x", "b/Dockerfile")


def _index(version: int, paths: tuple[str, ...] = _PATHS) -> bytes:
    """An index as Git writes it, without its extensions and its checksum."""
    content = b"DIRC" + struct.pack(">II", version, len(paths))
    before = b""
    for n, path in enumerate(it.encode() for it in paths):
        extended = version == 3 and n == 1
        entry = bytes(60) + struct.pack(">H", min(len(path), 0xFFF) | (0x4000 if extended else 0)) + bytes(2 * extended)
        if version == 4:
            n_same = next((n for n, (a, b) in enumerate(zip(path, before, strict=False)) if a != b), 0)
            entry += _number(len(before) - n_same) + path[n_same:] + b"\0"
        else:
            entry += path
            entry += bytes(8 - len(entry) % 8)
        content, before = content + entry, path
    return content


def _number(value: int) -> bytes:
    """A number of variable length, as Git's `encode_varint` writes it."""
    digits = [value & 0x7F]
    while value := value >> 7:
        value -= 1
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))


def _tracked(root: Path, content: bytes) -> list[str] | None:
    (root / ".git").mkdir(exist_ok=True)
    (root / ".git" / "index").write_bytes(content)
    paths = tracked_files(root)
    return None if paths is None else [*paths]


@every_case("version", [2, 3, 4])
def test_each_version_has_its_own_form(tmp_path: Path, version: int) -> None:
    assert _tracked(tmp_path, _index(version)) == [*_PATHS]


@every_case("content", [b"", b"DIRC", b"TREE" + _index(2)[4:], _index(1), _index(5)])
def test_other_files_are_not_read(tmp_path: Path, content: bytes) -> None:
    assert _tracked(tmp_path, content) is None


@every_case("version", [2, 3, 4])
def test_a_file_that_is_cut_off_gives_the_paths_before(tmp_path: Path, version: int) -> None:
    whole = _index(version)
    for length in range(12, len(whole)):
        found = _tracked(tmp_path, whole[:length])
        assert found == [*_PATHS[: len(found or ())]]


def test_a_file_of_random_bytes_ends(tmp_path: Path) -> None:
    for version in (2, 3, 4):
        for byte in (b"\0", b"\xff", b"a"):
            _tracked(tmp_path, b"DIRC" + struct.pack(">II", version, 0xFFFFFFFF) + byte * 10_000)


def test_a_copy_has_no_index(tmp_path: Path) -> None:
    assert tracked_files(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: ../other")
    assert tracked_files(tmp_path) is None
