"""Commands of Go that `make` or a script of the project runs after the sources are copied, and that download the modules.

Source: go.dev/ref/mod, "Module downloading"; GNU make manual, "Recipes".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.records import replace
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.dependency_lists import needed_files
from buildxray.rules.facts.project_scripts import project_script
from buildxray.semantics.build import Effect, KnownCommand, Run
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO

_SETTINGS: Final = lazy_regex(
    r"vendor|\bGO(?:INSECURE|MODCACHE|NOPROXY|NOSUMDB|PATH|PRIVATE|PROXY|SUMDB|TOOLCHAIN|WORK)\b|-modfile|-modcache|netrc|insteadOf|git config|go mod (?:edit|init)"
)
"""Signs in a script or a Makefile that its commands of Go look for modules elsewhere, need a login, or change the list of modules."""
_OF_GO: Final = lazy_regex(r"\b(?:go|make|xx-go)\s|\$[({](?:GO(?:CMD)?|MAKE)[)}]")
"""A command of Go in a script, or one that may run it."""
_WITH_DIRECTORY: Final = ("-C", "-f", "--directory", "--file", "--makefile")


class DownloadInScript(NamedTuple):
    """A command of the Dockerfile that runs Go by `make` or a script of the project."""

    command: KnownCommand
    """The command with the use of that of Go, and its own words and place."""
    title: str
    """The command of Go: `go build`."""


def download_in_script(ctx: RuleContext, command: KnownCommand) -> DownloadInScript | None:
    """The first command of Go that a script surely runs in the directory in which it is started; None without one, or if something else may matter.

    None too if a script before it may download the modules: one that runs Go, or of which the text is unknown.
    """
    script = None if command.use.effect is not Effect.UNKNOWN or command.run.mounts else project_script(command)
    if script is None or not script.is_whole or script.enters_directories:
        return None
    if any(_SETTINGS.search(it) is not None for it in (script.text, script.file)):
        return None
    if len(command.invocation.directories) != 1 or command.invocation.has_option(*_WITH_DIRECTORY):
        return None
    own = (it for it in script.commands if it.use is not None and it.use.toolchain is GO and it.use.manifests)
    found = next(own, None)
    if found is None or found.use is None or not script.surely_runs(found):
        return None
    # A title of two words would ask for two words of the outer command; with that of a compiler the advice names the download.
    inner = KnownCommand(command.run, command.invocation, replace(found.use, title="go build", title_words=1))
    needed = needed_files(ctx, inner)
    if needed is None or not needed.is_complete or needed.requires_nothing or _may_be_downloaded_before(command):
        return None
    return DownloadInScript(inner, found.use.title)


def _may_be_downloaded_before(command: KnownCommand) -> bool:
    """True if a command before another one in its stage, or those that it is built on, may run Go without naming it."""
    earlier = [one for it in instructions_before(command.run) if isinstance(it, Run) for one in it.known_commands]
    earlier += [it for it in command.run.known_commands if it.range.start < command.range.start]
    scripts = [it for it in earlier if it.use.effect is Effect.UNKNOWN]
    texts = [None if (found := project_script(it)) is None else found.text for it in scripts]
    return any(it is None or _OF_GO.search(it) is not None for it in texts)
