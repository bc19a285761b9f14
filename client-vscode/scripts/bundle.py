"""Puts the server and the libraries that it needs into bundled/, as the lock file pins them, with their licences.

Pure Python goes into bundled/libs. Of what is compiled, bundled/native holds what suits every Python in abi3, and
the rest in one directory for each version of Python that the target may have; a universal package has none, and
needs these libraries in the interpreter itself.
"""

from __future__ import annotations

import argparse
import email
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1]
LOCK = CLIENT.parent / "requirements-dev.lock"
BUNDLED = CLIENT / "bundled"
NOTICES = "third-party-notices.txt"
PER_PYTHON = ("tree-sitter",)
FOR_ALL = ("tree-sitter-bash", "tree-sitter-hcl")
OF_THE_COMMAND_LINE = ("rich",)
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
TAGS = {
    "linux-x64": ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"),
    "linux-arm64": ("manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "alpine-x64": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "darwin-x64": ("macosx_10_15_x86_64", "macosx_10_13_x86_64", "macosx_10_9_x86_64"),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True, choices=(*TAGS, "universal"))
    target = parser.parse_args().target
    shutil.rmtree(BUNDLED, ignore_errors=True)
    BUNDLED.mkdir()
    client = CLIENT / "node_modules" / "vscode-languageclient" / "License.txt"
    heading = "vscode-languageclient and what comes with it"
    (BUNDLED / NOTICES).write_text(f"{heading}\n\n{client.read_text('utf-8').strip()}\n\n{'-' * 80}\n\n", encoding="utf-8")
    requirements = run_time_requirements(LOCK.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        pure = {name: text for name, text in requirements.items() if name not in (*PER_PYTHON, *FOR_ALL)}
        install(pure, BUNDLED / "libs", scratch)
        if target != "universal":
            install({it: requirements[it] for it in FOR_ALL}, BUNDLED / "native" / "abi3", scratch, *wheels(target, "3.10"))
            for python in PYTHONS:
                per_python = {it: requirements[it] for it in PER_PYTHON}
                install(per_python, BUNDLED / "native" / tag(python), scratch, *wheels(target, python))
    server = CLIENT.parent / "server" / "buildxray"
    if not any(server.rglob("*.mo")):
        sys.exit("bundle.py: the translations are not compiled; run `make setup` first")
    shutil.copytree(server, BUNDLED / "libs" / "buildxray", ignore=shutil.ignore_patterns("__pycache__", "*.po", "cli", "__main__.py"))
    shutil.copy(CLIENT / "launch.py", BUNDLED)


def tag(python: str) -> str:
    """What wheels call a version of CPython."""
    return f"cp{python.replace('.', '')}"


def wheels(target: str, python: str) -> list[str]:
    """The options that make pip take the wheels of a target, whatever machine this is."""
    platforms = [it for platform in TAGS[target] for it in ("--platform", platform)]
    return [*platforms, "--python-version", python, "--implementation", "cp", "--abi", tag(python), "--abi", "abi3"]


def run_time_requirements(lock: str) -> dict[str, str]:
    """The pinned requirements that the server needs when it runs, with their hashes, by name."""
    blocks: dict[str, str] = {}
    users: dict[str, set[str]] = {}
    for block in re.split(r"^(?=[a-zA-Z0-9])", lock, flags=re.MULTILINE)[1:]:
        name = re.match(r"[\w.-]+", block)[0]
        via = block.partition("# via")[2]
        users[name] = {line.strip(" #") for line in via.splitlines() if line.strip(" #")}
        blocks[name] = block.partition("    # via")[0]
    needed = {"buildxray (pyproject.toml)"}
    while more := {name for name, them in users.items() if them & needed} - needed - {*OF_THE_COMMAND_LINE}:
        needed |= more
    return {name: text for name, text in blocks.items() if name in needed}


def install(requirements: dict[str, str], directory: Path, scratch: Path, *options: str) -> None:
    """Install the requirements into a directory, and leave out what only pip would need."""
    listed = scratch / "requirements.txt"
    listed.write_text("".join(requirements.values()), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "install", "--no-compile"]
    where = ["--target", str(directory), "--no-deps", "--require-hashes", "-r", str(listed)]
    subprocess.run([*pip, "--only-binary=:all:", *where, *options], check=True)
    with (BUNDLED / NOTICES).open("a", encoding="utf-8") as file:
        file.writelines(notices(directory))
    for rest in [*directory.glob("*.dist-info"), directory / "bin", *directory.rglob("__pycache__")]:
        shutil.rmtree(rest, ignore_errors=True)
    for rest in [*directory.rglob("*.c"), *directory.rglob("*.pyi")]:
        rest.unlink()


def notices(directory: Path) -> Iterator[str]:
    """The licences of what is installed in a directory, under the name, version and tags of each wheel."""
    for information in sorted(directory.glob("*.dist-info")):
        metadata = email.message_from_string((information / "METADATA").read_text(encoding="utf-8"))
        wheel = email.message_from_string((information / "WHEEL").read_text(encoding="utf-8"))
        files = [it for it in information.rglob("*") if re.match(r"(?i)(licen[cs]e|notice|copying)", it.name) and it.is_file()]
        texts = [it.read_text(encoding="utf-8").strip() for it in sorted(files)]
        terms = metadata["License-Expression"] or metadata["License"] or ", ".join(metadata.get_all("Classifier", ()))
        heading = f"{metadata['Name']} {metadata['Version']} ({', '.join(sorted(wheel.get_all('Tag')))})"
        yield "\n\n".join([heading, *(texts or [terms])]) + f"\n\n{'-' * 80}\n\n"


if __name__ == "__main__":
    main()
