"""The graph of operations of a build.

Vertices are deduplicated by content: equal operations on equal inputs are one vertex, even if they come from different
stages or target platforms. This is how steps are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from buildxray.plan.memo import Memo
from buildxray.plan.operations import Operation, Origin
from buildxray.plan.outline import Source
from buildxray.platforms.platform import Platform


class Vertex:
    """An operation with its inputs. Compared by identity, because each content has only one vertex."""

    __slots__ = ("inputs", "operation", "platform")

    def __init__(self, operation: Operation, platform: Platform | None, inputs: Sequence[Vertex | None]) -> None:
        self.operation = operation
        self.platform = platform
        self.inputs = tuple(dict.fromkeys([it for it in inputs if it is not None]))
        """The distinct inputs, in the order in which BuildKit numbers them."""


def vertex(memo: Memo, operation: Operation, platform: Platform | None, inputs: Sequence[Vertex | None]) -> Vertex:
    """The vertex of an operation on these inputs; an input None is an empty directory."""
    key = (operation.kind, operation.identity, platform, *inputs)
    return memo.recall(key, Vertex, operation, platform, inputs)


class Occurrence:
    """An origin of a vertex in the file; several instructions may be one step, but each has its own label and line."""

    __slots__ = ("command", "number", "operation", "source", "vertex", "visits")

    def __init__(
        self,
        vertex: Vertex,
        operation: Operation,
        inputs: Sequence[Occurrence | None],
        *,
        source: Source | None,
        command: int,
        number: int,
    ) -> None:
        self.vertex = vertex
        self.operation = operation
        self.visits = _visiting_order(operation, inputs)
        """The inputs in the order in which BuildKit visits them."""
        self.source = source
        """The stage or named image to which it belongs; None for the build context."""
        self.command = command
        """The position of the command in the stage, triggers first; -1 for the base image."""
        self.number = number
        """The 1-based number among the numbered steps of the stage; 0 if it has no number."""


def _visiting_order(operation: Operation, inputs: Sequence[Occurrence | None]) -> tuple[Occurrence, ...]:
    """The order in which BuildKit visits inputs: the destination of a copy, then the sources from the last to the first.

    BuildKit: client/llb/fileop.go, allOutputs.
    """
    if len(inputs) == 1:
        return () if inputs[0] is None else (inputs[0],)
    if operation.kind == "file" and inputs:
        n_bases = operation.inputs[0] is Origin.PREVIOUS
        inputs = [*inputs[:n_bases], *reversed(inputs[n_bases:])]
    return tuple([it for it in inputs if it is not None])


def in_build_order(result: Occurrence | None) -> list[Occurrence]:
    """All occurrences that `result` needs, itself included, inputs first, in BuildKit's order (client/llb/state.go, marshal)."""
    if result is None:
        return []
    order: list[Occurrence] = []
    seen = {result}
    path: list[tuple[Occurrence, Iterator[Occurrence]]] = []
    occurrence, inputs = result, iter(result.visits)
    while True:
        for following in inputs:
            if following not in seen:
                seen.add(following)
                path.append((occurrence, inputs))
                occurrence, inputs = following, iter(following.visits)
                break
        else:
            order.append(occurrence)
            if not path:
                return order
            occurrence, inputs = path.pop()
