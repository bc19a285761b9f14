"""What to do so that a download comes before the source: advice, and edits where they surely work."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import copies_before, path_in_context, sources_of
from buildxray.rules.facts.copied_sources import only_with_sources
from buildxray.rules.facts.dependency_lists import (
    OPTIONS_WITHOUT_PROJECT,
    copy_naming,
    copy_taking,
    list_in_context,
    missing_files,
    needed_files,
    required_lists,
    restores_first,
)
from buildxray.rules.facts.dependent_downloads import runs_until
from buildxray.rules.facts.preparing_commands import (
    installing_runs,
    installs_programs,
    lasts,
    only_prepares,
    own_variables,
    preparing_commands,
    setting_instructions,
)
from buildxray.rules.facts.read_sources import later_readers
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.edits import (
    indentation,
    insert_line_after,
    insert_lines,
    is_apart,
    remove_moved,
    with_own_comments,
)
from buildxray.rules.wording import listed
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run
from buildxray.semantics.file_flow import clean
from buildxray.semantics.manifest_changes import may_name
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.native_compilers import LISTS_OF_CABAL, LISTS_OF_SWIFT, later_tasks
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING, local_packages

_MOST_NAMED: Final = 6
"""Files that a message names."""
_MOST_CHARACTERS: Final = 200
"""Characters of the instructions that a message names."""
_READ_BY_GO: Final = ("GOINSECURE", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOTOOLCHAIN", "PATH")


def what_is_repeated(command: KnownCommand, part: Instruction | None = None) -> str:
    """The first half of a message: a download runs again after each change of the source, or of the only directory that comes before it."""
    title = _shown_title(command)
    directory = "" if part is None else _only_directory(command, part)
    if directory:
        return _(
            "`{title}` downloads the dependencies again after each change of `{directory}`",
            title=title,
            directory=directory,
        )
    return _("`{title}` downloads the dependencies again after each change of the source", title=title)


def _only_directory(command: KnownCommand, part: Instruction) -> str:
    """The source of a COPY if it is the only directory that is copied before a download, below that in which the download works; otherwise empty."""
    holds = part.build.workspace.holds
    if holds is None:
        return ""
    directories = [
        (it, one.text)
        for it in copies_before(command.run)
        for one in sources_of(it)
        if set(one.text) & set("*?[$") or holds(f"{path_in_context(one)}/")
    ]
    is_below = set(part.destinations).isdisjoint(map(clean, command.invocation.directories))
    is_only = len(directories) == 1 and directories[0][0] is part
    return directories[0][1] if is_only and is_below else ""


def advice(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> str:
    """The reason why the download is repeated: manifests are copied with the rest, or all come first, but the RUN comes after the rest.

    Empty if the download needs something that comes after the rest too, and that cannot be told.
    """
    copied, missing = _copied_lists(ctx, whole, command)
    alone = separate_download(ctx, command)
    copying = [it for it in copied.values() if it is not None]
    preparing = preparing_commands(command, prepared_between(whole, command))
    if alone:
        alone = "" if preparing is None else with_preparation(preparing, alone)
    if missing or not copying:
        reason = ngettext(
            "{files} is not copied before the rest",
            "{files} are not copied before the rest",
            len(missing),
            files=listed(missing, most=_MOST_NAMED),
        )
        needed = needed_files(ctx, command)
        if command.use.toolchain is RUST and (needed is None or not needed.names_targets):
            # Source: doc.rust-lang.org/cargo, "Cargo Targets": a package without targets is an error.
            return _("{reason}; Cargo also needs an empty `src/main.rs` or `src/lib.rs`", reason=reason)
        return _("{reason}; `{command}` needs no other files", reason=reason, command=alone) if alone else reason
    # Of several lists of one name, all but one are those of other members of a workspace.
    names = Counter(map(posixpath.basename, copied))
    single = ((path, it) for path, it in copied.items() if it is not None and names[posixpath.basename(path)] == 1)
    elsewhere = next(filter(None, (_misplaced(it, path, command) for path, it in single)), None)
    if elsewhere is not None:
        return elsewhere
    if preparing is None:
        return ""
    last = max(copying, key=lambda it: it.idx)
    if serves_others(last, command.run):
        return _in_own_stage(whole, command, alone)
    return _after_lists(ctx, whole, command, last, alone)


def _after_lists(ctx: RuleContext, whole: Instruction, command: KnownCommand, last: Instruction, alone: str) -> str:
    """The advice to download right after the last COPY of the lists, and after what installs or sets something for it.

    `alone` is the command that downloads the dependencies alone, empty if the command of the file needs no sources.
    """
    installing = installing_runs(command, last)
    settings = setting_instructions(command, last)
    if installing is None or (alone and any(it.idx > whole.idx for it in settings)):
        return ""
    later = [it for it in installing if it.idx > whole.idx]
    if alone and later:
        preparing = preparing_commands(command, [*later, *prepared_between(whole, command)])
        if preparing is None:
            return ""
        alone = with_preparation(preparing, separate_download(ctx, command))
    if len(later) < len(installing):
        return _after_installations(whole, command, alone, later)
    last = max((last, *(it for it in settings if it.idx < whole.idx)), key=lambda it: it.idx)
    copy = _shown_copy(last) if isinstance(last.node, Copying) else last.on_one_line()
    directory = _entered_later(last, command.run)
    if alone and directory:
        return _(
            "add `WORKDIR {directory}` and `RUN {command}` right after `{copy}`, before the rest is copied",
            directory=directory,
            command=alone,
            copy=copy,
        )
    if alone:
        return _("add `RUN {command}` right after `{copy}`, before the rest is copied", command=alone, copy=copy)
    return _moving(whole, command, copy, directory, later)


def _after_installations(whole: Instruction, command: KnownCommand, alone: str, later: Sequence[Run]) -> str:
    """The advice to download right before the source is copied, because what comes between it and the lists may install something for the download."""
    copy, *_rest = whole.written.split("\n")
    if whole.stage is not command.run.stage or _entered_later(whole, command.run):
        return ""
    if alone:
        return _("add `RUN {command}` before `{copy}`", command=alone, copy=copy)
    if later or prepared_between(whole, command) or setting_instructions(command, whole) or preparing_commands(command):
        return ""
    if later_readers(command, [whole]):
        return _("move it to a RUN of its own before `{copy}`", copy=copy)
    return _("move it before `{copy}`", copy=copy)


def _moving(whole: Instruction, command: KnownCommand, copy: str, directory: str, installing: Sequence[Run]) -> str:
    """The advice to move a download to right after the last COPY of its lists, with installations after the source; empty if what it needs may need the sources."""
    above = sorted({*prepared_between(whole, command), *installing}, key=lambda it: it.idx)
    is_alone = not later_readers(command, [whole])
    lines = [f"WORKDIR {directory}"] if directory else []
    lines += [it.on_one_line() for it in (*setting_instructions(command, whole), *above)]
    if not all(map(only_prepares, above)) or sum(map(len, lines)) > _MOST_CHARACTERS:
        return ""
    if lines and is_alone:
        return _(
            "move it, with {lines} above it, to right after `{copy}`, before the rest is copied",
            lines=listed(lines),
            copy=copy,
        )
    own = preparing_commands(command)
    if own and not is_alone:
        # With the commands of the same RUN that it needs.
        return _(
            "move `{command}` to a RUN of its own right after `{copy}`, before the rest is copied",
            command=with_preparation(own, command.run.on_one_line(command.range)),
            copy=copy,
        )
    if lines:
        return _(
            "move it to a RUN of its own, with {lines} above it, right after `{copy}`, before the rest is copied",
            lines=listed(lines),
            copy=copy,
        )
    if not is_alone:
        return _("move it to a RUN of its own right after `{copy}`, before the rest is copied", copy=copy)
    return _("move it to right after `{copy}`, before the rest is copied", copy=copy)


def _in_own_stage(whole: Instruction, command: KnownCommand, alone: str) -> str:
    """What to do in the stage of a download whose lists are copied in one that has other uses: there it would change these too."""
    copy = _shown_copy(whole)
    if whole.stage is not command.run.stage or _entered_later(whole, command.run):
        return reason_in_shared_stage(whole)
    if installing_runs(command, whole) != []:
        return ""
    if alone:
        return _("add `RUN {command}` before `{copy}`", command=alone, copy=copy)
    own = preparing_commands(command)
    if own is None or prepared_between(whole, command):
        return ""
    if later_readers(command, [whole]):
        if own:
            alone = with_preparation(own, command.run.on_one_line(command.range))
            return _("add `RUN {command}` before `{copy}`", command=alone, copy=copy)
        return _("move it to a RUN of its own before `{copy}`", copy=copy)
    return _("move it before `{copy}`", copy=copy)


def reason_in_shared_stage(copy: Instruction) -> str:
    """The reason of a repeated download that no instruction of its own stage avoids: where the source comes from."""
    stage = copy.stage
    return _(
        "`{copy}` comes before it, in stage `{stage}`",
        copy=_shown_copy(copy),
        stage="" if stage is None else stage.display_name,
    )


def serves_others(earlier: Instruction, run: Run) -> bool:
    """True if an instruction is in an earlier stage than a RUN, of which something else is made too: what moves there changes that.

    That is a stage that is built on it or copies from it, whether this build needs it or not, or the image of another build.
    """
    base, own = earlier.stage, run.stage
    if base is None or own is None or base is own:
        return False
    if base not in own.chain:
        return True
    between = own.chain[own.chain.index(base) : -1]
    if not {*base.family} <= {*own.family, *between} or any(it.is_image_of_another_build for it in between):
        return True
    later = (it for stage in base.build.stages[base.idx + 1 :] for it in stage.instructions)
    return any(it.stage_named(name) in between for it in later for name in it.sources_named)


def _shown_copy(copy: Instruction) -> str:
    """The keyword and the sources of a COPY or ADD."""
    return f"{copy.build.text[slice(*copy.keyword_range)]} {' '.join(it.text for it in sources_of(copy))}"


def prepared_between(whole: Instruction, command: KnownCommand) -> list[Run]:
    """The RUN instructions between the source and that of a download that make an environment or settings for it."""
    return [it for it in runs_until(command) if whole.idx < it.idx < command.run.idx and any(map(lasts, it.commands))]


def with_preparation(preparing: Sequence[str], alone: str) -> str:
    """A download with the commands that it needs before it; these have its `cd`."""
    directory, joint, download = alone.partition(" && ")
    has_cd = any(it.startswith(("cd ", "pushd ")) for it in preparing)
    return " && ".join((*preparing, download if joint and has_cd and directory.startswith("cd ") else alone))


def _copied_lists(
    ctx: RuleContext, whole: Instruction, command: KnownCommand
) -> tuple[dict[str, Instruction | None], list[str]]:
    """The files that a download needs, each with the COPY before the rest that takes it, and those that come with the rest only."""
    needed = needed_files(ctx, command)
    if needed is None:
        required = required_lists(command)
        is_enough = all(copy_naming(whole, it) for it in required)
        copied = {it: copy_naming(whole, it) for it in (required if is_enough else command.use.manifests)}
        return copied, [list_in_context(command, it) for it, instruction in copied.items() if instruction is None]
    copied = {it: copy_taking(whole, it) for it in needed.files}
    return copied, only_with_sources(ctx, whole, command, needed) or missing_files(ctx, whole, needed)


_TAKEN_OUT: Final = lazy_regex(r"(?m)^[ \t]*#[# \t]*RUN[ \t]+(?P<script>.*)", re.IGNORECASE)
"""A RUN that is commented out."""


def is_taken_out(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if the RUN that the advice adds is commented out after the last COPY of the lists: its author took it out."""
    copied, missing = _copied_lists(ctx, whole, command)
    copying = [it for it in copied.values() if it is not None]
    if missing or not copying:
        return False
    alone = separate_download(ctx, command) or " ".join(it.text for it in command.syntax.words)
    start = max(copying, key=lambda it: it.idx).range.end
    scripts = (" ".join(it["script"].split()) for it in _TAKEN_OUT.finditer(ctx.text, start, command.run.range.start))
    # Further words, except for options, make it another command.
    same = re.compile(rf"(?<!\S){re.escape(alone)}(?: -\S+)*(?: ?[;&|#]|$)")
    return any(same.search(it) is not None for it in scripts)


