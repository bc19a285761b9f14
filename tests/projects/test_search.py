"""The search for Dockerfiles in a directory leaves out what Git ignores."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from pathlib import Path

import pytest

from buildxray.projects.search import dockerfiles_of_builds, search
from tests.support.cases import every_case


def make(root: Path, files: str, ignored: dict[str, str]) -> None:
    (root / ".git" / "info").mkdir(parents=True)
    for name in files.split():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("FROM alpine\n")
    for name, lines in ignored.items():
        (root / name).write_text(lines)


def found(directory: Path) -> list[str]:
    return [it.relative_to(directory).as_posix() for it in search(directory)]


FILES = "Dockerfile a/Dockerfile a/b/Dockerfile b/x.Dockerfile"


@every_case(
    "ignored, kept",
    [
        ({}, "Dockerfile a/Dockerfile a/b/Dockerfile b/x.Dockerfile"),
        ({".gitignore": "a/"}, "Dockerfile b/x.Dockerfile"),
        ({".gitignore": "/b"}, "Dockerfile a/Dockerfile a/b/Dockerfile"),
        ({".gitignore": "b"}, "Dockerfile a/Dockerfile"),
        ({".gitignore": "a/*\n!a/b/"}, "Dockerfile a/b/Dockerfile b/x.Dockerfile"),
        ({".gitignore": "*\n!Dockerfile\n!a/"}, "Dockerfile a/Dockerfile"),
        ({".gitignore": "a/\n!a/Dockerfile"}, "Dockerfile b/x.Dockerfile"),
        ({".gitignore": "*.Dockerfile\n!b/"}, "Dockerfile a/Dockerfile a/b/Dockerfile"),
        ({".gitignore": "Dockerfile", "a/.gitignore": "!b"}, "b/x.Dockerfile"),
        ({".gitignore": "Dockerfile", "a/.gitignore": "!Dockerfile"}, "a/Dockerfile a/b/Dockerfile b/x.Dockerfile"),
        ({".git/info/exclude": "a"}, "Dockerfile b/x.Dockerfile"),
        ({".git/info/exclude": "a", ".gitignore": "!a"}, "Dockerfile a/Dockerfile a/b/Dockerfile b/x.Dockerfile"),
        ({".gitignore": "# a\n\n!\n!/\n\\\nb/  \n"}, "Dockerfile a/Dockerfile"),
    ],
)
def test_what_git_ignores_is_left_out(tmp_path: Path, ignored: dict[str, str], kept: str) -> None:
    make(tmp_path, FILES, ignored)
    assert found(tmp_path) == kept.split()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_links_to_themselves_to_nothing_and_out_of_the_repository_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("FROM alpine\n")
    tmp_path /= "repository"
    make(tmp_path, "Dockerfile", {})
    (tmp_path / "out.Dockerfile").symlink_to("../outside")
    (tmp_path / "loop.Dockerfile").symlink_to("loop.Dockerfile")
    (tmp_path / "gone.Dockerfile").symlink_to("gone")
    (tmp_path / "above").symlink_to(".")
    assert found(tmp_path) == ["Dockerfile"]


def test_ignore_files_above_apply_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("Dockerfile\n")
    root = tmp_path / "repository"
    make(root, "a/Dockerfile a/b/Dockerfile", {".gitignore": "/a/b/\n"})
    assert found(root / "a") == ["Dockerfile"]
    assert found(root / "a" / "b") == ["Dockerfile"]


def test_without_a_repository_only_ignore_files_of_the_directory_apply(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("Dockerfile\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Dockerfile").write_text("FROM alpine\n")
    assert found(tmp_path / "a") == ["Dockerfile"]
    assert found(tmp_path) == []


def test_links_and_special_files_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a/Dockerfile node_modules/x/Dockerfile", {})
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "Dockerfile").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.Dockerfile").symlink_to(tmp_path / "a" / "Dockerfile")
    (tmp_path / "Dockerfile.d").mkdir()
    assert found(tmp_path) == ["a/Dockerfile", "link.Dockerfile"]
    assert found(tmp_path / "nothing") == []


def test_vendored_directories_are_left_out_unless_they_are_named(tmp_path: Path) -> None:
    make(
        tmp_path,
        "Dockerfile vendor/x/Dockerfile third_party/Dockerfile a/testdata/Dockerfile a/vendored/Dockerfile "
        ".venv/Dockerfile a/3rdparty/Dockerfile a/fixtures/Dockerfile _site/Dockerfile a/fixture/Dockerfile",
        {},
    )
    assert found(tmp_path) == ["Dockerfile", "a/fixture/Dockerfile", "a/vendored/Dockerfile"]
    assert found(tmp_path / "a" / "fixtures") == ["Dockerfile"]
    assert found(tmp_path / "vendor") == ["x/Dockerfile"]
    kept = [it.relative_to(tmp_path).as_posix() for it in search(tmp_path, ["a"])]
    assert kept == [
        ".venv/Dockerfile",
        "Dockerfile",
        "_site/Dockerfile",
        "third_party/Dockerfile",
        "vendor/x/Dockerfile",
    ]


@every_case(
    "name, text, is_dockerfile",
    [
        ("post-build-dockerfile", "#!/usr/bin/env bash\nset -eo pipefail\n", False),
        ("post-build-dockerfile", "# comment\nFROM alpine\n", True),
        ("post-build-dockerfile", "", True),
        # BuildKit reads the first line as a comment, so the file is a Dockerfile.
        ("Dockerfile", "#!/usr/bin/env docker\nFROM alpine\n", True),
        ("x.Dockerfile", "#!/usr/bin/env docker\nFROM alpine\n", True),
    ],
)
def test_a_script_with_dockerfile_in_its_name_is_not_a_dockerfile(
    tmp_path: Path, name: str, text: str, is_dockerfile: bool
) -> None:
    (tmp_path / name).write_text(text)
    assert found(tmp_path) == [name] * is_dockerfile


@every_case(
    "name, content, is_dockerfile",
    [
        ("dockerfile-1.0.wasm", b"\0asm\1\0\0\0", False),
        ("Dockerfile.tmGrammar", b'<?xml version="1.0"?>\n<dict>\n\t<key>FROM golang</key>\n</dict>\n', False),
        ("Dockerfile.nano", b'# colours\nsyntax "Dockerfile"\ncolor red "^(FROM|RUN) "\n', False),
        ("dockerfile.policy", b"# FROM\npackage main\n\ncmd := b\n\tcmd {\nuser {\n", False),
        (
            "inline_dockerfile",
            b"services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM alpine\n",
            False,
        ),
        ("inline_dockerfile", b"FROM: alpine\nRUN a\n", True),
        ("Dockerfile.policy", b"package main\nfrom alpine\n", True),
        ("Dockerfile.policy", b"package main\nUSER a\n", True),
        ("Dockerfile.dev", b"\n# a\narg a\nform alpine\nrun a\n", True),
        ("Dockerfile.dev", b"from alpine\n", True),
        ("Dockerfile.dev", b"\xef\xbb\xbfFROM alpine\n", True),
        ("Dockerfile.dev", b"FORM alpine\r\n\tRUN\r\n", True),
        ("Dockerfile.dev", b"# later\n\n", True),
        ("Dockerfile.dev", "FROM alpine\n".encode("utf-16"), True),
        # The name is that of a Dockerfile, so its author learns what is wrong with it.
        ("Dockerfile", b"FORM alpine\n", True),
        ("Dockerfile", b"\0\0", True),
        ("web.Dockerfile", b"FORM alpine\n", True),
    ],
)
def test_a_file_without_instructions_is_not_a_dockerfile_if_its_name_goes_on(
    tmp_path: Path, name: str, content: bytes, is_dockerfile: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert found(tmp_path) == [name] * is_dockerfile


@every_case(
    "named, expected",
    [
        (".scripts/DockerfileServer", [".scripts/DockerfileServer"]),
        ("image.build", ["image.build"]),
        ("Dockerfile.tmpl", ["Dockerfile.tmpl"]),
        # The search itself finds a usual name.
        ("web.Dockerfile", []),
        ("vendor/image.build", []),
        # Without an index of Git, the repository is a copy, which has what Git tracks.
        ("generated/image.build", ["generated/image.build"]),
        ("generated/Dockerfile", ["generated/Dockerfile"]),
        ("../outside.build", []),
        ("link.build", []),
        ("script.build", []),
        ("notes.build", []),
        ("directory.build", []),
        ("missing.build", []),
    ],
)
def test_a_file_that_a_build_names_is_a_dockerfile(tmp_path: Path, named: str, expected: list[str]) -> None:
    root = tmp_path / "repository"
    make(
        root,
        ".scripts/DockerfileServer image.build Dockerfile.tmpl web.Dockerfile vendor/image.build generated/image.build"
        " generated/Dockerfile",
        {".gitignore": "generated\n"},
    )
    (tmp_path / "outside.build").write_text("FROM alpine\n")
    (root / "link.build").symlink_to(tmp_path / "outside.build")
    (root / "script.build").write_text("#!/bin/sh\ndocker build .\n")
    (root / "notes.build").write_text("Notes on images\n")
    (root / "directory.build").mkdir()
    paths = [Path(os.path.abspath(root / named))] * 2  # noqa: PTH100 - without following links
    listed = [it.relative_to(root).as_posix() for it in dockerfiles_of_builds(root, paths)]
    assert listed == expected
    assert [*dockerfiles_of_builds(root / "web", paths)] == []


def _write_index(root: Path, paths: str) -> None:
    """Write an index of Git, version 2."""
    content = b"DIRC" + struct.pack(">II", 2, len(paths.split()))
    for path in paths.encode().split():
        entry = bytes(60) + struct.pack(">H", len(path)) + path
        content += entry + bytes(8 - len(entry) % 8)
    (root / ".git" / "index").write_bytes(content)


def test_what_git_tracks_is_not_ignored(tmp_path: Path) -> None:
    files = "a/Dockerfile a/x.build a/b/web.Dockerfile Dockerfile vendor/Dockerfile new/Dockerfile new/x.build"
    make(tmp_path, files, {".gitignore": "a\nnew\nvendor\n"})
    _write_index(
        tmp_path, "Dockerfile a/Dockerfile a/b/web.Dockerfile a/missing/Dockerfile a/x.build vendor/Dockerfile"
    )
    assert found(tmp_path) == ["Dockerfile", "a/Dockerfile", "a/b/web.Dockerfile"]
    assert found(tmp_path / "a" / "b") == ["web.Dockerfile"]
    assert [it.name for it in search(tmp_path / "a")] == ["Dockerfile", "web.Dockerfile"]
    named = [tmp_path / it for it in files.split()]
    listed = [it.relative_to(tmp_path).as_posix() for it in dockerfiles_of_builds(tmp_path, named)]
    assert listed == ["a/x.build"]


def test_a_linked_worktree_has_its_index_elsewhere(tmp_path: Path) -> None:
    make(tmp_path / "w", "a/Dockerfile", {".gitignore": "a\n"})
    named = [tmp_path / "w" / "a" / "Dockerfile"]
    assert [*dockerfiles_of_builds(tmp_path / "w", named)] == named
    shutil.rmtree(tmp_path / "w" / ".git")
    (tmp_path / "w" / ".git").write_text("gitdir: ../other\n")
    assert [*dockerfiles_of_builds(tmp_path / "w", named)] == []
