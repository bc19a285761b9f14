"""The packages of the VS Code extension, made by `tests/e2e/run packages`: each contains what its machines need, and nothing else."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from buildxray.rules.registry import ALL

PACKAGES: Final = Path(__file__).parents[3] / ".e2e" / "packages"
PYTHONS: Final = ("cp310", "cp311", "cp312", "cp313", "cp314")
MOST_BYTES: Final = 8 * 1024 * 1024
X64, ARM64 = "x86_64", "arm64"
MACHINES: Final = {
    "linux-x64": ("elf", X64, r"manylinux\w*_x86_64"),
    "linux-arm64": ("elf", ARM64, r"manylinux\w*_aarch64"),
    "alpine-x64": ("elf", X64, r"musllinux_1_\d_x86_64"),
    "darwin-x64": ("mach-o", X64, r"macosx_\d+_\d+_x86_64"),
    "darwin-arm64": ("mach-o", ARM64, r"macosx_\d+_\d+_arm64"),
    "win32-x64": ("pe", X64, r"win_amd64"),
}
"""The format and the machine of compiled libraries, and the tag of the wheels that they come from."""

each_target = pytest.mark.parametrize("target", [*MACHINES, "universal"])
each_machine = pytest.mark.parametrize("target", MACHINES)


@cache
def package(target: str) -> dict[str, bytes]:
    """The files of a package, by their paths."""
    with zipfile.ZipFile(PACKAGES / f"buildxray-{target}.vsix") as file:
        return {it.filename: file.read(it) for it in file.infolist() if not it.is_dir()}


def libraries(target: str) -> dict[str, bytes]:
    """Its compiled libraries, by their paths below the directory for them."""
    start = "extension/bundled/native/"
    names = [it for it in package(target) if re.search(r"\.(so|pyd|dylib|dll)$", it)]
    assert all(it.startswith(start) for it in names)
    return {it.removeprefix(start): package(target)[it] for it in names}


def format_and_machine(binary: bytes) -> tuple[str, str]:
    """The format and the machine of a compiled library.

    Sources: the generic ELF specification (e_machine), mach/machine.h (cputype), the PE format (Machine).
    """
    if binary.startswith(b"\x7fELF"):
        return "elf", {62: X64, 183: ARM64}[struct.unpack_from("<H", binary, 18)[0]]
    if binary.startswith(b"\xcf\xfa\xed\xfe"):
        return "mach-o", {0x01000007: X64, 0x0100000C: ARM64}[struct.unpack_from("<I", binary, 4)[0]]
    assert binary.startswith(b"MZ"), "a library in one of three formats"
    (header,) = struct.unpack_from("<I", binary, 0x3C)
    assert binary[header : header + 4] == b"PE\0\0"
    return "pe", {0x8664: X64, 0xAA64: ARM64}[struct.unpack_from("<H", binary, header + 4)[0]]


@each_machine
def test_each_python_gets_libraries_for_the_machine(target: str) -> None:
    binary_format, machine, _ = MACHINES[target]
    found = libraries(target)
    assert sorted(str(PurePosixPath(it).parent) for it in found) == sorted(
        ["abi3/tree_sitter_bash", "abi3/tree_sitter_hcl", *(f"{it}/tree_sitter" for it in PYTHONS)]
    )
    for name, binary in found.items():
        assert format_and_machine(binary) == (binary_format, machine), name
        assert (b"libc.musl" in binary) == (target == "alpine-x64"), name


@each_machine
def test_libraries_come_from_wheels_for_the_machine(target: str) -> None:
    """The file WHEEL of each wheel is kept beside its licence."""
    notices = package(target)["extension/bundled/third-party-notices.txt"].decode()
    tags = [
        tag.split("-")
        for line in re.findall(r"^tree-sitter(?:-bash|-hcl)? [\d.]+ \((.*)\)$", notices, re.MULTILINE)
        for tag in line.split(", ")
    ]
    assert {python for python, _, _ in tags} == {*PYTHONS}
    assert {abi for _, abi, _ in tags} == {*PYTHONS, "abi3"}
    for _, _, platform in tags:
        assert re.fullmatch(MACHINES[target][2], platform), platform


def test_the_universal_package_brings_none_and_says_so() -> None:
    assert libraries("universal") == {}
    assert (
        "pip install tree-sitter tree-sitter-bash tree-sitter-hcl"
        in package("universal")["extension/readme.md"].decode()
    )


@each_target
def test_the_editor_installs_it_on_the_right_machines(target: str) -> None:
    manifest = package(target)["extension.vsixmanifest"].decode()
    assert re.findall(r'TargetPlatform="([^"]+)"', manifest) == ([] if target == "universal" else [target])


@each_target
def test_everything_that_the_manifest_names_is_there(target: str) -> None:
    files = package(target)
    manifest = json.loads(files["extension/package.json"])
    steps = [it for walkthrough in manifest["contributes"]["walkthroughs"] for it in walkthrough["steps"]]
    pictures = [name for it in steps for name in it["media"]["image"].values()]
    names = [manifest["main"], manifest["icon"], *pictures, f"{manifest['l10n']}/bundle.l10n.ja.json"]
    names += ["package.nls.json", "package.nls.ja.json", "readme.md", "LICENSE.txt", "bundled/launch.py"]
    names += [f"bundled/rules/{it.name}.md" for it in ALL]
    names += [f"bundled/libs/buildxray/{it}" for it in ("lsp/server.py", "localization/ja/LC_MESSAGES/buildxray.mo")]
    assert [it for it in names if str(PurePosixPath("extension", it)) not in files] == []


@each_target
def test_nothing_else_is_there(target: str) -> None:
    superfluous = re.compile(
        r"(^|/)(tests?|src|node_modules|__pycache__|[^/]*\.dist-info|rich|pygments)/|\.(pyc|pyi|c|ts|map|po|mjs|vsix)$"
    )
    assert [it for it in package(target) if superfluous.search(it)] == []
    size = (PACKAGES / f"buildxray-{target}.vsix").stat().st_size
    assert size < MOST_BYTES


@each_target
def test_each_library_has_its_licence(target: str) -> None:
    files = package(target)
    notices = files["extension/bundled/third-party-notices.txt"].decode()
    start = "extension/bundled/libs/"
    bundled = {it.removeprefix(start).split("/")[0].removesuffix(".py") for it in files if it.startswith(start)}
    known = {"attr": "attrs", "attrs": "attrs", "cattr": "cattrs", "ruamel": "ruamel.yaml"}
    for name in bundled - {"buildxray"}:
        heading = known.get(name, name).replace("_", "[-_]").replace(".", r"\.")
        assert re.search(rf"^{heading} \S+ \([^)]*\)\n\n(?=.{{20,}})", notices, re.MULTILINE | re.DOTALL), name


def test_the_package_of_this_machine_runs_isolated(tmp_path: Path) -> None:
    assert probe("linux-x64", tmp_path, "-I", "-S") == f"buildxray {version()}"


def test_the_universal_package_says_what_is_missing(tmp_path: Path) -> None:
    assert (
        probe("universal", tmp_path, "-I", "-S")
        == f"buildxray {version()} tree-sitter tree-sitter-bash tree-sitter-hcl"
    )
    assert probe("universal", tmp_path, "-I") == f"buildxray {version()}"


def probe(target: str, directory: Path, *options: str) -> str:
    """The answer of a package's launcher to the probe of the client."""
    with zipfile.ZipFile(PACKAGES / f"buildxray-{target}.vsix") as file:
        file.extractall(directory)
    command = [sys.executable, "-B", *options, str(directory / "extension/bundled/launch.py"), "--probe"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
