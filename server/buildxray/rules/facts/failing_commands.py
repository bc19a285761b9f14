"""What makes a build fail or go wrong for some of its targets, counted, so that a safe fix does not add to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from buildxray.rules.facts.cross_cgo import with_other_compiler, without_compiler
from buildxray.rules.facts.downloads import compares_with_one
from buildxray.rules.facts.go_tools import foreign_tools
from buildxray.rules.facts.site_files import addresses_of, n_missing_files
from buildxray.semantics.build import Build, Effect, Run, Stage
from buildxray.syntax.instructions import Add
from buildxray.syntax.shell import UNKNOWN
from buildxray.toolchains.go import GO, defaults_to_arm_v7, n_refused_versions
from buildxray.toolchains.machine_names import refused_names


def n_failures(build: Build) -> Counter[str]:
    """The number of commands that fail, or that take a wrong file, by the reason; a command counts once for each target."""
    failures: Counter[str] = Counter(missing_files=n_missing_files(build))
    for stage in build.native_stages:
        failures["foreign tools"] += sum(len(targets) for _command, targets in foreign_tools(stage))
        failures["no C compiler"] += sum(len(targets) for _command, targets in without_compiler(stage))
        failures["other C compiler"] += sum(len(targets) for _command, _machine, targets in with_other_compiler(stage))
    for stage in build.needed_stages:
        image = stage.image_name
        for command in (it for run in stage.runs for it in run.known_commands):
            if command.use.toolchain is GO and command.use.effect is Effect.COMPILE:
                failures["version"] += n_refused_versions(command.invocation, image)
            failures["name"] += sum(len(it.targets) for it in refused_names(command.use, image))
        failures["checksum"] += sum(_wrongly_checked(stage))
    return failures


def n_too_new_for_arm(build: Build) -> int:
    """The number of targets for which a compiler of Go on another machine makes code of arm/v7, without `GOARM`, that their older processor lacks."""
    return sum(
        made == "arm" and target.variant in _OLD_ARM
        for stage in build.native_stages
        if defaults_to_arm_v7(stage.image_name)
        for command in stage.commands(Effect.COMPILE)
        if command.use.toolchain is GO and command.name == "go" and not command.invocation.setting("GOARM").is_set
        for made, target in zip(command.use.architectures, command.invocation.targets, strict=True)
    )


_OLD_ARM: Final = ("v5", "v6")


def _wrongly_checked(stage: Stage) -> Iterator[int]:
    """Yield the number of other files for the downloads of a stage that differ between the targets and are all compared with one checksum."""
    checking = [it.idx for it in stage.runs if compares_with_one(it)]
    for instruction in stage.instructions:
        if isinstance(instruction.node, Add):
            checksum = instruction.node.flag_value("checksum")
            is_checked = bool(checksum) and len({*instruction.expanded(checksum)}) == 1
        else:
            is_checked = isinstance(instruction, Run) and bool(checking) and instruction.idx <= checking[-1]
        for addresses, _pieces in addresses_of(instruction) if is_checked else ():
            files = {it for it, _target in addresses if "://" in it and UNKNOWN not in it}
            yield max(0, len(files) - 1)
