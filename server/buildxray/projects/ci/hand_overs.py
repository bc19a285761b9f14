"""The effects of a script on later steps: variables, outputs, and Dockerfiles that it writes."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final

from buildxray.projects.ci.command_lines import UNKNOWN_WORD, has_unknown_part
from buildxray.projects.ci.expressions import UNKNOWN_VARIABLE
from buildxray.projects.ci.shell import MOST_ROUNDS, Shell, as_instruction, parse_script
from buildxray.projects.ci.site import Site, in_checkout
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import COPYING, UNKNOWN, Command, ShellWord, copied_words

_DOCKERFILE: Final = lazy_regex(r"(?:docker|container)file", re.IGNORECASE)
_REDIRECTION: Final = lazy_regex(
    r"(?:(?P<operator>>>?)[ \t]*|\btee[ \t]+)[\"']?(?P<path>[^\s\"'<>|&;]*(?:docker|container)file[^\s\"'<>|&;]*)",
    re.IGNORECASE,
)
_SET_OUTPUT: Final = lazy_regex(r"::set-output name=(?P<name>[\w-]+)::(?P<value>.*)")
_ANY_REDIRECTION: Final = lazy_regex(r">[ \t]*[\"']?(?P<path>[^\s\"'<>|&;()]+)")
_WRITING_PROGRAMS: Final = COPYING | {"curl", "sed", "tee", "wget"}
_OPTIONS: Final = lazy_regex(r"[ \t]*--?[a-z][\w-]*[ \t=]\S")
_SYMBOLIC: Final = lazy_regex(r"-[a-zA-Z]*s[a-zA-Z]*|--symbolic")
"""The option with which `ln` creates a symbolic link."""
_FROM: Final = lazy_regex(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)


def written_variables(script: str, site: Site, file: str) -> dict[str, tuple[str | None, ...]]:
    """The values that a script passes to later steps: `echo NAME=VALUE >> "$GITHUB_OUTPUT"`, where `file` is `GITHUB_OUTPUT`.

    A name has several possible values, in their order, if branches of the script write it. A value that only running
    the script could tell is None. `echo ::set-output name=NAME::VALUE` is the older form of an output.
    """
    is_output = file == "GITHUB_OUTPUT"
    read = parse_script(script) if file in script or (is_output and "::set-output" in script) else None
    if read is None:
        return {}
    shell = Shell(site, read)
    text = as_instruction(script)
    is_written = re.compile(rf"[\"']?[ \t]*(?:>>|\|[ \t]*tee[ \t]+-a)[ \t]*[\"']?\$\{{?{file}\b")
    groups = [
        it.span() for it in re.finditer(rf"(?m)^[ \t]*\{{[^{{}}]*?^[ \t]*\}}[ \t]*>>[ \t]*[\"']?\$\{{?{file}\b", text)
    ]
    values: dict[str, tuple[str | None, ...]] = {}
    for command in read.commands:
        is_in_group = any(start <= command.range.start < end for start, end in groups)
        if command.name not in {"echo", "printf"}:
            continue
        line = _printed_line(command, shell)
        printed = _SET_OUTPUT.fullmatch(line) if is_output else None
        if printed is not None:
            line = f"{printed['name']}={printed['value']}"
        elif not (is_in_group or is_written.match(text, command.range.end)):
            continue
        is_taken = shell.words(command).taken(command)
        if is_taken is False:
            continue
        name, _separator, value = line.partition("=")
        name, is_over_lines, _end = name.partition("<<")
        is_conditional = is_taken is None and any(it.kind != "exit" for it in command.conditions)
        # Where the branch is not taken, a variable keeps the value that it has.
        kept = (site.environment[name],) if not is_output and name in site.environment else ()
        before = values.get(name, kept) if is_conditional else ()
        values[name] = (*before, None if is_over_lines else _handed_over(value))[:MOST_ROUNDS]
    return values


def _handed_over(value: str) -> str | None:
    """A value as later steps get it; None if it is unknown. Of whole options of a command, the known ones count: `--platform linux/arm64 -t $T`."""
    if not has_unknown_part(value):
        return value
    known = value.replace(UNKNOWN_WORD, "")
    return (
        None
        if _OPTIONS.match(value) is None or has_unknown_part(known)
        else value.replace(UNKNOWN_WORD, UNKNOWN_VARIABLE)
    )


def _printed_line(command: Command, shell: Shell) -> str:
    """The line that `echo` or `printf` prints; an unknown part of it is `UNKNOWN_WORD`."""
    words = shell.words(command)
    texts = [words.text(it, command).replace(UNKNOWN, UNKNOWN_WORD) for it in command.words[1:]]
    if command.name == "printf":
        for it in texts[1:]:
            texts[0] = texts[0].replace("%s", it, 1)
        texts = [UNKNOWN_WORD if "%" in it else it for it in texts[:1]]
    return " ".join(it for it in texts if it not in {"-e", "-n", "-E"}).removesuffix("\\n")


def written_dockerfiles(script: str, site: Site) -> dict[Path, Path | None]:
    """The Dockerfiles that a script writes, each with the project file that it copies; None for a new text.

    If the script changes its directory, paths are presumed to be relative to its first directory.
    """
    read = parse_script(script) if _DOCKERFILE.search(script) else None
    if read is None:
        return {}
    written: dict[Path, Path | None] = {}
    has_from = _FROM.search(script) is not None
    for match in _REDIRECTION.finditer(script):
        is_appended = match["operator"] == ">>" and not has_from
        path = None if is_appended or has_unknown_part(match["path"]) else _resolved(site, match["path"])
        if path is not None:
            written.setdefault(path, None)
    for command in read.commands:
        copied = copied_words(command)
        if copied is None or len(copied.sources) != 1:
            continue
        source, target = _text(copied.sources[0]), _text(copied.destination)
        if (
            not _DOCKERFILE.search(source)
            or ":" in source + target
            or has_unknown_part(source)
            or has_unknown_part(target)
        ):
            continue
        if copied.is_directory or target.endswith("/") or not _DOCKERFILE.search(posixpath.basename(target)):
            target = posixpath.join(target, posixpath.basename(source))
        if command.name == "ln" and any(_SYMBOLIC.fullmatch(it) for it in command.arguments):
            # A symbolic link is relative to its own directory.
            source = posixpath.join(posixpath.dirname(target), source)
        original, copy = _resolved(site, source), _resolved(site, target)
        if original is not None and copy is not None:
            written[copy] = written.get(original, original)
    return written


def written_names(script: str) -> frozenset[str]:
    """The base names of the files that a script may write: by redirections, and as arguments of commands such as `cp` and `curl`."""
    names = {it["path"] for it in _ANY_REDIRECTION.finditer(script)}
    read = parse_script(script)
    for command in read.commands if read is not None else ():
        # The program may be the second word: `git mv`, `aws s3 cp`.
        if not _WRITING_PROGRAMS.isdisjoint((command.name, *command.arguments)):
            names |= {it.rpartition("=")[2].strip("\"'") for it in command.arguments}
    return frozenset(map(posixpath.basename, names))


def _text(word: ShellWord) -> str:
    return word.text if word.value is None else word.value


def _resolved(site: Site, path: str) -> Path | None:
    return site.resolve(in_checkout(site.directory, path))
