"""What is shown when the pointer rests on something, the more special first."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.automatic import automatic_argument
from buildxray.ide.hover.base import Hover
from buildxray.ide.hover.stages import platform_flag, stage
from buildxray.ide.hover.steps import keyword
from buildxray.ide.hover.variables import variable


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """Explain what stands at an offset; None where there is nothing to say."""
    for explain in (automatic_argument, variable, platform_flag, stage, keyword):
        found = explain(analysis, offset)
        if found is not None:
            return found
    return None
