"""A function of HCL as a value, and the limit and conversion that several functions share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.values import EvaluationError, Value

MOST_ITEMS: Final = 10_000
"""Limit for the elements of a list that a function returns."""


class Function(NamedTuple):
    """A function with the types of its parameters."""

    parameters: str
    """One letter for each parameter: s(tring), n(umber), b(oolean), l(ist), m(ap), a(ny); `*` repeats the last one, `?` makes it optional.

    An argument for a capital letter may contain unknown values. If any other argument does, the result is unknown.
    """
    compute: Callable[..., Value]


def whole(value: Decimal) -> int:
    """Convert a number to an integer. Raises `EvaluationError` if it is fractional or larger than 2**31."""
    if value != value.to_integral_value() or abs(value) > 2**31:
        raise EvaluationError(_("a whole number is required"))
    return int(value)