def separate_download(ctx: RuleContext, command: KnownCommand) -> str:
    """The command that downloads the dependencies alone, where the one of the file needs the sources too; empty where it needs none."""
    needed = needed_files(ctx, command)
    installs_itself = needed is None or needed.installs_itself or command.name == "mix" or _is_of_pip(command.use.title)
    alone = _without_project(command) if installs_itself else ""
    if command.use.toolchain is GO and command.use.title != "go mod download":
        alone = "go mod download"
    if restores_first(command):
        project = command.use.manifests[0].removesuffix("*.csproj").rstrip("/")
        alone = f"dotnet restore {project}".strip()
    if alone:
        alone = own_variables(command) + alone
    entered = _entered(command)
    return f"cd {entered} && {alone}" if alone and entered else alone


def _entered(command: KnownCommand) -> str:
    """The directory to which the RUN of a command changes before it, or in which Go works by an option; empty for none.

    As the file writes it where it can be: without a WORKDIR, only the base image tells to what a relative path refers.
    """
    option = command.invocation.argument("-C") if command.use.toolchain is GO else None
    if option is not None:
        return option.text
    entered = command.invocation.directories[:1]
    if {*entered} <= {*command.run.directories}:
        return ""
    before = [it for it in command.run.commands if it.range.start < command.range.start]
    changes = [it.syntax.words[1:] for it in before if it.syntax.changes_directory]
    written = changes[0][0].value if len(changes) == 1 and len(changes[0]) == 1 else None
    return written or entered[0]


