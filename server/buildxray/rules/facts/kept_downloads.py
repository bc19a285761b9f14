"""Downloads that an image, another stage or a later step needs where the package manager has put them.

A cache mount at that directory keeps them out of the image.
"""

from __future__ import annotations

from typing import Final

from buildxray.semantics.build import Effect, Instruction, Run, Stage
from buildxray.semantics.file_flow import holds
from buildxray.syntax.instructions import Cmd, Entrypoint, Healthcheck
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import MAKE, Toolchain
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING

_TOOLS: Final = {
    DOTNET: lazy_regex(
        r"""(?<![\w.-])dotnet["',\s]+(?:[^\s"',]+[\s"',]+)*?(?:build|ef|msbuild|pack|publish|restore|run|test|watch)\b"""
    ),
    GO: lazy_regex(r"(?<![\w.-])(?:air|CompileDaemon|dlv|gin|go|godev|gow|modd|realize|reflex|wgo)(?![\w.-])"),
    JAVA: lazy_regex(r"(?<![\w.-])(?:gradlew?|mvnd?|mvnw|sbt)(?![\w.-])"),
    RUST: lazy_regex(r"(?<![\w.-])(?:bacon|cargo|cross|dioxus|dx|trunk|watchexec)(?![\w.])"),
    SCRIPTING: lazy_regex(r"(?<![\w.-])(?:pip\d?|uv|uvx)(?![\w.-])"),
}
"""The program of a toolchain, and others that run it again when a source changes, in what an image starts."""
_MAY_RUN_ANY: Final = lazy_regex(
    r"""\.(?:ba|z)?sh\b|(?<![\w.-])(?:just|make|task|tmux|[\w-]*entry[_-]?point|dev|run|start)(?=["',\s\]]|$)"""
    r"""|(?:^|[\s"'/])(?:ba|da|z|a)?sh["'\]\s]*$"""
)
"""A script, a runner of tasks, or a shell without a command."""


def may_be_needed_later(stage: Stage, run: Run, place: str, toolchain: Toolchain) -> bool:
    """True if what a RUN downloads to a directory may be needed by the image when it runs, by another stage, or by a later RUN that may run anything."""
    for it in stage.family:
        if is_taken_elsewhere(it, place):
            return True
        if any(map(_may_run_anything, (one for one in it.runs if one.idx > run.idx))):
            return True
        starting = _starting(it)
        is_image = it.is_image or it.is_image_of_another_build
        if not starting and is_image:
            starting = [one for base in it.ancestry for one in _starting(base)]
            if not starting:
                # The base decides: a shell, or the program itself.
                return True
        if any(_may_start(one, toolchain) for one in starting):
            return True
    return False


def is_taken_elsewhere(stage: Stage, place: str) -> bool:
    """True if another stage copies a directory of a stage or what is around or in it, or mounts the stage, from which it may take anything."""
    copied = (path for it in stage.consumers for path in it.copied_paths)
    is_copied = any(holds(it, place) or holds(place, it) for it in (*copied, *stage.copied_elsewhere))
    return is_copied or any(isinstance(it, Run) for it in stage.consumers)


def starts_tool(stage: Stage, toolchain: Toolchain) -> bool:
    """True if the image of a stage, or of one that is built on it, starts the program of a toolchain."""
    pattern = _TOOLS[toolchain]
    return any(pattern.search(one.written) is not None for it in stage.family for one in _starting(it))


def _starting(stage: Stage) -> list[Instruction]:
    """The instructions of a stage that tell what its image starts."""
    return [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint | Healthcheck)]


def _may_start(instruction: Instruction, toolchain: Toolchain) -> bool:
    """True if what an image starts may run the program of a toolchain."""
    written, pattern = instruction.written, _TOOLS.get(toolchain)
    return pattern is None or pattern.search(written) is not None or _MAY_RUN_ANY.search(written) is not None


def _may_run_anything(run: Run) -> bool:
    """True if a RUN starts a script of the project, or a runner of tasks."""
    return any(
        it.name in _RUNNERS if it.use is None else it.name in MAKE or it.use.effect is Effect.UNKNOWN
        for it in run.commands
    )


_RUNNERS: Final = frozenset({"just", "task"})
