"""All rules, by name. A new rule is one new file and one line here."""

from __future__ import annotations

from typing import Final

from buildxray.rules.base import Rule

ALL: Final[tuple[Rule, ...]] = ()
