"""Apply one instruction of a stage: how it changes the scope, and which operation it adds.

Nothing here depends on the files of a stage. So a result remains valid while scope and instruction are the same, even
if lines above it change files.

BuildKit: frontend/dockerfile/dockerfile2llb/convert.go, dispatch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.copying import Copied, CopyError, copy_operation, user_identity
from buildxray.plan.environment import Environment
from buildxray.plan.labels import StepLabel
from buildxray.plan.mounts import MountError, MountPoint, Mounts, parse_mount
from buildxray.plan.operations import Input, Operation, Origin, inline_document
from buildxray.plan.paths import PathError, clean, working_directory
from buildxray.plan.scope import Scope
from buildxray.plan.sources import SourceError
from buildxray.plan.values import closest_signal, is_signal, port_problem
from buildxray.platforms.platform import Platform
from buildxray.records import replace
from buildxray.syntax.expansion import PLAIN, RUN_LABEL, Expansion, expand, expand_text, heredoc_marker, split
from buildxray.syntax.instructions import (
    Add,
    Arg,
    Copy,
    Copying,
    Env,
    Expose,
    Label,
    Node,
    Problem,
    Run,
    Shell,
    Span,
    StopSignal,
    Token,
    User,
    Volume,
    Workdir,
)
from buildxray.syntax.lexer import ExpansionError, lex
from buildxray.syntax.mounts import MountSyntaxError
from buildxray.syntax.whitespace import SPACE


class Outcome(NamedTuple):
    """The result of an instruction."""

    scope: Scope
    operation: Operation | None = None
    problems: tuple[Problem, ...] = ()
    """The reasons why BuildKit refuses the instruction, BuildKit's own error first; scope and operation are then approximate."""


class BuildArguments(NamedTuple):
    """The build arguments of a file for one target platform."""

    given: Mapping[str, str]
    """The values of `--build-arg`."""
    inherited: Environment
    """The global arguments, from which a bare `ARG NAME` in a stage takes its value."""
    escape: str
    """The escape token of the file."""


def dispatch(node: Node, scope: Scope, arguments: BuildArguments) -> Outcome:
    """Apply `node` in `scope`."""
    handler = _HANDLERS.get(type(node))
    return Outcome(scope) if handler is None else handler(node, _Context(scope, arguments))


class _RefusalError(Exception):
    """Raised for an instruction that BuildKit refuses."""

    def __init__(self, message: str, span: Span, replacement: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message, span, replacement)


class _Context:
    """Expands texts in a scope."""

    def __init__(self, scope: Scope, arguments: BuildArguments) -> None:
        self.scope = scope
        self.arguments = arguments
        self.is_known = True
        """True if the text of the Dockerfile determines the values of all variables that have been expanded."""

    def look_up(self, name: str) -> str | None:
        assignment = self.scope.environment.assignment(name)
        if assignment is None or not assignment.is_known:
            self.is_known = False
        return None if assignment is None else assignment.value

    def expand(self, token: Token) -> str:
        return self.expand_text(token.text, token.span)

    def expand_text(self, text: str, span: Span) -> str:
        try:
            return expand_text(text, self.arguments.escape, self.look_up)
        except ExpansionError as error:
            raise _RefusalError(_("`{text}` cannot be expanded: {error}", text=text, error=error), span) from error

    def expander(self, span: Span) -> Callable[[str], str]:
        return lambda text: self.expand_text(text, span)

    def expand_document(self, content: str, span: Span) -> str:
        """Expand the body of a heredoc, in which only `$` and the backslash are special (ExpandRaw)."""
        try:
            return expand(lex(content, quotes=False), self.look_up)
        except ExpansionError as error:
            raise _RefusalError(_("the heredoc cannot be expanded: {error}", error=error), span) from error

    def split(self, token: Token) -> list[str]:
        try:
            return split(lex(token.text, self.arguments.escape), self.look_up)
        except ExpansionError as error:
            raise _RefusalError(
                _("`{text}` cannot be expanded: {error}", text=token.text, error=error), token.span
            ) from error

    def label(
        self, text: str, platform: Platform | None, how: Expansion = PLAIN, secrets: tuple[str, ...] = ()
    ) -> StepLabel:
        environment = self.scope.environment
        # Blanks precede the text of an instruction that begins with a continuation.
        return StepLabel(
            text.lstrip(SPACE),
            platform,
            environment=environment,
            expansion=how,
            escape=self.arguments.escape,
            secrets=secrets,
        )


