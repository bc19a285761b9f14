"""All rules, by name. A new rule is one new file and one line here."""

from __future__ import annotations

from typing import Final

from buildxray.rules.base import Rule
from buildxray.rules.early_platform_arg import early_platform_arg
from buildxray.rules.emulated_build import emulated_build
from buildxray.rules.undeclared_platform_arg import undeclared_platform_arg
from buildxray.rules.unused_platform_arg import unused_platform_arg
from buildxray.rules.wrong_arch_build import wrong_arch_build

ALL: Final[tuple[Rule, ...]] = (
    early_platform_arg,
    emulated_build,
    undeclared_platform_arg,
    unused_platform_arg,
    wrong_arch_build,
)
