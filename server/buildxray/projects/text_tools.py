"""The commands of a repository that read, edit or write Dockerfiles as text: `sed -i 's/^ENV APP_VERSION .*/…/' Dockerfile`.

What they look for must stay in the lines of the Dockerfile, and what comes from a template is written again. Their patterns are compared by their literal parts, because running the
expressions of a repository could take any time.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import groupby, islice
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from buildxray.files.reading import entries_of, is_file, read_project_text
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.script_files import script_and_seen_files, searched_directories
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_DOCKERFILE: Final = lazy_regex(r"(?:docker|container)file", re.IGNORECASE)
_BETWEEN_PATHS: Final = lazy_regex(r"[^\w./-]")
_TEMPLATE: Final = lazy_regex(
    r"(?:[\w.-]{0,100}[.-])?(?:docker|container)file(?:[.-][\w.-]{0,100})?[.-](?:ejs|erb|gotmpl|hbs|in|j2|jinja2?|m4|mustache|template|tmpl|tpl)"
    r"|(?:[\w.-]{0,100}[.-])?(?:template|tmpl|tpl)\.(?:docker|container)file",
    re.IGNORECASE,
)
"""The name of a file from which a program makes Dockerfiles: `Dockerfile.erb`, `Dockerfile-debian.template`."""
_OF_BALENA: Final = lazy_regex(r"%%(?:BALENA|RESIN)_\w+%%")
"""A variable of a template that balena builds itself, beside other Dockerfiles. Source: docs.balena.io, "Dockerfile templates"."""
_PROGRAM: Final = lazy_regex(
    r"[\w.-]{0,100}(?:docker|container|image)[\w.-]{0,100}\.(?:bats|cjs|go|js|mjs|py|rb|rs|ts)", re.IGNORECASE
)
"""The name of a program that may be about Dockerfiles, such as a test: `test_dockerfile.py`."""
_PATH: Final = lazy_regex(r"[\w./-]{0,200}(?i:docker|container)file[\w.-]{0,200}")
_TOOL: Final = lazy_regex(r"(?<![\w./-])(?:g?sed|[efgr]?grep|rg|[gmn]?awk|perl)(?=[ \t])")
_OF_WORDS: Final = lazy_regex(r"(?<![\w./-])(?:[gmn]?awk|cut|read)(?=[ \t])")
"""A program that splits lines into words."""
_BARE: Final = lazy_regex(r"[ \t](?P<word>[^\s'\"|;&<>()-][^\s'\"|;&<>()]*)")
_OF_AWK: Final = lazy_regex(r"\"(?P<text>[^\"\n]{1,200})\"|/(?P<expression>(?:[^/\\\n]|\\.){1,200})/")
"""The texts and expressions in a program of awk."""
_CONDITION: Final = lazy_regex(r"\s*(?:(?:!|\()\s*)?(?:/[^/\n]{1,200}/|\$\d)\s*(?:[{&|=!~]|$)")
"""The beginning of a program of awk."""
_BETWEEN_CONDITIONS: Final = lazy_regex(r"[{};]|\|\|")
_IGNORING: Final = lazy_regex(r"[ \t](?:-[A-Za-z]*i[A-Za-z]*|--ignore-case)(?=[ \t]|$)")
_IN_PLACE: Final = lazy_regex(r"[ \t](?:-[A-Za-z]*i|--in-place)")
"""The option of sed and Perl with which they edit the file."""
_ARCHITECTURE: Final = lazy_regex(r"aarch64|amd64|arch|arm|platform|x86", re.IGNORECASE)
_FLAG: Final = lazy_regex(r"[/|#,@][gmp]*[Ii][gmp]*(?=[\s'\";}]|$)")
_OF_SED: Final = lazy_regex(
    r"(?:^|[;{\s,/])(?:s(?P<mark>[^\w\s\\])(?P<old>(?:\\.|(?!(?P=mark))[^\\\n]){1,500})(?P=mark)|/(?P<address>(?:\\.|[^/\\\n]){1,500})/)"
)
"""A substitution or an address of sed."""
_LITERAL: Final = lazy_regex(r"(?P<mark>[\"'`])(?P<text>(?:\\.|(?!(?P=mark))[^\\\n]){0,500})(?P=mark)")
"""A text in a program of any language."""
_OF_DOCKERFILES: Final = lazy_regex(
    r"--platform=|(?<![A-Za-z])(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|LABEL|MAINTAINER|RUN|SHELL|USER|WORKDIR)(?![A-Za-z])"
)
"""A word that few texts have but those about Dockerfiles."""
_PIECE: Final = lazy_regex(
    r"""(?P<open>\\?\((?:\?(?:[:=!>]|<[=!]|P?<\w+>))?) | (?P<close>\\?\)) | (?P<or>\\?\|)
      | (?P<maybe>\\?\?|\*|\\?\{0[\d,]*\\?\}) | \\(?P<escaped>[^\w\s]) | \\.
      | \[\^?\]?(?:\[:\w+:\]|[^\]\n])*\] | \$\{[^{}\n]*\} | \$\w+ | \\?\{[\d,]+\\?\} | [.+^$] | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)
