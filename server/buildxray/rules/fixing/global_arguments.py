"""Messages and fixes for an `ARG` above the first FROM that a stage uses without declaring it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.records import cached_property
from buildxray.rules.base import Fix, Safety
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.edits import declare
from buildxray.semantics.build import Build, Instruction, Run, Stage
from buildxray.syntax.text import TextRange


def declarations(build: Build) -> dict[str, TextRange]:
    """The names declared above the first FROM, with their declarations."""
    return {
        pair.name.text: instruction.range_of(pair.name)
        for instruction in build.global_instructions
        for pair in instruction.pairs
    }


def unseen_message(name: str, image: str, *, has_default: bool = False) -> str:
    """The message for a use in a stage on an image; in a stage on scratch, no image can set the variable."""
    if has_default:
        return _("`{name}` is declared above the first FROM only, so the default is taken here", name=name)
    if image in ("", "scratch"):
        return _("`{name}` is declared above the first FROM only, so it is empty here", name=name)
    return _(
        "`{name}` is declared above the first FROM only: it is empty here unless the image `{image}` sets it",
        name=name,
        image=image,
    )


def is_of_image(name: str, image: str) -> bool:
    """True if a RUN probably sees a variable of its image: the image probably sets it, or each RUN has it."""
    return name in _OF_EVERY_RUN or is_set_by_image(name, image)


def is_set_by_image(name: str, image: str) -> bool:
    """True if an image probably sets a variable: both have the name of a program, or it is known to."""
    program = image.rpartition("/")[2].partition(":")[0].partition("@")[0].lower()
    word = name.partition("_")[0].lower()
    if name in _OF_IMAGES.get(program, ()):
        return True
    return bool(program) and (program.startswith(word) or word.startswith(program))


_OF_EVERY_RUN: Final = frozenset({"HOME", "PATH", "PWD"})
"""Variables that BuildKit or the shell sets in each RUN. BuildKit: executor/oci/spec_unix.go and solver/llbsolver/ops/exec.go."""

_OF_IMAGES: Final = {
    "amazoncorretto": ("JAVA_HOME", "JAVA_VERSION"),
    "eclipse-temurin": ("JAVA_HOME", "JAVA_VERSION"),
    "elixir": ("OTP_VERSION",),
    "erlang": ("OTP_VERSION", "REBAR3_VERSION"),
    "golang": ("GOPATH", "GOTOOLCHAIN"),
    "gradle": ("JAVA_HOME", "JAVA_VERSION"),
    "maven": ("JAVA_HOME", "JAVA_VERSION"),
    "nginx": ("NJS_VERSION", "PKG_RELEASE"),
    "openjdk": ("JAVA_HOME", "JAVA_VERSION"),
    "postgis": ("PG_MAJOR", "PG_VERSION", "PGDATA"),
    "postgres": ("PG_MAJOR", "PG_VERSION", "PGDATA"),
    "tomcat": ("CATALINA_HOME", "JAVA_HOME", "JAVA_VERSION"),
}
"""Variables with other names that official images set. Source: their Dockerfiles, linked from github.com/docker-library/official-images."""


class Declarer:
    """The fixes for the uses of arguments that no stage declares.

    One stage often writes a path that another one reads, and both are without the value now: a fix that gave it to one of them would
    make the build fail. So a fix declares an argument in every stage that uses it, or there is none.
    """

    def __init__(self, build: Build, names: Collection[str]) -> None:
        """For some of the names that are declared above the first FROM."""
        self._build = build
        self._names = frozenset(names)

    def fixes(self, instruction: Instruction, *names: str) -> tuple[Fix, ...]:
        """The fix for the uses in an instruction; a suggestion, because the value of an ARG hides a value set by the image."""
        names_at: dict[Instruction, list[str]] = {}
        for name in names:
            places = self._places(instruction, name)
            if not places:
                return ()
            for it in places:
                names_at.setdefault(it, []).append(name)
        written = " ".join(names)
        if len(names_at) > 1:
            title = _("Declare `ARG {names}` in each stage that uses it", names=written)
        else:
            title = _("Declare `ARG {names}` directly before its first use", names=written)
        return (Fix(title, tuple(declare(it, needed) for it, needed in names_at.items()), Safety.SUGGESTION),)

    def _places(self, instruction: Instruction, name: str) -> list[Instruction]:
        """The instructions above which an argument has to be declared; none if a stage may have a value of its own."""
        places: list[Instruction] = []
        for stage, use in self._uses.get(name, {}).items():
            if any(it.stage in stage.ancestry for it in places):
                # A stage sees what the stages that it continues declare.
                continue
            if stage is not instruction.stage and not use.needs_value:
                return []
            places.append(use.instruction)
        return places

    @cached_property
    def _uses(self) -> dict[str, dict[Stage, _Uses]]:
        """The uses of each name in the stages that do not declare it, stages in the order of the file."""
        uses: dict[str, dict[Stage, _Uses]] = {}
        for stage in self._build.stages:
            for instruction in stage.instructions:
                for name in self._names & instruction.variable_names:
                    if instruction.is_set(name):
                        continue
                    needs_value = _needs_value(instruction, name)
                    earlier = uses.setdefault(name, {}).get(stage)
                    uses[name][stage] = (
                        _Uses(instruction, needs_value)
                        if earlier is None
                        else earlier._replace(needs_value=earlier.needs_value and needs_value)
                    )
        return uses


class _Uses(NamedTuple):
    """The uses of an argument in one stage."""

    instruction: Instruction
    """The first of them."""
    needs_value: bool
    """True if each of them certainly reads the argument, and has no value of its own."""


def _needs_value(instruction: Instruction, name: str) -> bool:
    if any(it.name == name and it.has_default for it in instruction.variable_references()):
        return False
    if isinstance(instruction, Run) and may_set(instruction.script, name):
        return False
    root = None if instruction.stage is None else instruction.stage.root
    image = None if root is None else root.from_.image
    return image is not None and not is_of_image(name, image.text)
