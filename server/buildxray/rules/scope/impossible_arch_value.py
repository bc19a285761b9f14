"""A platform argument is compared with a value that it never has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import docker_name, named_architectures
from buildxray.platforms.platform import PlatformError, parse_normalized
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.shell_variables import may_set
from buildxray.semantics.build import Run, Stage
from buildxray.semantics.comparisons import ARCHITECTURES, SYSTEMS, VARIANTS, Comparisons, Subject
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command, Condition, ShellWord
from buildxray.syntax.text import Edit, TextRange, apply_edits

_OF_SYSTEMS: Final = {it: it for it in ("darwin", "freebsd", "linux", "windows")} | {"macos": "darwin"}
"""BuildKit's names of operating systems, by other names in lower case."""
_HAS_VARIANT: Final = lazy_regex(r"v\d|hf|el")
_OWN_NAMES: Final = ("386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x")
_ARM_WITH_VARIANT: Final = lazy_regex(r"(?:arm|arm64)/v\d")
"""TARGETARCH has no variant: that is in TARGETVARIANT."""
_VERSION_OF_ARM: Final = lazy_regex(r"v[5-7]")
_ARM_OF_KERNEL: Final = lazy_regex(r"(?P<name>armv[5-7])l?")
_BARE_VARIANT: Final = lazy_regex(r"(?:arm)?v?(?P<version>[5-7])l?")

_OF_DOCKER_HUB: Final = {
    "arm32v5": "arm",
    "arm32v6": "arm",
    "arm32v7": "arm",
    "arm64v8": "arm64",
    "x86": "386",
    "i386": "386",
}
"""The namespaces of Docker Hub with the official images of one architecture, and its name in TARGETARCH."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.PLATFORM_ARGUMENT])
def impossible_arch_value(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument is compared with a value that it never has, so the branch is never taken.

    ## What it does
    Looks for tests and `case` labels that compare `TARGETARCH` with names of other programs, such as `x86_64` and `aarch64`, or
    `TARGETPLATFORM` with spellings that BuildKit normalises, such as `linux/arm64/v8`, `TARGETVARIANT` with a bare `7`, or `TARGETOS` with `Linux`.
    The argument may be beside other text (`"$TARGETOS-$TARGETARCH"`), or copied to a variable or an ENV.
    An argument that the file itself changes, as in `ARG TARGETARCH=${TARGETARCH/amd64/x64}`, is not reported, nor is a name beside the right
    one, in another branch of the same `case` or `if`, or in another RUN that is the same otherwise.

    ## Why it matters
    The comparison fails for every platform, so that the commands for this architecture never run.

    ## Example
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN if [ "$TARGETARCH" = "aarch64" ]; then apk add --no-cache libatomic; fi
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN if [ "$TARGETARCH" = "arm64" ]; then apk add --no-cache libatomic; fi
    ```

    ## Fix safety
    Safe: the fix writes the value that BuildKit sets. A suggestion if the wrong value names a variant too, such as `armv7`: the right one,
    `arm`, is the same for all variants; if the argument is not declared there; and if a build of the project gives arguments whose names only a
    run tells. If one gives this argument, nothing is reported.
    """
    instructions = ctx.build.instructions
    # `ENV ARCH=$TARGETARCH`
    are_copied = any(isinstance(it.node, Env) and Mention.PLATFORM_ARGUMENT in it.mentions for it in instructions)
    for it in instructions:
        if isinstance(it, Run) and (are_copied or Mention.PLATFORM_ARGUMENT in it.mentions):
            yield from _findings(ctx, it)


