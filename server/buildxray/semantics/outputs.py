"""The paths to which later commands of a stage move the outputs of earlier ones."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from buildxray.plan.paths import clean, holds
from buildxray.records import replace
from buildxray.semantics.file_flow import is_covered, moved
from buildxray.semantics.image_paths import FOR_ALL, OF_THE_SYSTEM
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import COPYING, copied_words
from buildxray.toolchains.archivers import UNPACKERS
from buildxray.toolchains.base import Effect, Invocation, Use
from buildxray.toolchains.c import C

_MAKING: Final = frozenset({Effect.COMPILE, Effect.DOWNLOAD})
_BUILDING: Final = frozenset({"cmake", "make", "gmake", "meson", "ninja"})
_PREFIXES: Final = ("--prefix", "-DCMAKE_INSTALL_PREFIX", "-DCMAKE_INSTALL_PREFIX:PATH", "-Dprefix")


def with_destinations(commands: Iterable[tuple[Invocation, Use | None]]) -> list[Use]:
    """The uses of a stage, whose `outputs` include the paths to which later commands copy, install or unpack them."""
    all_uses: list[Use] = []
    for invocation, use in commands:
        name = invocation.command.name
        if name in COPYING or name in UNPACKERS or (name in _BUILDING and _installs(invocation)):
            for position, maker in enumerate(all_uses):
                if maker.effect in _MAKING:
                    is_piped = position == len(all_uses) - 1 and maker.instruction == invocation.instruction
                    more = dict.fromkeys((*maker.outputs, *_destinations(invocation, maker, is_piped=is_piped)))
                    if (outputs := tuple(more)) != maker.outputs:
                        all_uses[position] = replace(maker, outputs=outputs)
        if use is not None and use.toolchain is C and name in _BUILDING and _installs(invocation):
            # `ninja install` builds first.
            all_uses.append(replace(use, outputs=(*dict.fromkeys((*use.outputs, *_installed_to(invocation))),)))
        elif use is not None:
            all_uses.append(use)
    return all_uses


def _destinations(invocation: Invocation, maker: Use, *, is_piped: bool) -> Iterator[str]:
    name = invocation.command.name
    packed = packed_members(invocation)
    if packed is not None:
        archive, members = packed
        yield from [archive] if archive and any(is_covered(it, one) for it in members for one in maker.outputs) else ()
        return
    if name in UNPACKERS:
        archives = {path for it in invocation.command.words[1:] for path in invocation.paths(it)}
        if archives & {*maker.outputs} or (is_piped and maker.effect is Effect.DOWNLOAD and not maker.outputs):
            directory = invocation.argument(*UNPACKERS[name].into)
            # Files that are unpacked into `/` by default are moved by a later command.
            here = (it for it in map(clean, invocation.directories) if it != "/")
            yield from here if directory is None else invocation.paths(directory)
        return
    if name in _BUILDING:
        if maker.toolchain is C:
            yield from _installed_to(invocation)
        return
    sources, destinations = _operands(invocation)
    for source in sources:
        for path in maker.outputs:
            if is_covered(source, path):
                for destination in destinations:
                    yield moved(path, source, destination)
                    yield moved(path, source, destination if destination.endswith("/") else f"{destination}/")


def _operands(invocation: Invocation) -> tuple[list[str], list[str]]:
    """The sources and destinations of a copy, with all paths that they may mean."""
    copied = copied_words(invocation.command)
    if copied is None:
        return [], []
    sources = [path for it in copied.sources for path in invocation.paths(it)]
    directory = "/" if copied.is_directory else ""
    return sources, [it if it.endswith("/") else it + directory for it in invocation.paths(copied.destination)]


def _installs(invocation: Invocation) -> bool:
    return any(it in ("install", "--install") or it.startswith("install-") for it in invocation.command.arguments)


def _installed_to(invocation: Invocation) -> Iterator[str]:
    """The directories below which `make install` and similar commands may write files."""
    root = invocation.argument("DESTDIR")
    roots = invocation.setting("DESTDIR").values if root is None else invocation.evaluate(root)
    yield from (clean(it) for it in roots if it)
    prefix = invocation.argument(*_PREFIXES)
    if prefix is not None:
        yield from invocation.paths(prefix)
    for command in invocation.preparations:
        prepared = invocation.of_command(command).argument(*_PREFIXES)
        if prepared is not None:
            yield from invocation.paths(prepared)
    if not any(roots) and prefix is None:
        yield "/usr/local"


def copies_files(program: str) -> bool:
    """True if a program of this name copies, moves or links files."""
    return program in COPYING


def copied_operands(invocation: Invocation) -> list[tuple[str, str]] | None:
    """The sources and destinations of `cp`, `mv`, `install`, `ln`, `rsync` or `tar -c`; None for other commands.

    Each source is paired with both meanings of a destination: the new name, and, with a slash at its end, the
    directory that receives the file.
    """
    packed = packed_members(invocation)
    if packed is not None:
        archive, members = packed
        return [(it, archive) for it in members if archive]
    if invocation.command.name not in COPYING:
        return None
    sources, destinations = _operands(invocation)
    pairs = [(source, f"{it.rstrip('/')}/") for source in sources for it in destinations]
    if len(sources) == 1:
        pairs += [(source, it) for source in sources for it in destinations if not it.endswith("/")]
    return pairs


def programs_taken(invocation: Invocation) -> list[str] | None:
    """The programs and libraries of the image that a command copies out of the directories of the system: `cp /usr/bin/jq assets`.

    None if a `$(…)` in the command may be the path of one.
    """
    if invocation.command.name == "ln":
        return []
    if invocation.command.name in COPYING and any("$(" in it.text for it in invocation.command.words):
        return None
    pairs = copied_operands(invocation) or ()
    return [source for source, destination in pairs if _is_of_system(source) and not _is_of_system(destination)]


_SAME_EVERYWHERE: Final = (".css", ".html", ".js", ".json", ".pem", ".txt", ".zip")


def _is_of_system(path: str) -> bool:
    """True for a path in a directory of programs and libraries, unless its name tells that it is the same for every architecture."""
    is_for_all = path.endswith(_SAME_EVERYWHERE) or any(holds(it, path) for it in FOR_ALL)
    return not is_for_all and any(holds(it, path) for it in OF_THE_SYSTEM)


def packed_members(invocation: Invocation) -> tuple[str, list[str]] | None:
    """The archive that `tar -c`, `zip` or `7z a` writes, empty for the standard output of tar, and the files in it; None for other commands.

    Source: the manual of GNU tar, "Three Option Styles"; `-C` changes the directory of the members after it.
    """
    words = invocation.command.words[1:]
    if invocation.command.name in _ZIPPING:
        return _zipped(invocation)
    if invocation.command.name not in ("bsdtar", "tar") or not _packs([it.text for it in words]):
        return None
    archive, directory, expected = "-", "", ""
    members: list[str] = []
    for position, word in enumerate(words):
        is_option = word.text.startswith("-") and word.text != "-"
        if expected == "f":
            archive = next(iter(invocation.paths(word)), "") if word.text != "-" else "-"
        elif expected == "C":
            directory = word.text
        elif expected != "other" and not is_option and (position or not _OLD_STYLE.fullmatch(word.text)):
            inside = word._replace(value=f"{directory}/{word.value}") if directory and word.value else word
            members += map(clean, invocation.paths(inside))
        is_cluster = not expected and (is_option or not position) and not word.text.startswith("--")
        named = _VALUES_OF_TAR.get(word.text, "")
        expected = "f" if is_cluster and "f" in word.text else "" if expected else named
    return "" if archive == "-" else archive, members


def _zipped(invocation: Invocation) -> tuple[str, list[str]] | None:
    """The archive and the members of `zip -r /out.zip dist` and `7z a /out.zip dist`; None if a command packs nothing, or its files are unknown.

    Source: the manuals of Info-ZIP and 7-Zip: zip adds `.zip` to a name without a dot, and takes patterns after `-x` and `-i`.
    """
    command = invocation.command
    words = [it for it in command.words[1:] if it.text]
    if command.name != "zip":
        if not words or words[0].text != "a":
            return None
        words = words[1:]
    patterns = next((n for n, it in enumerate(words) if it.text in ("-i", "-x", "-@")), len(words))
    operands = [it for it in words[:patterns] if not it.text.startswith("-")]
    if len(operands) < 2:
        return None
    archive = next(iter(invocation.paths(operands[0])), "")
    if not archive:
        return None
    name = archive if "." in posixpath.basename(archive) or command.name != "zip" else f"{archive}.zip"
    return clean(name), [clean(path) for it in operands[1:] for path in invocation.paths(it)]


_ZIPPING: Final = frozenset({"7z", "7za", "zip"})
_OLD_STYLE: Final = lazy_regex(r"[AJOWZacfhjkmpruvxz]+")
_VALUES_OF_TAR: Final = {
    "--directory": "C",
    "--exclude": "other",
    "--file": "f",
    "--files-from": "other",
    "--transform": "other",
    "-C": "C",
    "-T": "other",
    "-X": "other",
}
"""Options of tar whose value is the next word."""


def _packs(words: Sequence[str]) -> bool:
    """True if tar writes an archive: `-c` or `--create`, also among other letters."""
    is_old_style = bool(words) and "c" in words[0] and _OLD_STYLE.fullmatch(words[0]) is not None
    return is_old_style or any(it == "--create" or re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", it) for it in words)


def removed_paths(invocation: Invocation) -> list[str]:
    """The paths that `rm` removes; empty for other commands, and for names with wildcards, of which it may remove some."""
    if invocation.command.name != "rm":
        return []
    operands = (it for it in invocation.command.words[1:] if not it.text.startswith("-"))
    return [clean(path) for it in operands if not any(one in it.text for one in "*?[") for path in invocation.paths(it)]


def unpacked_archives(invocation: Invocation) -> tuple[list[str], list[str]] | None:
    """The archives that `tar`, `bsdtar` or `unzip` reads, and the directories into which it may unpack them.

    A command without an archive reads its standard input. None for other commands, and for `tar -c`.
    """
    name, words = invocation.command.name, invocation.command.words[1:]
    if name not in UNPACKERS:
        return None
    if name != "unzip" and _packs([it.text for it in words]):
        return None
    directory = invocation.argument(*UNPACKERS[name].into)
    directories = [clean(it) for it in invocation.directories] if directory is None else [*invocation.paths(directory)]
    options = [it.text for it in words]
    archives = [
        path
        for position, word in enumerate(words)
        for path in invocation.paths(word)
        if not word.text.startswith("-")
        and word is not directory
        and (
            name == "unzip"
            or (position and options[position - 1].startswith("-") and options[position - 1].endswith("f"))
            or ("f" in options[0] and position == 1)
        )
    ]
    return [it for it in archives if it not in directories and not it.endswith("/-")], directories
