"""The options of `# check=skip=…;error=true` for rules: BuildKit's checks by its names, other rules by `kebab-case` or `PascalCase` name.

`plan/checks` applies them to BuildKit's checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.plan.checks.catalogue import CHECK_NAMES, kebab_case
from buildxray.plan.checks.options import CheckOptionsError, file_options, options_above
from buildxray.syntax.parser import Dockerfile

__all__ = ["CHECK_NAMES", "SkippedRules", "kebab_case", "read_skipped_rules", "skipped_names", "skips_check"]

_OF_BUILDKIT: Final = frozenset(map(kebab_case, CHECK_NAMES))
"""BuildKit accepts only the Pascal-case names of its checks."""


class SkippedRules(NamedTuple):
    """The rules other than BuildKit's checks that check options silence."""

    in_file: frozenset[str] = frozenset()
    by_start: tuple[tuple[int, frozenset[str]], ...] = ()
    """The options for single instructions, by the offset at which each starts."""
    fails: bool = False
    """True if warnings of BuildKit's checks are errors."""


def read_skipped_rules(dockerfile: Dockerfile) -> SkippedRules:
    """Read the directive at the top of the file and the comments above instructions."""
    try:
        options = file_options(dockerfile)
    except CheckOptionsError:
        return SkippedRules()
    by_start = [
        (dockerfile.instructions[idx].start, rules)
        for idx, own in options_above(dockerfile)
        if (rules := _own_rules(own.skipped))
    ]
    return SkippedRules(_own_rules(options.skipped), tuple(by_start), options.is_error)


def skipped_names(dockerfile: Dockerfile) -> Iterator[str]:
    """Yield the names that the directive at the top of the file lists, known or not, but `all`."""
    try:
        options = file_options(dockerfile)
    except CheckOptionsError:
        return
    yield from sorted({*options.skipped, *options.tried} - {""})


def skips_check(dockerfile: Dockerfile, check: str) -> bool:
    """True if the directive at the top of the file silences one of BuildKit's checks by its name."""
    try:
        return check in file_options(dockerfile).skipped
    except CheckOptionsError:
        return False


def _own_rules(names: Iterable[str]) -> frozenset[str]:
    return frozenset(kebab_case(it) for it in names if it and it not in CHECK_NAMES) - _OF_BUILDKIT
