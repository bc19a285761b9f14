"""Changes of a list of dependencies by the commands of a RUN, as far as the text excludes them."""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.files.globs import match_text
from buildxray.plan.paths import clean, holds
from buildxray.semantics.outputs import copied_operands
from buildxray.toolchains.archivers import UNPACKERS
from buildxray.toolchains.base import Effect, Invocation, Toolchain, Use
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE, RUNNERS

_READING: Final = frozenset(
    [
        ":",
        "[",
        "[[",
        "awk",
        "base64",
        "basename",
        "cat",
        "cd",
        "chgrp",
        "chmod",
        "chown",
        "cksum",
        "comm",
        "cut",
        "df",
        "diff",
        "dirname",
        "du",
        "echo",
        "egrep",
        "env",
        "exit",
        "export",
        "fgrep",
        "find",
        "getent",
        "grep",
        "head",
        "jq",
        "ls",
        "md5sum",
        "mkdir",
        "mktemp",
        "od",
        "popd",
        "printenv",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readlink",
        "realpath",
        "sed",
        "seq",
        "set",
        "sha1sum",
        "sha256sum",
        "sha512sum",
        "sleep",
        "sort",
        "stat",
        "strings",
        "tail",
        "test",
        "tr",
        "true",
        "umask",
        "uniq",
        "wc",
        "which",
        "yq",
    ]
)
"""Programs that do not write the files that they name, without an option for it; a redirection of their output is another matter."""
_IN_PLACE: Final = ("-i", "-delete", "-exec", "-execdir", "-fprint", "-ok", "--in-place", "--inplace")
_CHANGING_OF_GIT: Final = frozenset(
    [
        "am",
        "apply",
        "checkout",
        "cherry-pick",
        "merge",
        "mv",
        "pull",
        "rebase",
        "reset",
        "restore",
        "rm",
        "stash",
        "submodule",
        "switch",
    ]
)
_ALWAYS: Final = frozenset({"chroot", "cpio", "eval", "patch", "pip-compile", "su"})
"""Programs whose arguments do not name all the files that they write."""
_ONLY_SETTINGS: Final = frozenset({"", "cache", "config", "env", "export", "help", "info", "list", "--version", "-v"})
"""Subcommands of package managers that change no list of dependencies; `poetry export -o` names the file that it writes."""


def may_name(name: str, manifest: str) -> bool:
    """True if a name of a file, perhaps with wildcards, may be that of a manifest, which has wildcards where its name is that of a project."""
    return match_text(manifest, name) or ("*" in manifest and match_text(name, manifest))


def may_change_manifests(
    invocation: Invocation, use: Use | None, manager: Toolchain, names: tuple[str, ...], places: tuple[str, ...]
) -> bool:
    """True unless a command is known to leave the manifests of a package manager alone.

    `names` are the names of the manifests, perhaps with wildcards, and `places` the directories in which they may be. Redirections are
    not commands, so the caller has to look for them.
    """
    if use is None:
        is_of_python = invocation.command.name.startswith("python") and "ensurepip" in invocation.command.arguments
        is_of_node = invocation.command.name in RUNNERS and _only_looks(invocation)
        return bool(invocation.command.words) and not is_of_python and not is_of_node
    if use.toolchain is manager or {use.toolchain, manager} <= {NODE, BUN}:
        return _may_change_own(use, places)
    match use.effect:
        case Effect.NEUTRAL:
            return _may_write(invocation, names, places)
        case Effect.DOWNLOAD:
            return any(_is_one(it, names) for it in use.outputs)
        case Effect.FETCH | Effect.INSTALL | Effect.PROBE:
            return False
        case Effect.COMPILE:
            # Other builds run scripts of the project.
            return use.toolchain is not GO
    return True


def _may_change_own(use: Use, places: tuple[str, ...]) -> bool:
    """True unless a command of the package manager itself is known to keep the manifests in some directories."""
    invocation, title = use.invocation, use.title
    if use.fetches_sources or use.effect is Effect.PROBE or invocation.has_option("-g", "--global", "--location"):
        return False
    if invocation.command.name == "mix" and _prepares_mix(invocation):
        return False
    if invocation.command.name == "cabal" and invocation.subcommand in ("check", "info", "list", "update", "v2-update"):
        # The index of packages is not a part of the project. Source: cabal.readthedocs.io, "cabal update".
        return False
    if invocation.command.name == "swift" and invocation.operand_texts[:2] in _LOOKING_OF_SWIFT:
        return False
    if use.toolchain in (NODE, BUN) and _only_looks(invocation):
        return False
    if use.effect is Effect.INSTALL and use.manifests and {*map(clean, invocation.directories)}.isdisjoint(places):
        # What the lists of another directory name.
        return any("/" in it for it in use.manifests)
    if use.effect is Effect.INSTALL:
        # `npm install name`, `poetry add name` and others write the name into the manifest.
        return not title.startswith(("pip", "gem", "uv pip", "uv tool", "cargo install", "pipx", "python"))
    is_version_of_go = use.toolchain is GO and invocation.subcommand in ("clean", "list", "version", "vet")
    return use.effect is not Effect.NEUTRAL or (invocation.subcommand not in _ONLY_SETTINGS and not is_version_of_go)