def advice_on_sources(ctx: RuleContext, early: Sequence[Instruction], command: KnownCommand) -> str:
    """What a download repeats because sources are copied before the manifests, which it or the rest of its RUN may need."""
    shared = next((it for it in early if serves_others(it, command.run)), None)
    if shared is not None:
        return _("{fact}: {reason}", fact=what_is_repeated(command), reason=reason_in_shared_stage(shared))
    title = _shown_title(command)
    sources = listed([one.text for it in early for one in sources_of(it)], most=_MOST_NAMED)
    copies = listed([*map(_shown_copy, early)], most=_MOST_NAMED)
    alone = separate_download(ctx, command)
    preparing = preparing_commands(command)
    is_shared = bool(later_readers(command, early))
    if preparing is None and (alone or is_shared):
        return _(
            "`{title}` downloads the dependencies again after each change of {sources}",
            title=title,
            sources=sources,
        )
    if preparing and (alone or is_shared):
        alone = with_preparation(preparing, alone or command.run.on_one_line(command.range))
    if alone:
        return _(
            "`{title}` downloads the dependencies again after each change of {sources}: give `{command}` a RUN of its own, and move {copies} below that",
            title=title,
            sources=sources,
            command=alone,
            copies=copies,
        )
    if is_shared:
        return _(
            "`{title}` downloads the dependencies again after each change of {sources}, of which it needs no file: give it a RUN of its own, and move {copies} below that",
            title=title,
            sources=sources,
            copies=copies,
        )
    return _(
        "`{title}` downloads the dependencies again after each change of {sources}, of which it needs no file: move {copies} below it",
        title=title,
        sources=sources,
        copies=copies,
    )


