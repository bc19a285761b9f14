"""Reading refuses special files, files over the limit, and links out of the workspace."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from buildxray.files.reading import (
    MissingFileError,
    ReadError,
    is_inside,
    list_directory,
    read_bytes,
    read_project_text,
    read_text,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def test_a_text_has_no_byte_order_mark_and_wrong_bytes_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfa\xff\r\n")

    assert read_text(path) == "a\ufffd\r\n"


@pytest.mark.parametrize(("size", "is_read"), [(9, True), (10, True), (11, False)])
def test_the_limit_is_the_largest_size_that_is_read(tmp_path: Path, size: int, is_read: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * size)

    assert (read_project_text(path, 10) == "x" * size) is is_read
    assert (read_project_text(path, 10) is None) is not is_read


def test_a_missing_file_is_a_missing_file_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_bytes(tmp_path / "none")
    with pytest.raises(ReadError):
        read_bytes(tmp_path)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "\udc80" if sys.platform != "win32" else "?"])
def test_an_impossible_name_is_a_read_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError):
        read_bytes(tmp_path / name)


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/dev/full", "/dev/tty"])
def test_a_device_is_not_read_even_through_a_link(tmp_path: Path, device: str) -> None:
    path = tmp_path / "go.mod"
    path.symlink_to(device)

    with pytest.raises(ReadError):
        read_bytes(path)


@posix
def test_a_fifo_and_a_socket_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        for name in ("fifo", "s"):
            with pytest.raises(ReadError, match="not a regular file"):
                read_bytes(tmp_path / name)


@posix
def test_a_file_whose_size_is_unknown_is_bounded_all_the_same() -> None:
    with pytest.raises(ReadError, match="larger"):
        read_bytes("/proc/self/maps", 10)


@posix
def test_links_are_followed_inside_the_workspace_only(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    (workspace / ".git").mkdir(parents=True)
    (workspace / "a" / "b").mkdir(parents=True)
    (workspace / "shared").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    (workspace / "a" / "b" / "in").symlink_to("../../shared")
    (workspace / "a" / "b" / "out").symlink_to(tmp_path / "secret")
    (workspace / "a" / "directory").symlink_to(tmp_path)

    assert read_project_text(workspace / "a" / "b" / "in") == "inside"
    assert read_project_text(workspace / "a" / "b" / "out") is None
    assert read_bytes(workspace / "a" / "b" / "out") == b"outside", "a path that the user has typed"
    assert is_inside(workspace / "a" / "b" / "in", workspace)
    assert not is_inside(workspace / "a" / "directory" / "secret", workspace)
    assert not is_inside(f"{workspace}/a/../../secret", workspace)
    assert not is_inside(f"{workspace}2/secret", workspace)


@posix
def test_a_workspace_that_is_reached_through_a_link_is_still_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("x")
    (tmp_path / "link").symlink_to("real")

    assert read_project_text(tmp_path / "link" / "f") == "x"


@posix
def test_a_link_to_itself_is_a_read_error(tmp_path: Path) -> None:
    (tmp_path / "f").symlink_to("f")

    with pytest.raises(ReadError):
        read_bytes(tmp_path / "f")


def test_a_directory_is_listed_by_name(tmp_path: Path) -> None:
    for name in ("b", "a", "C"):
        (tmp_path / name).touch()

    assert [it.name for it in list_directory(tmp_path)] == ["C", "a", "b"]
    with pytest.raises(ReadError):
        list_directory(tmp_path / "none")
