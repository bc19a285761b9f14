"""Regular expressions that are compiled when they are first used.

A module names all its patterns, but a command uses few of them: compiling all at import would take a fifth of the time
of a check of one file.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Final, cast

_METHODS: Final = ("finditer", "fullmatch", "match", "search", "split", "sub", "subn", "findall")


class _LazyRegex:
    """A substitute for a compiled pattern; reading any attribute compiles the pattern."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._arguments = (pattern, flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of any type
        compiled: Any = re.compile(*self._arguments)
        # Store the methods, so that later calls do not compile again.
        self.__dict__.update({it: getattr(compiled, it) for it in _METHODS})
        return getattr(compiled, name)


def lazy_regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a substitute for `re.compile(pattern, flags)`; a malformed pattern raises `re.error` when it is first used.

    Functions of `re` do not accept the substitute as their pattern.
    """
    return cast("re.Pattern[AnyStr]", _LazyRegex(pattern, flags))
