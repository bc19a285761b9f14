"""All rules, by name. A new rule is one new file and one line here."""

from __future__ import annotations

from functools import cache
from typing import Final

from buildxray.rules.base import Rule
from buildxray.rules.build_arch_probe import build_arch_probe
from buildxray.rules.build_platform_image import build_platform_image
from buildxray.rules.cgo_without_cross_compiler import cgo_without_cross_compiler
from buildxray.rules.constant_goarch import constant_goarch
from buildxray.rules.constant_platform import constant_platform
from buildxray.rules.cross_go_install import cross_go_install
from buildxray.rules.dropped_variant import dropped_variant
from buildxray.rules.dynamic_binary_in_scratch import dynamic_binary_in_scratch
from buildxray.rules.early_platform_arg import early_platform_arg
from buildxray.rules.emulated_build import emulated_build
from buildxray.rules.foreign_binary_copy import foreign_binary_copy
from buildxray.rules.go_env_for_tools import go_env_for_tools
from buildxray.rules.hard_coded_arch import hard_coded_arch
from buildxray.rules.ignored_platform_flag import ignored_platform_flag
from buildxray.rules.impossible_arch_value import impossible_arch_value
from buildxray.rules.late_module_download import late_module_download
from buildxray.rules.masked_platform_arg import masked_platform_arg
from buildxray.rules.missing_arch_stage import missing_arch_stage
from buildxray.rules.missing_goarm import missing_goarm
from buildxray.rules.misspelled_platform_arg import misspelled_platform_arg
from buildxray.rules.redundant_target_platform import redundant_target_platform
from buildxray.rules.shared_cache_mount import shared_cache_mount
from buildxray.rules.single_arch_image import single_arch_image
from buildxray.rules.target_binary_run import target_binary_run
from buildxray.rules.target_image_in_native_stage import target_image_in_native_stage
from buildxray.rules.undeclared_platform_arg import undeclared_platform_arg
from buildxray.rules.unused_platform_arg import unused_platform_arg
from buildxray.rules.wrong_arch_build import wrong_arch_build
from buildxray.rules.xx_without_target import xx_without_target

ALL: Final[tuple[Rule, ...]] = (
    build_arch_probe,
    build_platform_image,
    cgo_without_cross_compiler,
    constant_goarch,
    constant_platform,
    cross_go_install,
    dropped_variant,
    dynamic_binary_in_scratch,
    early_platform_arg,
    emulated_build,
    foreign_binary_copy,
    go_env_for_tools,
    hard_coded_arch,
    ignored_platform_flag,
    impossible_arch_value,
    late_module_download,
    masked_platform_arg,
    missing_arch_stage,
    missing_goarm,
    misspelled_platform_arg,
    redundant_target_platform,
    shared_cache_mount,
    single_arch_image,
    target_binary_run,
    target_image_in_native_stage,
    undeclared_platform_arg,
    unused_platform_arg,
    wrong_arch_build,
    xx_without_target,
)


@cache
def rule_names() -> tuple[str, ...]:
    """The names of all rules."""
    return tuple(it.name for it in ALL)
