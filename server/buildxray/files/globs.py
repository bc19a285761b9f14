"""Match glob patterns in linear time, because a repository chooses both the pattern and the names.

A backtracking regular expression needs exponential time for `a*a*a*a*b`. The text between two stars has a fixed
length, so its first match is as good as any other, and the text before a star never has to be matched again. A group
in a lookahead prevents `re` from doing so; Python 3.10 has no atomic groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from typing import Final

from buildxray.caching import cached

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "\\x21-\\x7e",
    "lower": "a-z",
    "print": "\\x20-\\x7e",
    "punct": "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
    "space": " \\t\\n\\r\\f\\v",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
NEVER: Final = re.compile(r"(?!)")
"""A pattern that matches nothing, used for a glob that cannot be read."""


@cached(1024)
def component_pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob for one component of a path, without slashes; to be used with `fullmatch`.

    `*` is any text, `?` a character, `[a-z]` and `[!a-z]` one of a set, a backslash quotes. Source: Git, wildmatch.c.
    """
    pieces = [*_pieces(glob)]
    if None in pieces:
        return NEVER
    texts: list[str] = [""]
    for piece in pieces:
        if piece == "*":
            texts.append("")
        else:
            texts[-1] += str(piece)
    if len(texts) == 1:
        return re.compile(texts[0], re.DOTALL)
    first, *middle, last = texts
    skipping = "".join(
        f"(?=(?P<s{number}>.*?{text}))(?P=s{number})" for number, text in enumerate(filter(None, middle))
    )
    # The last part has a fixed length too, so its only possible place is the end.
    return re.compile(f"{first}{skipping}.*{last}" if last else f"{first}{skipping}.*", re.DOTALL)


def match_text(text: str, glob: str) -> bool:
    """True if a glob matches a whole text, where `*` is any text, also one with slashes.

    `fnmatch.fnmatchcase` does the same, but its cache keeps 32,768 patterns, each of which may be one that an edit has replaced.
    """
    if "*" not in glob and "?" not in glob and "[" not in glob:
        # Most globs are names, and compiling a pattern takes far longer than comparing it.
        return text == glob
    return _text_pattern(glob).match(text) is not None


@cached(256)
def _text_pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))


def match_components(globs: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """True if globs match the components of a path; `**` is any number of components.

    Time: at most the product of both lengths.
    """
    reached = {0}
    for position in range(len(names) + 1):
        # The positions in `globs` that can be reached after the names so far; `**` matches no name too.
        frontier = set(reached)
        for index in sorted(reached):
            at = index
            while at < len(globs) and globs[at] == "**":
                at += 1
                frontier.add(at)
        if position == len(names):
            return len(globs) in frontier
        name = names[position]
        reached = set()
        for index in frontier:
            if index < len(globs):
                if globs[index] == "**":
                    reached.add(index)
                elif component_pattern(globs[index]).fullmatch(name):
                    reached.add(index + 1)
        if not reached:
            return False
    return False


def is_literal(glob: str) -> bool:
    """True if a glob matches only one name, itself."""
    return not any(it in glob for it in "*?[\\")


def _pieces(glob: str) -> Iterator[str | None]:
    """Yield `*` for stars, regular expressions for single characters, None for an unreadable part."""
    position = 0
    while position < len(glob):
        character = glob[position]
        position += 1
        if character == "*":
            yield "*"
        elif character == "?":
            yield "."
        elif character == "\\":
            if position == len(glob):
                yield None
                return
            yield re.escape(glob[position])
            position += 1
        elif character == "[":
            end_of_set = _set(glob, position)
            if end_of_set is None:
                yield None
                return
            text, position = end_of_set
            yield text
        else:
            yield re.escape(character)


def _set(glob: str, position: int) -> tuple[str, int] | None:
    """The regular expression of a set that begins after its bracket, and the offset of its end; None for one without an end."""
    is_negated = glob[position : position + 1] in ("!", "^") and position < len(glob)
    position += is_negated
    members: list[str] = []
    is_first = True
    while position < len(glob):
        character = glob[position]
        if character == "]" and not is_first:
            body = "".join(members)
            if not body:
                return ("." if is_negated else "(?!)", position + 1)
            return (f"[{'^' if is_negated else ''}{body}]", position + 1)
        is_first = False
        if glob.startswith("[:", position) and (end := glob.find(":]", position + 2)) >= 0:
            if glob[position + 2 : end] not in _CLASSES:
                return None
            members.append(_CLASSES[glob[position + 2 : end]])
            position = end + 2
            continue
        if character == "\\":
            position += 1
            if position == len(glob):
                return None
            character = glob[position]
        position += 1
        if glob[position : position + 1] == "-" and glob[position + 1 : position + 2] not in ("", "]"):
            position += 1
            if glob[position] == "\\":
                position += 1
            if position == len(glob):
                return None
            if character <= glob[position]:
                members.append(f"{_quoted(character)}-{_quoted(glob[position])}")
            position += 1
        else:
            members.append(_quoted(character))
    return None


def _quoted(character: str) -> str:
    return f"\\U{ord(character):08x}"
