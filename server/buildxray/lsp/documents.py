"""The open documents. pygls keeps texts too, but breaks lines where the protocol does not, so ours are our own."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.project import ProjectBuild
from buildxray.localization import gettext_lazy as _
from buildxray.platforms.platform import Platform
from buildxray.toolchains.base import Workspace

if TYPE_CHECKING:
    from lsprotocol import types

    from buildxray.ide.build_times import LoadedLog, MeasuredBuild

_revisions = itertools.count(1)
PATIENCE: Final = 5.0
"""Seconds without an edit after which a document is analysed again that could not be analysed in time."""


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
    revision: int = field(init=False, default=0)
    """Another one for each text and each build; never used twice."""
    seconds: float = 0.0
    """How long its last analysis took."""
    is_given_up: bool = False
    """True if the last attempt to analyse it took too long; until another one succeeds, only its text is used."""
    is_provisional: bool = False
    """True if files are still being read that decide on its build."""
    turn: int = 0
    """Counts how often these files had to be read; only what the last one finds is in force."""
    shown_diagnostics: list[types.Diagnostic] = field(default_factory=list)
    """Those of its last version that could be analysed in time."""
    shown_tokens: tuple[str, list[int]] | None = None
    """The semantic tokens that the client has, with their name."""
    loaded_log: LoadedLog | None = None
    """The log whose times are shown."""
    log_setting: str = ""
    """The setting `log` that was last put into force."""
    _other: tuple[ProjectBuild, Analyzer] | None = None
    """The analyzer for the build, or for the platforms, that a client last asked for instead of those that are shown."""

    _next_attempt: tuple[float, int] = (0.0, 0)
    """After giving up: the time, and the revision that is too slow."""

    def __post_init__(self) -> None:
        """Start to analyse."""
        self._begin()

    def change(self, text: str, version: int | None) -> None:
        """Take the next version."""
        self.text = text
        self.analysis = self.analyzer.analyze(text)
        self.version = version
        self.revision = next(_revisions)
        if self.is_given_up:
            self._next_attempt = (time.monotonic() + PATIENCE, self._next_attempt[1])

    def give_up(self) -> None:
        """Remember that this text takes too long, and forget what was computed of it so far."""
        self.is_given_up = True
        self._next_attempt = (time.monotonic() + PATIENCE, self.revision)
        measured = self.analyzer.measured
        self._other = None
        self.analyzer = self.build.analyzer(self.workspace)
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)

    @property
    def may_be_analyzed(self) -> bool:
        """True if it is worth an attempt: after giving up, only another text, when nobody has typed for a while."""
        when, revision = self._next_attempt
        return not self.is_given_up or (revision != self.revision and time.monotonic() >= when)

    def show_log(self, loaded: LoadedLog | None, measured: MeasuredBuild | None) -> None:
        """Show the times of a build of this text, or none any more."""
        self.loaded_log = loaded
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)
        self.revision = next(_revisions)

    def begin_turn(self) -> int:
        """Begin to read the files around it again; the results of earlier reads become stale."""
        self.turn += 1
        return self.turn

    def configure(self, build: ProjectBuild, workspace: Workspace) -> bool:
        """Analyse the same text again if its build has changed; true if it has."""
        if (build, workspace) == (self.build, self.workspace):
            return False
        self.build, self.workspace = build, workspace
        self._begin()
        return True

    def analysis_for(self, build: ProjectBuild, platforms: tuple[Platform, ...]) -> Analysis:
        """The same text as another build, or for other platforms; no platforms are those of the build."""
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
        # The log decides what was built, whatever the project asks for now.
        self.analyzer.measured = measured
        self.analysis = self.analyzer.analyze(self.text)
        self.revision = next(_revisions)
