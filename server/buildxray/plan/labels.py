"""The labels of the progress output, such as `[linux/amd64->arm64 build 5/8] RUN go build`.

Planning a step stores the parts of its label; the text is composed when it is read.

BuildKit: dockerfile2llb/convert.go, prefixCommand, processCmdEnv, uppercaseCmd and formatTargetPlatform.
"""

from __future__ import annotations

from typing import NamedTuple

from buildxray.plan.environment import Environment
from buildxray.platforms.platform import Platform, PlatformError, normalize, parse
from buildxray.syntax.expansion import PLAIN, Expansion, expand
from buildxray.syntax.lexer import ExpansionError, lex


class StepLabel(NamedTuple):
    """The label of an operation, without the number of the step."""

    text: str
    """The instruction, with unexpanded variables if `environment` is given."""
    platform: Platform | None = None
    """The platform on which the step runs; None to omit it."""
    is_numbered: bool = True
    """True if a prefix shows platform, stage and number."""
    environment: Environment | None = None
    """The environment in which variables are expanded; None for a final text."""
    expansion: Expansion = PLAIN
    escape: str = "\\"
    secrets: tuple[str, ...] = ()
    """The variables whose values are secret."""
    prefix: str = ""
    """The prefix of the instruction: `LINK `."""

    def with_prefix(self, prefix: str) -> StepLabel:
        """The same label with a prefix before the instruction."""
        return self._replace(prefix=prefix)

    @property
    def platforms(self) -> str:
        """`linux/amd64`, or `linux/amd64->arm64` if TARGETPLATFORM in the environment is another platform."""
        if self.platform is None:
            return ""
        target = _target_in(self.environment) if self.environment is not None else None
        return str(self.platform) + ("" if target is None else _arrow(self.platform, target))

    @property
    def instruction(self) -> str:
        """The instruction with variables expanded and the keyword in upper case."""
        text = self.text
        if self.environment is not None:
            environment = self.environment

            def look_up(name: str) -> str | None:
                return "****" if name in self.secrets else environment.get(name)

            try:
                text = expand(lex(text, self.escape), look_up, self.expansion)
            except ExpansionError:
                text = self.text
        keyword, separator, rest = text.partition(" ")
        return f"{self.prefix}{keyword.upper()}{separator}{rest}"


def write_label(label: StepLabel, *, stage: str, number: int, n_numbers: int, is_trigger: bool, is_multi: bool) -> str:
    """The label in the progress output.

    `stage` is empty in a file with one stage, `n_numbers` is 0 for an image that a command names, and `is_multi` is
    True if several platforms are built.
    """
    if not label.is_numbered:
        return label.text
    if not n_numbers:
        return label.instruction
    count = str(n_numbers)
    words = (label.platforms if is_multi else "", stage, f"{number:>{len(count)}}/{count}")
    return f"[{' '.join(filter(None, words))}] {'ONBUILD ' if is_trigger else ''}{label.instruction}"


def _target_in(environment: Environment) -> Platform | None:
    """The target platform that an environment names, if any. BuildKit: convert.go, platformFromEnv."""
    text = environment.get("TARGETPLATFORM")
    if text is not None:
        try:
            return parse(text)
        except PlatformError:
            pass
    values = [environment.get(name) for name in ("TARGETOS", "TARGETARCH", "TARGETVARIANT")]
    if all(value is None for value in values):
        return None
    os_name, architecture, variant = (value or "" for value in values)
    return Platform(os_name, architecture, variant)


def _arrow(platform: Platform, target: Platform) -> str:
    completed = target._replace(os=target.os or platform.os, architecture=target.architecture or platform.architecture)
    target = normalize(completed)
    if target.os != platform.os:
        return f"->{target}"
    if target.architecture != platform.architecture:
        return f"->{target.architecture}" + (f"/{target.variant}" if target.variant else "")
    return ""