def _env(node: Env, context: _Context) -> Outcome:
    scope = context.scope
    environment, image_environment = scope.environment, scope.image_environment
    values: list[tuple[str, str, bool]] = []
    problems: list[Problem] = []
    for pair in node.pairs:
        context.is_known = True
        try:
            name = context.expand(pair.name)
            value = context.expand(pair.value) if pair.value is not None else ""
            values.append((name, value, context.is_known))
        except _RefusalError as refusal:
            problems.append(refusal.problem)
    if problems:
        return Outcome(scope, problems=tuple(problems))
    for name, value, is_known in values:
        environment = environment.with_variable(name, value, is_known=is_known)
        image_environment = image_environment.with_variable(name, value, is_known=is_known)
    return Outcome(replace(scope, environment=environment, image_environment=image_environment))


def _arg(node: Arg, context: _Context) -> Outcome:
    for pair in node.pairs:
        scope, name = context.scope, pair.name.text
        given = context.arguments.given.get(name)
        is_known = True
        value: str | None
        if given is not None:
            value = given
        elif pair.value is not None:
            context.is_known = True
            try:
                value = context.expand(pair.value)
            except _RefusalError as refusal:
                return Outcome(scope, problems=(refusal.problem,))
            is_known = context.is_known
        else:
            inherited = context.arguments.inherited.assignment(name)
            value = None if inherited is None else inherited.value
            is_known = inherited is None or inherited.is_known
        if value is not None and name not in _NOT_IN_ENVIRONMENT:
            environment = scope.environment.with_variable(name, value, is_known=is_known)
            context.scope = replace(scope, environment=environment)
    return Outcome(context.scope)


_NOT_IN_ENVIRONMENT: Final = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})


def _run(node: Run, context: _Context) -> Outcome:
    scope = context.scope
    problems: list[Problem] = []
    mounts = Mounts(scope.directory)
    for idx, flag in enumerate(node.mounts):
        context.is_known = True
        try:
            mounts.add(parse_mount(flag, context.expander(flag.span)), idx)
        except MountError as error:
            span = error.span or (flag.span if flag.value is None else flag.value.span)
            depends = error.needs_directory and scope.has_base_image and not scope.working_directory
            # The image or a build argument may set a variable that the text does not.
            depends |= not context.is_known and "$" in node.text[slice(*span)]
            problems.append(Problem(str(error), span, error.replacement, depends_on_image=depends))
        except MountSyntaxError as error:
            problems.append(Problem(str(error), flag.span))
        except _RefusalError as refusal:
            problems.append(refusal.problem)
    command = _command(node, scope)
    if not command.arguments:
        problems.append(Problem(_("RUN has no command"), node.keyword.span))
    environment = scope.environment
    if mounts.agent_sockets and environment.get("SSH_AUTH_SOCK") is None:
        environment = environment.with_variable("SSH_AUTH_SOCK", mounts.agent_sockets[0])
    points = sorted([*mounts.points, *command.mounts], key=lambda it: it.target)
    identity = (
        command.arguments,
        environment,
        scope.directory,
        scope.user,
        node.flag_value("network") or "default",
        node.flag_value("security") or "sandbox",
        tuple([it.value.text for it in node.flags if it.name.text == "device" and it.value is not None]),
        tuple([it.identity for it in points]),
        tuple(mounts.secrets),
        tuple(mounts.agents),
    )
    inputs: tuple[Input | None, ...] = (Origin.PREVIOUS, *[it.input for it in points])
    text = node.text + command.summary
    operation = Operation(
        "exec",
        identity,
        inputs,
        context.label(text, scope.step_platform, RUN_LABEL, tuple(mounts.secret_variables)),
        arguments=command.arguments,
        environment=environment,
        context_sources=tuple(mounts.context_sources),
    )
    return Outcome(scope, operation, tuple(problems))


