"""The measured times in the picture: the seconds and the heat of each box, and the critical path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from buildxray.ide.seconds import LEAST_SHOWN, about_seconds, exact_seconds
from buildxray.localization import _
from buildxray.records import dataclass

if TYPE_CHECKING:
    from buildxray.ide.analysis import Analysis
    from buildxray.ide.build_times import PlanSeconds

HOTTEST: Final = 5
_SHARES: Final = (0.01, 0.03, 0.1, 0.25, 0.5)
"""The least shares of the longest step's time for the heats 1 to 5."""
_LEAST: Final = 0.5
"""Seconds; shorter times have no heat."""


@dataclass(frozen=True, slots=True)
class BoxTime:
    """The measured time of a step."""

    seconds: float
    text: str
    """`158.9 s`, `≈ 18 s` for an estimate, or a note that it came from the cache; empty for a negligible time."""
    is_measured: bool
    heat: int
    """The heat, from 0 (cold) to 5."""
    share: float
    """The time of the step as a share of the longest step's, 0 to 1."""
    is_critical: bool
    """True if it is on the critical path and takes a visible time."""
    is_on_path: bool
    """True if it is on the critical path, however short."""


@dataclass(frozen=True, slots=True)
class BuildTime:
    """The measured times of the whole build."""

    total: float
    longest: float
    """Seconds of the longest step of the logged build."""
    saved: float
    """Seconds that the text saves against the build of the log; 0 for the text that was built."""
    remaining: tuple[float, float] | None
    """The lower and upper estimate of the seconds of an edited text."""
    fixes_save: float
    """Seconds that the fixes of the text that was built would save; 0 for another text."""
    are_safe: bool
    """True if all of these fixes are."""


class Heat:
    """Gives the times of boxes."""

    def __init__(self, analysis: Analysis) -> None:
        self._seconds: PlanSeconds | None = analysis.seconds
        measured = analysis.measured
        self._on_path = frozenset(self.path)
        self.build: BuildTime | None = None
        """The times of the whole build; None without a log."""
        if self._seconds is None or measured is None:
            return
        longest = max((it.seconds or 0.0 for it in measured.times.measured), default=0.0)
        prediction = measured.prediction if analysis.text == measured.text else None
        self.build = BuildTime(
            self._seconds.total,
            longest,
            self._seconds.saved,
            self._seconds.remaining,
            0.0 if prediction is None else max(0.0, prediction.saved),
            measured.repaired is not None and measured.repaired.is_safe,
        )

    @property
    def path(self) -> tuple[int, ...]:
        """The steps of the critical path, by their indices in the plan."""
        return () if self._seconds is None else self._seconds.critical_path

    def of(self, step: int) -> BoxTime | None:
        """The time of a step; None if it is not in the log."""
        time = None if self._seconds is None else self._seconds.steps.get(step)
        if time is None or self.build is None or self._seconds is None:
            return None
        share = min(1.0, time.seconds / self.build.longest) if self.build.longest else 0.0
        heat = sum(share >= it for it in _SHARES) if time.seconds >= _LEAST else 0
        text = ""
        if time.is_cached:
            text = _("cached")
        elif time.seconds >= LEAST_SHOWN:
            text = exact_seconds(time.seconds) if time.is_measured else f"≈ {about_seconds(time.seconds)}"
        return BoxTime(
            time.seconds, text, time.is_measured, heat, share, self._seconds.is_critical(step), step in self._on_path
        )
