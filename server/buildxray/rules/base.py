"""The definition of a rule: a documented check function, wrapped into a value."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from enum import Enum
from functools import cache
from importlib import import_module
from typing import NamedTuple

from buildxray.localization import N_
from buildxray.records import cached_property, dataclass
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Subject
from buildxray.syntax.text import Edit, TextRange


class Severity(Enum):
    """The severity of a finding; OFF suppresses it."""

    ERROR = N_("error")
    WARNING = N_("warning")
    INFORMATION = N_("information")
    OFF = "off"


class Doubt(Enum):
    """A reason why a finding may be no defect, although the rule finds what it looks for: such a finding is at most a warning."""

    BUILD = "no build is known that asks for several platforms"
    PURPOSE = "the file is for tests, for development or an example, or out of use"
    CONDITION = "the command runs under a condition that the text does not decide"
    ALTERNATIVE = "the script goes on if the command fails"
    ARGUMENT = "a build argument may give another value"
    LATER_STEP = "a later instruction may replace or remove what is wrong"
    USE = "nothing shows that a program of the image or of the build needs it"
    SAME = "the same is built without it"
    """The only doubt with which a fix may be safe."""
    PROGRAM = "a script or a build tool decides, which is not read"


class FixAvailability(Enum):
    """How often findings of a rule have a fix."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


class Safety(Enum):
    """The review that a fix needs."""

    SAFE = "safe"
    """Can be applied without review: the plan proves the result equivalent or correct."""
    SUGGESTION = "suggestion"
    """Needs review: whether it is right depends on more than the text."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: its title for the user, and its edits."""

    title: str
    edits: tuple[Edit, ...]
    """The edits; offsets refer to the text in which the finding was detected."""
    safety: Safety = Safety.SAFE


FixFinder = Callable[[], tuple[Fix, ...]]
"""Computes fixes on first access, because re-planning costs far more than detection."""


def find_fixes(fix: tuple[Fix, ...] | FixFinder) -> tuple[Fix, ...]:
    """The fixes of a finding; none if a bug prevents their computation, so that the finding itself is kept."""
    if not callable(fix):
        return fix
    try:
        return fix()
    except Exception:  # noqa: BLE001 - a bug in one fix must not lose the finding
        _log.exception("a fix cannot be found")
        return ()


@dataclass(frozen=True, slots=True)
class Related:
    """Another range that explains a finding."""

    range: TextRange
    message: str


@dataclass(frozen=True)
class Finding:
    """A place where the condition of a rule holds."""

    range: TextRange
    """The smallest token that explains the problem, on one line."""
    message: str
    """The fact and its consequence, in numbers from the plan."""
    fix: tuple[Fix, ...] | FixFinder = ()
    """The fixes, the preferred one first, or the function that finds them."""
    related: tuple[Related, ...] = ()
    severity: Severity | None = None
    """The severity, if it differs from the rule's for another reason than a doubt."""
    doubt: Doubt | None = None
    """A reason that the rule knows why this may be no defect; `rules/severities.py` looks for those that all rules share."""
    is_unnecessary: bool = False
    """True if the range can be deleted (LSP `Unnecessary`)."""
    is_of_request: bool = False
    """True if a file that declares a build of this one is wrong, and not this one."""
    is_for_reader: bool = False
    """True if it is of use to a person who looks at this file, and not in a list of all files: it only says why there is nothing, or less, to check."""

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes, computed on first access."""
        return find_fixes(self.fix)


_log = logging.getLogger("buildxray")
Check = Callable[[RuleContext], Iterator[Finding]]


class Definition(NamedTuple):
    """The part of a rule that only its check and its manual page need."""

    doc: str
    """The manual page, without its heading."""
    check: Check


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as data: metadata, documentation and the check itself."""

    name: str
    with_intent: Severity
    """The severity if the build names several platforms."""
    without_intent: Severity
    """The severity if nothing shows that the file is meant for several platforms."""
    fix: FixAvailability
    defined: Definition | str = field(repr=False, compare=False)
    """The definition, or the name of the module that has it, which is imported when the definition is first needed."""
    buildkit_check: str = ""
    """The check of `docker build --check` that reports the same; empty for none."""
    about: frozenset[Subject] = frozenset()
    """A file needs one of these to have findings; empty if every file may have some."""

    @property
    def check(self) -> Check:
        """The function that finds the places where its condition holds."""
        return self._definition.check

    @property
    def doc(self) -> str:
        """The manual page, without its heading."""
        return self._definition.doc

    @property
    def _definition(self) -> Definition:
        return self.defined if isinstance(self.defined, Definition) else _imported(self.defined)

    @property
    def summary(self) -> str:
        """The first line of the manual page."""
        return self.doc.partition("\n")[0]

    @property
    def subject(self) -> str:
        """The folder of rules that it is in, such as `architecture`."""
        module = self.defined if isinstance(self.defined, str) else self.defined.check.__module__
        return module.split(".")[-2]

    @property
    def is_about_platforms(self) -> bool:
        """True if the rule reports problems that exist only on some platforms."""
        return self.with_intent is not self.without_intent

    def may_find(self, ctx: RuleContext) -> bool:
        """True if the file has one of the subjects of the rule, and findings are useful to the people who build the file."""
        has_subject = not self.about or not self.about.isdisjoint(ctx.build.subjects)
        return has_subject and (not self.is_about_platforms or ctx.is_for_other_machines)


@cache
def _imported(module: str) -> Definition:
    """The definition of the rule that a module defines."""
    defining = getattr(import_module(module), module.rpartition(".")[2])
    assert isinstance(defining, Rule), f"{module} defines a rule of its own name"
    assert isinstance(defining.defined, Definition), f"{module} defines its rule itself"
    return defining.defined


def rule(
    with_intent: Severity,
    without_intent: Severity,
    fix: FixAvailability = FixAvailability.NEVER,
    *,
    buildkit_check: str = "",
    about: Iterable[Subject] = (),
) -> Callable[[Check], Rule]:
    """Turn a documented check function into a `Rule`, without registering it.

    A file has findings only if it has one of `about`, or, for a rule with `buildkit_check` and without `about`, if
    that check warns.
    """
    subjects = frozenset(about) or frozenset({buildkit_check} - {""})

    def wrap(check: Check) -> Rule:
        name = check.__name__.replace("_", "-")
        doc = inspect.cleandoc(check.__doc__ or "")
        return Rule(name, with_intent, without_intent, fix, Definition(doc, check), buildkit_check, subjects)

    return wrap
