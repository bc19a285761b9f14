"""What a rule is: a documented check function, wrapped into a value."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import overload

from buildxray.localization import N_
from buildxray.rules.context import RuleContext
from buildxray.syntax.text import Edit, TextRange


class Severity(Enum):
    """How bad a finding is; OFF leaves it out."""

    ERROR = N_("error")
    WARNING = N_("warning")
    INFORMATION = N_("information")
    OFF = "off"


class FixAvailability(Enum):
    """Whether findings of a rule come with a fix."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


class Safety(Enum):
    """Who may apply a fix."""

    SAFE = "safe"
    """Anybody, unseen: the plan proves that what is built is right."""
    SUGGESTION = "suggestion"
    """A human who agrees with it."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: what the user reads, and what it does to the text."""

    title: str
    edits: tuple[Edit, ...]
    """Offsets refer to the text that the finding was made on."""
    safety: Safety = Safety.SAFE


class LaterFixes(Sequence[Fix]):
    """Fixes that are found out when somebody asks for them: planning again costs more than finding what is wrong."""

    def __init__(self, find: Callable[[], tuple[Fix, ...]]) -> None:
        self._find: Callable[[], tuple[Fix, ...]] | None = find
        self._found: tuple[Fix, ...] = ()

    def _fixes(self) -> tuple[Fix, ...]:
        if self._find is not None:
            find, self._find = self._find, None
            try:
                self._found = find()
            except Exception:  # noqa: BLE001 - a bug in one fix must not take the finding along
                _log.exception("a fix cannot be found")
        return self._found

    @overload
    def __getitem__(self, index: int) -> Fix: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fix, ...]: ...
    def __getitem__(self, index: int | slice) -> Fix | tuple[Fix, ...]:
        return self._fixes()[index]

    def __len__(self) -> int:
        return len(self._fixes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._fixes() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._fixes())

    def __reduce__(self) -> tuple[type[tuple[Fix, ...]], tuple[tuple[Fix, ...]]]:
        return tuple, (self._fixes(),)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding."""

    range: TextRange
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule's condition holds."""

    range: TextRange
    """The smallest token that explains the problem, on one line."""
    message: str
    """The fact and its consequence, in numbers from the plan."""
    fixes: Sequence[Fix] = ()
    """The preferred one first."""
    related: tuple[Related, ...] = ()
    severity: Severity | None = None
    """Where it is another one than the rule's."""
    is_unnecessary: bool = False
    """Whether the range can go without loss."""


_log = logging.getLogger("buildxray")
Check = Callable[[RuleContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as data: metadata, documentation and the check itself."""

    name: str
    with_intent: Severity
    """Severity in a file that is meant for several platforms."""
    without_intent: Severity
    fix: FixAvailability
    doc: str
    check: Check = field(repr=False)
    buildkit_check: str = ""
    """The check of `docker build --check` that reports the same; empty for none."""

    @property
    def summary(self) -> str:
        """The first line of the manual page."""
        return self.doc.partition("\n")[0]

    def severity(self, *, has_intent: bool) -> Severity:
        """How bad its findings are by default."""
        return self.with_intent if has_intent else self.without_intent


def rule(
    with_intent: Severity,
    without_intent: Severity,
    fix: FixAvailability = FixAvailability.NEVER,
    *,
    buildkit_check: str = "",
) -> Callable[[Check], Rule]:
    """Turn a documented check function into a `Rule`; registers nothing."""

    def wrap(check: Check) -> Rule:
        name = check.__name__.replace("_", "-")
        return Rule(name, with_intent, without_intent, fix, inspect.getdoc(check) or "", check, buildkit_check)

    return wrap
