"""The ARG and ENV that can give a variable its value at a place, and the groups of declarations of one variable."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.syntax.instructions import Arg, Env, Node, Onbuild, Pair, Span, Token, of_node
from buildxray.syntax.lazy_regex import lazy_regex

_NAME: Final = lazy_regex(r"(?<=[ \t])(?P<name>[A-Za-z_]\w*)(?=[ \t=]|$)", re.ASCII)


class Declaration(NamedTuple):
    """A name in an ARG or ENV."""

    instruction: int
    """Index of the instruction."""
    pair: int
    """Position among the pairs of the instruction."""


def declaring_node(node: Node) -> Node | None:
    """The node that declares variables: that of the trigger for ONBUILD."""
    return node.trigger if isinstance(node, Onbuild) else node


def declared_pairs(node: Node | None) -> tuple[Pair, ...]:
    """The names that an ARG or ENV declares, including those of an ENV whose values are not typed yet."""
    if not isinstance(node, Arg | Env):
        return ()
    return node.pairs or (_pairs_without_values(node) if isinstance(node, Env) and node.problems else ())


@of_node
def _pairs_without_values(node: Node) -> tuple[Pair, ...]:
    names = _NAME.finditer(node.text, node.keyword.span.end)
    spans = (Span(*match.span("name")) for match in names)
    return tuple(Pair(Token(node.text[slice(*it)], it), None, "", it) for it in spans)


def declarations_of(analysis: Analysis) -> Declarations:
    """The declarations of a Dockerfile, with those joined that get their values from each other."""
    declarations = Declarations(analysis)
    declarations.join_all()
    return declarations


class Declarations:
    """The declarations of a Dockerfile, indexed by scope; declarations of one variable are joined into groups."""

    def __init__(self, analysis: Analysis) -> None:
        self._nodes = [it.node for it in analysis.dockerfile.instructions]
        self._build = analysis.build
        self._first_from = len(self._build.global_instructions)
        self._has_stages = bool(self._build.stages)
        self._by_scope: dict[int, dict[str, list[Declaration]]] = {}
        """The declarations by number of the stage; -1 for those before the first FROM."""
        self._parents: dict[Declaration, Declaration] = {}
        self._roots: dict[int, int] = {}
        for idx, node in enumerate(self._nodes):
            if isinstance(node, Arg | Env):
                stage = self._build.instructions[idx].stage
                scope = self._by_scope.setdefault(-1 if stage is None else stage.idx, {})
                for number, pair in enumerate(declared_pairs(node)):
                    scope.setdefault(pair.name.text, []).append(Declaration(idx, number))

    def reaching(self, idx: int, name: str, n_pairs: int = 0) -> tuple[Declaration, ...]:
        """The declarations that can give a variable its value in an instruction, the nearest first.

        The first `n_pairs` pairs of the instruction itself count too. A bare `ARG NAME` takes a build argument, else
        the value of the global ARG, else keeps the current value (BuildKit: dockerfile2llb/convert.go, dispatchArg);
        an ENV of a base stage overrides its ARG (dispatchStages). If the base is chosen by platform, each possible
        stage contributes.
        """
        before = Declaration(idx, n_pairs)
        stage = self._build.instructions[idx].stage
        if stage is None or stage.from_.idx == idx:
            return tuple(self._global(name, min(before, Declaration(self._first_from, 0))))
        reached: dict[Declaration, None] = {}
        bases = self._in_scope(stage.idx, name, before, reached)
        seen = {stage.idx}
        while bases:
            base = bases.pop(0)
            if base in seen:
                continue
            seen.add(base)
            kept = self._kept_by_image(base, name)
            if kept is not None:
                reached[kept] = None
            else:
                bases += self._in_scope(base, name, None, reached)
        return tuple(reached)

    def origins(self, declaration: Declaration, name: str) -> tuple[Declaration, ...]:
        """The declarations from which a variable can get its value at a declaration of it, that declaration included."""
        node = self._nodes[declaration.instruction]
        if isinstance(node, Onbuild):
            return (declaration,)
        if isinstance(node, Env):
            return (declaration,)
        return self.reaching(declaration.instruction, name, declaration.pair + 1)

    def _in_scope(
        self, scope: int, name: str, before: Declaration | None, reached: dict[Declaration, None]
    ) -> list[int]:
        """Effect: collect the declarations in a stage. Returns the stages to search next; none if the value is certain."""
        for it in self._declared(scope, name, before):
            reached[it] = None
            if self._pair(it).value is not None or isinstance(self._nodes[it.instruction], Env):
                return []
            given = self._global(name, Declaration(self._first_from, 0))
            reached.update(dict.fromkeys(given))
            if name in AUTOMATIC_ARGUMENTS or any(self._pair(other).value is not None for other in given):
                return []
        return [it.idx for it in self._build.stages[scope].bases]

    def _kept_by_image(self, stage: int, name: str) -> Declaration | None:
        """The ENV that the image of a stage keeps."""
        for ancestor in self._build.stages[stage].ancestry:
            for it in self._declared(ancestor.idx, name, None):
                if isinstance(self._nodes[it.instruction], Env):
                    return it
        return None

    def _global(self, name: str, before: Declaration) -> list[Declaration]:
        reached: list[Declaration] = []
        for it in self._declared(-1, name, before):
            # In a text without FROM, which is not finished yet, ENV is followed too.
            if isinstance(self._nodes[it.instruction], Arg) or not self._has_stages:
                reached.append(it)
                if self._pair(it).value is not None:
                    break
        return reached

    def _declared(self, scope: int, name: str, before: Declaration | None) -> Iterator[Declaration]:
        """The declarations of a name in a scope, the last first."""
        declared = self._by_scope.get(scope, {}).get(name, [])
        for position in range(len(declared) if before is None else bisect_left(declared, before), 0, -1):
            yield declared[position - 1]

    def _pair(self, declaration: Declaration) -> Pair:
        return declared_pairs(self._nodes[declaration.instruction])[declaration.pair]

    def join_all(self) -> None:
        """Effect: join the ARGs of each name, which one build argument sets, and the declarations that take values from others."""
        arguments: dict[str, Declaration] = {}
        for scope in self._by_scope.values():
            for name, declared in scope.items():
                for it in declared:
                    if isinstance(self._nodes[it.instruction], Arg):
                        self.join((arguments.setdefault(name, it), *self.origins(it, name)))
                        continue
                    before = self.reaching(it.instruction, name, it.pair)
                    if before and isinstance(self._nodes[before[0].instruction], Env):
                        self.join((it, *before))

    def join(self, declarations: tuple[Declaration, ...]) -> None:
        """Effect: put declarations into one group."""
        for it in declarations[1:]:
            first, second = self._representative(declarations[0]), self._representative(it)
            if first != second:
                self._parents[max(first, second)] = min(first, second)

    def first(self, declaration: Declaration) -> int:
        """Index of the instruction with the first declaration of a group."""
        return self._representative(declaration).instruction

    def _representative(self, declaration: Declaration) -> Declaration:
        path: list[Declaration] = []
        while (parent := self._parents.get(declaration)) is not None:
            path.append(declaration)
            declaration = parent
        self._parents.update(dict.fromkeys(path, declaration))
        return declaration

    def root(self, idx: int) -> int:
        """The number of the first stage that the stage of an instruction is built on; -1 for the global scope."""
        stage = self._build.instructions[idx].stage
        if stage is None or stage.from_.idx == idx:
            return -1
        if stage.idx not in self._roots:
            self._roots[stage.idx] = min(it.idx for it in stage.ancestry)
        return self._roots[stage.idx]