def _findings(ctx: RuleContext, run: Run) -> Iterator[Finding]:
    seen: set[TextRange] = set()
    script, compared = run.script, Comparisons(run)
    alternatives = _alternatives(compared, script.commands)
    tested = (
        (subject, word)
        for command in script.commands
        for subject, word in compared.tested(command)
        if (subject, _repaired(subject, word)) not in alternatives.get(id(command), ())
    )
    handled = _labels_of_cases(script.branches)
    labels = (
        (subject, word)
        for branch in script.branches
        for subject, word in _labels(compared, branch)
        if _repaired(subject, word) not in handled[branch.range]
    )
    is_set_by_script: dict[str, bool] = {}
    for subject, word in (*tested, *labels):
        wrong = _wrong_parts(subject, word)
        range_ = run.shell_range(word.range)
        if not wrong or range_ in seen or word.value is None or word.value not in word.text:
            continue
        arguments = {name for it in wrong for name in it.names}
        if any(it in ctx.given_arguments for it in arguments):
            continue
        for name in arguments:
            if name not in is_set_by_script:
                is_set_by_script[name] = may_set(script, name)
        if any(is_set_by_script[it] or _may_default_to(run, it, word.value) for it in arguments):
            continue
        seen.add(range_)
        start = range_.start + word.text.index(word.value)
        edits = tuple(Edit(it.range.shifted(start), it.right) for it in wrong)
        if _is_said_elsewhere(ctx, run, edits):
            continue
        first = wrong[0]
        message = _(
            "`{name}` is never `{value}`; BuildKit's name is `{right}`",
            name="$".join(first.names),
            value=first.written,
            right=first.right,
        )
        # `arm` is more than `arm/v7`.
        is_wider = any(it.right == "arm" and _HAS_VARIANT.search(it.written) is not None for it in wrong)
        # The comparison fails for any name if the argument is empty; perhaps another one was meant.
        is_declared = all(map(run.is_set, arguments))
        is_safe = is_declared and not is_wider and "*" not in ctx.given_arguments
        safety = Safety.SAFE if is_safe else Safety.SUGGESTION
        title = _("Write `{right}`", right=_repaired(subject, word) or "")
        yield Finding(edits[0].range, message, (Fix(title, edits, safety),))


def _is_said_elsewhere(ctx: RuleContext, run: Run, edits: Iterable[Edit]) -> bool:
    """True if another RUN of the stage is what the repair would make of this one, so that nothing is missing."""
    text, start = ctx.text[slice(*run.range)], run.range.start
    repaired = apply_edits(text, (Edit(it.range.shifted(-start), it.new_text) for it in edits))
    return (run.stage, repaired) in ctx.cached(_runs)


def _runs(ctx: RuleContext) -> set[tuple[Stage | None, str]]:
    """Each RUN by its stage and its text."""
    return {(stage, ctx.text[slice(*it.range)]) for stage in ctx.build.stages for it in stage.runs}


def _may_default_to(run: Run, name: str, value: str) -> bool:
    """True if the file itself gives the argument that value, or an unknown one: `ARG TARGETARCH=${TARGETARCH/amd64/x64}`.

    A default above the first FROM counts too, which an `ARG TARGETARCH` of the stage takes.
    """
    if value in run.values(name):
        return True
    declaration = run.declaration(name)
    pairs = () if declaration is None else declaration.pairs
    own = [it.value.text for it in pairs if it.name.text == name and it.value is not None]
    return any("$" in it or it.strip("\"'") == value for it in own)


class _Wrong(NamedTuple):
    """A part of a compared value that its argument never has."""

    names: tuple[str, ...]
    written: str
    right: str
    start: int
    """The offset of the part in the value."""

    @property
    def range(self) -> TextRange:
        """The range of the part in the value."""
        return TextRange(self.start, self.start + len(self.written))


def _alternatives(compared: Comparisons, commands: Iterable[Command]) -> dict[int, set[tuple[Subject, str | None]]]:
    """The comparisons that may hold in place of each test: those of `[ … ] || [ … ]`, of `||` and `-o` in one test, and of `if` and `elif`.

    Of tests with `!=`, those of `[ … ] && [ … ]`, and of `&&` and `-a`.
    """
    alternatives: dict[int, set[tuple[Subject, str | None]]] = {}
    for command in commands:
        is_negative = any(it.text == "!=" for it in command.words)
        kind, signs = ("and", ("&&", "-a")) if is_negative else ("or", ("||", "-o"))
        others = [
            one
            for it in command.conditions
            if it.kind == kind or (it.kind == "if" and not is_negative)
            for one in it.commands
            if is_negative == any(word.text == "!=" for word in one.words)
        ]
        if any(it.text in signs for it in command.words):
            others.append(command)
        for one, other in ((command, it) for it in others):
            tested = ((subject, word.value) for subject, word in compared.tested(other))
            alternatives.setdefault(id(one), set()).update(tested)
            tested = ((subject, word.value) for subject, word in compared.tested(one))
            alternatives.setdefault(id(other), set()).update(tested)
    return alternatives