_LOOKING_OF_SWIFT: Final[tuple[list[str], ...]] = (
    [],
    ["package", "clean"],
    ["package", "describe"],
    ["package", "dump-package"],
    ["package", "show-dependencies"],
)
"""What Swift does without a change of a list: `swift --version`, `swift package clean`. Source: docs.swift.org, "swift package"."""
_LOOKING_OF_NODE: Final = frozenset(
    [
        "audit",
        "bin",
        "doctor",
        "explain",
        "fund",
        "la",
        "licenses",
        "list",
        "ll",
        "ls",
        "outdated",
        "ping",
        "prefix",
        "query",
        "root",
        "show",
        "view",
        "whoami",
        "why",
    ]
)
"""Subcommands of the package managers of Node.js that print something, without `--fix`. Source: their command references."""


def _only_looks(invocation: Invocation) -> bool:
    """True for a command of Node.js that prints something about the project: `pnpm audit`, `npx prettier --check src`."""
    words, arguments = invocation.operand_texts, invocation.command.arguments
    if any(it.startswith(("fix", "--fix", "--write", "-w")) for it in arguments):
        return False
    if invocation.command.name in RUNNERS:
        is_checking = not {"--check", "--list-different", "-c", "-l"}.isdisjoint(arguments)
        return words[:1] == ["eslint"] or (words[:1] == ["prettier"] and is_checking)
    return words[:1] != [] and words[0] in _LOOKING_OF_NODE


def _prepares_mix(invocation: Invocation) -> bool:
    """True if a command of Mix only installs its parts, or sets up the registry.

    Source: hexdocs.pm, "mix archive.install", "mix local.hex", "mix local.rebar", "mix hex".
    """
    words = [it for it in invocation.command.arguments if not it.startswith("-")]
    tasks = [it for it in words[1:] if it != "+"] if words[:1] == ["do"] else words[:1]
    return bool(tasks) and all(it.startswith(("archive.", "hex.", "local.")) for it in tasks)


def _may_write(invocation: Invocation, names: tuple[str, ...], places: tuple[str, ...]) -> bool:
    """True if a common program may write a manifest: `sed -i … go.mod`, `cp ci/go.mod .`, `git apply`."""
    name, arguments = invocation.command.name, invocation.command.arguments
    operands = [invocation.command.words[it] for it in invocation.operands]
    if name == "git":
        return not _CHANGING_OF_GIT.isdisjoint(arguments)
    if name == "corepack":
        return not {"up", "use"}.isdisjoint(arguments)
    if name in (".", "source"):
        # The file of a virtual environment or of the system sets variables, and one in another directory is not a part of the project.
        is_known = any(it.startswith("/etc/") or posixpath.basename(it) == "activate" for it in arguments[:1])
        return not is_known and not _is_elsewhere(
            [path for it in operands[:1] for path in invocation.paths(it)], places
        )
    if name in _ALWAYS:
        return True
    if name in _READING:
        if not any(it.startswith(_IN_PLACE) for it in arguments):
            return False
        if name not in ("sed", "perl", "jq", "yq"):
            return True
        # The first operand is the program, unless an option gives it.
        files = operands if invocation.has_option("-e", "-f", "--expression", "--file") else operands[1:]
        return not files or any(it.value is None or _is_one(it.value, names) for it in files)
    here = {clean(it) for it in places}
    for it in operands:
        if it.value is None or not _is_one(it.value, names):
            continue
        # `/var/lib/apt/lists/*` is elsewhere.
        is_any = not posixpath.basename(it.value).strip(".*")
        if not is_any or any(posixpath.dirname(path) in here for path in invocation.paths(it)):
            return True
    if name in UNPACKERS:
        directory = invocation.argument(*UNPACKERS[name].into)
        into = invocation.directories if directory is None else invocation.paths(directory)
        return not into or not here.isdisjoint(map(clean, into))
    return any(
        destination.endswith("/") and clean(destination) in here and "." not in posixpath.basename(source)
        for source, destination in copied_operands(invocation) or ()
    )


def _is_elsewhere(files: list[str], places: tuple[str, ...]) -> bool:
    """True if files are surely outside of the projects in some directories: neither in one of them, nor in a directory above it."""
    here = [*map(clean, places)]
    return bool(files) and not any(
        holds(place, file) or holds(posixpath.dirname(file), place) for file in map(clean, files) for place in here
    )


def _is_one(path: str, names: tuple[str, ...]) -> bool:
    """True if a path, perhaps with wildcards, may be that of a manifest."""
    return any(may_name(posixpath.basename(path), it) for it in names)
