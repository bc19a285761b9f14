"""Programs that join a script and Node.js into one program for a machine: `npx pkg . --targets node22-linux-x64`.

Source: the READMEs of pkg and nexe, "Targets".
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.node import MANAGERS, RUNNERS, RUNNING

_OF_HOST: Final = lazy_regex(r"(?:host|latest|node\d+|linux|alpine|linuxstatic)(?:-(?:linux|alpine|linuxstatic))?")
"""A target of pkg that names no machine: what it leaves out is that of the host."""
_PACKERS: Final = frozenset({"@yao-pkg/pkg", "nexe", "pkg"})


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if name not in RUNNERS and name not in MANAGERS:
        # `pkg` alone is the package manager of FreeBSD.
        return None
    operands = invocation.operand_texts
    before = operands[:1] if name in MANAGERS and operands[:1] and operands[0] in RUNNING else []
    packer = next(iter(operands[len(before) :]), "")
    if packer not in _PACKERS:
        return None
    target = invocation.argument("-t", "--target", "--targets")
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    is_targeted = target is not None and _OF_HOST.fullmatch(target.value or "") is None
    if target is not None and is_targeted:
        machines = invocation.architectures(target, _machine)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        " ".join((name, *before, packer)),
        architectures=machines,
        is_targeted=is_targeted,
        outputs=invocation.option_paths("-o", "--out-path", "--output"),
        must_run_on_target=True,
        is_native_only=not is_targeted,
    )


def _machine(target: str) -> str | None:
    """The only architecture in `node22-linux-x64` or `linux-x64-22.1.0`; None for several, for another system or for none."""
    named = {name for *_, name in named_architectures(target)}
    return named.pop() if len(named) == 1 and "," not in target and "linux" in target else None


def _reads(invocation: Invocation, name: str) -> Reading:
    # Their configuration is in package.json or in a program of the project.
    return invocation.reading_by_project(name)


NODE_PACKERS: Final = Toolchain("programs with Node.js inside", _recognize, _reads)
