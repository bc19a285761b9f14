"""The targets and groups of one project, merged from all its files (buildx: bake/bake.go)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from buildxray.plan.circles import find_circle
from buildxray.projects.hcl.values import UNKNOWN, Unknown, Value, is_known
from buildxray.records import dataclass

MERGED: Final = frozenset(("args", "contexts"))
"""Attributes that are merged key by key; the others are replaced."""
FIELDS: Final = (
    "inherits",
    "context",
    "contexts",
    "dockerfile",
    "dockerfile-inline",
    "args",
    "target",
    "platforms",
    "call",
    "no-cache",
    "output",
)
"""The attributes of a target that decide what is built."""
OF_ENVIRONMENT: Final = "args of the environment"
"""The field with the names of the arguments of a service that only the environment of a run gives a value."""
_MOST_PARENTS: Final = 2_000
_MOST_LINKED: Final = 200
"""Targets that are followed through contexts; Bake files have chains of three or four."""


@dataclass(slots=True)
class Target:
    """One target. A field that no file sets is absent; an unknown value is `UNKNOWN`."""

    name: str
    file: str
    """The name of the file that declares it first."""
    line: int
    fields: dict[str, Value] = field(default_factory=dict)
    start: int = 0
    """The code-point offset of the target's label in the file."""
    end: int = 0
    service: str = ""
    """The name of the Compose service from which the target is created; empty for a target of a Bake file."""

    @property
    def links(self) -> tuple[str, ...]:
        """The targets that its contexts name (`target:NAME`), each once."""
        contexts = self.fields.get("contexts")
        values = contexts.values() if isinstance(contexts, Mapping) else ()
        named = (it.removeprefix("target:") for it in values if isinstance(it, str) and it.startswith("target:"))
        return tuple(dict.fromkeys(named))

    def merge(self, other: Target) -> None:
        """Effect: override fields by those of a later target of this name, or of one that inherits (buildx: Target.Merge)."""
        for name, value in other.fields.items():
            before = self.fields.get(name)
            if name in MERGED and isinstance(value, Mapping) and isinstance(before, Mapping):
                self.fields[name] = {**before, **value}
            elif name in MERGED and UNKNOWN in {_opaque(before), _opaque(value)}:
                self.fields[name] = UNKNOWN
            elif name == "inherits" and isinstance(before, tuple) and isinstance(value, tuple):
                self.fields[name] = (*before, *value)
            else:
                self.fields[name] = value


def _opaque(value: Value) -> Unknown | None:
    return UNKNOWN if value is UNKNOWN else None


@dataclass(slots=True)
class Definition:
    """The declarations of one project's files."""

    targets: dict[str, Target] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...] | Unknown] = field(default_factory=dict)
    _links: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The results of `links`; cleared when a target is added."""

    def add(self, target: Target) -> None:
        """Effect: add a target, or merge it into the one of its name."""
        self._links.clear()
        if target.name in self.targets:
            self.targets[target.name].merge(target)
        else:
            self.targets[target.name] = target

    def resolved(self, name: str) -> Target:
        """A target with the fields that it inherits (buildx: Config.ResolveTarget)."""
        seen: dict[str, Target | None] = {}
        return self._resolved(name, seen) or Target(name, "", 1)

    def _resolved(self, name: str, seen: dict[str, Target | None]) -> Target | None:
        if name in seen or len(seen) > _MOST_PARENTS:
            return seen.get(name)
        seen[name] = None
        own = self.targets.get(name)
        if own is None:
            return None
        result = Target(own.name, own.file, own.line, {}, own.start, own.end, own.service)
        parents = own.fields.get("inherits", ())
        for parent in parents if isinstance(parents, tuple) else ():
            inherited = self._resolved(parent, seen) if isinstance(parent, str) else None
            if inherited is not None:
                result.merge(inherited)
        if not is_known(parents):
            result.fields = {name: UNKNOWN for name in FIELDS if name != "inherits"}
        result.merge(Target(own.name, own.file, own.line, {k: v for k, v in own.fields.items() if k != "inherits"}))
        contexts = result.fields.get("contexts")
        if isinstance(contexts, Mapping):
            result.fields["contexts"] = {name: value for name, value in contexts.items() if value != ""}
        seen[name] = result
        return result

    def links(self, name: str) -> tuple[str, ...]:
        """The targets that the contexts of a target name, inherited ones included."""
        if name not in self._links:
            self._links[name] = self.resolved(name).links
        return self._links[name]

    def circle(self, name: str) -> tuple[str, ...]:
        """The first circular dependency among the contexts of a target; its first member is repeated at its end.

        Empty without one. Source: buildx, Config.loadLinks.
        """
        opened: set[str] = set()

        def needs(target: str) -> Iterable[str]:
            opened.add(target)
            return (it for it in self.links(target) if it in self.targets) if len(opened) < _MOST_LINKED else ()

        circle = find_circle(name, needs, set())
        return (*circle, *circle[:1])

    def run(self) -> list[str]:
        """The targets that people or jobs run: those that a group names, and those that no other target inherits from; all if there are none."""
        inherited = (it.fields.get("inherits") for it in self.targets.values())
        parents = {it for listed in inherited if isinstance(listed, tuple) for it in listed if isinstance(it, str)}
        grouped = self.built(("default", *self.groups))
        return [it for it in self.targets if it in grouped or it not in parents] or [*self.targets]

    def built(self, names: Sequence[str]) -> frozenset[str]:
        """The targets that a call of Bake with these names builds, with those that their contexts name."""
        pending = [*self._members(names)]
        reached: set[str] = set()
        while pending:
            name = pending.pop()
            if name in reached or name not in self.targets:
                continue
            reached.add(name)
            pending += self.links(name)
        return frozenset(reached)

    def _members(self, names: Sequence[str]) -> Iterator[str]:
        """The targets of these names. A group that contains its own name means the target of that name (buildx: bake/bake.go, Config.group)."""
        pending: list[tuple[str, tuple[str, ...]]] = [(it, ()) for it in names]
        seen = set[str]()
        while pending:
            name, above = pending.pop()
            if name in above:
                yield name
                continue
            if name in seen:
                continue
            seen.add(name)
            members = self.groups.get(name)
            if isinstance(members, tuple):
                pending.extend((it, (*above, name)) for it in members)
            elif members is None:
                yield name
