"""The instructions of a Dockerfile: one frozen class per keyword.

A node does not know its place in the file, so that an unchanged instruction is the same object
wherever edits above move it; nodes are compared by identity. Spans in it count code points of its logical text, in which continuations are
joined; `Instruction`, a node at its place, turns them into ranges of the document.

BuildKit: frontend/dockerfile/instructions/commands.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from buildxray.syntax.expansion import HeredocMarker, heredoc_marker
from buildxray.syntax.lines import LogicalText
from buildxray.syntax.text import TextRange

P = ParamSpec("P")
T = TypeVar("T")


class Span(NamedTuple):
    """Half-open range of code points in a node's logical text."""

    start: int
    end: int


class Token(NamedTuple):
    """A piece of an instruction as BuildKit reads it, with its span."""

    text: str
    span: Span


class Flag(NamedTuple):
    """`--name` or `--name=value`, quotes and escapes already removed as BuildKit does."""

    name: Token
    """Without the dashes."""
    value: Token | None
    span: Span


class Pair(NamedTuple):
    """`NAME=value`, `NAME` or, in the old form of ENV and LABEL, `NAME value`."""

    name: Token
    value: Token | None
    """Quotes and variables are still in it."""
    separator: str
    """`=`, or empty where there is none."""
    span: Span


class Heredoc(NamedTuple):
    """A heredoc that an instruction announces, with its body."""

    marker: HeredocMarker
    content: str
    """The lines of the body with their ends, as in the file."""
    start: int
    """Where the body begins, in code points from the start of the instruction's first line."""

    @property
    def name(self) -> str:
        """What ends the body, without quotes."""
        return self.marker.name


class Problem(NamedTuple):
    """Why BuildKit refuses an instruction."""

    message: str
    span: Span
    """The smallest token that is wrong."""
    replacement: str | None = None
    """What was probably meant instead of the text of `span`; None where nothing is close."""
    is_syntax: bool = False
    """True if BuildKit's parser refuses it; the parser reads the whole file before any instruction is executed."""
    depends_on_image: bool = False
    """True if the base image decides, of which nothing is known, and BuildKit refuses it only if that says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What all instructions have. Classes without fields of their own inherit its methods: making a data class takes a millisecond."""

    logical: LogicalText
    keyword: Token
    """As written; `name` is the upper-case form."""
    flags: tuple[Flag, ...]
    arguments: tuple[Token, ...]
    """As BuildKit splits them: the whole shell text of RUN, the words of COPY, the strings of a JSON array."""
    is_json: bool
    """True if the arguments are a JSON array of strings."""
    heredocs: tuple[Heredoc, ...]
    problems: tuple[Problem, ...]
    """Why BuildKit refuses it: all reasons that do not follow from one another, BuildKit's own verdict first."""
    derived: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)
    """What functions that are marked `of_node` have computed from it."""

    @property
    def problem(self) -> Problem | None:
        """BuildKit's verdict: the first reason for which it refuses the instruction, if it does."""
        return self.problems[0] if self.problems else None

    @property
    def name(self) -> str:
        """The keyword in upper case."""
        return self.keyword.text.upper()

    @property
    def text(self) -> str:
        """The instruction on one line, as BuildKit prints it."""
        return self.logical.text

    def flag(self, name: str) -> Flag | None:
        """The first flag of that name."""
        for flag in self.flags:
            if flag.name.text == name:
                return flag
        return None

    def flag_value(self, name: str) -> str:
        """The value of the first flag of that name; empty where there is none."""
        flag = self.flag(name)
        return flag.value.text if flag is not None and flag.value is not None else ""

    def is_enabled(self, name: str) -> bool:
        """True if the boolean flag of that name is given and not false."""
        flag = self.flag(name)
        return flag is not None and (flag.value is None or flag.value.text.lower() != "false")


