"""A platform argument is compared with a value that it never has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import docker_name, named_architectures
from buildxray.platforms.platform import PlatformError, parse_normalized
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.shell_variables import may_set
from buildxray.semantics.build import Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command, Condition, ShellWord
from buildxray.syntax.text import Edit, TextRange

_ARCHITECTURES: Final = ("TARGETARCH", "BUILDARCH")
_PLATFORMS: Final = ("TARGETPLATFORM", "BUILDPLATFORM")
_VARIANTS: Final = ("TARGETVARIANT", "BUILDVARIANT")
_SYSTEMS: Final = ("TARGETOS", "BUILDOS")
_OF_SYSTEMS: Final = {it: it for it in ("darwin", "freebsd", "linux", "windows")} | {"macos": "darwin"}
"""BuildKit's names of operating systems, by other names in lower case."""
_HAS_VARIANT: Final = lazy_regex(r"v\d|hf|el")
_OWN_NAMES: Final = ("386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x")
_ARM_WITH_VARIANT: Final = lazy_regex(r"(?:arm|arm64)/v\d")
"""TARGETARCH has no variant: that is in TARGETVARIANT."""
_VERSION_OF_ARM: Final = lazy_regex(r"v[5-7]")
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
    Safe: the fix writes the value that BuildKit sets. A suggestion if the wrong value names a variant too, such as `armv7`: the right
    one, `arm`, is the same for all variants; and if a build of the project gives arguments whose names only a run tells. If one gives
    this argument, nothing is reported.
    """
    for run in ctx.build.instructions:
        if not isinstance(run, Run) or Mention.PLATFORM_ARGUMENT not in run.mentions:
            continue
        seen: set[TextRange] = set()
        script = run.script
        alternatives = _alternatives(script.commands)
        tested = (
            (name, word)
            for command in script.commands
            for name, word in _tested(command)
            if (name, _right_value(name, word)) not in alternatives.get(id(command), ())
        )
        handled = _labels_of_cases(script.branches)
        labels = (
            (name, word)
            for branch in script.branches
            for name, word in _labels(branch)
            if _right_value(name, word) not in handled[branch.range]
        )
        is_set_by_script: dict[str, bool] = {}
        for name, word in (*tested, *labels):
            right = _right_value(name, word)
            range_ = run.shell_range(word.range)
            if right is None or range_ in seen or word.value is None or word.value not in word.text:
                continue
            if name in ctx.given_arguments:
                continue
            if name not in is_set_by_script:
                is_set_by_script[name] = may_set(script, name)
            if is_set_by_script[name] or _may_default_to(run, name, word.value):
                continue
            seen.add(range_)
            start = range_.start + word.text.index(word.value)
            place = TextRange(start, start + len(word.value))
            if _is_said_elsewhere(ctx, run, Edit(place, right)):
                continue
            message = _(
                "`{name}` is never `{value}`; BuildKit's name is `{right}`", name=name, value=word.value, right=right
            )
            # `arm` is more than `arm/v7`.
            is_wider = right == "arm" and _HAS_VARIANT.search(word.value) is not None
            safety = Safety.SUGGESTION if is_wider or "*" in ctx.given_arguments else Safety.SAFE
            yield Finding(place, message, (Fix(_("Write `{right}`", right=right), (Edit(place, right),), safety),))


def _is_said_elsewhere(ctx: RuleContext, run: Run, edit: Edit) -> bool:
    """True if another RUN of the stage is what the repair would make of this one, so that nothing is missing."""
    start, end = run.range
    repaired = ctx.text[start : edit.range.start] + edit.new_text + ctx.text[edit.range.end : end]
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


def _tested(command: Command) -> Iterator[tuple[str, ShellWord]]:
    """The value with which `[ … ]` compares a platform argument."""
    if command.name not in ("[", "[[", "test"):
        return
    words = command.words
    for left, operator, right in zip(words, words[1:], words[2:], strict=False):
        if operator.text in ("=", "==", "!="):
            for variable, value in ((left, right), (right, left)):
                if (name := _argument(variable.text)) is not None:
                    yield name, value


def _alternatives(commands: Iterable[Command]) -> dict[int, set[tuple[str, str | None]]]:
    """The comparisons that may hold in place of each test: those of `[ … ] || [ … ]`, of `||` and `-o` in one test, and of `if` and `elif`.

    Of tests with `!=`, those of `[ … ] && [ … ]`, and of `&&` and `-a`.
    """
    alternatives: dict[int, set[tuple[str, str | None]]] = {}
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
            alternatives.setdefault(id(one), set()).update((name, word.value) for name, word in _tested(other))
            alternatives.setdefault(id(other), set()).update((name, word.value) for name, word in _tested(one))
    return alternatives


def _labels_of_cases(branches: Iterable[Condition]) -> dict[TextRange, set[str | None]]:
    """The values of all labels of each `case`, by the place of its word."""
    labels: dict[TextRange, set[str | None]] = {}
    for branch in branches:
        labels.setdefault(branch.range, set()).update(it.value for it in branch.patterns)
    return labels


def _labels(branch: Condition) -> Iterator[tuple[str, ShellWord]]:
    """The labels of a branch of `case`, if all of them are impossible; one of those that mean the same value.

    If the first one is right, the others do no harm.
    """
    name = _argument(branch.text)
    if name is None:
        return
    by_meaning: dict[str | None, ShellWord] = {}
    for it in branch.patterns:
        by_meaning.setdefault(_right_value(name, it), it)
    if None not in by_meaning:
        yield from ((name, it) for it in by_meaning.values())


def _argument(text: str) -> str | None:
    name = text.strip('"').removeprefix("$").strip("{}")
    return (
        name
        if name in (*_ARCHITECTURES, *_PLATFORMS, *_VARIANTS, *_SYSTEMS) and text.strip('"').startswith("$")
        else None
    )


def _right_value(name: str, word: ShellWord) -> str | None:
    """The value of the argument that a word means; None if the word itself may be right."""
    if word.value is None:
        return None
    if name in _ARCHITECTURES:
        return _architecture(word.value)
    if name in _SYSTEMS:
        system = _OF_SYSTEMS.get(word.value.lower())
        return None if system == word.value else system
    if name in _VARIANTS:
        variant = _BARE_VARIANT.fullmatch(word.value)
        return None if variant is None or word.value.startswith("v") else f"v{variant['version']}"
    return None if "*" in word.value else _platform(word.value)


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


def _architecture(value: str) -> str | None:
    """The name in BuildKit of the architecture that a value means; None if the value may be right, or means none."""
    lower = value.lower()
    if _ARM_WITH_VARIANT.fullmatch(lower) is not None:
        return lower.partition("/")[0]
    name = docker_name(lower) or _OF_DOCKER_HUB.get(lower) or (lower if named_architectures(lower) else None)
    is_whole = name is not None and all(it.isalnum() or it in "_-" for it in value)
    return name if is_whole and name != value else None
