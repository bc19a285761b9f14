"""Everything that a rule may look at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from buildxray.plan.model import Plan
from buildxray.plan.planner import Planner
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.semantics.build import Build
from buildxray.syntax.instructions import Arg, Instruction, Node
from buildxray.syntax.parser import Dockerfile, parse
from buildxray.syntax.text import Edit, TextRange, apply_edits
from buildxray.toolchains.base import Use, Workspace


class RuleContext:
    """One document with its plan, and the means to plan it again as a fix would leave it."""

    def __init__(self, plan: Plan, planner: Planner, workspace: Workspace, *, asks_for_several: bool) -> None:
        self.plan = plan
        self.build = Build(plan, workspace, planner.memo)
        """The build as objects: what a rule reads."""
        self.facts = self.build.graph
        self.inventory = self.build.inventory
        self._planner = planner
        self._workspace = workspace
        self.asks_for_several = asks_for_several
        """Whether whoever builds it has asked for several platforms."""

    @property
    def dockerfile(self) -> Dockerfile:
        """The document."""
        return self.plan.dockerfile

    @property
    def text(self) -> str:
        """The text of the document."""
        return self.plan.dockerfile.text

    def instruction(self, idx: int) -> Instruction:
        """The instruction with that index."""
        return self.plan.instruction(idx)

    def node(self, idx: int) -> Node:
        """The node of the instruction with that index."""
        return self.plan.node(idx)

    @cached_property
    def has_intent(self) -> bool:
        """Whether the file is meant for several platforms.

        It is where it names an automatic platform argument, or where whoever builds it asks for several.
        """
        if self.asks_for_several:
            return True
        return any(_TELLING.search(it.node.text) for it in self.dockerfile.instructions)

    def after(self, edits: Iterable[Edit]) -> RuleContext:
        """The context of the text that edits would leave."""
        plan = self._planner.plan(parse(apply_edits(self.text, edits), earlier=self.dockerfile))
        return RuleContext(plan, self._planner, self._workspace, asks_for_several=self.has_intent)

    def command_range(self, use: Use) -> TextRange:
        """Where the name of a command stands that a message calls by its title: `go build`; on one line."""
        words = use.invocation.command.words
        instruction = self.instruction(use.instruction)
        first, last = instruction.place(words[0].range), instruction.place(words[use.title_words - 1].range)
        return first if "\n" in self.text[first.start : last.end] else TextRange(first.start, last.end)

    def keyword_range(self, idx: int) -> TextRange:
        """Where the keyword of an instruction stands."""
        instruction = self.instruction(idx)
        return instruction.range_of(instruction.node.keyword)

    def runs(self, stage: int) -> list[int]:
        """The indices of the RUN instructions of a stage."""
        return self.facts.runs(stage)

    def image(self, stage: int) -> str:
        """The full name of the image at the root of a stage, `scratch` for none; empty where it depends on the target."""
        root = self.facts.root(stage)
        if root is None:
            return ""
        names = {it.stages[root].reference or it.stages[root].base_name for it in self.plan.targets}
        return names.pop() if len(names) == 1 else ""

    def declares(self, idx: int, name: str) -> bool:
        """Whether the instruction with that index is an ARG of that name."""
        node = self.node(idx)
        return isinstance(node, Arg) and any(it.name.text == name for it in node.pairs)


_TELLING = re.compile(rf"\b(?:{'|'.join(it for it in AUTOMATIC_ARGUMENTS if it != 'TARGETSTAGE')})\b")
"""TARGETSTAGE has nothing to do with platforms."""
