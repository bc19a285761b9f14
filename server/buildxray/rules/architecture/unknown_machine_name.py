"""A compiler is told to compile for a machine by a name that it does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.refused_machines import machines_refused_in
from buildxray.rules.fixing.edits import bring_arguments
from buildxray.rules.fixing.file_names import can_expand
from buildxray.rules.one_cause import one_for_each_stage
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Instruction, KnownCommand, Run
from buildxray.syntax.instructions import Arg
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.machine_names import MachineNames, RefusedName
from buildxray.toolchains.mapping import mapped_architecture

_MACHINE: Final = lazy_regex(
    r"\$TARGET(?:ARCH|OS|PLATFORM)(?!\w)|\$\{TARGET(?:ARCH|OS|PLATFORM)\}|\$\(uname -[mp]\)|`uname -[mp]`"
)
"""An expansion that names a machine, a system or a platform."""


_MACHINE_IN_BRACES: Final = lazy_regex(r"\$\{?(?P<name>TARGET\w+)\}?")


class _Place(NamedTuple):
    """The text that names the machine."""

    instruction: Instruction
    range: TextRange
    can_change: bool
    """True if the text is the name as written, and can be replaced."""


@rule(
    Severity.ERROR,
    Severity.ERROR,
    FixAvailability.SOMETIMES,
    about=[".NET", "Deno", "Go", "Rust", "Zig", "compilers for their own machine"],
)
def unknown_machine_name(ctx: RuleContext) -> Iterator[Finding]:
    """A compiler is told to compile for a machine by a name that it does not have.

    ## What it does
    Looks for names of architectures and systems that belong to another program: `GOARCH=x86_64`, `GOOS=$TARGETARCH`,
    `cargo build --target $TARGETARCH-unknown-linux-musl`, `rustup target add`, `dotnet publish -r linux-$TARGETARCH`, and the targets of Deno, Zig
    and Dart.

    ## Why it matters
    The build stops here, for one platform or for all: Rust and Zig call amd64 `x86_64` and arm64 `aarch64`, .NET and Dart call amd64 `x64`,
    and Go does not know the names of `uname -m`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM rust:1.95 AS build
    ARG TARGETARCH
    RUN rustup target add $TARGETARCH-unknown-linux-musl

    FROM alpine
    COPY --from=build /app /usr/local/bin/
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM rust:1.95 AS build
    ARG TARGETARCH
    RUN rustup target add $(case $TARGETARCH in amd64) echo x86_64;; arm64) echo aarch64;; *) echo $TARGETARCH;; esac)-unknown-linux-musl

    FROM alpine
    COPY --from=build /app /usr/local/bin/
    ```

    ## Fix safety
    A suggestion: a script may name the files by the same wrong name. Where the stage does, the fix writes the right one too; none is
    offered where it cannot, as in COPY.

    ## Limits
    Not reported if the build goes on when the command fails, or if it runs under a condition; nor for names that mean no machine anywhere, which
    a variant of the compiler may have added, and for `dotnet` without a host program (`UseAppHost=false`).
    """
    yield from one_for_each_stage(ctx, _findings(ctx))


def _findings(ctx: RuleContext) -> Iterator[Finding]:
    seen: set[TextRange] = set()
    for stage in ctx.build.needed_stages:
        for command, name in machines_refused_in(stage):
            place = _place_of(ctx, command, name)
            if place is not None and place.range not in seen:
                seen.add(place.range)
                doubt = Doubt.ARGUMENT if _may_be_given(command, place, name) else None
                yield Finding(place.range, _message(command, name), tuple(_fixes(ctx, place, name)), doubt=doubt)


def _message(command: KnownCommand, name: RefusedName) -> str:
    if not name.right:
        return _(
            "the build stops at `{command}` for {platforms}: {program} does not know the name `{name}`",
            command=command.title,
            platforms=platforms(name.targets),
            program=name.known.program,
            name=name.value,
        )
    if name.value == name.part:
        return _(
            "the build stops at `{command}` for {platforms}: {program} does not know `{name}`, and calls this `{right}`",
            command=command.title,
            platforms=platforms(name.targets),
            program=name.known.program,
            name=name.value,
            right=name.right,
        )
    return _(
        "the build stops at `{command}` for {platforms}: {program} does not know `{name}`, and writes `{right}` instead of `{part}`",
        command=command.title,
        platforms=platforms(name.targets),
        program=name.known.program,
        name=name.value,
        right=name.right,
        part=name.part,
    )


def _place_of(ctx: RuleContext, command: KnownCommand, name: RefusedName) -> _Place | None:
    """The text that names the machine: the value of an option or of a variable; None if no instruction of the file has it."""
    if name.word is not None:
        place = command.run.shell_range(name.word.range)
        written = ctx.text[slice(*place)]
        # The range of `--option=value` is that of the whole word.
        is_as_written = written.endswith(name.word.text) and command.syntax.is_writable and "'" not in name.word.text
        start = place.end - len(name.word.text) if is_as_written else place.start
        return _Place(command.run, TextRange(start, place.end), is_as_written)
    declaration = command.run.declaration(name.variable)
    pairs = () if declaration is None else declaration.pairs
    pair = next((it for it in reversed(pairs) if it.name.text == name.variable), None)
    if declaration is None or pair is None or pair.value is None:
        return None
    return _Place(declaration, declaration.range_of(pair.value), can_change=True)


def _may_be_given(command: KnownCommand, place: _Place, name: RefusedName) -> bool:
    """True if a build argument may give another value."""
    if isinstance(place.instruction.node, Arg):
        return True
    names = () if name.word is None else (it.name for it in name.word.variables if it.name not in AUTOMATIC_ARGUMENTS)
    declarations = (command.run.declaration(it) for it in names)
    return any(it is not None and isinstance(it.node, Arg) for it in declarations)


def _fixes(ctx: RuleContext, place: _Place, name: RefusedName) -> Iterator[Fix]:
    """Yield the fix that writes the program's names: the automatic argument, if they are the same as its values."""
    written = ctx.text[slice(*place.range)]
    range_ = _range_to_replace(written, name)
    if not place.can_change or range_ is None:
        return
    architectures = {it.architecture for it in ctx.build.targets}
    is_literal = "$" not in written and "`" not in written
    if is_literal and (len(architectures) == 1 or name.known.argument == "TARGETOS"):
        new: str | None = name.right
    else:
        new = _expansion(ctx, name.known)
    # No shell reads ENV and ARG.
    if not new or ("$(" in new and not isinstance(place.instruction, Run)):
        return
    start = place.range.start + range_.start
    others = _named_alike(ctx, place, range_)
    if others is None:
        return
    edits = [Edit(it, new) for it in sorted({TextRange(start, place.range.start + range_.end), *others})]
    arguments = bring_arguments(place.instruction, [name.known.argument]) if "$" in new else []
    is_mapped = "$(" in new
    title = _("Write the names of {site}", site=name.known.program) if is_mapped else _("Write `{name}`", name=new)
    yield Fix(title, (*edits, *arguments), Safety.SUGGESTION)


