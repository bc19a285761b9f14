"""Parse a text into a `Dockerfile`, without raising on any text.

An error of BuildKit becomes a problem with a range, and the rest is still parsed, because a Dockerfile in an
editor is half typed most of the time.

BuildKit: frontend/dockerfile/parser/parser.go, Parse.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import field
from operator import attrgetter
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.records import cached_property, dataclass
from buildxray.syntax.instructions import (
    Arg,
    Cmd,
    Entrypoint,
    From,
    Healthcheck,
    Instruction,
    Node,
    Run,
    Span,
    Unknown,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import BYTE_ORDER_MARK, LONGEST_LINE, physical_lines
from buildxray.syntax.reader import Reader
from buildxray.syntax.suggestions import closest
from buildxray.syntax.text import TextRange
from buildxray.syntax.whitespace import SPACE


class Directive(NamedTuple):
    """`# name=value` at the top of the file: `syntax`, `escape` or `check`."""

    name: str
    value: str
    range: TextRange
    """The whole line."""


class Comment(NamedTuple):
    """A comment line, including those inside a continued instruction. Directives are not comments."""

    text: str
    """The text from `#` on."""
    range: TextRange
    """From `#` to the end of the line."""


class FileProblem(NamedTuple):
    """A reason why BuildKit refuses the file, with its range."""

    message: str
    range: TextRange
    line: int
    """The 1-based line, counted as BuildKit does."""
    replacement: str | None = None
    """The text that was probably meant instead of the text of `range`; None if no known name is close."""
    is_syntax: bool = True
    """True if BuildKit's parser reports the error; the parser reads the whole file before any instruction is executed."""


