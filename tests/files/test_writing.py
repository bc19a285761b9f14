"""Replacing a file keeps its attributes, and never loses a change by another program."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from buildxray.files import writing
from buildxray.files.writing import WriteError, replace_content, write_output

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither modes nor hard links of this kind")
is_root = sys.platform != "win32" and os.geteuid() == 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"old\r\n")
    return path


def left_over(directory: Path) -> list[str]:
    return [it.name for it in directory.iterdir() if "buildxray-" in it.name]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o4755])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    file.chmod(mode)
    replace_content(file, b"old\r\n", b"new")

    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new", mode)
    assert left_over(file.parent) == []


@posix
@pytest.mark.skipif(not is_root, reason="only root can give files away")
def test_owner_and_group_are_kept(file: Path) -> None:
    os.chown(file, 1234, 2345)
    replace_content(file, b"old\r\n", b"new")

    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


@posix
def test_a_file_whose_owner_cannot_be_kept_is_written_in_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inode = file.stat().st_ino
    monkeypatch.setattr(writing, "_copy_attributes", lambda *_: False)
    replace_content(file, b"old\r\n", b"n")

    assert (file.read_bytes(), file.stat().st_ino) == (b"n", inode)
    assert left_over(file.parent) == []


@posix
def test_hard_links_and_symbolic_links_stay(file: Path, tmp_path: Path) -> None:
    (tmp_path / "hard").hardlink_to(file)
    (tmp_path / "soft").symlink_to("Dockerfile")
    replace_content(tmp_path / "soft", b"old\r\n", b"new")

    assert (tmp_path / "hard").read_bytes() == b"new"
    assert (tmp_path / "soft").is_symlink()
    assert file.stat().st_nlink == 2
    assert left_over(tmp_path) == []


@posix
def test_a_name_of_255_bytes(tmp_path: Path) -> None:
    path = tmp_path / ("\N{SPOUTING WHALE}" * 63)
    path.write_bytes(b"old")
    replace_content(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_save_in_the_meantime_is_never_lost(file: Path, tmp_path: Path, is_linked: bool) -> None:
    if is_linked:
        (tmp_path / "hard").hardlink_to(file)
    file.write_bytes(b"saved by an editor")

    with pytest.raises(WriteError, match="changed"):
        replace_content(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"saved by an editor"
    assert left_over(tmp_path) == []


@posix
def test_a_link_that_leads_out_of_the_directory_is_left_alone(file: Path, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "Dockerfile").symlink_to(file)

    with pytest.raises(WriteError, match="leads out"):
        replace_content(tmp_path / "w" / "Dockerfile", b"old\r\n", b"new", tmp_path / "w")
    assert file.read_bytes() == b"old\r\n"


@posix
def test_a_write_protected_file_is_left_alone(file: Path) -> None:
    file.chmod(0o444)

    with pytest.raises(WriteError, match="write-protected"):
        replace_content(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"old\r\n"


def test_a_failure_while_writing_in_place_puts_the_old_content_back(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hard").hardlink_to(file)
    write_into = writing._write_into

    def fail_on_new(path: Path, content: bytes) -> None:
        write_into(path, content)
        if content == b"new":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_write_into", fail_on_new)
    with pytest.raises(WriteError, match="No space"):
        replace_content(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"old\r\n"
    assert left_over(tmp_path) == []


def test_temporary_files_of_a_killed_process_are_removed_later(file: Path, tmp_path: Path) -> None:
    abandoned, fresh, foreign = (
        tmp_path / ".Dockerfile.0badcafe.buildxray-tmp",
        tmp_path / ".Dockerfile.1badcafe.buildxray-tmp",
        tmp_path / ".other.0badcafe.buildxray-tmp",
    )
    for path in (abandoned, fresh, foreign):
        path.touch()
    os.utime(abandoned, (0, 0))
    os.utime(foreign, (0, 0))
    replace_content(file, b"old\r\n", b"new")

    assert [it.exists() for it in (abandoned, fresh, foreign)] == [False, True, True]


def test_a_report_goes_to_a_new_file_or_replaces_an_old_one(tmp_path: Path) -> None:
    write_output(tmp_path / "r.json", b"[1]")
    write_output(tmp_path / "r.json", b"[]")

    assert (tmp_path / "r.json").read_bytes() == b"[]"
    with pytest.raises(WriteError):
        write_output(tmp_path / "none" / "r.json", b"[]")
