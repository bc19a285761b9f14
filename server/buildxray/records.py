"""Data classes, their changed copies, and cached properties that cost little.

`dataclasses.dataclass` compiles up to six methods for each class. For the classes that a check of one file imports, that took a sixth of its time.
Here it compiles `__init__` only; the other methods are functions that all classes share.

`functools.cached_property` takes a lock at each computation, up to Python 3.11: a third of the calls of functions that it costs an edit.
Here it takes none, so two threads may compute a value twice.

`dataclasses.replace` looks at each field of the class at each call. Here the names of the fields are looked up once for a class.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass, replace
    from functools import cached_property

__all__ = ["cached_property", "dataclass", "replace"]

T = TypeVar("T")

if not TYPE_CHECKING:

    def dataclass(
        cls: type[T] | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True
    ) -> type[T] | Callable[[type[T]], type[T]]:
        """Make a data class, as `dataclasses.dataclass` with the same options.

        The type checker refuses assignments to fields of a frozen class; at run time nothing does, which makes creating objects faster.
        """

        def wrap(cls: type[T]) -> type[T]:
            own = {*cls.__dict__}
            complete = dataclasses.dataclass(repr=False, eq=False, slots=slots)(cls)
            common = {"__repr__": _representation}
            if eq:
                common |= _comparing(complete, is_frozen=frozen)
            for name, method in common.items():
                if name not in own or method is None:
                    setattr(complete, name, method)
            return complete

        return wrap if cls is None else wrap(cls)

    def replace(instance: T, /, **changes: object) -> T:
        """The object with other values of some fields, as `dataclasses.replace`."""
        cls = instance.__class__
        for name in _names_of_values(cls):
            if name not in changes:
                changes[name] = getattr(instance, name)
        return cls(**changes)

    class cached_property:  # noqa: N801 - as in functools
        """A property that is computed at its first access, and then an attribute of the object."""

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self._function = function
            self.__doc__ = function.__doc__

        def __set_name__(self, _owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: object, _owner: type | None = None) -> Any:  # noqa: ANN401 - of any function
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._function(instance)
            return value


@cache
def _names_of_values(cls: type[Any]) -> tuple[str, ...]:
    """The names of the fields that creating an object of a data class takes."""
    return tuple(it.name for it in dataclasses.fields(cls) if it.init)


def _representation(self: Any) -> str:  # noqa: ANN401 - of any data class
    values = ", ".join(f"{it.name}={getattr(self, it.name)!r}" for it in dataclasses.fields(self) if it.repr)
    return f"{type(self).__qualname__}({values})"


def _comparing(cls: type[Any], *, is_frozen: bool) -> dict[str, Any]:
    """The methods that compare the values of two objects of a class; objects that can change have no hash."""
    names = [it.name for it in dataclasses.fields(cls) if it.compare]
    values = attrgetter(*names) if names else _nothing

    def equals(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equals, "__hash__": hashed if is_frozen else None}


def _nothing(_self: object) -> None:
    return None