def _shown_title(command: KnownCommand) -> str:
    written = command.run.build.text[slice(*command.title_range)]
    # The second word of a title may be implied, as in `yarn`, or have another name: `pnpm i`.
    is_written = command.title.partition(" ")[2] in command.syntax.arguments
    return written if not is_written and written[:1].isalpha() else command.title


def _misplaced(copy: Instruction, path: str, command: KnownCommand) -> str | None:
    """What is wrong if a COPY surely writes a manifest to another place than the one where a command reads it; otherwise None."""
    node = copy.node
    sources = [path_in_context(it) for it in sources_of(copy)]
    if not isinstance(node, Copying) or node.destination is None or "$" in node.destination.text or path not in sources:
        return None
    name = posixpath.basename(path)
    directories, manifests = command.invocation.directories, command.use.manifests
    if command.use.toolchain is GO and copy_naming(command.run, "go.work") is not None:
        # Each module of a workspace has its list in its own directory.
        return None
    read = dict.fromkeys(
        clean(posixpath.join(it, one)) for it in directories for one in manifests if may_name(name, one)
    )
    destinations = [posixpath.join(it, node.destination.text) for it in copy.directories]
    # Without a slash at its end, the destination may be a file or a directory.
    files = [clean(it) for it in destinations if len(sources) == 1 and not it.endswith(("/", "/."))]
    written = dict.fromkeys((*(clean(posixpath.join(it, name)) for it in destinations), *files))
    if not read or not written or not read.keys().isdisjoint(written):
        return None
    return _(
        "`{copy}` writes `{written}`, and the command reads `{read}`",
        copy=f"{copy.build.text[slice(*copy.keyword_range)]} {path}",
        written=next((it for it in files if posixpath.basename(it) == name), next(iter(written))),
        read=next(iter(read)),
    )


def _entered_later(copy: Instruction, run: Run) -> str:
    """The directory of a RUN, if a WORKDIR between a COPY and the RUN changes to it; otherwise empty."""
    before, after = {*copy.directories}, {*run.directories}
    return after.pop() if before != after and len(after) == 1 else ""


