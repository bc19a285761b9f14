"""Resolve the stages of a build for one target platform: their bases, and which stages are needed.

Errors are recorded as refusals, and the rest is resolved as well as possible.

BuildKit: dockerfile2llb/convert.go, buildMetaArgs, buildDispatchStates and resolveStages.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import field
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _
from buildxray.plan.contexts import NO_CONTEXTS, NamedContext, NamedContexts, read_contexts
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.outline import (
    Cause,
    ImageRef,
    Linker,
    NamedImage,
    Outline,
    Refusal,
    Source,
    StageOutline,
    StageRef,
    trigger_texts,
)
from buildxray.plan.references import ImageNameError, normalized
from buildxray.plan.request import BuildRequest
from buildxray.platforms.arguments import automatic_values
from buildxray.platforms.platform import Platform, PlatformError, normalize, parse
from buildxray.records import dataclass
from buildxray.syntax.expansion import expand, expand_text
from buildxray.syntax.instructions import Add, Arg, Copy, From, Node, Run, Span, Token, Workdir, of_node
from buildxray.syntax.lexer import ExpansionError, VariableUse, lex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.parser import parse_trigger
from buildxray.syntax.suggestions import closest

SCRATCH: Final = "scratch"
_NO_PLATFORM: Final = Platform("", "")
"""The platform of a stage whose files come from a directory; its label shows `unknown`."""
_SHOWN: Final = (Add, Copy, Run, Workdir)
"""The instructions that the progress output numbers."""


class Trigger(NamedTuple):
    """An ONBUILD instruction that a stage inherits from its base."""

    node: Node
    sources: tuple[Source | None, ...]


@dataclass(slots=True)
class ResolvedStage:
    """A stage with its resolved base."""

    outline: StageOutline
    base_name: str
    """The image or stage after FROM, variables expanded."""
    reference: str
    """The full name of the image; empty for a stage, and for scratch."""
    platform: Platform
    """The platform requested for its base image, not normalised."""
    base: int | None
    """The index of the stage that it is built on; None for an image."""
    triggers: tuple[Trigger, ...] = ()
    replacement: NamedContext | None = None
    """The context that replaces the stage; none of its instructions is executed then."""
    replacement_platform: Platform | None = None
    """The platform for which the replacement is requested; None without one."""
    context: NamedContext | None = None
    """The context that replaces its base image."""

    @property
    def n_numbers(self) -> int:
        """The number of steps that the progress output announces for the stage."""
        n_shown = sum(isinstance(node, _SHOWN) and node.problem is None for node in self.outline.nodes)
        return n_shown + len(self.triggers) + (self.reference != "")

    def instruction(self, command: int) -> int:
        """The index of the instruction of the command at a position; the index of the FROM for a trigger."""
        return self.outline.from_idx + max(0, command + 1 - len(self.triggers))


_HASH: Final = "0" * 64
_ANY_VALUES: Final = ("x", _HASH, f"sha256:{_HASH}")
"""Texts of which one is valid as each part of the name of an image: repository, tag or all of it, the hash of a digest, a digest."""


@dataclass(slots=True)
class ResolvedStages:
    """All stages of a build for one target platform."""

    outline: Outline
    target_platform: Platform
    is_multi: bool
    """True if several platforms are built at once."""
    global_arguments: Environment
    stages: list[ResolvedStage]
    images: list[NamedImage]
    image_references: list[str]
    """The full names of the images; empty for scratch."""
    target: int | None
    """The index of the stage that becomes the image; None only in a file without stages."""
    needed: list[int] = field(default_factory=list)
    """The stages on which the target depends, itself included, in the order of the file."""
    only_read: list[int] = field(default_factory=list)
    """The stages that BuildKit reads although nothing uses their files: those from which only a replaced stage copies."""
    refusals: list[Refusal] = field(default_factory=list)
    unknown_arguments: frozenset[str] = frozenset()
    """The global arguments whose value only a run of the build knows."""
    given_arguments: frozenset[str] = frozenset()
    """The names of the build arguments of the request."""
    has_wrong_arguments: bool = False
    """True if BuildKit refuses a global argument, which it does before it reads any stage."""
    contexts: NamedContexts = NO_CONTEXTS
    """The named contexts on the machine that builds for the target platform."""

    def stage_of(self, source: Source | None) -> ResolvedStage | None:
        """The stage that a source refers to; None for an image."""
        return self.stages[source.idx] if isinstance(source, StageRef) else None

    def label_name(self, source: Source | None) -> str:
        """The name of a stage in the progress output; empty for an image, and for the only stage."""
        stage = self.stage_of(source)
        if stage is None or (len(self.stages) == 1 and not self.outline.images):
            return ""
        return stage.outline.display_name

    def has_line(self, source: Source) -> bool:
        """True if BuildKit knows the line of the steps of a source; False for an image that a mount names."""
        return isinstance(source, StageRef) or self.images[source.idx].has_line

    def instruction(self, source: Source, command: int) -> int:
        """The index of the instruction from which an occurrence comes."""
        if isinstance(source, ImageRef):
            return self.images[source.idx].instruction
        return self.stages[source.idx].instruction(command)


def resolve_stages(outline: Outline, request: BuildRequest, target: Platform, memo: Memo) -> ResolvedStages:
    """Resolve all stages for one target platform."""
    arguments = global_arguments(outline, request, target, memo)
    builder = request.node(target)
    # Each machine receives its own platforms; if several machines build, all create a list of platforms (buildx:
    # build/opt.go, toSolveOpt).
    is_multi = not request.is_separate and len(request.target_platforms) > 1
    resolved = ResolvedStages(outline, target, is_multi, arguments.environment, [], list(outline.images), [], None)
    resolved.given_arguments = frozenset(name for name, _value in request.build_arguments)
    if request.unknown_arguments:
        resolved.unknown_arguments = _unknown_arguments(outline, request)
    for position, message, span in arguments.problems:
        resolved.refusals.append(Refusal(message, outline.global_arguments[position], span))
        resolved.has_wrong_arguments = True
    if request.contexts:
        resolved.contexts = read_contexts(request, builder)
        resolved.refusals += [Refusal(it, None, cause=Cause.REQUEST) for it in resolved.contexts.problems]
    _resolve_bases(resolved, builder, memo)
    if resolved.stages:
        resolved.target = _target(resolved, request.target_stage)
        _resolve_triggers(resolved, resolved.target)
    return resolved


class GlobalArguments(NamedTuple):
    """The values of the ARG instructions above the first FROM, and of the automatic arguments."""

    environment: Environment
    problems: list[tuple[int, str, Span]]
    """The position of the ARG instruction, the message and the span of each problem."""


def global_arguments(
    outline: Outline, request: BuildRequest, target: Platform, memo: Memo, *, with_given: bool = True
) -> GlobalArguments:
    """The global arguments for a target platform; `with_given` False ignores those of the command line."""
    given = request.build_arguments if with_given else ()
    nodes = _global_nodes(outline)
    # A memo serves one request, so the key does not have the machine.
    key = (target, _target_name(outline, request), outline.dockerfile.escape, given, *nodes)
    return memo.recall(key, _global_arguments, outline, request, target, given)


def _target_name(outline: Outline, request: BuildRequest) -> str:
    return request.target_stage or (outline.stages[-1].name if outline.stages else "")


def _global_nodes(outline: Outline) -> list[Node]:
    return [outline.dockerfile.instructions[idx].node for idx in outline.global_arguments]


def _global_arguments(
    outline: Outline, request: BuildRequest, target: Platform, build_arguments: tuple[tuple[str, str], ...]
) -> GlobalArguments:
    """Evaluate the global arguments. BuildKit: platform.go, defaultArgs; convert.go, buildMetaArgs."""
    given = dict(build_arguments)
    escape = outline.dockerfile.escape
    problems: list[tuple[int, str, Span]] = []
    environment = _automatic(request.node(target), target, _target_name(outline, request), build_arguments)
    for position, node in enumerate(_global_nodes(outline)):
        for pair in node.pairs if isinstance(node, Arg) else ():
            argument = given.get(pair.name.text)
            if argument is None and pair.value is not None:
                try:
                    argument = expand_text(pair.value.text, escape, environment.get)
                except ExpansionError as error:
                    problems.append(
                        (
                            position,
                            _("`{text}` cannot be expanded: {error}", text=pair.value.text, error=error),
                            pair.span,
                        )
                    )
            if argument is not None:
                environment = environment.with_variable(pair.name.text, argument)
    return GlobalArguments(environment, problems)


@cached(64)
def _automatic(
    builder: Platform, target: Platform, stage: str, build_arguments: tuple[tuple[str, str], ...]
) -> Environment:
    """The automatic arguments, which most Dockerfiles of a build machine share."""
    given = dict(build_arguments)
    automatic = automatic_values(builder, target, stage)
    return Environment.of({name: given.get(name, value) for name, value in automatic.items()})


def _unknown_arguments(outline: Outline, request: BuildRequest) -> frozenset[str]:
    """The names of the global arguments whose value is unknown, or made of an unknown value."""
    unknown: set[str] = set()
    known = {name for name, _value in request.build_arguments}
    escape = outline.dockerfile.escape
    for node in _global_nodes(outline):
        for pair in node.pairs if isinstance(node, Arg) else ():
            name = pair.name.text
            is_given = name in known
            if name in request.unknown_arguments or (not is_given and "*" in request.unknown_arguments):
                unknown.add(name)
            elif not is_given and pair.value is not None:
                uses = lex(pair.value.text, escape).uses
                unknown = unknown | {name} if any(it.name in unknown for it in uses) else unknown - {name}
    return frozenset(unknown)


class _Base(NamedTuple):
    """The content of a FROM for one target platform."""

    name: str
    platform: Platform | None
    image: _Image
    """The image, if `name` is not the name of an earlier stage."""
    refusals: tuple[Refusal, ...]
    """The refusals, with 0 for the index of the instruction."""


class _Image(NamedTuple):
    reference: str
    """The full name; the name as written if BuildKit refuses it; empty for scratch."""
    problem: str | None = None
    replacement: str | None = None
    """The name that was probably meant."""


def _resolve_bases(resolved: ResolvedStages, builder: Platform, memo: Memo) -> None:
    arguments, outlined = resolved.global_arguments, resolved.outline
    escape = outlined.dockerfile.escape
    nodes = outlined.from_nodes
    bases = memo.recall((arguments, escape, builder, nodes), _bases, nodes, arguments, escape, builder, memo)
    has_contexts = bool(resolved.contexts.known)
    by_name: dict[str, int] = {}
    for stage, node, base in zip(outlined.stages, nodes, bases, strict=True):
        if base.refusals:
            resolved.refusals += [_platform_refusal(resolved, stage, node, it) for it in base.refusals]
        number = by_name.get(base.name)
        # BuildKit ignores `--platform` on scratch.
        platform = (None if base.name == SCRATCH else base.platform) or resolved.target_platform
        replacement = context = None
        if has_contexts:
            replacement = resolved.contexts.of_stage(stage.name, base.platform or resolved.target_platform)
            context = resolved.contexts.of_image(base.name, platform) if number is None else None
        if replacement is not None:
            # BuildKit validates the name of the image even if it does not pull it.
            if base.image.problem is not None:
                _refuse_image(resolved, stage, node, base)
            resolved.stages.append(_replaced(resolved, stage, base, replacement))
        elif context is not None:
            resolved.stages.append(
                ResolvedStage(stage, base.name, base.image.reference, platform, None, context=context)
            )
        elif number is not None:
            parent = resolved.stages[number]
            # A stage right on a directory has no platform while BuildKit reads it, and the target's afterwards: `Ensure platform is
            # set` in dispatchStages makes it point to the value that is filled in later.
            is_filled_in = parent.replacement is None and parent.platform is _NO_PLATFORM
            platform = resolved.target_platform if is_filled_in else parent.platform
            resolved.stages.append(ResolvedStage(stage, base.name, "", platform, number))
        else:
            if base.image.problem is not None:
                _refuse_image(resolved, stage, node, base)
            resolved.stages.append(ResolvedStage(stage, base.name, base.image.reference, platform, None))
        if stage.name:
            by_name[stage.name] = stage.idx
    _resolve_images(resolved)


def _replaced(resolved: ResolvedStages, stage: StageOutline, base: _Base, replacement: NamedContext) -> ResolvedStage:
    """A stage that a named context replaces, with the platform that stages built on it inherit."""
    asked = base.platform or resolved.target_platform
    if replacement.has_configuration:
        platform = replacement.built_for or normalize(asked)
    else:
        platform = base.platform or _NO_PLATFORM
    return ResolvedStage(stage, base.name, "", platform, None, replacement=replacement, replacement_platform=asked)


def _refuse_image(resolved: ResolvedStages, stage: StageOutline, node: From, base: _Base) -> None:
    """Effect: record the reason why BuildKit refuses the name of the image of a FROM."""
    # A flag with one dash is read as the image; the parser has already reported it.
    is_known = bool(node.problems) and base.name.startswith("-")
    if not base.refusals and not is_known:
        resolved.refusals.append(_image_refusal(resolved, stage, node, base))


def _resolve_images(resolved: ResolvedStages) -> None:
    """Complete the names of the images that do not have a full name yet."""
    for named in resolved.images[len(resolved.image_references) :]:
        image = _image(named.name)
        resolved.image_references.append(image.reference)
        if image.problem is not None:
            node = resolved.outline.dockerfile.instructions[named.instruction].node
            resolved.refusals.append(
                Refusal(image.problem, named.instruction, _named_span(node, named.name), image.replacement)
            )


def _named_span(node: Node, name: str) -> Span | None:
    """The span in which a COPY or a mount names an image."""
    values = [it.value for it in node.flags if it.name.text == "from" and it.value is not None]
    if isinstance(node, Run):
        with suppress(MountSyntaxError):
            for flag in node.mounts:
                values += [it.value for it in mount_options(flag) if it.key == "from" and it.value is not None]
    return next((it.span for it in values if it.text == name), None)


def _image_refusal(resolved: ResolvedStages, stage: StageOutline, node: From, base: _Base) -> Refusal:
    """The reason why BuildKit refuses the name of the image of a FROM."""
    assert base.image.problem is not None, "the caller has looked"
    span = None if node.image is None else node.image.span
    by_argument = None if node.image is None else _argument_refusal(resolved, stage, node.image)
    if by_argument is not None:
        return by_argument
    by_default = None if node.image is None else _wrong_default(resolved, node.image)
    if by_default is not None:
        message = _(
            "the build needs `--build-arg {name}=…`, because its default gives no valid image name", name=by_default
        )
        return Refusal(message, stage.from_idx, span, cause=Cause.ARGUMENT)
    is_literal = node.image is not None and node.image.text == base.name
    return Refusal(base.image.problem, stage.from_idx, span, base.image.replacement if is_literal else None)


def _platform_refusal(resolved: ResolvedStages, stage: StageOutline, node: From, refusal: Refusal) -> Refusal:
    """Attribute a wrong `--platform` to the variable without a value, if it contains one."""
    value = None if node.platform is None else node.platform.value
    by_argument = None
    if value is not None and refusal.span == value.span:
        by_argument = _argument_refusal(resolved, stage, value)
    if by_argument is None:
        return refusal._replace(instruction=stage.from_idx)
    is_missing = by_argument.cause is Cause.ARGUMENT
    return by_argument._replace(cause=Cause.PLATFORM_ARGUMENT) if is_missing else by_argument


def _argument_refusal(resolved: ResolvedStages, stage: StageOutline, word: Token) -> Refusal | None:
    """The refusal for a variable without a value that makes a word of FROM wrong; None if all variables have one."""
    uses = lex(word.text, resolved.outline.dockerfile.escape).uses
    if any(it.name in resolved.unknown_arguments for it in uses):
        message = _("only a run of the build knows the value of `{text}`", text=word.text)
        return Refusal(message, stage.from_idx, word.span, cause=Cause.UNKNOWN_ARGUMENT)
    declared = _declared(resolved)
    for use in uses:
        if use.name in declared and not resolved.global_arguments.get(use.name):
            message = _("the build needs `--build-arg {name}=…`, since the ARG has no default", name=use.name)
            return Refusal(message, stage.from_idx, word.span, cause=Cause.ARGUMENT)
    known = [it.name for it in resolved.global_arguments.in_order()] + [*declared]
    for use in uses:
        if use.name not in known:
            return _undeclared(stage, word, use, closest(use.name, known))
    return None


def _wrong_default(resolved: ResolvedStages, word: Token) -> str | None:
    """The first ARG whose default makes the name of an image invalid, so that another value makes it valid; None if no value would."""
    text = lex(word.text, resolved.outline.dockerfile.escape)
    constant = _declared(resolved) - _given(resolved)
    names = [it.name for it in text.uses if it.name in constant]
    if not names:
        return None
    for value in _ANY_VALUES:
        environment = resolved.global_arguments
        for name in names:
            environment = environment.with_variable(name, value)
        with suppress(ExpansionError):
            if _image(expand(text, environment.get)).problem is None:
                return names[0]
    return None


def _undeclared(stage: StageOutline, word: Token, use: VariableUse, close: str | None) -> Refusal:
    """The refusal for an undeclared variable in a word of FROM, with the name that was probably meant."""
    message = _("no ARG above the first FROM declares `{name}`", name=use.name)
    if close is not None:
        message = _(
            "no ARG above the first FROM declares `{name}`; did you mean `{close}`?", name=use.name, close=close
        )
    start = word.span.start
    return Refusal(message, stage.from_idx, Span(start + use.name_range.start, start + use.name_range.end), close)


def _declared(resolved: ResolvedStages) -> set[str]:
    """The names that the ARG instructions above the first FROM declare, with a value or without."""
    nodes = _global_nodes(resolved.outline)
    return {pair.name.text for it in nodes if isinstance(it, Arg) for pair in it.pairs}


def _given(resolved: ResolvedStages) -> set[str]:
    """The names of the global arguments that the request gives, and of those whose default is made of these."""
    given = {*resolved.given_arguments}
    escape = resolved.outline.dockerfile.escape
    for node in _global_nodes(resolved.outline):
        for pair in node.pairs if isinstance(node, Arg) else ():
            if pair.value is not None and any(it.name in given for it in lex(pair.value.text, escape).uses):
                given.add(pair.name.text)
    return given


def _image(name: str) -> _Image:
    if name == SCRATCH:
        return _Image("")
    try:
        return _Image(normalized(name))
    except ImageNameError as error:
        lower = name.lower()
        return _Image(name, str(error), lower if lower != name and _image(lower).problem is None else None)


@of_node
def _variables(node: Node, escape: str) -> tuple[str, ...]:
    """The names of the variables in the image and the flags of a FROM."""
    texts = [it.text for it in node.arguments[:1]] + [it.value.text for it in node.flags if it.value is not None]
    return tuple([use.name for text in texts for use in lex(text, escape).uses])


def _bases(
    nodes: tuple[From, ...], arguments: Environment, escape: str, builder: Platform, memo: Memo
) -> tuple[_Base, ...]:
    """Evaluate each FROM of a file."""
    bases: list[_Base] = []
    for node in nodes:
        values = [arguments.get(name) for name in _variables(node, escape)]
        bases.append(memo.recall((node, escape, builder, *values), _base, node, arguments, escape, builder))
    return tuple(bases)


def _base(node: From, arguments: Environment, escape: str, builder: Platform) -> _Base:
    """Evaluate a FROM. BuildKit: convert.go, buildDispatchStates."""
    refusals: list[Refusal] = []
    name, platform = SCRATCH, None
    if node.image is not None:
        name = node.image.text
        try:
            name = expand_text(name, escape, arguments.get)
            if not name:
                name = node.image.text
        except ExpansionError as error:
            message = _("`{text}` cannot be expanded: {error}", text=name, error=error)
            refusals.append(Refusal(message, 0, node.image.span))
    value = node.platform.value if node.platform is not None else None
    if value is not None and value.text:
        try:
            text = expand_text(value.text, escape, arguments.get)
            if not text:
                raise PlatformError(_("`{text}` is empty", text=value.text))
            platform = parse(text, local=builder)
        except (ExpansionError, PlatformError) as error:
            refusals.append(Refusal(str(error), 0, value.span))
    return _Base(name, platform, _image(name), tuple(refusals))


def _target(resolved: ResolvedStages, name: str) -> int:
    last = len(resolved.stages) - 1
    if not name:
        # A FROM that is being typed does not become the target, so that the file above it keeps its meaning.
        instructions = resolved.outline.dockerfile.instructions
        complete = (it.idx for it in reversed(resolved.outline.stages) if not instructions[it.from_idx].node.problems)
        return next(complete, last)
    named = [it.outline.idx for it in resolved.stages if it.outline.name == name.lower()]
    if not named:
        close = closest(name.lower(), [it.outline.name for it in resolved.stages if it.outline.name])
        message = _("there is no stage `{name}`", name=name)
        if close is not None:
            message = _("there is no stage `{name}`; did you mean `{close}`?", name=name, close=close)
        resolved.refusals.append(Refusal(message, None, None, close, Cause.REQUEST))
    return named[-1] if named else last


def _resolve_triggers(resolved: ResolvedStages, target: int) -> None:
    """Find the needed stages; triggers of a stage may add more (resolveStages)."""
    done: set[int] = set()
    read: list[int] = []
    has_new_sources = True
    while has_new_sources:
        has_new_sources = False
        read = _needed(resolved, target, through_replaced=True)
        for number in read:
            stage = resolved.stages[number]
            if (stage.base is not None or stage.context is not None) and number not in done:
                done.add(number)
                stage.triggers = _triggers(resolved, stage)
                has_new_sources |= any(it.sources for it in stage.triggers)
    resolved.needed = read
    if resolved.contexts.known and any(resolved.stages[it].replacement is not None for it in read):
        resolved.needed = _needed(resolved, target, through_replaced=False)
        resolved.only_read = [
            it for it in read if it not in resolved.needed and resolved.stages[it].replacement is None
        ]


def _needed(resolved: ResolvedStages, target: int, *, through_replaced: bool) -> list[int]:
    """The stages on which a target depends; `through_replaced` adds those from which replaced stages copy."""
    needed: set[int] = set()
    todo: list[int | None] = [target]
    while todo:
        number = todo.pop()
        if number is None or number in needed:
            continue
        needed.add(number)
        stage = resolved.stages[number]
        if stage.replacement is not None and not through_replaced:
            continue
        todo.append(stage.base)
        taken = [*stage.outline.sources.values()]
        if stage.triggers:
            taken += [it.sources for it in stage.triggers]
        todo += [it.idx for sources in taken for it in sources if isinstance(it, StageRef)]
    return sorted(needed)


def _inherited_triggers(resolved: ResolvedStages, stage: ResolvedStage) -> list[tuple[int | None, str]]:
    """The texts of the ONBUILD triggers of the base of a stage, with their lines; triggers of an image have no line."""
    if stage.base is not None:
        # BuildKit reads the triggers in the text even if a named context replaces the stage.
        base = resolved.stages[stage.base].outline
        lines = resolved.outline.dockerfile.instructions
        return [(lines[base.from_idx + 1 + position].first_line, text) for position, text in trigger_texts(base.nodes)]
    configuration = None if stage.context is None else stage.context.configuration
    return [] if configuration is None else [(None, it) for it in configuration.triggers]


def _triggers(resolved: ResolvedStages, stage: ResolvedStage) -> tuple[Trigger, ...]:
    """The ONBUILD triggers that a stage inherits (initOnBuildTriggers)."""
    triggers: list[Trigger] = []
    for line, text in _inherited_triggers(resolved, stage):
        node = parse_trigger(text)
        if node is None or node.problem is not None:
            reason = _("it is not one instruction") if node is None or node.problem is None else node.problem.message
            message = _("an ONBUILD of the image: {reason}", reason=reason)
            if line is not None:
                message = _("the ONBUILD in line {line}: {reason}", line=line, reason=reason)
            resolved.refusals.append(Refusal(message, stage.outline.from_idx))
            continue
        names = [it.name for it in resolved.outline.stages]
        linker = Linker(names, resolved.outline.dockerfile.escape, resolved.images)
        triggers.append(Trigger(node, linker.sources(node, stage.outline.from_idx)))
        resolved.refusals += linker.refusals
        _resolve_images(resolved)
    return tuple(triggers)
