"""The instructions of a Dockerfile: one frozen class per keyword.

A node does not know its place in the file. So an instruction that an edit above moves remains the same object, and
nodes are compared by identity. Spans in a node count code points of its logical text, in which continuation lines are
joined; `Instruction`, a node with its place, maps them to ranges of the document.

BuildKit: frontend/dockerfile/instructions/commands.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from buildxray.records import dataclass
from buildxray.syntax.expansion import HeredocMarker, heredoc_marker
from buildxray.syntax.lines import LogicalText
from buildxray.syntax.text import TextRange

P = ParamSpec("P")
T = TypeVar("T")


class Span(NamedTuple):
    """A half-open range of code points in the logical text of a node."""

    start: int
    end: int


class Token(NamedTuple):
    """A word or argument of an instruction as BuildKit reads it, with its span."""

    text: str
    span: Span


class Flag(NamedTuple):
    """`--name` or `--name=value`, its quotes and escapes removed as by BuildKit."""

    name: Token
    """The name without the dashes."""
    value: Token | None
    span: Span


class Pair(NamedTuple):
    """`NAME=value`, `NAME` or, in the old form of ENV and LABEL, `NAME value`."""

    name: Token
    value: Token | None
    """The value with its quotes and unexpanded variables."""
    separator: str
    """`=`, or empty in the old form and for a name without a value."""
    span: Span


class Heredoc(NamedTuple):
    """A heredoc of an instruction, with its body."""

    marker: HeredocMarker
    content: str
    """The lines of the body with their line ends, as in the file."""
    start: int
    """The offset of the body, in code points from the start of the instruction's first line."""

    @property
    def name(self) -> str:
        """The terminator of the body, without quotes."""
        return self.marker.name


class Problem(NamedTuple):
    """A reason why BuildKit refuses an instruction."""

    message: str
    span: Span
    """The smallest wrong token."""
    replacement: str | None = None
    """The text that was probably meant instead of the text of `span`; None if no known name is close."""
    is_syntax: bool = False
    """True if BuildKit's parser reports the error; the parser reads the whole file before any instruction is executed."""
    depends_on_image: bool = False
    """True if the error occurs only for some base images, for example those that do not set a variable; the text does not tell which."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """The fields that all instructions share.

    Classes without fields of their own inherit the methods, because creating a data class takes a millisecond.
    """

    logical: LogicalText
    keyword: Token
    """The keyword as written; `name` is its upper-case form."""
    flags: tuple[Flag, ...]
    arguments: tuple[Token, ...]
    """The arguments as BuildKit splits them: the whole shell text of RUN, the words of COPY, the strings of a JSON array."""
    is_json: bool
    """True if the arguments are a JSON array of strings."""
    heredocs: tuple[Heredoc, ...]
    problems: tuple[Problem, ...]
    """All reasons why BuildKit refuses the instruction, apart from those that follow from another; BuildKit's own error first."""
    derived: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)
    """The cached results of functions marked `of_node`."""

    @property
    def problem(self) -> Problem | None:
        """The error that BuildKit reports for the instruction, if any."""
        return self.problems[0] if self.problems else None

    @property
    def name(self) -> str:
        """The keyword in upper case."""
        return self.keyword.text.upper()

    @property
    def text(self) -> str:
        """The instruction on one line, as BuildKit prints it."""
        return self.logical.text

    @property
    def whole_text(self) -> str:
        """The text, and the bodies of its heredocs, each on lines of its own: to search for words, whose places it does not tell."""
        if not self.heredocs:
            return self.text
        return "\n".join([self.text, *(it.content for it in self.heredocs)])

    def flag(self, name: str) -> Flag | None:
        """The first flag with that name."""
        for flag in self.flags:
            if flag.name.text == name:
                return flag
        return None

    def flag_value(self, name: str) -> str:
        """The value of the first flag with that name; empty without one."""
        flag = self.flag(name)
        return flag.value.text if flag is not None and flag.value is not None else ""

    def is_enabled(self, name: str) -> bool:
        """True if the boolean flag is given and not false."""
        flag = self.flag(name)
        return flag is not None and (flag.value is None or flag.value.text.lower() != "false")


def of_node(function: Callable[Concatenate[Node, P], T]) -> Callable[Concatenate[Node, P], T]:
    """Cache the results of a function of a node and other hashable arguments on the node.

    The results live as long as the instruction is in a document, and survive edits elsewhere in the file. A cache
    on the function would have to hold all instructions of the largest file, and would keep them after their
    documents are closed.
    """

    @wraps(function)
    def recall(node: Node, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (function, *args, *kwargs.values()) if kwargs else (function, *args)
        try:
            known: T = node.derived[key]
        except KeyError:
            pass
        else:
            return known
        result = node.derived[key] = function(node, *args, **kwargs)
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
        """The name of the stage, as written; BuildKit compares it in lower case."""
        has_alias = len(self.arguments) >= 3 and self.arguments[1].text.lower() == "as"
        return self.arguments[2] if has_alias else None

    @property
    def platform(self) -> Flag | None:
        """The `--platform` flag."""
        return self.flag("platform")


@dataclass(frozen=True, slots=True, eq=False)
class WithPairs(Node):
    """An instruction with names and values: ARG, ENV, LABEL."""

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
    """An instruction that takes a shell command or a JSON array of arguments."""

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
    """COPY or ADD: sources and a destination."""

    __slots__ = ()

    @property
    def sources(self) -> tuple[Token, ...]:
        """The paths and, for ADD, URLs; without heredocs."""
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
    """The trigger: the instruction that is executed at the start of stages built on this one. Its spans refer to the logical text of the ONBUILD."""


class Unknown(Node):
    """An instruction whose keyword BuildKit does not know, or that is half typed."""

    __slots__ = ()


class Instruction(NamedTuple):
    """A node with its place in a document."""

    node: Node
    start: int
    """The offset of the first character of its first line, which may be a blank."""
    end: int
    """The offset of the end of its last line, heredoc bodies included, without the line end."""
    first_line: int
    """The 1-based first line; as in BuildKit, only `\\n` ends a line."""
    last_line: int
    """The 1-based last line, heredoc bodies and terminators included."""

    def moved(self, n_characters: int, n_lines: int) -> Instruction:
        """The same node, shifted by `n_characters` and `n_lines`."""
        return Instruction(
            self.node,
            self.start + n_characters,
            self.end + n_characters,
            self.first_line + n_lines,
            self.last_line + n_lines,
        )

    def range_of(self, what: Token | Flag | Pair | Problem | Span) -> TextRange:
        """The range in the document of a part of the node."""
        span = what if isinstance(what, Span) else what.span
        return self.node.logical.range(span.start, span.end).shifted(self.start)

    def place(self, range_: TextRange) -> TextRange:
        """The range in the document of a range in the source of the instruction, as `syntax.shell` returns it.

        A command may take along the line end after a heredoc whose end is missing, which is not a part of the instruction.
        """
        placed = range_.shifted(self.start)
        return placed if placed.end <= self.end else TextRange(min(placed.start, self.end), self.end)

    def body_range(self, heredoc: Heredoc) -> TextRange:
        """The range in the document of the body of a heredoc."""
        start = self.start + heredoc.start
        return TextRange(start, start + len(heredoc.content))

    @property
    def range(self) -> TextRange:
        """The range from the keyword to the end of the last line."""
        return TextRange(self.range_of(self.node.keyword).start, self.end)