def _named_alike(ctx: RuleContext, place: _Place, range_: TextRange) -> set[TextRange] | None:
    """The places where the same wrong name is a part of another word, such as the directory that the compiler would write.

    `cp target/$TARGETARCH-unknown-linux-gnu/release/app /app` looks for a file of the old name. None if one of these places cannot
    have an expansion. A name without `-` may mean something else.
    """
    stage = place.instruction.stage
    written = ctx.text[slice(*place.range)].strip("\"'")
    part = ctx.text[place.range.start + range_.start : place.range.start + range_.end]
    before, found, after = written.partition(part)
    if stage is None or not found or "-" not in before + after:
        return set()
    name = _MACHINE_IN_BRACES.fullmatch(part)
    pattern = re.escape(part) if name is None else rf"\$(?:{name['name']}|\{{{name['name']}\}})"
    alike = re.compile(rf"(?<![\w.-]){re.escape(before)}(?P<part>{pattern}){re.escape(after)}(?![\w-])")
    places: set[TextRange] = set()
    for instruction in {it.idx: it for one in stage.family for it in (*one.instructions, *one.consumers)}.values():
        text = ctx.text[slice(*instruction.range)]
        here = {TextRange(*it.span("part")).shifted(instruction.range.start) for it in alike.finditer(text)}
        here = {it for it in here if not place.range.contains(it.start)}
        if here and not can_expand(instruction, here):
            return None
        places |= here
    return places


def _range_to_replace(written: str, name: RefusedName) -> TextRange | None:
    """The range of the name within the text that has it; None if it is there several times, or computed in another way."""
    if not name.is_rest_right:
        return None
    expansions = [*_MACHINE.finditer(written)]
    if len(expansions) == 1 and not any(it in _MACHINE.sub("", written) for it in "$`"):
        return TextRange(*expansions[0].span())
    if "$" in written or "`" in written or written.count(name.part) != 1:
        return None
    start = written.index(name.part)
    return TextRange(start, start + len(name.part))


def _expansion(ctx: RuleContext, known: MachineNames) -> str | None:
    """The text whose value is the program's name for each target; None if one has none."""
    targets = ctx.build.targets
    own = [it.os if known.argument == "TARGETOS" else it.architecture for it in targets]
    if all(map(known.accepts, own)):
        return f"${known.argument}"
    return mapped_architecture({it: known.names[it] for it in own if it in known.names}, targets)
