"""Durations in words."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Final

from buildxray.localization import _, ngettext

if TYPE_CHECKING:
    from buildxray.logs.prediction import Prediction

_MINUTES_FROM: Final = 600.0
"""Seconds from which on a rounded time is in minutes."""
WORTH_SAYING: Final = 1.0
"""Savings of fewer seconds are noise."""
LEAST_SHOWN: Final = 0.05
"""Shorter durations are 0.0 with one decimal."""


def exact_seconds(seconds: float) -> str:
    """`158.9 s`, the format of BuildKit."""
    return _("{seconds} s", seconds=f"{seconds:.1f}")


def about_seconds(seconds: float) -> str:
    """`140 s` or `12 min`: two digits, the precision of a prediction."""
    if abs(seconds) >= _MINUTES_FROM:
        return _("{minutes} min", minutes=f"{_two_digits(seconds / 60):g}")
    return _("{seconds} s", seconds=f"{_two_digits(seconds):g}")


def age(seconds: float) -> str:
    """`3 hours old`: an age in the largest unit of which there are at least two."""
    minutes = floor(seconds / 60)
    hours = minutes // 60
    if hours >= 2 * 24:
        return ngettext("{n} day old", "{n} days old", hours // 24)
    if minutes >= 2 * 60:
        return ngettext("{n} hour old", "{n} hours old", hours)
    if minutes >= 2:
        return ngettext("{n} minute old", "{n} minutes old", minutes)
    return _("new")


def range_of_seconds(low: float, high: float) -> str:
    """`14–35 s` or `12–18 min`, in the unit of the upper limit."""
    if abs(high) >= _MINUTES_FROM:
        return _("{low}–{high} min", low=f"{_two_digits(low / 60):g}", high=f"{_two_digits(high / 60):g}")
    return _("{low}–{high} s", low=f"{_two_digits(low):g}", high=f"{_two_digits(high):g}")


def _two_digits(value: float) -> float:
    if not value:
        return 0.0
    digits = 1 - floor(log10(abs(value)))
    return round(value, min(digits, 1))


def saving(prediction: Prediction, total: float) -> str:
    """`saves about 140 s of 440 s`; empty for negligible savings."""
    if prediction.saved < WORTH_SAYING:
        return ""
    return _("saves about {saved} of {total}", saved=about_seconds(prediction.saved), total=about_seconds(total))


def title_with_saving(title: str, saved: float, total: float) -> str:
    """`Cross-compile this stage: saves about 140 s of 440 s`; the title alone for negligible savings."""
    if saved < WORTH_SAYING:
        return title
    return _(
        "{title}: saves about {saved} of {total}", title=title, saved=about_seconds(saved), total=about_seconds(total)
    )


def remaining(prediction: Prediction) -> str:
    """`160 s to 330 s`."""
    low, high = prediction.remaining
    return _("{low} to {high}", low=about_seconds(low), high=about_seconds(high))
