"""The open documents. We bypass pygls's workspace because its line splitting differs from the protocol's."""

from __future__ import annotations

import itertools
import time
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.project_build import ProjectBuild
from buildxray.localization import gettext_lazy as _
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.toolchains.base import Workspace

if TYPE_CHECKING:
    from lsprotocol import types

    from buildxray.ide.build_times import LoadedLog, MeasuredBuild

_revisions = itertools.count(1)
PATIENCE: Final = 5.0
"""Seconds without an edit before another attempt at a document that could not be analyzed in time."""


@dataclass(slots=True)
class Document:
    """The newest version of an open Dockerfile."""

    uri: str
    version: int | None
    text: str
    build: ProjectBuild
    workspace: Workspace
    analyzer: Analyzer = field(init=False)
    analysis: Analysis = field(init=False)
    revision: int = field(init=False, default=0)
    """A number that identifies a text and a build; never reused."""
    seconds: float = 0.0
    """Seconds of the last analysis."""
    is_given_up: bool = False
    """True if the last analysis took too long; until another one succeeds, only the text is used."""
    is_provisional: bool = False
    """True while files that decide on the build are being read."""
    turn: int = 0
    """The number of reads started; only the result of the last one is used."""
    shown_diagnostics: list[types.Diagnostic] = field(default_factory=list)
    """The diagnostics of the last version that could be analyzed in time."""
    shown_tokens: tuple[str, list[int]] | None = None
    """The semantic tokens that the client has, with their result id."""
    loaded_log: LoadedLog | None = None
    """The log whose times are shown."""
    log_setting: str = ""
    """The value of the setting `log` that was applied last."""
    _other: tuple[ProjectBuild, Analyzer] | None = None
    """The analyzer of the build or platforms that a client requested last, other than the shown ones."""

    _next_attempt: tuple[float, int] = (0.0, 0)
    """After giving up: the time of the next attempt, and the revision that was too slow."""

    def __post_init__(self) -> None:
        """Start the first analysis."""
        self._begin()

    def change(self, text: str, version: int | None) -> None:
        """Replace the text by the next version."""
        self.text = text
        before = self.analysis
        self.analysis = self.analyzer.analyze(text)
        before.release()
        self.version = version
        self.revision = next(_revisions)
        if self.is_given_up:
            self._next_attempt = (time.monotonic() + PATIENCE, self._next_attempt[1])

    def close(self) -> None:
        """Effect: free what was derived from the text without the garbage collector."""
        self.analyzer.release()
        if self._other is not None:
            self._other[1].release()

    def give_up(self) -> None:
        """Mark this text as too slow, and drop its partial results."""
        self.is_given_up = True
        self._next_attempt = (time.monotonic() + PATIENCE, self.revision)
        measured = self.analyzer.measured
        self._other = None
        self.analyzer = self.build.analyzer(self.workspace)
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)

    @property
    def may_be_analyzed(self) -> bool:
        """True if an analysis may be attempted: after giving up, only for another text, and after a pause in typing."""
        when, revision = self._next_attempt
        return not self.is_given_up or (revision != self.revision and time.monotonic() >= when)

    def show_log(self, loaded: LoadedLog | None, measured: MeasuredBuild | None) -> None:
        """Show the times of a build of this text, or stop showing times."""
        self.loaded_log = loaded
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)
        self.revision = next(_revisions)

    def begin_turn(self) -> int:
        """Start a new read of the files around it; results of earlier reads become stale."""
        self.turn += 1
        return self.turn

    def configure(self, build: ProjectBuild, workspace: Workspace) -> bool:
        """Analyze the same text again if its build has changed; returns True if it has."""
        if (build, workspace) == (self.build, self.workspace):
            return False
        self.build, self.workspace = build, workspace
        self._begin()
        return True

    def analysis_for(self, build: ProjectBuild, platforms: tuple[Platform, ...]) -> Analysis:
        """The analysis of the same text for another build or other platforms; without platforms, for those of that build."""
        if platforms not in ((), build.request.target_platforms):
            request = replace(build.request, target_platforms=platforms)
            build = build._replace(request=request, origin=_("chosen in the view"))
        if build.request == self.build.request:
            return self.analysis
        if self._other is None or self._other[0] != build:
            self._other = (build, build.analyzer(self.workspace))
        return self._other[1].analyze(self.text)

    def _begin(self) -> None:
        self._other = None
        measured = self.analyzer.measured if self.revision else None
        self.analyzer = self.build.analyzer(self.workspace)
        # The logged request applies, even if the project now asks for another one.
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)
        self.revision = next(_revisions)