class _Command(NamedTuple):
    arguments: tuple[str, ...]
    mounts: tuple[MountPoint, ...] = ()
    summary: str = ""
    """The beginning of a heredoc, for the label."""


def _command(node: Run, scope: Scope) -> _Command:
    """The command in the container of a RUN. BuildKit: dockerfile2llb/convert.go, dispatchRun."""
    if node.is_json:
        return _Command(tuple(it.text for it in node.arguments))
    text = node.arguments[0].text if node.arguments else ""
    mounts: tuple[MountPoint, ...] = ()
    summary = ""
    if node.heredocs and heredoc_marker(text) is not None:
        heredoc = node.heredocs[0]
        text = chomp(heredoc.content) if heredoc.marker.chomp else heredoc.content
        summary = f" ({_summary(heredoc.content)})"
        if text.startswith("#!") and scope.system != "windows":
            document = inline_document(heredoc.name, text, 0o755)
            mounts = (MountPoint("/dev/pipes/", document, "/dev/pipes/"),)
            text = f"/dev/pipes/{heredoc.name}"
    else:
        text += "".join(f"\n{it.content}{it.name}" for it in node.heredocs)
    return _Command((*scope.shell_command, text), mounts, summary)


def chomp(content: str) -> str:
    """Remove the leading tabs from the lines of a heredoc body (`<<-`)."""
    return re.sub(r"^\t+", "", content, flags=re.MULTILINE)


def _summary(content: str) -> str:
    """The first line of a heredoc, for the label. BuildKit: dockerfile2llb/convert.go, summarizeHeredoc."""
    first, *more = content.strip(SPACE).replace("\r\n", "\n").split("\n")
    return first + ("..." if more else "")


def _copying(node: Copying, context: _Context) -> Outcome:
    scope = context.scope
    try:
        copied = _copied(node, context)
        label = context.label(node.text, scope.platform)
        operation = copy_operation(copied, scope.directory, scope.system, label)
    except _RefusalError as refusal:
        return Outcome(scope, problems=(refusal.problem,))
    except CopyError as error:
        is_known = context.is_known
        span = _copy_span(node, error, context)
        return Outcome(scope, problems=(Problem(str(error), span, depends_on_image=not is_known),))
    except (PathError, SourceError) as error:
        span = Span(node.arguments[0].span.start, node.arguments[-1].span.end)
        return Outcome(scope, problems=(Problem(str(error), span),))
    return Outcome(scope, operation)


def _copy_span(node: Copying, error: CopyError, context: _Context) -> Span:
    """The span of the wrong flag or source."""
    flag = node.flag(error.flag) if error.flag else None
    if flag is not None:
        return flag.span if flag.value is None else flag.value.span
    sources = [it.span for it in node.sources if context.expand(it) == error.source]
    return sources[0] if sources else Span(node.arguments[0].span.start, node.arguments[-1].span.end)


def _copied(node: Copying, context: _Context) -> Copied:
    def flag(name: str) -> str:
        given = node.flag(name)
        return "" if given is None or given.value is None else context.expand(given.value)

    def switch(name: str) -> bool | None:
        return None if node.flag(name) is None else node.is_enabled(name)

    destination = node.destination
    assert destination is not None, "COPY and ADD with fewer arguments are refused before"
    bodies = {it.name: it.content for it in node.heredocs}
    sources: list[str] = []
    documents: list[tuple[str, str]] = []
    for token in node.arguments[:-1]:
        marker = heredoc_marker(token.text)
        if marker is None:
            sources.append(context.expand(token))
        else:
            content = bodies.get(marker.name, "")
            content = chomp(content) if marker.chomp else content
            documents.append((marker.name, context.expand_document(content, token.span) if marker.expand else content))
    is_add = isinstance(node, Add)
    return Copied(
        is_add,
        tuple(sources),
        tuple(documents),
        context.expand(destination),
        chown=flag("chown"),
        chmod=flag("chmod"),
        checksum=flag("checksum") if is_add else "",
        is_link=node.is_enabled("link"),
        has_parents=node.is_enabled("parents"),
        excluded=tuple([it.value.text for it in node.flags if it.name.text == "exclude" and it.value is not None]),
        keep_git_dir=switch("keep-git-dir"),
        unpack=switch("unpack"),
        from_stage=node.flag_value("from") != "",
    )


