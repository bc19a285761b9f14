"""Hovers, from the most specific to the most general."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.automatic import automatic_argument
from buildxray.ide.hover.base import Hover
from buildxray.ide.hover.documentation import documentation
from buildxray.ide.hover.stages import platform_flag, stage
from buildxray.ide.hover.steps import keyword
from buildxray.ide.hover.variables import variable
from buildxray.ide.hover.words import word


def hover(analysis: Analysis, offset: int, *, is_general: bool = True) -> Hover | None:
    """Explain the text at an offset; None if there is nothing to explain.

    Without `is_general`, the hover is only about the plan, since another server explains the language.
    """
    documented = (word(analysis, offset) or documentation(analysis, offset)) if is_general else None
    for explain in (automatic_argument, variable, platform_flag, stage, keyword):
        explained = explain(analysis, offset)
        if explained is not None:
            if documented is None or explain in (automatic_argument, variable):
                return explained
            return Hover(explained.range, f"{documented.markdown}\n\n---\n\n{explained.markdown}")
    return documented