def of_node(function: Callable[Concatenate[Node, P], T]) -> Callable[Concatenate[Node, P], T]:
    """Keep what a function computes from a node, and from arguments that do not change, on the node.

    So the results live as long as the instruction is in a document, and are found again after each edit elsewhere. A cache of the function would have to
    hold all instructions of the largest file, and would keep them when their documents are closed.
    """

    @wraps(function)
    def recall(node: Node, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (function, *args, *kwargs.values())
        derived = node.derived
        if key in derived:
            result: T = derived[key]
        else:
            result = derived[key] = function(node, *args, **kwargs)
        return result

    return recall


class From(Node):
    """`FROM [--platform=…] image [AS name]`."""

    __slots__ = ()

    @property
    def image(self) -> Token | None:
        """The name of an image or of an earlier stage."""
        return self.arguments[0] if self.arguments else None

    @property
    def alias(self) -> Token | None:
        """The name that the stage gets, as written; BuildKit knows it in lower case."""
        has_alias = len(self.arguments) >= 3 and self.arguments[1].text.lower() == "as"
        return self.arguments[2] if has_alias else None

    @property
    def platform(self) -> Flag | None:
        """The `--platform` flag."""
        return self.flag("platform")


@dataclass(frozen=True, slots=True, eq=False)
class WithPairs(Node):
    """An instruction that sets names to values."""

    pairs: tuple[Pair, ...] = ()


class Arg(WithPairs):
    """`ARG NAME[=default] …`."""

    __slots__ = ()


class Env(WithPairs):
    """`ENV NAME=value …` or `ENV NAME value`."""

    __slots__ = ()


class Label(WithPairs):
    """`LABEL name=value …`."""

    __slots__ = ()


class ShellOrExec(Node):
    """An instruction that is given a shell text or a JSON array of arguments."""

    __slots__ = ()


class Run(ShellOrExec):
    """`RUN [--mount=…] [--network=…] [--security=…] command`."""

    __slots__ = ()

    @property
    def mounts(self) -> tuple[Flag, ...]:
        """The `--mount` flags."""
        return tuple(flag for flag in self.flags if flag.name.text == "mount")


class Cmd(ShellOrExec):
    """`CMD command`."""

    __slots__ = ()


class Entrypoint(ShellOrExec):
    """`ENTRYPOINT command`."""

    __slots__ = ()


class Shell(ShellOrExec):
    """`SHELL ["executable", "argument"…]`."""

    __slots__ = ()


class Copying(Node):
    """COPY or ADD: sources, then a destination."""

    __slots__ = ()

    @property
    def sources(self) -> tuple[Token, ...]:
        """Paths and, for ADD, URLs; heredocs left out."""
        return tuple(token for token in self.arguments[:-1] if heredoc_marker(token.text) is None)

    @property
    def destination(self) -> Token | None:
        """The last argument."""
        return self.arguments[-1] if len(self.arguments) > 1 else None


class Copy(Copying):
    """`COPY [--from=…] source… destination`."""

    __slots__ = ()

    @property
    def source_stage(self) -> Flag | None:
        """The `--from` flag: a stage by name or index, or an image."""
        return self.flag("from")


class Add(Copying):
    """`ADD [--checksum=…] source… destination`."""

    __slots__ = ()


class OneValue(Node):
    """An instruction with exactly one argument."""

    __slots__ = ()

    @property
    def value(self) -> Token | None:
        """The argument."""
        return self.arguments[0] if self.arguments else None


class Workdir(OneValue):
    """`WORKDIR path`."""

    __slots__ = ()


class User(OneValue):
    """`USER name[:group]`."""

    __slots__ = ()


class StopSignal(OneValue):
    """`STOPSIGNAL signal`."""

    __slots__ = ()


class Maintainer(OneValue):
    """`MAINTAINER name`."""

    __slots__ = ()


class Expose(Node):
    """`EXPOSE port[/protocol] …`."""

    __slots__ = ()


class Volume(Node):
    """`VOLUME path…`."""

    __slots__ = ()


class Healthcheck(Node):
    """`HEALTHCHECK [options] CMD command` or `HEALTHCHECK NONE`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Onbuild(Node):
    """`ONBUILD instruction`."""

    trigger: Node | None = None
    """The instruction that stages built on this one begin with; its spans are those of this logical text."""


class Unknown(Node):
    """A keyword that BuildKit does not know, half typed perhaps."""

    __slots__ = ()


class Instruction(NamedTuple):
    """A node at its place in a document."""

    node: Node
    start: int
    """Offset of the first character of its first line, which may be a blank."""
    end: int
    """Offset after its last line, heredoc bodies included, the line end left out."""
    first_line: int
    """1-based, as BuildKit counts: only `\\n` ends a line."""
    last_line: int
    """1-based, heredoc bodies and their terminators included."""

    def moved(self, n_characters: int, n_lines: int) -> Instruction:
        """The same node, that much further down."""
        return Instruction(
            self.node,
            self.start + n_characters,
            self.end + n_characters,
            self.first_line + n_lines,
            self.last_line + n_lines,
        )

    def range_of(self, what: Token | Flag | Pair | Problem | Span) -> TextRange:
        """The range of the document that a part of the node covers."""
        span = what if isinstance(what, Span) else what.span
        return self.node.logical.range(span.start, span.end).shifted(self.start)

    def place(self, range_: TextRange) -> TextRange:
        """The range of the document that a range of the instruction's source covers, as `syntax.shell` gives it."""
        return range_.shifted(self.start)

    def body_range(self, heredoc: Heredoc) -> TextRange:
        """The range of the document that the body of a heredoc covers."""
        start = self.start + heredoc.start
        return TextRange(start, start + len(heredoc.content))

    @property
    def range(self) -> TextRange:
        """From the keyword to the end of the last line."""
        return TextRange(self.range_of(self.node.keyword).start, self.end)
