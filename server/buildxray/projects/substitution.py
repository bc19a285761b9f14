"""Replace the variables of a text up to a limit, since a short text may name a long value many times."""

from __future__ import annotations

import re
from collections.abc import Callable


def substituted(pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str], text: str, limit: int) -> str:
    """The first `limit` code points of `pattern.sub(replacement, text)`; the rest is not computed."""
    parts: list[str] = []
    end = length = 0
    for match in pattern.finditer(text):
        parts += text[end : match.start()], replacement(match)
        length += len(parts[-2]) + len(parts[-1])
        end = match.end()
        if length >= limit:
            break
    else:
        parts.append(text[end:])
    return "".join(parts)[:limit]