def _without_project(command: KnownCommand) -> str:
    """The command that installs the dependencies alone, where the one of the file installs or builds the project too; otherwise empty.

    Source: python-poetry.org, "install"; docs.astral.sh/uv, "sync"; getcomposer.org, "install"; maven.apache.org, "dependency:go-offline".
    """
    title = command.use.title
    options = [it.text for it in command.syntax.words[1:] if it.value is not None and it.text.startswith("-")]
    if title == "composer install":
        # Scripts and the map of classes need the sources; the same platform and the same kinds of packages are needed again.
        missing = [it for it in _WITHOUT_SOURCES if it not in options]
        kept = [it for it in options if it not in _OF_AUTOLOADER]
        return " ".join((title, *kept, *missing)) if missing else ""
    if command.use.toolchain is JAVA:
        program = "./mvnw" if command.name == "mvnw" else command.syntax.words[0].text
        file = command.invocation.argument("-f", "--file")
        other = "" if file is None else f" -f {file.text}"
        profiles = "".join(f" {it}" for it in options if _PROFILE.fullmatch(it) is not None)
        return "" if command.use.effect is Effect.FETCH else f"{program}{profiles} dependency:go-offline{other}"
    if command.use.manifests == LISTS_OF_SWIFT:
        return "" if command.use.effect is Effect.FETCH else "swift package resolve"
    if command.use.manifests == LISTS_OF_CABAL:
        return _dependencies_of_cabal(command)
    if command.name == "mix":
        later = later_tasks(command.invocation)
        words = [it.text for it in command.syntax.words]
        return " ".join(words[: len(words) - len(later)]).rstrip(" ,+") if later else ""
    local = local_packages(command.invocation) if command.use.toolchain is SCRIPTING and _is_of_pip(title) else ()
    if local:
        return " ".join(it.text for position, it in enumerate(command.syntax.words) if position not in local)
    given = OPTIONS_WITHOUT_PROJECT.get(title, ())
    if not given or command.invocation.has_option(*given):
        return ""
    return " ".join((*(it.text for it in command.syntax.words), given[0]))


def _is_of_pip(title: str) -> bool:
    return title.startswith(("pip install", "pip3 install", "uv pip install"))


def _dependencies_of_cabal(command: KnownCommand) -> str:
    """The command that builds the dependencies of a package of Haskell alone, after that of the index of packages unless it comes before every COPY.

    Source: hub.docker.com, "haskell"; cabal.readthedocs.io, "cabal build" (`--only-dependencies`).
    """
    if command.invocation.has_option(*_ONLY_DEPENDENCIES):
        return ""
    first = min((it.idx for it in copies_before(command.run)), default=0)
    earlier = (it for run in runs_until(command) if run.idx < first for it in run.commands)
    is_updated = any(it.name == "cabal" and not _UPDATING.isdisjoint(it.syntax.arguments[:1]) for it in earlier)
    words = " ".join(it.text for it in command.syntax.words)
    return f"{'' if is_updated else 'cabal update && '}{words} {_ONLY_DEPENDENCIES[0]}"


_ONLY_DEPENDENCIES: Final = ("--only-dependencies", "--dependencies-only", "--only-dep", "--only-deps")
_UPDATING: Final = frozenset({"new-update", "update", "v2-update"})
_WITHOUT_SOURCES: Final = ("--no-scripts", "--no-autoloader")
_OF_AUTOLOADER: Final = frozenset(
    {"--apcu-autoloader", "--classmap-authoritative", "--optimize-autoloader", "-a", "-o"}
)
_PROFILE: Final = lazy_regex(r"-P[^\s'\"]+")
"""The profiles of Maven that a command names, which have dependencies of their own."""


def earlier_installations(whole: Instruction, runs: Sequence[Run]) -> Fix:
    """Put RUN instructions, with the comments directly above them, before another one."""
    lines = [with_own_comments(it, runs) for it in runs]
    if is_apart(whole):
        lines.append("")
    edits = [insert_lines(whole, lines), *(remove_moved(it, runs) for it in runs)]
    return Fix(_("Install before the source is copied"), tuple(edits), Safety.SUGGESTION)