"""A part of a regular expression of any dialect, or a variable of the shell."""
_SHELLS: Final = frozenset(("", ".bash", ".bats", ".just", ".ksh", ".mk", ".sh", ".yaml", ".yml", ".zsh"))
_OF_RENOVATE: Final = tuple(
    f"{directory}{it}"
    for directory in ("", ".github/", ".gitlab/")
    for it in ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5")
)
"""The settings of Renovate, whose own managers find versions by expressions. Source: docs.renovatebot.com, "Configuration"."""
_SHORTEST: Final = 4
"""The fewest code points of the literal parts of a pattern that counts."""
_SHORT_KEYWORDS: Final = ("ADD", "ARG", "CMD", "ENV", "RUN")
_MOST_CHARACTERS: Final = 200_000
_MOST_PATTERNS: Final = 2_000
_MOST_TESTS: Final = 60
_MOST_TEMPLATES: Final = 20
_MOST_COMMANDS: Final = 500
"""Limit for the commands of one file."""
_MOST_OF_COMMAND: Final = 2_000
"""Limit for the code points of a command."""


class TextPattern(NamedTuple):
    """What a command or a program looks for in a Dockerfile."""

    pieces: tuple[str, ...]
    """Its literal parts, in their order."""
    is_of_line: bool = True
    """True if it is looked for in each line; False if it may go over several."""
    ignores_case: bool = False
    """True if letters of both cases are the same to it; `pieces` are in lower case then."""
    splits_words: bool = False
    """True if the command goes on with words of the line, by their number."""
    names: tuple[str, ...] = ()
    """The paths of Dockerfiles that the command names, or the program may mean; empty if it names none, or one by a variable."""
    writes_architecture: bool = False
    """True if the command edits the file itself, and is about architectures: `sed -i s/amd64/$ARCH/ Dockerfile`."""

    def holds_in(self, text: str) -> bool:
        """True if a text has the literal parts."""
        start = 0
        text = text.lower() if self.ignores_case else text
        for piece in self.pieces:
            place = text.find(piece, start)
            if place < 0:
                return False
            start = place + len(piece)
        return True

    def may_read(self, path: str) -> bool:
        """True unless the command names other Dockerfiles; `path` is that of one in its repository, with slashes."""
        if self.is_of_line:
            return not self.names or any(f"/{path}".endswith(f"/{it}") for it in self.names)
        return not self.names or path in self.names

    def misses(self, old: str, new: str) -> bool:
        """True if fewer lines of a new text have the literal parts, or if the command would get other words of them."""
        if not self.is_of_line:
            return self.holds_in(old) and not self.holds_in(new)
        before, after = ([it for it in text.splitlines() if self.holds_in(it)] for text in (old, new))
        if not self.splits_words:
            return len(after) < len(before)
        words, others = (Counter(len(it.split()) for it in lines) for lines in (before, after))
        return bool(words - others)


