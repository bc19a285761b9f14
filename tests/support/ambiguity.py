"""Find regular expressions whose time doubles with each character: those with two ways round the same loop for one text.

A backtracking engine tries all ways before it says that nothing matches. Source: Weideman, van der Merwe, Berglund and Watson,
"Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers by Using Ambiguity of NFA" (2016): exponential ambiguity.

The automaton has one state for each character class of the pattern. Of assertions only the end of the text, and a single class that
must not follow, are taken into account, so that a pattern may be called ambiguous though its other assertions make it unique.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_codes: Any = importlib.import_module("re._constants" if sys.version_info >= (3, 11) else "sre_constants")

_ALPHABET = [*map(chr, range(128)), "é", "\u2013"]
_ANY = (1 << len(_ALPHABET)) - 1
_RARE = 1 << len(_ALPHABET)
"""A character outside of the alphabet."""
_MOST_COPIES = 3
"""A repetition has so many copies of what it repeats; one that allows far more is a loop."""
_CATEGORIES = {
    _codes.CATEGORY_DIGIT: r"\d",
    _codes.CATEGORY_NOT_DIGIT: r"\D",
    _codes.CATEGORY_SPACE: r"\s",
    _codes.CATEGORY_NOT_SPACE: r"\S",
    _codes.CATEGORY_WORD: r"\w",
    _codes.CATEGORY_NOT_WORD: r"\W",
}
_CLASSES = (_codes.LITERAL, _codes.NOT_LITERAL, _codes.ANY, _codes.IN)


class _Part(NamedTuple):
    """A part of a pattern: the states that it may begin and end with, and if it may be empty."""

    first: list[int]
    last: list[int]
    is_nullable: bool


_EMPTY = _Part([], [], is_nullable=True)
_NOTHING = _Part([], [], is_nullable=False)


class _Automaton:
    """The states of a pattern, each a set of characters as bits, and for each the ways on, of which two may lead to the same state."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self.sets: list[int] = []
        self.ways: list[list[int]] = []
        self._forbidden: dict[int, int] = {}
        """The characters that must not follow a state."""
        self._sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG), pattern.flags)

    def steps(self, state: int) -> Iterator[tuple[int, int]]:
        """The ways on from a state: the next state, and the characters that lead there."""
        allowed = ~self._forbidden.get(state, 0)
        return ((it, self.sets[it] & allowed) for it in self.ways[state])

    def _link(self, last: Iterable[int], first: list[int]) -> None:
        for it in last:
            self.ways[it] += first

    def _sequence(self, items: Iterable[tuple[Any, Any]], flags: int) -> _Part:
        whole = _EMPTY
        for code, value in items:
            if code is _codes.ASSERT_NOT and len(value[1]) == 1 and value[1][0][0] in _CLASSES and value[0] > 0:
                forbidden = _characters(value[1][0][0], value[1][0][1], flags)
                for it in whole.last:
                    self._forbidden[it] = self._forbidden.get(it, 0) | forbidden
            whole = self._joined(whole, self._part(code, value, flags))
        return whole

    def _joined(self, before: _Part, after: _Part) -> _Part:
        self._link(before.last, after.first)
        first = before.first + after.first if before.is_nullable else before.first
        last = after.last + before.last if after.is_nullable else after.last
        return _Part(first, last, is_nullable=before.is_nullable and after.is_nullable)

    def _part(self, code: Any, value: Any, flags: int) -> _Part:  # noqa: ANN401 - untyped codes of `re`
        if code in _CLASSES:
            self.sets.append(_characters(code, value, flags))
            self.ways.append([])
            return _Part([len(self.sets) - 1], [len(self.sets) - 1], is_nullable=False)
        if code is _codes.BRANCH:
            parts = [self._sequence(it, flags) for it in value[1]]
            first = [state for it in parts for state in it.first]
            last = [state for it in parts for state in it.last]
            return _Part(first, last, is_nullable=any(it.is_nullable for it in parts))
        if code is _codes.SUBPATTERN:
            _group, added, removed, items = value
            return self._sequence(items, (flags | added) & ~removed)
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT):
            least, most, items = value
            return self._repeated(least, most, items, flags)
        if code is _codes.AT and value is _codes.AT_END_STRING:
            return _NOTHING
        if code is _codes.ASSERT and any(it == (_codes.AT, _codes.AT_END_STRING) for it in value[1]):
            return _NOTHING
        return _EMPTY

    def _repeated(self, least: int, most: int, items: Any, flags: int) -> _Part:  # noqa: ANN401
        whole = _EMPTY
        for _copy in range(min(least, _MOST_COPIES)):
            whole = self._joined(whole, self._sequence(items, flags))
        is_loop = most > 2 * _MOST_COPIES
        for _copy in range(1 if is_loop else min(most, _MOST_COPIES) - least):
            part = self._sequence(items, flags)
            if is_loop:
                self._link(part.last, part.first)
            whole = self._joined(whole, part._replace(is_nullable=True))
        return whole


