"""Regular expressions of modules, compiled when they are first used.

A module has to name its patterns once, but a command uses few of them: compiling all at import would take a fifth of the time of a check of one file.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Final, cast

_METHODS: Final = ("finditer", "fullmatch", "match", "search", "split", "sub", "subn", "findall")


class _LazyRegex:
    """Has the attributes of the compiled pattern, which is created when one of them is first read."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._arguments = (pattern, flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of any type
        compiled: Any = re.compile(*self._arguments)
        # From now on the methods are found without a detour.
        self.__dict__.update({it: getattr(compiled, it) for it in _METHODS})
        return getattr(compiled, name)


def lazy_regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what is used like `re.compile(pattern, flags)`; a pattern that is malformed raises `re.error` when it is first used.

    It cannot be given to functions of `re`, which take a compiled pattern or a text.
    """
    return cast("re.Pattern[AnyStr]", _LazyRegex(pattern, flags))
