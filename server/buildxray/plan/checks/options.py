"""The options of checks in a Dockerfile: `# check=skip=…;error=true;experimental=…`.

BuildKit: frontend/dockerfile/linter/linter.go, ParseLintOptions and WithMergedConfigFromComments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.plan.checks.catalogue import Check
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import Dockerfile, read_check_directive
from buildxray.syntax.validation import GO_TRUE, is_go_bool


class CheckOptions(NamedTuple):
    """The options that a directive or a comment sets."""

    skips_all: bool = False
    skipped: frozenset[str] = frozenset()
    """The names as written."""
    tries_all: bool = False
    """True if all experimental checks are enabled."""
    tried: frozenset[str] = frozenset()
    is_error: bool = False
    """True if a warning fails the build; only the directive of the file can set it."""

    def makes(self, check: Check) -> bool:
        """True if a check is enabled."""
        if check.is_experimental:
            return self.tries_all or check.name in self.tried
        return not self.skips_all and check.name not in self.skipped

    def with_others(self, other: CheckOptions) -> CheckOptions:
        """The options for one instruction: these, and those of the comments above it."""
        return CheckOptions(
            self.skips_all or other.skips_all,
            self.skipped | other.skipped,
            self.tries_all or other.tries_all,
            self.tried | other.tried,
            self.is_error,
        )


class CheckOptionsError(ValueError):
    """Raised for options that BuildKit refuses."""


_NONE: Final = CheckOptions()


def parse_options(text: str) -> CheckOptions:
    """Parse the text after `check=`. Raises `CheckOptionsError`."""
    options = _NONE
    for part in text.strip().split(";", 2) if text.strip() else ():
        key, equals, value = part.partition("=")
        key, value = key.strip(), value.strip()
        names = frozenset() if value == "all" else frozenset(it.strip() for it in value.split(","))
        match key, equals:
            case "skip", "=":
                options = options._replace(skips_all=value == "all", skipped=names)
            case "experimental", "=":
                options = options._replace(tries_all=value == "all", tried=names)
            case "error", "=" if is_go_bool(value):
                options = options._replace(is_error=value in GO_TRUE)
            case _:
                raise CheckOptionsError(part)
    return options


def file_options(dockerfile: Dockerfile) -> CheckOptions:
    """The options of the directive at the top of the file. Raises `CheckOptionsError`."""
    value = read_check_directive(dockerfile)
    return _NONE if value is None else parse_options(value.partition(" ")[0])


_MAY_BE_IN_COMMENT: Final = lazy_regex(r"#\s*check", re.IGNORECASE)


def options_above(dockerfile: Dockerfile) -> Iterator[tuple[int, CheckOptions]]:
    """The options in the comments above instructions, each with the index of its instruction."""
    # The text is searched first: few files have options in comments, and every edit creates new comment objects.
    if _MAY_BE_IN_COMMENT.search(dockerfile.text) is None:
        return
    for idx, comments in dockerfile.comments_above.items():
        options = comment_options(comments)
        if options != _NONE:
            yield idx, options


_IN_COMMENT: Final = lazy_regex(r"check[\t\n\f\r ]*=[\t\n\f\r ]*(?P<value>.+?)[\t\n\f\r ]*", re.IGNORECASE)


def comment_options(comments: Iterable[str]) -> CheckOptions:
    """The options in the comments above an instruction, of which the first one with options counts."""
    for comment in comments:
        match = _IN_COMMENT.fullmatch(comment)
        if match is not None:
            try:
                return parse_options(match["value"].partition(" ")[0])
            except CheckOptionsError:
                return _NONE
    return _NONE
