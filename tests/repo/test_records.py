"""Data classes of the project behave as those of the standard library."""

from __future__ import annotations

import ast
import dataclasses
import pickle
from dataclasses import field, replace

import pytest

from buildxray.records import cached_property, dataclass
from tests.support.code import ROOT, modules, source, tree


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values, of which only the first is compared."""

    first: int
    second: str = "b"
    ignored: list[int] = field(default_factory=list, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Single:
    """One value."""

    value: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A value that is compared by identity."""

    value: int


@dataclass(slots=True)
class Changing:
    """A mutable value."""

    value: int = 0


class Standard:
    """The same classes, made by the standard library."""

    Pair = dataclasses.make_dataclass("Pair", [("first", int), ("second", str)], frozen=True)


def test_equal_values_are_equal_and_have_one_hash() -> None:
    one, other = Pair(1, ignored=[1]), Pair(1, "b", [2])
    assert (one, hash(one)) == (other, hash(other))
    assert one != Pair(2)
    assert Single((1,)) == Single((1,))
    assert len({Single((1,)), Single((1,)), Single((2,))}) == 2


def test_values_of_other_classes_differ() -> None:
    assert Pair(1) != Standard.Pair(1, "b")
    assert Single((1,)) != (1,)  # type: ignore[comparison-overlap]


def test_a_class_without_comparison_is_known_by_identity() -> None:
    one = Known(1)
    assert one == one  # noqa: PLR0124 - identity
    assert one != Known(1)
    assert len({one, Known(1)}) == 2


def test_mutable_values_have_no_hash() -> None:
    changing = Changing()
    changing.value = 3
    assert changing == Changing(3)
    with pytest.raises(TypeError):
        hash(changing)


def test_the_representation_names_the_fields() -> None:
    assert repr(Pair(1)) == "Pair(first=1, second='b')"


def test_values_can_be_replaced_copied_and_matched() -> None:
    assert replace(Pair(1), second="c") == Pair(1, "c")
    assert pickle.loads(pickle.dumps(Pair(1, "c"))) == Pair(1, "c")  # noqa: S301 - our own bytes
    match Pair(1, "c"):
        case Pair(first, second):
            assert (first, second) == (1, "c")


def test_fields_are_the_only_attributes() -> None:
    with pytest.raises(AttributeError):
        Pair(1).other = 1  # type: ignore[attr-defined]


@pytest.mark.slow  # parses every module
def test_every_module_uses_the_decorator_of_records() -> None:
    wrong = [
        str(path)
        for path in modules()
        if path != ROOT / "records.py" and ("dataclasses" in source(path) or "cached_property" in source(path))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and node.module in ("dataclasses", "functools")
        and any(it.name in ("dataclass", "cached_property") for it in node.names)
    ]
    assert wrong == []


class Counting:
    """Counts the computations of a property."""

    n_computed = 0

    @cached_property
    def value(self) -> int:
        """The number of computations so far."""
        self.n_computed += 1
        return self.n_computed


def test_a_cached_property_is_computed_once_for_each_object() -> None:
    one, other = Counting(), Counting()
    assert (one.value, one.value, other.value, other.n_computed) == (1, 1, 1, 1)
    del one.__dict__["value"]
    assert one.value == 2
    assert Counting.value.__doc__ == "The number of computations so far."