def _labels_of_cases(branches: Iterable[Condition]) -> dict[TextRange, set[str | None]]:
    """The values of all labels of each `case`, by the place of its word."""
    labels: dict[TextRange, set[str | None]] = {}
    for branch in branches:
        labels.setdefault(branch.range, set()).update(it.value for it in branch.patterns)
    return labels


def _labels(compared: Comparisons, branch: Condition) -> Iterator[tuple[Subject, ShellWord]]:
    """The labels of a branch of `case`, if all of them are impossible; one of those that mean the same value.

    If the first one is right, the others do no harm.
    """
    subject = compared.of_case(branch)
    if not subject:
        return
    by_meaning: dict[str | None, ShellWord] = {}
    for it in branch.patterns:
        by_meaning.setdefault(_repaired(subject, it), it)
    if None not in by_meaning:
        yield from ((subject, it) for it in by_meaning.values())


def _wrong_parts(subject: Subject, word: ShellWord) -> list[_Wrong]:
    """The parts of a value that are never those of the arguments at their places; none if the value may be right."""
    if word.value is None:
        return []
    pattern = "".join("(.+?)" if it.arguments else re.escape(it.text) for it in subject)
    match = re.fullmatch(pattern, word.value)
    if match is None:
        return []
    arguments = [it.arguments for it in subject if it.arguments]
    parts = [(names, match[n], _right_value(names, match[n]), match.start(n)) for n, names in enumerate(arguments, 1)]
    return [_Wrong(names, written, right, start) for names, written, right, start in parts if right is not None]


def _repaired(subject: Subject, word: ShellWord) -> str | None:
    """The value that a word means; None if the word itself may be right."""
    wrong = _wrong_parts(subject, word)
    if not wrong or word.value is None:
        return None
    return apply_edits(word.value, (Edit(it.range, it.right) for it in wrong))


def _right_value(names: tuple[str, ...], value: str) -> str | None:
    """The value of an argument, or of an architecture and its variant, that a text means; None if the text itself may be right."""
    name = names[0]
    if name in ARCHITECTURES and len(names) > 1:
        with_variant = _ARM_OF_KERNEL.fullmatch(value)
        if with_variant is not None:
            return with_variant["name"] if with_variant["name"] != value else None
        return _architecture(value) if value not in ("armel", "armhf") else None
    if name in ARCHITECTURES:
        return _architecture(value) or _architecture_in_platform(value)
    if name in SYSTEMS:
        system = _OF_SYSTEMS.get(value.lower())
        return None if system == value else system
    if name in VARIANTS:
        variant = _BARE_VARIANT.fullmatch(value)
        return None if variant is None or value.startswith("v") else f"v{variant['version']}"
    return None if "*" in value else _platform(value)


def _platform(value: str) -> str | None:
    """BuildKit's spelling of a platform, or of the architecture of one: `linux/arm/v7` for `linux/armv7`; None if the value may be right."""
    system, _, machine = value.rpartition("/")
    name = _architecture(machine) or (machine if not system and machine in _OWN_NAMES else None)
    if system not in ("", "linux") or name is None:
        # With a variant, or with a name that BuildKit understands.
        spelled = value
    else:
        version = _VERSION_OF_ARM.search(machine) if name == "arm" else None
        spelled = f"linux/{name}/{version[0]}" if version is not None else f"linux/{name}"
    try:
        right = str(parse_normalized(spelled)) if "/" in spelled else value
    except PlatformError:
        return None
    return right if right != value else None


def _architecture_in_platform(value: str) -> str | None:
    """The architecture of a platform, `amd64` of `linux/amd64`; None for another text."""
    system, _, machine = value.partition("/")
    name = machine.partition("/")[0]
    if system not in ("linux", "windows", "darwin"):
        return None
    return name if name in _OWN_NAMES else _architecture(name)


def _architecture(value: str) -> str | None:
    """The name in BuildKit of the architecture that a value means; None if the value may be right, or means none."""
    lower = value.lower()
    if _ARM_WITH_VARIANT.fullmatch(lower) is not None:
        return lower.partition("/")[0]
    name = docker_name(lower) or _OF_DOCKER_HUB.get(lower) or (lower if named_architectures(lower) else None)
    is_whole = name is not None and all(it.isalnum() or it in "_-" for it in value)
    return name if is_whole and name != value else None
