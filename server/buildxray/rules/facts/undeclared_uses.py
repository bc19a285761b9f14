"""The uses of automatic platform arguments in stages that do not declare them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values
from buildxray.platforms.official_images import is_of_general_use
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.global_arguments import declarations
from buildxray.semantics.build import Instruction, Run, Stage, VariableReference
from buildxray.syntax.instructions import Arg, Onbuild
from buildxray.syntax.lazy_regex import lazy_regex

_DEFAULT: Final = lazy_regex(r":?-(?P<value>[\w./]*)\}")
_COMPUTED: Final = lazy_regex(r""":?[-=](?:["']?(?:\$\(|`)|[^}\s]*\$\{?TARGET(?:ARCH|OS|PLATFORM)(?!\w))""")
"""A default that a command tells: `${TARGETARCH:-$(dpkg --print-architecture)}`."""


class Use(NamedTuple):
    """A use of a name, and its instruction."""

    instruction: Instruction
    reference: VariableReference


def may_be_of_image(ctx: RuleContext, stage: Stage) -> bool:
    """True if the image of a stage is made for this file and its siblings, so that it may declare arguments for them: `ONBUILD ARG TARGETPLATFORM`.

    It is not a published image of general use, and in a stage on such an image the file uses a variable that it sets nowhere.
    """
    if is_of_general_use(stage.image_name) and not stage.is_on_unread_image:
        return False
    above = declarations(ctx.build)
    return any(
        it.subject not in AUTOMATIC_ARGUMENTS
        and it.subject not in above
        and _OF_TOOLCHAINS.fullmatch(it.subject) is None
        and not it.replacement
        and (user := ctx.build.instructions[it.instruction].stage) is not None
        and not is_of_general_use(user.image_name)
        for it in ctx.build.warnings_of("UndefinedVar")
    )


_OF_TOOLCHAINS: Final = lazy_regex(
    r"(?:ANDROID|CARGO|CONDA|GO|GRADLE|JAVA|MAVEN|NODE|NVM|PHP|PYTHON|RUBY|RUST|RUSTUP)_?\w*|GEM_HOME|HOME|HOSTNAME|LANG|LD_LIBRARY_PATH|PATH|PWD|USER"
)
"""Variables that images of compilers and the runtime set, and images that are built on these inherit."""


def undeclared_uses(stage: Stage) -> Iterator[Use]:
    """The first use of each name in each instruction in which it is undeclared."""
    for instruction in stage.instructions:
        node = instruction.node
        if isinstance(node, Onbuild) or instruction.variable_names.isdisjoint(AUTOMATIC_ARGUMENTS):
            continue
        seen: set[str] = set()
        for reference in instruction.variable_references():
            name = reference.name
            if name not in AUTOMATIC_ARGUMENTS or name in seen or _is_in_own_default(instruction, reference):
                continue
            seen.add(name)
            is_own = reference.is_shell and isinstance(instruction, Run) and may_set(instruction.script, name)
            if not instruction.is_set(name) and not is_own and not _defaults_right(stage, reference):
                yield Use(instruction, reference)


def _is_in_own_default(instruction: Instruction, reference: VariableReference) -> bool:
    """True if the use is in the default of an ARG of the same name, which `masked-platform-arg` reports."""
    return isinstance(instruction.node, Arg) and any(
        it.name.text == reference.name and instruction.range_of(it).contains(reference.range.start)
        for it in instruction.pairs
    )


def _defaults_right(stage: Stage, reference: VariableReference) -> bool:
    """True if the default equals BuildKit's value for each target of this build, or if a command of the stage or another argument tells it."""
    build = stage.build
    if reference.has_default and _COMPUTED.match(build.text, reference.name_range.end):
        return True
    default = _DEFAULT.match(build.text, reference.name_range.end) if reference.has_default else None
    return default is not None and all(
        automatic_values(build.request.node(it), it, "")[reference.name] == default["value"]
        for it in build.request.target_platforms
    )
