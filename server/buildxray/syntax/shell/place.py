"""The context in which a statement of a script runs: its shell process, variables and conditions."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from buildxray.records import dataclass, replace
from buildxray.syntax.shell.model import (
    Assignment,
    Command,
    Condition,
    NotLeft,
    ShellWord,
    Variables,
)

_MOST_EXITS: Final = 16
"""Conditional `exit`s of one script that later commands depend on."""
_MOST_EXPORTED: Final = 64
"""Names of `Place.exported`, which each subshell copies."""


@dataclass(slots=True)
class Place:
    """The context of a statement; contexts of one shell process share its variables and exits."""

    variables: Variables
    conditions: tuple[Condition, ...] = ()
    depth: int = 0
    exits: list[Condition] | None = None
    """The conditions of earlier `exit`s in this shell process; None in a function, which runs when it is called."""
    input: Command | ShellWord | None = None
    is_piped: bool = False
    n_process_conditions: int = 0
    """The number of leading conditions that apply to the whole shell process."""
    exported: set[str] = field(default_factory=set)
    """Names that `export NAME` marks before they have a value here; later values are exported too."""

    @property
    def in_force(self) -> tuple[Condition, ...]:
        """All conditions of a command in this context."""
        return (*self.conditions, *self.exits) if self.exits else self.conditions

    def under(self, condition: Condition | None) -> Place:
        """The context of statements that depend on one more condition."""
        # The variables are shared, because assignments of a branch are visible after it.
        if condition is None:
            return self
        return replace(self, conditions=(*self.conditions, condition))

    def subshell(self) -> Place:
        """The context of a subshell, whose assignments and exits remain inside."""
        conditions = self.in_force
        return replace(
            self,
            variables=self.variables.subshell(),
            conditions=conditions,
            exits=[],
            n_process_conditions=len(conditions),
            exported=set(self.exported),
        )

    def substitution(self) -> Place:
        """The context of the commands inside `$(…)`."""
        return replace(self.subshell(), depth=self.depth + 1, input=None, is_piped=False)

    def nested(self, *, sees_all: bool) -> Place:
        """The context of a new shell, which sees exported variables and those that the outer shell expands in its script."""
        if sees_all:
            return self.subshell()
        place = replace(self.subshell(), variables=Variables())
        for name, assignments in self.variables.items():
            if any(it.is_exported for it in assignments):
                place.variables.put(name, assignments)
        return place

    def assign(self, assignment: Assignment) -> None:
        """Effect: put an assignment in force; a conditional one is added to the earlier ones."""
        earlier = self.variables.get(assignment.name, ())
        is_exported = (
            assignment.is_exported or assignment.name in self.exported or any(it.is_exported for it in earlier)
        )
        kept = earlier if assignment.is_conditional else ()
        if is_exported and not assignment.is_exported:
            assignment = replace(assignment, is_exported=True)
        self.variables.put(assignment.name, (*kept, assignment))

    def export(self, name: str) -> None:
        """Effect: export a variable, with the values that it has and those that it gets later."""
        earlier = self.variables.get(name)
        if earlier:
            self.variables.put(name, tuple(replace(it, is_exported=True) for it in earlier))
        elif len(self.exported) < _MOST_EXPORTED:
            self.exported.add(name)

    def leave(self, *, is_failure: bool) -> None:
        """Make later commands of this process depend on the negated conditions of an `exit`."""
        own = self.conditions[self.n_process_conditions :]
        if self.exits is None or len(self.exits) >= _MOST_EXITS:
            return
        if not any(it.kind in ("if", "case", "and", "or") and it.expression is not None for it in own):
            # After `command || exit 1` the script continues unconditionally.
            return
        last = own[-1]
        expression = NotLeft(own, is_failure)
        self.exits.append(Condition("exit", last.range, last.text, last.variables, (), expression=expression))