def _characters(code: Any, value: Any, flags: int) -> int:  # noqa: ANN401
    if code is _codes.ANY:
        return _ANY if flags & re.DOTALL else _ANY & ~_bits("\n", 0)
    if code is _codes.LITERAL:
        return _bits(chr(value), flags)
    if code is _codes.NOT_LITERAL:
        return _ANY & ~_bits(chr(value), flags)
    chosen, is_negated = 0, False
    for kind, item in value:
        if kind is _codes.NEGATE:
            is_negated = True
        elif kind is _codes.CATEGORY:
            chosen |= _matching(_CATEGORIES[item], flags & re.ASCII)
        elif kind is _codes.RANGE:
            for it in _ALPHABET:
                chosen |= _bits(it, flags) if item[0] <= ord(it) <= item[1] else 0
        else:
            chosen |= _bits(chr(item), flags)
    return _ANY & ~chosen if is_negated else chosen


def _bits(character: str, flags: int) -> int:
    same = {character, character.lower(), character.upper()} if flags & re.IGNORECASE else {character}
    return sum(1 << idx for idx, it in enumerate(_ALPHABET) if it in same) or _RARE


def _matching(category: str, flags: int) -> int:
    return sum(1 << idx for idx, it in enumerate(_ALPHABET) if re.match(category, it, flags))


def is_ambiguous(pattern: re.Pattern[Any]) -> bool:
    """True if the same text leads from a state of a pattern back to it in two ways."""
    automaton = _Automaton(pattern)
    component = _components([[it for it, _set in automaton.steps(state)] for state in range(len(automaton.sets))])
    inside = [
        [step for step in automaton.steps(state) if component[step[0]] == component[state]]
        for state in range(len(automaton.sets))
    ]
    return any(_has_two_ways(inside, [it]) for it in _loops(inside, component))


def _loops(inside: list[list[tuple[int, int]]], component: list[int]) -> Iterator[int]:
    """One state of each loop."""
    seen: set[int] = set()
    for state, steps in enumerate(inside):
        if steps and component[state] not in seen:
            seen.add(component[state])
            yield state


def _has_two_ways(inside: list[list[tuple[int, int]]], start: list[int]) -> bool:
    """True if two readers of one text, who begin at the same state of a loop, can part and meet there again."""
    numbers = {(it, it): idx for idx, it in enumerate(start)}
    pairs = list(numbers)
    edges: list[list[int]] = []
    parting: list[tuple[int, int]] = []
    for pair in pairs:  # grows
        edges.append([])
        for idx, (one, ones) in enumerate(inside[pair[0]]):
            for position, (other, others) in enumerate(inside[pair[1]]):
                if ones & others:
                    following = numbers.setdefault((one, other), len(numbers))
                    if following == len(pairs):
                        pairs.append((one, other))
                    edges[-1].append(following)
                    if pair[0] == pair[1] and idx != position:
                        parting.append((numbers[pair], following))
    component = _components(edges)
    return any(component[before] == component[after] for before, after in parting)


def _components(edges: list[list[int]]) -> list[int]:
    """The strongly connected component of each node. Source: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972)."""
    component, number, low = [-1] * len(edges), [0] * len(edges), [0] * len(edges)
    stack: list[int] = []
    n_seen = 0
    for root in range(len(edges)):
        todo = [] if number[root] else [(root, 0)]
        while todo:
            node, position = todo.pop()
            if not position:
                n_seen += 1
                number[node] = low[node] = n_seen
                stack.append(node)
            for idx in range(position, len(edges[node])):
                following = edges[node][idx]
                if not number[following]:
                    todo += (node, idx + 1), (following, 0)
                    break
                if component[following] < 0:
                    low[node] = min(low[node], number[following])
            else:
                if low[node] == number[node]:
                    while component[node] < 0:
                        component[stack.pop()] = node
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
    return component
