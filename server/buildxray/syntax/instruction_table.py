"""Define each instruction as BuildKit does: its flags, its number of arguments, and whether they are expanded.

This is the only table that is keyed by keyword, apart from functions and texts of other layers: the readers of
arguments (`nodes`), the effect on a stage (`plan.dispatch`) and the reference texts (`ide.reference`).

BuildKit: frontend/dockerfile/instructions/parse.go, parser/parser.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Final, NamedTuple

from buildxray.records import dataclass
from buildxray.syntax.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Node,
    Onbuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)


class Values(Enum):
    """How many values a flag takes."""

    SWITCH = "switch"
    """No value, `true` or `false`."""
    ONE = "value"
    """One value; the flag may be given only once."""
    MANY = "values"
    """One value; the flag may be repeated."""


class Flag(NamedTuple):
    """A flag that an instruction accepts."""

    values: Values = Values.ONE
    is_expanded: bool = False
    """True if BuildKit expands variables in the value."""

    @property
    def is_switch(self) -> bool:
        """True if the flag may be given without a value."""
        return self.values is Values.SWITCH


@dataclass(frozen=True, slots=True)
class InstructionKind:
    """The definition of one instruction."""

    node_type: type[Node]
    least: int = 0
    """The smallest number of arguments."""
    most: int | None = None
    """The largest number of arguments; None for no limit."""
    flags: Mapping[str, Flag] = field(default_factory=dict)
    checks_flags: bool = True
    """False if BuildKit accepts unknown flags."""
    has_json: bool = False
    """True if the arguments may be a JSON array."""
    expands: bool = True
    """True if BuildKit, or the shell of a RUN, expands the arguments; False if they are stored for the container as written."""
    is_trigger: bool = True
    """True if the instruction may follow ONBUILD."""
    is_step: bool = True
    """False if the instruction changes only the configuration of the image."""


_ONE, _MANY, _SWITCH = Flag(), Flag(Values.MANY), Flag(Values.SWITCH)
_EXPANDED = Flag(is_expanded=True)

INSTRUCTION_KINDS: Final[Mapping[str, InstructionKind]] = {
    "ADD": InstructionKind(
        Add,
        least=2,
        has_json=True,
        flags={
            "chown": _EXPANDED,
            "chmod": _EXPANDED,
            "link": _SWITCH,
            "keep-git-dir": _SWITCH,
            "checksum": _EXPANDED,
            "unpack": _SWITCH,
            "exclude": _MANY,
        },
    ),
    "ARG": InstructionKind(Arg, least=1, checks_flags=False),
    "CMD": InstructionKind(Cmd, has_json=True, expands=False, is_step=False),
    "COPY": InstructionKind(
        Copy,
        least=2,
        has_json=True,
        flags={
            "chown": _EXPANDED,
            "from": _ONE,
            "chmod": _EXPANDED,
            "link": _SWITCH,
            "exclude": _MANY,
            "parents": _SWITCH,
        },
    ),
    "ENTRYPOINT": InstructionKind(Entrypoint, has_json=True, expands=False, is_step=False),
    "ENV": InstructionKind(Env, least=1),
    "EXPOSE": InstructionKind(Expose, least=1),
    "FROM": InstructionKind(From, least=1, is_trigger=False, flags={"platform": _EXPANDED}),
    "HEALTHCHECK": InstructionKind(
        Healthcheck,
        least=1,
        expands=False,
        is_step=False,
        flags={"interval": _ONE, "timeout": _ONE, "start-period": _ONE, "start-interval": _ONE, "retries": _ONE},
    ),
    "LABEL": InstructionKind(Label, least=1),
    "MAINTAINER": InstructionKind(Maintainer, least=1, most=1, expands=False, is_trigger=False, is_step=False),
    "ONBUILD": InstructionKind(Onbuild, least=1, is_trigger=False, is_step=False),
    "RUN": InstructionKind(
        Run,
        has_json=True,
        flags={
            "mount": Flag(Values.MANY, is_expanded=True),
            "network": _ONE,
            "security": _ONE,
            "device": _MANY,
        },
    ),
    "SHELL": InstructionKind(Shell, least=1, has_json=True, expands=False),
    "STOPSIGNAL": InstructionKind(StopSignal, least=1, most=1, checks_flags=False),
    "USER": InstructionKind(User, least=1, most=1),
    "VOLUME": InstructionKind(Volume, least=1, has_json=True),
    "WORKDIR": InstructionKind(Workdir, least=1, most=1),
}
"""The definitions by keyword, in upper case."""
EXPANDED_FLAGS: Final[Mapping[type[Node], frozenset[str]]] = {
    kind.node_type: frozenset(name for name, flag in kind.flags.items() if flag.is_expanded)
    for kind in INSTRUCTION_KINDS.values()
}
"""The flags whose values BuildKit expands, by class of node."""
CONFIGURING: Final = tuple(kind.node_type for kind in INSTRUCTION_KINDS.values() if not kind.is_step)
"""The classes of nodes that change only the configuration of the image."""
