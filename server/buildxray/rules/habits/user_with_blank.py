"""USER has several words, which are read as one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import User
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit

_NAMES: Final = lazy_regex(r"(?P<user>[\w.-]+)(?:\s+|\s*:\s*)(?P<group>[\w.-]+)", re.ASCII)


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.BLANK_IN_NAME])
def user_with_blank(ctx: RuleContext) -> Iterator[Finding]:
    """USER has several words, which are read as one name.

    ## What it does
    Looks for USER with two names that a blank separates.

    ## Why it matters
    BuildKit reads the rest of the line as one name. No account has a blank in its name, so the next RUN fails, or the container does
    not start.

    ## Example
    ```dockerfile
    FROM alpine
    USER nobody nogroup
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    USER nobody:nogroup
    ```

    ## Fix safety
    A suggestion: the second word may not be meant for a group.

    ## Limits
    Not reported for Windows, where names may have blanks.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if node.__class__ is not User or not node.arguments or node.problems or "\\" in node.text:
            continue
        match = _NAMES.fullmatch(node.arguments[0].text)
        if match is None or not any(it.isspace() for it in match[0]):
            continue
        if any(target.os == "windows" for target in ctx.build.targets):
            continue
        place = instruction.range_of(node.arguments[0])
        name = f"{match['user']}:{match['group']}"
        message = _("`{text}` is one name with a blank in it: a colon comes between user and group", text=match[0])
        yield Finding(place, message, (Fix(_("Write `{name}`", name=name), (Edit(place, name),), Safety.SUGGESTION),))
