"""The open documents. pygls keeps texts too, but breaks lines where the protocol does not, so ours are our own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.project.project import ProjectBuild
from buildxray.toolchains.base import Workspace

_revisions = itertools.count(1)


@dataclass(slots=True)
class Document:
    """An open Dockerfile: its newest version."""

    uri: str
    version: int | None
    text: str
    build: ProjectBuild
    workspace: Workspace
    analyzer: Analyzer = field(init=False)
    analysis: Analysis = field(init=False)
    revision: int = field(init=False)
    """Another one for each text and each build; never used twice."""
    seconds: float = 0.0
    """How long its last analysis took."""
    is_provisional: bool = False
    """Whether files are still being read that decide on its build."""
    turn: int = 0
    """Counts how often these files had to be read; only what the last one finds is in force."""

    def __post_init__(self) -> None:
        """Start to analyse."""
        self._begin()

    def change(self, text: str, version: int | None) -> None:
        """Take the next version."""
        self.text = text
        self.analysis = self.analyzer.analyze(text)
        self.version = version
        self.revision = next(_revisions)

    def begin_turn(self) -> int:
        """Begin to read the files around it anew; whoever is reading them is too late then."""
        self.turn += 1
        return self.turn

    def configure(self, build: ProjectBuild, workspace: Workspace) -> bool:
        """Analyse the same text anew if it is built in another way; whether it is."""
        if (build, workspace) == (self.build, self.workspace):
            return False
        self.build, self.workspace = build, workspace
        self._begin()
        return True

    def _begin(self) -> None:
        self.analyzer = self.build.analyzer(self.workspace)
        self.analysis = self.analyzer.analyze(self.text)
        self.revision = next(_revisions)
