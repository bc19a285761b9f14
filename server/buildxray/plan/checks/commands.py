"""The checks of the commands of a stage, each in the scope that the commands before it leave.

BuildKit: dockerfile2llb/convert.go, dispatch; dockerfile2llb/validations.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.plan.checks import catalogue
from buildxray.plan.checks.events import CheckWarning, Event, Stop
from buildxray.plan.checks.file import CheckedFile
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.checks.words import ExpandedWord, default_word, expanded_words
from buildxray.plan.dispatch import BuildArguments
from buildxray.plan.environment import Environment
from buildxray.plan.paths import clean, is_absolute
from buildxray.plan.runs import Recipe
from buildxray.plan.scope import Scope
from buildxray.plan.sources import SourceError, git_source, is_http_source
from buildxray.plan.stages import ResolvedStage
from buildxray.records import dataclass
from buildxray.syntax.expansion import expand, expand_text, heredoc_marker, split
from buildxray.syntax.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Copying,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Node,
    Pair,
    Run,
    Token,
    Workdir,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import ExpansionError, lex
from buildxray.syntax.suggestions import nearest
from buildxray.syntax.text import TextRange

_SECRET: Final = lazy_regex(
    r"(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|\Z)", re.IGNORECASE
)
_NO_SECRET: Final = lazy_regex(r"(?:_|^)(?:public|file|version)(?:_|\Z)", re.IGNORECASE)
_OUTSIDE_ENVIRONMENT: Final = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})
_CHECKED: Final = (Arg, Cmd, Entrypoint, Env, Expose, Healthcheck, Label, Workdir)
"""The commands that are checked even if they use no variables."""
_MOST_COMPARISONS: Final = 50_000
"""Names compared with undefined ones in a stage, about half a second; later messages suggest no name."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """The state that a stage inherits from its base, apart from its scope."""

    arguments: frozenset[str] = frozenset()
    """The names that an ARG has declared, with a value or without."""
    has_workdir: bool = False
    """True if this file has set a WORKDIR."""


class CheckedStage:
    """The checks of one stage."""

    def __init__(
        self,
        file: CheckedFile,
        stage: ResolvedStage,
        recipe: Recipe,
        inherited: Inherited,
        arguments: BuildArguments,
        *,
        ignored: IgnorePatterns | None,
    ) -> None:
        self._file = file
        self._stage = stage.outline
        self._recipe = recipe
        self._n_triggers = len(stage.triggers)
        self._given = arguments.given
        self._global_arguments = arguments.inherited
        self._ignored = ignored
        self._escape = file.dockerfile.escape
        self._arguments = {*inherited.arguments}
        self._has_workdir = inherited.has_workdir
        self._used: dict[str, _Command] = {}
        self._n_compared = 0
        """Names that were compared with undefined ones."""

    @property
    def inherited(self) -> Inherited:
        """The state that stages built on this one inherit; complete after `events` is exhausted."""
        return Inherited(frozenset(self._arguments), self._has_workdir)

    def events(self, nodes: tuple[Node, ...], late_sources: frozenset[int]) -> Iterator[Event]:
        """The events of all commands; `nodes` are the triggers, then the stage's own commands.

        `late_sources` has the positions of commands that take files from a stage below them.
        """
        refused = {position for position, _ in self._recipe.problems}
        for position, node in enumerate(nodes):
            if node.problems:
                yield Stop()
                continue
            if self._may_warn(node):
                scope = self._recipe.scopes[position]
                yield from self._of(_Command(self._stage.from_idx, position - self._n_triggers, node, scope))
            if position in refused or position in late_sources:
                yield Stop()

    def causes(self, nodes: tuple[Node, ...]) -> Iterator[object]:
        """The cache key of `events`: the commands that may yield an event, each with its position and scope."""
        yield from {position for position, _ in self._recipe.problems}
        for position, node in enumerate(nodes):
            if node.problems or self._may_warn(node):
                yield from (position, node, self._recipe.scopes[position])
                if isinstance(node, Arg):
                    yield from (
                        self._global_arguments.assignment(it.name.text) for it in node.pairs if it.value is None
                    )

    def _may_warn(self, node: Node) -> bool:
        """True if a command needs a check; most do not."""
        if isinstance(node, Run):
            return bool(node.flags) and "$" in node.text
        if isinstance(node, Copying):
            return self._ignored is not None or bool(node.heredocs) or "$" in node.text
        return isinstance(node, _CHECKED) or "$" in node.text

    def _of(self, command: _Command) -> Iterator[Event]:
        node = command.node
        match node:
            case Arg():
                yield from self._arg(node, command)
            case Run() if not node.mounts:
                pass
            case _:
                for word in expanded_words(node, self._escape):
                    yield from self._undefined(command, word, command.scope.environment)
        match node:
            case Env() | Label():
                yield from self._pairs(node, command)
            case Cmd() | Entrypoint() | Healthcheck():
                yield from self._used_once(node, command)
            case Expose():
                yield from self._expose(node, command)
            case Workdir():
                yield from self._workdir(node, command)
            case Copying() if self._ignored is not None:
                yield from self._ignored_sources(node, command, self._ignored)
            case _:
                pass

    def _warn(
        self,
        check: catalogue.Check,
        command: _Command,
        message: str,
        where: Token | Pair | TextRange | None = None,
        *,
        subject: str = "",
        replacement: str = "",
        reported_by: int | None = None,
    ) -> Iterator[CheckWarning]:
        """The warning about a command; for a trigger, about the FROM of the stage that inherits it."""
        if command.is_trigger:
            node = self._file.instruction(command.idx).node
            image = node.image if isinstance(node, From) else None
            # A trigger has no comments above it.
            where, reported_by = image or node.keyword, -1
        elif where is None:
            where = command.node.keyword
        yield from self._file.warn(
            check, command.idx, message, where, subject=subject, replacement=replacement, reported_by=reported_by
        )

    def _undefined(self, command: _Command, word: ExpandedWord, environment: Environment) -> Iterator[CheckWarning]:
        if not word.word.uses:
            return
        for name, range_ in word.used.items():
            is_set = environment.get(name) is not None
            if is_set or name in self._arguments or name in _OUTSIDE_ENVIRONMENT:
                continue
            close = self._nearest(name, environment)
            hint = f" (did you mean ${close}?)" if close else ""
            message = f"Usage of undefined variable '${name}'{hint}"
            place = word.place(self._file.instruction(command.idx), range_) if not command.is_trigger else None
            yield from self._warn(catalogue.UNDEFINED_VAR, command, message, place, subject=name, replacement=close)

    def _nearest(self, name: str, environment: Environment) -> str:
        """The variable that was probably meant; empty if none is similar, or after too many comparisons in this stage."""
        if self._n_compared >= _MOST_COMPARISONS:
            return ""
        known = [it.name for it in environment.in_order()]
        self._n_compared += len(known)
        return nearest(name, known)

    def _arg(self, node: Arg, command: _Command) -> Iterator[CheckWarning]:
        environment = command.scope.environment
        for pair in node.pairs:
            name = pair.name.text
            yield from self._secret("ARG", name, command, pair)
            value = self._given.get(name)
            if value is None and pair.value is None:
                value = self._global_arguments.get(name)
            elif value is None and pair.value is not None:
                word = default_word(pair.value, self._escape)
                yield from self._undefined(command, word, environment)
                try:
                    value = expand(word.word, environment.get)
                except ExpansionError:
                    return
            if value is not None and name not in _OUTSIDE_ENVIRONMENT and pair is not node.pairs[-1]:
                # Only the later pairs read the environment, and copying one that is not the newest is expensive.
                environment = environment.with_variable(name, value)
            self._arguments.add(name)

    def _pairs(self, node: Env | Label, command: _Command) -> Iterator[CheckWarning]:
        environment = command.scope.environment
        names = []
        for pair in node.pairs:
            try:
                names.append(expand_text(pair.name.text, self._escape, environment.get))
                if pair.value is not None:
                    expand_text(pair.value.text, self._escape, environment.get)
            except ExpansionError:
                return
        for name, pair in zip(names, node.pairs, strict=True):
            if not pair.separator:
                keyword = node.keyword.text
                message = f'"{keyword} key=value" should be used instead of legacy "{keyword} key value" format'
                yield from self._warn(catalogue.LEGACY_KEY_VALUE_FORMAT, command, message, pair.name, subject=name)
            if isinstance(node, Env):
                yield from self._secret("ENV", name, command, pair)

    def _secret(self, keyword: str, name: str, command: _Command, pair: Pair) -> Iterator[CheckWarning]:
        if _SECRET.search(name) and not _NO_SECRET.search(name):
            message = f"Do not use ARG or ENV instructions for sensitive data ({keyword} {go_quoted(name)})"
            yield from self._warn(catalogue.SECRETS_USED_IN_ARG_OR_ENV, command, message, pair.name, subject=name)

    def _used_once(self, node: Node, command: _Command) -> Iterator[CheckWarning]:
        earlier, keyword = self._used.get(node.name), node.keyword.text
        if earlier is not None:
            message = (
                f"Multiple {keyword} instructions should not be used in the same stage because only the last one will "
                "be used"
            )
            yield from self._warn(
                catalogue.MULTIPLE_INSTRUCTIONS_DISALLOWED,
                earlier,
                message,
                subject=keyword,
                reported_by=-1 if command.is_trigger else command.idx,
            )
        self._used[node.name] = command
        if isinstance(node, Cmd | Entrypoint) and not node.is_json and not command.scope.shell:
            message = f"JSON arguments recommended for {keyword} to prevent unintended behavior related to OS signals"
            where = node.arguments[0] if node.arguments else None
            yield from self._warn(catalogue.JSON_ARGS_RECOMMENDED, command, message, where, subject=keyword)

    def _expose(self, node: Expose, command: _Command) -> Iterator[CheckWarning]:
        for token in sorted(node.arguments, key=lambda it: it.text):
            try:
                ports = split(lex(token.text, self._escape), command.scope.environment.get)
            except ExpansionError:
                return
            for port in ports:
                *host, container = port.split(":")
                number, _, protocol = container.partition("/")
                if not number or protocol.lower() not in ("", "tcp", "udp", "sctp"):
                    return
                if protocol != protocol.lower():
                    message = f"Defined protocol '{port}' in EXPOSE instruction should be lowercase"
                    yield from self._warn(catalogue.EXPOSE_PROTO_CASING, command, message, token, subject=port)
                if any(host):
                    message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
                    yield from self._warn(catalogue.EXPOSE_INVALID_FORMAT, command, message, token, subject=port)

    def _workdir(self, node: Workdir, command: _Command) -> Iterator[CheckWarning]:
        assert node.value is not None, "WORKDIR without an argument is refused before"
        try:
            path = expand_text(node.value.text, self._escape, command.scope.environment.get)
        except ExpansionError:
            return
        if not self._has_workdir and not is_absolute(path, command.scope.system):
            message = f"Relative workdir {go_quoted(path)} can have unexpected results if the base image changes"
            yield from self._warn(catalogue.WORKDIR_RELATIVE_PATH, command, message, node.value, subject=path)
        self._has_workdir = True

    def _ignored_sources(self, node: Copying, command: _Command, ignored: IgnorePatterns) -> Iterator[CheckWarning]:
        if isinstance(node, Copy) and node.flag_value("from"):
            return
        verb = "Add" if isinstance(node, Add) else "Copy"
        for token in node.arguments[:-1]:
            if heredoc_marker(token.text) is not None:
                continue
            try:
                source = expand_text(token.text, self._escape, command.scope.environment.get)
                if is_http_source(source) or git_source(source) is not None:
                    continue
            except (ExpansionError, SourceError):
                return
            path = clean(source)
            if ignored.excludes_source(path):
                message = f"Attempting to {verb} file {go_quoted(path)} that is excluded by .dockerignore"
                yield from self._warn(catalogue.COPY_IGNORED_FILE, command, message, token, subject=path)


@dataclass(frozen=True, slots=True)
class _Command:
    """A command with its place in a stage."""

    from_idx: int
    position: int
    """The position among the stage's own commands; negative for a trigger."""
    node: Node
    scope: Scope

    @property
    def is_trigger(self) -> bool:
        return self.position < 0

    @property
    def idx(self) -> int:
        """The index of the instruction; of the FROM for a trigger."""
        return self.from_idx if self.is_trigger else self.from_idx + 1 + self.position


_ESCAPES: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def go_quoted(text: str) -> str:
    """The text as Go's `%q` prints it (Go: strconv.Quote)."""
    return '"' + "".join(map(_go_escaped, text)) + '"'


def _go_escaped(char: str) -> str:
    if (known := _ESCAPES.get(char)) is not None:
        return known
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