@dataclass(frozen=True)
class TextTools:
    """A lazy reading of the scripts, workflows and programs of one repository; those of equal roots are equal."""

    root: Path
    _found: list[tuple[TextPattern, ...]] = field(default_factory=list, compare=False, repr=False)
    """What the reading has found; empty until it is asked."""
    _templates: dict[Path, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    """The lines of the templates in each directory that was looked at, without blanks around them."""

    def __call__(self, path: str, old: str, new: str) -> bool:
        """True if a command or a program of the repository finds something in old lines of a Dockerfile, and not in the new ones.

        So it is if an old line comes from a template in the directory of the Dockerfile or in one above, which has it too.
        `path` is that of the Dockerfile in its repository, with slashes.
        """
        lines = {it.strip() for it in old.splitlines()} - {it.strip() for it in new.splitlines()}
        written = {it for it in lines if len(it) > _SHORTEST}
        if any(not written.isdisjoint(self._lines_of_templates(self.root / it)) for it in PurePath(path).parents):
            return True
        return any(it.may_read(path) and it.misses(old, new) for it in self._patterns)

    def writes_architecture(self, path: str, text: str) -> bool:
        """True if a command of the repository edits a line of a text of a Dockerfile, so that it is for another architecture when it is built.

        `path` is that of the Dockerfile in its repository, with slashes.
        """
        writing = (it for it in self._patterns if it.writes_architecture and it.may_read(path))
        return any(it.holds_in(line) for it in writing for line in text.splitlines())

    @property
    def _patterns(self) -> tuple[TextPattern, ...]:
        if not self._found:
            self._found.append((*_patterns_below(self.root),))
        return self._found[0]

    def _lines_of_templates(self, directory: Path) -> frozenset[str]:
        """The lines of the templates of Dockerfiles in a directory, and in one for templates there."""
        if directory not in self._templates:
            places = (directory, directory / "template", directory / "templates")
            paths = (Path(it.path) for place in places for it in entries_of(place) if _TEMPLATE.fullmatch(it.name))
            texts = (read_project_text(it, _MOST_CHARACTERS) or "" for it in islice(paths, _MOST_TEMPLATES))
            self._templates[directory] = frozenset(
                line.strip() for it in texts if _OF_BALENA.search(it) is None for line in it.splitlines()
            )
        return self._templates[directory]


def _patterns_below(root: Path) -> Iterator[TextPattern]:
    """The different patterns in the files of a repository that name a Dockerfile."""
    scripts, seen = script_and_seen_files(root)
    settings = (root / it for it in _OF_RENOVATE if is_file(root / it))
    named = (
        Path(it.path) for one in searched_directories(root) for it in entries_of(one) if _PROGRAM.fullmatch(it.name)
    )
    tests = islice(named, _MOST_TESTS)
    patterns = (
        pattern
        for path in dict.fromkeys((*scripts, *workflow_files(root), *settings, *seen, *tests))
        if (text := read_project_text(path, _MOST_CHARACTERS)) is not None and _DOCKERFILE.search(text) is not None
        for pattern in _patterns(path.relative_to(root), text)
    )
    yield from dict.fromkeys(islice(patterns, _MOST_PATTERNS))


def _patterns(path: PurePath, text: str) -> Iterator[TextPattern]:
    """The patterns in a file, given its path below the root of its repository."""
    if path.as_posix() in _OF_RENOVATE:
        yield from _of_texts(text, ())
    elif path.suffix in _SHELLS:
        yield from _of_commands(text)
    elif names := {it["text"] for it in _LITERAL.finditer(text) if _PATH.fullmatch(it["text"]) is not None}:
        # A program that opens no Dockerfile by its name is about Dockerfiles in general. Which directory it begins at is unknown.
        paths = {posixpath.normpath((above / it).as_posix()) for above in path.parents for it in names}
        yield from _of_texts(text, (*sorted(paths),))


def _of_commands(text: str) -> Iterator[TextPattern]:
    """The patterns of sed, grep, awk and Perl in a script of the shell."""
    end = 0
    for tool in islice(_TOOL.finditer(text), _MOST_COMMANDS):
        line = text[text.rfind("\n", 0, tool.start()) + 1 : tool.start()]
        if tool.start() < end or line.lstrip().startswith("#"):
            continue
        command, _quoted, _others = _command_at(text, tool.start(), ends=("\n", "&&", "||", ";"))
        own, quoted, others = _command_at(text, tool.start(), ends=("\n", "|", "&&", ";", ")"))
        end = tool.start() + len(own)
        paths = {it.lstrip("./") for it in _BETWEEN_PATHS.split(command) if _DOCKERFILE.search(it)}
        # `"$DIRECTORY/Dockerfile"` is a file, and `$FILE` may be any.
        is_unknown = "$" in others or any("$" in it for it, quote in quoted if quote == '"')
        names = () if is_unknown else (*sorted(paths),)
        written = [it for it, _quote in quoted] or [it["word"] for it in islice(_BARE.finditer(others), 1)]
        ignores_case = _ignores_case(tool[0], own, others)
        splits_words = _OF_WORDS.search(command) is not None
        is_editor = tool[0] in ("gsed", "perl", "sed")
        writes = is_editor and _IN_PLACE.search(others) is not None and _ARCHITECTURE.search(own) is not None
        for pieces in (pieces for it in written for pieces in _pieces_of(it)):
            known = tuple(map(str.lower, pieces)) if ignores_case else pieces
            yield TextPattern(
                known, ignores_case=ignores_case, splits_words=splits_words, names=names, writes_architecture=writes
            )


def _ignores_case(tool: str, own: str, others: str) -> bool:
    """True if a command finds letters of both cases: `grep -i`, `sed 's/…/…/I'`, `awk 'tolower($1) == …'`."""
    if tool.endswith("grep") or tool == "rg":
        return _IGNORING.search(others) is not None
    if tool.endswith("awk"):
        return any(it in own for it in ("tolower(", "toupper(", "IGNORECASE"))
    return _FLAG.search(own) is not None


def _command_at(text: str, start: int, ends: tuple[str, ...]) -> tuple[str, list[tuple[str, str]], str]:
    """The text from a command to one of `ends` outside of quotes, what is in quotes, each with its mark, and the rest.

    What goes on in the next line belongs to it.
    """
    quoted: list[tuple[str, str]] = []
    others: list[str] = []
    quote, opened = "", start
    position, limit = start, min(len(text), start + _MOST_OF_COMMAND)
    while position < limit:
        character = text[position]
        if character == "\\" and quote != "'":
            position += 1
        elif quote and character == quote:
            inside = text[opened + 1 : position]
            quoted.append((inside.replace("\\\\", "\\") if quote == '"' else inside, quote))
            quote = ""
        elif not quote and character in "'\"":
            quote, opened = character, position
        elif not quote and text.startswith(ends, position) and (character != "\n" or others[-1:] != ["|"]):
            break
        elif not quote:
            others.append(character)
        position += 1
    return text[start:position], quoted, "".join(others)


def _of_texts(text: str, names: tuple[str, ...]) -> Iterator[TextPattern]:
    """The texts in a program of any language that may be compared with Dockerfiles or be patterns; `names` are those of the Dockerfiles."""
    for it in _LITERAL.finditer(text):
        written = it["text"].replace("\\\\", "\\")
        if _OF_DOCKERFILES.search(written) is not None:
            for pieces in _long_enough(_literals(written)):
                yield TextPattern(pieces, is_of_line=False, names=names)


def _pieces_of(written: str) -> Iterator[tuple[str, ...]]:
    """The literal parts of each pattern in a word of a command: of the old texts and the addresses of sed, and in a program of awk."""
    if ("{" in written and "}" in written and "==" in written) or _CONDITION.match(written) is not None:
        # All texts of a condition of awk are in the line.
        for condition in _BETWEEN_CONDITIONS.split(written):
            texts = [it["text"] or it["expression"] for it in _OF_AWK.finditer(condition)]
            yield from _long_enough([tuple(piece for it in texts for piece in next(_literals(it)))])
        return
    parts = [it["old"] or it["address"] for it in _OF_SED.finditer(written)]
    for part in parts or ([] if "{" in written and "}" in written else [written]):
        yield from _long_enough(_literals(part))


def _long_enough(alternatives: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The alternatives that few lines have by chance; `ENV` is enough for a program of awk."""
    return (
        it
        for it in alternatives
        if any(map(str.strip, it)) and (sum(map(len, it)) >= _SHORTEST or it[0] in _SHORT_KEYWORDS)
    )


def _literals(expression: str) -> Iterator[tuple[str, ...]]:
    """The literal parts of a regular expression, for each of its alternatives. A group of alternatives, and what may be absent, has none."""
    parts: list[str | None] = []
    groups: list[tuple[int, bool]] = []
    closed = 0
    for it in _PIECE.finditer(expression):
        plain = it["plain"] or it["escaped"]
        before, closed = closed, len(parts)
        if plain is not None:
            parts.append(plain)
        elif it["or"] and not groups:
            yield _joined(parts)
            parts, closed = [], 0
        elif it["or"]:
            groups[-1] = groups[-1][0], True
        elif it["open"]:
            groups.append((len(parts), it["open"].endswith("!")))
        elif it["close"] and groups:
            closed, is_left_out = groups.pop()
            if is_left_out:
                parts[closed:] = [None]
        else:
            if it["maybe"]:
                # The group or the code point before it may be absent.
                del parts[before:]
            parts.append(None)
    yield _joined(parts)


def _joined(parts: Iterable[str | None]) -> tuple[str, ...]:
    """The texts between those that are unknown."""
    runs = groupby(parts, key=lambda it: it is None)
    return tuple("".join(it for it in run if it is not None) for is_unknown, run in runs if not is_unknown)