def _prepares(run: Run) -> bool:
    """True if a script prepares the go command: it sets PATH or a variable of Go, installs or configures git, or writes `.netrc`."""
    return (
        any(may_set(run.script, it) for it in _READ_BY_GO)
        or any(map(installs_programs, run.commands))
        or any(one.name in _READ_BY_GO for it in run.commands for one in it.syntax.assignments)
        or any(it.name == "git" and "config" in it.syntax.arguments for it in run.commands)
        or any(_sets_go(it) for it in run.commands)
        or ".netrc" in run.node.whole_text
    )


def _sets_go(command: Command) -> bool:
    """True for `go env -w`, whose settings later commands have."""
    return command.name == "go" and command.syntax.arguments[:2] == ("env", "-w")


def _last_copy_of_lists(
    whole: Instruction, command: KnownCommand, copied: Mapping[str, Instruction | None]
) -> Instruction | None:
    """The last COPY that brings the lists of a download to where it reads them, before the rest is copied; None without one, or if one is elsewhere."""
    copying = {path: it for path, it in copied.items() if it is not None}
    if not copying or any(_misplaced(it, path, command) is not None for path, it in copying.items()):
        return None
    last = max(copying.values(), key=lambda it: it.idx)
    return last if last.stage is whole.stage and not _entered_later(last, command.run) else None


def _not_copied_there(
    whole: Instruction, command: KnownCommand, copied: Mapping[str, Instruction | None], files: Sequence[str]
) -> Sequence[str]:
    """The files of some that no COPY of the stage of another one brings to where a command reads them before that."""
    copies = [(it, copied.get(it)) for it in files]
    return [
        it
        for it, copy in copies
        if copy is None or copy.stage is not whole.stage or _misplaced(copy, it, command) is not None
    ]


def _first_of_sources(whole: Instruction, copied: Mapping[str, Instruction | None]) -> Instruction:
    """The first of the COPY instructions in a row that end with that of the source: `COPY .git .` changes with each commit too."""
    lists = {it.idx for it in copied.values() if it is not None}
    first, instructions = whole, () if whole.stage is None else whole.stage.instructions
    for it in reversed([it for it in instructions if it.idx < whole.idx]):
        if not isinstance(it.node, Copying) or it.node.flag("from") is not None or it.idx in lists:
            break
        first = it
    return first


def earlier_download(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> tuple[Fix, ...]:
    """The fix that downloads modules of Go before a COPY of the source; none where the new RUN may lack what the command has."""
    node, run = whole.node, command.run
    if command.use.toolchain is not GO or not isinstance(node, Copying) or node.destination is None:
        return ()
    if whole.stage is not run.stage:
        # Other stages may continue the one that copies the source.
        return ()
    directories = {*whole.directories, *run.directories}
    destinations = {clean(posixpath.join(it, node.destination.text)) for it in directories}
    if len(directories) != 1 or destinations != directories or command.invocation.directories != tuple(directories):
        return ()
    indent = indentation(whole)
    # `go mod tidy` and `go mod vendor` read the whole source, so they stay after it.
    others = [it for it in run.commands if not _sets_go(it)]
    is_alone = len(others) == 1 and command.syntax.arguments[:2] == ("mod", "download")
    download = with_own_comments(run) if is_alone else f"{indent}RUN go mod download"
    preparing = [it for it in runs_until(command) if whole.idx < it.idx and _prepares(it)]
    if (run.mounts and not is_alone) or any(it is not run or not is_alone for it in preparing):
        # The new RUN lacks what the old ones prepare: `export PATH=…`, credentials of private modules.
        return ()
    needed = needed_files(ctx, command)
    ignored = ctx.build.workspace.ignored
    named = command.use.manifests if needed is None else needed.files
    files: Sequence[str] = [it for it in named if ignored is None or not ignored.excludes(it)]
    copied, missing = _copied_lists(ctx, whole, command)
    last = None if missing else _last_copy_of_lists(whole, command, copied)
    if last is None:
        files = _not_copied_there(whole, command, copied, files)
        if not files or any("/" in it for it in files):
            return ()
    after = whole if last is None else last
    settings = setting_instructions(command, after)
    if any(it.idx > whole.idx for it in settings) or installing_runs(command, after) != []:
        return ()
    if last is not None:
        last = max((last, *settings), key=lambda it: it.idx)
    lines = [f"{indent}COPY {' '.join(files)} ./", download]
    place = _first_of_sources(whole, copied)
    edits = [insert_lines(place, lines) if last is None else insert_line_after(last, download)]
    if is_alone:
        edits.append(remove_moved(run))
    return (Fix(_("Download the modules before the source is copied"), tuple(edits), Safety.SUGGESTION),)
