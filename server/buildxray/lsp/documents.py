"""The open documents. pygls keeps texts too, but breaks lines where the protocol does not, so ours are our own."""

from __future__ import annotations

from dataclasses import dataclass

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.settings import Settings
from buildxray.toolchains.base import Workspace


@dataclass(slots=True)
class Document:
    """An open Dockerfile: its newest version."""

    uri: str
    version: int | None
    analyzer: Analyzer
    analysis: Analysis
    seconds: float = 0.0
    """How long its last analysis took."""

    @classmethod
    def open(cls, uri: str, version: int | None, text: str, settings: Settings, workspace: Workspace) -> Document:
        """Start to analyse a document."""
        analyzer = _analyzer(settings, workspace)
        return cls(uri, version, analyzer, analyzer.analyze(text))

    def change(self, text: str, version: int | None) -> None:
        """Take the next version."""
        self.analysis = self.analyzer.analyze(text)
        self.version = version

    def configure(self, settings: Settings, workspace: Workspace) -> None:
        """Analyse the same text anew, for another build."""
        self.analyzer = _analyzer(settings, workspace)
        self.analysis = self.analyzer.analyze(self.analysis.text)


def _analyzer(settings: Settings, workspace: Workspace) -> Analyzer:
    return Analyzer(settings.request(), asks_for_several=settings.asks_for_several, workspace=workspace)