@dataclass(frozen=True)
class Dockerfile:
    """The parsed content of a text."""

    text: str
    instructions: tuple[Instruction, ...]
    directives: tuple[Directive, ...]
    escape: str
    """The escape token: a backslash, or a backtick if the `escape` directive sets it."""
    problems: tuple[FileProblem, ...]
    """The problems in the order in which BuildKit meets them: the errors of its parser, then the others, each from top to bottom."""
    lines: tuple[str, ...] = field(compare=False, repr=False)
    """The physical lines that BuildKit reads, with their line ends."""

    @cached_property
    def frontend(self) -> str:
        """The image that the `syntax` directive names; empty without one, or with blanks alone. BuildKit: parser/directives.go, DetectSyntax."""
        words = next((it.value.split() for it in self.directives if it.name == "syntax"), [])
        return words[0] if words else ""

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comment lines, including those inside continued instructions."""
        return tuple(_read_comments(self))

    @cached_property
    def comments_above(self) -> dict[int, tuple[str, ...]]:
        """The comments that belong to each instruction for BuildKit, by its index, without `#` and surrounding blanks.

        These are all comments since the instruction above, across blank lines; an empty comment discards those above
        it. BuildKit: parser/parser.go, Parse.
        """
        instructions, text = self.instructions, self.text
        above: dict[int, list[str]] = {}
        idx = 0
        for comment in self.comments:
            while idx < len(instructions) and instructions[idx].end <= comment.range.start:
                idx += 1
            if idx == len(instructions):
                break
            if comment.range.start > instructions[idx].start:
                continue
            line_start = text.rfind("\n", 0, comment.range.start) + 1
            # BuildKit removes the first character of the line, so `#` remains where the comment is indented.
            content = text[line_start + text.startswith(BYTE_ORDER_MARK, line_start) : comment.range.end][1:].strip()
            if content:
                above.setdefault(idx, []).append(content)
            else:
                above[idx] = []
        return {idx: tuple(contents) for idx, contents in above.items()}

    def index_at(self, offset: int) -> int | None:
        """The index of the instruction on whose lines `offset` is, if any."""
        idx = bisect_left(self.instructions, offset, key=attrgetter("end"))
        return idx if idx < len(self.instructions) and self.instructions[idx].start <= offset else None

    def instruction_at(self, offset: int) -> Instruction | None:
        """The instruction on whose lines `offset` is, if any."""
        idx = self.index_at(offset)
        return None if idx is None else self.instructions[idx]

    def line_of(self, offset: int) -> int:
        """The 1-based line of `offset`, as BuildKit counts lines."""
        return bisect_left(self._line_feeds, offset) + 1

    @cached_property
    def _line_feeds(self) -> list[int]:
        """The offsets of all line feeds."""
        return [it.start() for it in re.finditer("\n", self.text)]


def parse(text: str, *, earlier: Dockerfile | None = None) -> Dockerfile:
    """Parse a Dockerfile; the errors that BuildKit would report are in `problems`.

    `earlier` may be another version of the text. The nodes of unchanged instructions are then reused: faster,
    with the same result.
    """
    reader = Reader(text)
    directives, escape, problems = _read_directives(reader.lines, reader.starts)
    if earlier is None or earlier.escape != escape:
        instructions = reader.read(escape)
    else:
        instructions = reader.read_again(escape, earlier.instructions, earlier.lines)
    problems += _file_problems(text, reader.lines, reader.starts, instructions, escape)
    problems.sort(key=lambda it: (not it.is_syntax, it.line))
    return Dockerfile(text, tuple(instructions), tuple(directives), escape, tuple(problems), reader.lines)


def parse_trigger(text: str) -> Node | None:
    """Parse the text after ONBUILD as the build of a derived stage does; None if it is not exactly one instruction.

    BuildKit: dockerfile2llb/convert.go, initOnBuildTriggers.
    """
    instructions = parse(text).instructions
    return instructions[0].node if len(instructions) == 1 else None


_DIRECTIVE: Final = lazy_regex(
    r"(?P<name>[a-z][a-z0-9]*)[\t\f\r ]*=[\t\f\r ]*(?P<value>.+?)[\t\f\r ]*", re.ASCII | re.IGNORECASE
)
_DIRECTIVES: Final = frozenset({"syntax", "escape", "check"})


def _read_directives(lines: Sequence[str], starts: list[int]) -> tuple[list[Directive], str, list[FileProblem]]:
    """Read the directives, which come before all other lines, including comments and blank lines.

    Returns the directives, the escape token and the problems. BuildKit: parser/directives.go, DirectiveParser.
    """
    directives: dict[str, Directive] = {}
    problems: list[FileProblem] = []
    for idx, line in enumerate(lines):
        content = line.removeprefix(BYTE_ORDER_MARK) if idx == 0 else line
        content = content.rstrip("\r\n").lstrip(SPACE)
        inner = content[1:].lstrip(SPACE)
        match = _DIRECTIVE.fullmatch(inner) if content.startswith("#") else None
        if match is None or match["name"].lower() not in _DIRECTIVES:
            break
        name = match["name"].lower()
        end = starts[idx] + len(line.rstrip("\r\n"))
        range_ = TextRange(starts[idx], end)
        if name in directives:
            problems.append(FileProblem(_("the directive `{name}` is given twice", name=name), range_, idx + 1))
        elif (problem := _directive_problem(name, match["value"])) is not None:
            message, span, replacement = problem
            value = end - len(inner) + match.start("value")
            wrong = TextRange(value + span.start, value + span.end)
            problems.append(FileProblem(message, wrong, idx + 1, replacement))
        directives.setdefault(name, Directive(name, match["value"], range_))
    escape = directives["escape"].value if "escape" in directives else "\\"
    return list(directives.values()), escape if escape in ("\\", "`") else "\\", problems


def read_check_directive(dockerfile: Dockerfile) -> str | None:
    """The value of `# check=…`, or None if there is none.

    Unlike BuildKit's parser, this reader skips a `#!` line. BuildKit: parser/directives.go, ParseDirective.
    """
    directives = dockerfile.directives
    if dockerfile.text.startswith("#!"):
        lines = physical_lines(dockerfile.text.partition("\n")[2])
        directives = tuple(_read_directives(lines, [0] * (len(lines) + 1))[0])
    return next((it.value for it in directives if it.name == "check"), None)


def _directive_problem(name: str, value: str) -> tuple[str, Span, str | None] | None:
    """Why BuildKit refuses the value of a directive: the message, the wrong part, and the text that was probably meant.

    BuildKit: linter/linter.go, ParseLintOptions.
    """
    if name == "escape" and value not in ("\\", "`"):
        return _("the escape token is a backslash or a backtick"), Span(0, len(value)), None
    if name == "check":
        start = 0
        for option in value.partition(" ")[0].split(";", 2):
            key, equals, setting = (it.strip() for it in option.partition("="))
            span = Span(start, start + len(option)) if option else Span(0, len(value))
            start += len(option) + 1
            if not equals or key not in _CHECK_OPTIONS:
                close = closest(key.lower(), _CHECK_OPTIONS)
                if not equals or close is None:
                    message = _("unknown check option `{option}`; expected skip, experimental or error", option=option)
                    return message, span, None
                message = _("unknown check option `{key}`; did you mean `{close}`?", key=key, close=close)
                return message, Span(span.start, span.start + option.index("=")), close
            if key == "error" and setting not in _GO_BOOLEANS:
                wrong = Span(span.start + option.index("=") + 1, span.end)
                return _("`error` is true or false, not `{value}`", value=setting), wrong, None
    return None


_CHECK_OPTIONS: Final = ("skip", "experimental", "error")
_GO_BOOLEANS: Final = frozenset(["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"])


_COMMENT_LINE: Final = lazy_regex(rf"^{BYTE_ORDER_MARK}?[{SPACE.replace(chr(10), '')}]*(?P<text>#[^\n]*)", re.MULTILINE)


def _read_comments(dockerfile: Dockerfile) -> Iterator[Comment]:
    text = dockerfile.text
    # Directives are the first lines.
    position = 0
    for _directive in dockerfile.directives:
        position = text.find("\n", position) + 1 or len(text)
    heredocs = [(it.start + it.node.heredocs[0].start, it.end) for it in dockerfile.instructions if it.node.heredocs]
    for start, end in (*heredocs, (len(text), len(text))):
        for match in _COMMENT_LINE.finditer(text, position, start):
            content = match["text"].rstrip("\r")
            yield Comment(content, TextRange(match.start("text"), match.start("text") + len(content)))
        position = max(position, end)


_OPERATOR: Final = lazy_regex(r"&&|[|]")
_FLAG: Final = lazy_regex("--?[A-Za-z]")


def goes_on_above(text: str, above: Instruction, instruction: Instruction) -> bool:
    """True if an unknown instruction continues the one above, whose last line lacks the escape token.

    So does a line that is indented like the last one of a RUN of several lines.
    """
    if (
        not isinstance(instruction.node, Unknown)
        or instruction.first_line != above.last_line + 1
        or above.node.heredocs
    ):
        return False
    word = instruction.node.keyword.text
    if _OPERATOR.match(word) or _FLAG.match(word):
        return True
    if isinstance(above.node, Run | Cmd | Entrypoint | Healthcheck) and above.node.text.endswith(("&&", "||", "|")):
        return True
    last = text[above.start : above.end].rstrip().rpartition("\n")
    if not isinstance(above.node, Run) or not last[1] or word.isupper():
        return False
    indentation = _indentation(last[2])
    return bool(indentation) and indentation == _indentation(text[instruction.start : instruction.end])


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


_COMMENT_AT_END: Final = lazy_regex(r"(?P<token>[\\\\`])(?P<comment>[ \t]+#[^\r\n]*)\r?\Z")


def comment_after_escape(text: str, instruction: Instruction, escape: str) -> TextRange | None:
    """The range of a comment, with the blanks before it, between the escape token at the end of an instruction and the end of the line.

    The token then is not the last character of the line, so that the instruction ends. Source: docs.docker.com, "Dockerfile reference", escape.
    """
    start = max(text.rfind("\n", instruction.start, instruction.end) + 1, instruction.start)
    match = _COMMENT_AT_END.search(text, start, instruction.end)
    return None if match is None or match["token"] != escape else TextRange(*match.span("comment"))


def open_quote(text: str, quote: str = "") -> str:
    """The quote that a text of a shell leaves open; empty if it closes all. `quote` is the one that is open at its beginning."""
    is_escaped = False
    for character in text:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and quote != "'":
            is_escaped = True
        elif not quote and character in "\"'":
            quote = character
        elif character == quote:
            quote = ""
    return quote


def _quote_above(above: Instruction) -> str:
    """The quote that a RUN above an unknown instruction leaves open, so that this is probably a line of its string."""
    node = above.node
    return "" if not isinstance(node, Run) or node.is_json or node.heredocs else open_quote(node.text)


def _consequence(
    text: str, above: Instruction, unknown: Instruction, escape: str, quote: str, *, is_after_comment: bool
) -> str:
    """What makes a line an unknown instruction if the cause is in the one above, which leaves a quote open or ends too early; otherwise empty."""
    word = unknown.node.keyword.text
    if is_after_comment:
        return _(
            "unknown instruction `{word}`: the comment after `{escape}` ends the instruction above; a comment needs a line of its own",
            escape=escape,
            word=word,
        )
    if quote:
        return _(
            "unknown instruction `{word}`: the RUN above begins a string and does not end it; a heredoc, `RUN <<EOF`, holds several lines",
            word=word,
        )
    if goes_on_above(text, above, unknown):
        return _(
            "unknown instruction `{word}`; is `{escape}` missing at the end of the line above?",
            escape=escape,
            word=word,
        )
    return ""


def _file_problems(
    text: str, lines: Sequence[str], starts: list[int], instructions: list[Instruction], escape: str
) -> Iterator[FileProblem]:
    if not instructions:
        yield FileProblem(_("there are no instructions in this file"), TextRange(0, 0), 1)
    if starts[-1] < len(text):
        # `lines` ends before the first line that is too long.
        yield FileProblem(
            _("BuildKit reads lines of at most {n} bytes", n=LONGEST_LINE),
            TextRange(starts[-1], starts[-1]),
            len(lines) + 1,
        )
    is_misplaced = True
    is_after_comment = False
    quote = ""
    for idx, it in enumerate(instructions):
        node = it.node
        is_after_comment = is_after_comment and node.__class__ is Unknown
        if is_after_comment:
            # A further line of the instruction that a comment has ended.
            continue
        if quote:
            # A line of a string that BuildKit cuts into instructions; the first one is reported. `from a import b` is one of Python.
            if isinstance(node, Unknown) or node.keyword.text.islower():
                quote = open_quote(node.text, quote)
                continue
            quote = ""
        if not (is_misplaced or node.problems):
            continue
        if isinstance(node, From | Unknown):
            # An unknown instruction may be a misspelt FROM, so the instructions after it are not
            # reported as misplaced.
            is_misplaced = False
        if node.__class__ is Unknown and idx:
            above = instructions[idx - 1]
            is_next = it.first_line == above.last_line + 1
            is_after_comment = is_next and comment_after_escape(text, above, escape) is not None
            quote = "" if is_after_comment else _quote_above(above)
            message = _consequence(text, above, it, escape, quote, is_after_comment=is_after_comment)
            quote = open_quote(node.text, quote) if quote else ""
            if message:
                yield FileProblem(message, it.range_of(node.keyword), it.first_line)
                continue
        for problem in node.problems:
            yield FileProblem(
                problem.message, it.range_of(problem), it.first_line, problem.replacement, problem.is_syntax
            )
        if is_misplaced and not node.problems and not isinstance(node, Arg):
            is_misplaced = False
            message = _("{name} comes before the first FROM; only ARG may", name=node.name)
            yield FileProblem(message, it.range_of(node.keyword), it.first_line, is_syntax=False)