def _workdir(node: Workdir, context: _Context) -> Outcome:
    assert node.value is not None, "WORKDIR without an argument is refused before"
    scope = context.scope
    try:
        path = context.expand(node.value)
        directory = working_directory(scope.working_directory, path, scope.system)
    except _RefusalError as refusal:
        return Outcome(scope, problems=(refusal.problem,))
    except PathError as error:
        return Outcome(scope, problems=(Problem(str(error), node.value.span),))
    scope = replace(scope, working_directory=directory)
    if scope.directory == "/":
        return Outcome(scope)
    owner = tuple(map(user_identity, scope.user.split(":", 1))) if scope.user else ()
    identity = ("make directory", clean(scope.directory), owner)
    operation = Operation("file", identity, (Origin.PREVIOUS,), context.label(node.text, scope.platform))
    return Outcome(scope, operation)


def _user(node: User, context: _Context) -> Outcome:
    assert node.value is not None, "USER without an argument is refused before"
    try:
        user = context.expand(node.value)
    except _RefusalError as refusal:
        return Outcome(context.scope, problems=(refusal.problem,))
    return Outcome(replace(context.scope, user=user))


def _shell(node: Shell, context: _Context) -> Outcome:
    return Outcome(replace(context.scope, shell=tuple(it.text for it in node.arguments)))


def _only_checked(node: Node, context: _Context) -> Outcome:
    """Check EXPOSE, LABEL, STOPSIGNAL and VOLUME, which change nothing in the plan."""
    tokens: list[Token] = []
    for pair in node.pairs if isinstance(node, Label) else ():
        tokens += [it for it in (pair.name, pair.value) if it is not None]
    if not isinstance(node, Label):
        tokens += node.arguments
    problems: list[Problem] = []
    for token in tokens:
        context.is_known = True
        try:
            _check(node, token, context)
        except _RefusalError as refusal:
            # The image or a build argument may set a variable that the text does not.
            problems.append(refusal.problem._replace(depends_on_image=not context.is_known))
            if token.text.startswith("#"):
                # The words of a comment are not separate mistakes.
                break
    return Outcome(context.scope, problems=tuple(problems))


def _check(node: Node, token: Token, context: _Context) -> None:
    """Check one word of an instruction. Raises `_RefusalError`."""
    match node:
        case Volume():
            if not context.expand(token):
                raise _RefusalError(_("VOLUME needs a path"), token.span)
        case StopSignal():
            _check_signal(token, context.expand(token))
        case Expose():
            for port in context.split(token):
                if (message := port_problem(port)) is not None:
                    raise _RefusalError(message, token.span)
        case _:
            context.expand(token)


def _check_signal(token: Token, signal: str) -> None:
    if is_signal(signal):
        return
    close = closest_signal(signal) if signal == token.text else None
    if close is None:
        raise _RefusalError(_("`{text}` is not a signal", text=token.text), token.span)
    message = _("`{text}` is not a signal; did you mean `{close}`?", text=token.text, close=close)
    raise _RefusalError(message, token.span, close)


_HANDLERS: Final[Mapping[type[Node], Callable[..., Outcome]]] = {
    Add: _copying,
    Arg: _arg,
    Copy: _copying,
    Env: _env,
    Expose: _only_checked,
    Label: _only_checked,
    Run: _run,
    Shell: _shell,
    StopSignal: _only_checked,
    User: _user,
    Volume: _only_checked,
    Workdir: _workdir,
}
