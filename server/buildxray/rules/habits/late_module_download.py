"""Dependencies are downloaded only after the whole source has been copied."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import (
    context_paths,
    copies_before,
    first_naming,
    first_taking,
    path_in_context,
    sources_of,
)
from buildxray.rules.facts.failing_builds import stops
from buildxray.rules.facts.independent_installs import first_of_chain, independent_runs, installs_after_copy, shown
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.facts.uncached_crates import CACHE, compiling_with_downloads
from buildxray.rules.fixing.edits import indentation, insert_lines, remove_line, start_with_own_comments
from buildxray.rules.wording import listed
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.manifest_changes import may_change_manifests, may_name
from buildxray.semantics.mentions import takes_whole_context
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import IGNORING_SCRIPTS, INSTALL_SCRIPTS, NeededFiles, Toolchain, is_harmless_script
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import LOCK_FILES, NODE, runs_no_scripts
from buildxray.toolchains.rust import RUST


@rule(
    Severity.INFORMATION,
    Severity.INFORMATION,
    FixAvailability.SOMETIMES,
    about=[Effect.BUNDLE, Effect.COMPILE, Effect.EXECUTE, Effect.FETCH, Effect.INSTALL],
)
def late_module_download(ctx: RuleContext) -> Iterator[Finding]:
    """Dependencies are downloaded only after the whole source was copied, and so again after each change of it.

    ## What it does
    Looks for `go mod download`, `npm ci`, `dotnet restore`, `cargo fetch`, `pip install -r` and similar commands after a `COPY . .` without an
    earlier download in the stage; also after a COPY of a source directory such as `src` or of a file such as `main.py`, if the manifests were copied in vain before it or with it, and
    after a COPY of a whole project of a larger repository (`COPY web/ .`) or of a member of a workspace. A RUN that mounts a cache or the manifest is not reported. `go build` counts as a download if
    `go.mod` requires modules, and the first `cargo build` in the official image if its project requires crates (a RUN with a mount is not reported);
    `mvn package`, `composer install`, `dotnet build` and `dotnet publish` (without an option for one machine) do
    if all files that their downloads need are known: not in a project of several modules of Maven, or with packages in the repository. A RUN that reads no file of the build context at all, such as `apt-get install`, `npm install -g pnpm`,
    `pip install poetry` or `cargo install cargo-deb`, is reported if it directly follows `COPY . .` or the COPY of the directory that the
    stage builds, or RUN instructions that build with npm, and uses no variable; also at the beginning of a RUN that then builds. A command in sources that the stage itself clones or
    downloads is not reported. Nor is a download before which the build may change the manifests (`sed -i`,
    `go mod edit`, a script of the project). The message names all files that the download needs, such as the lists of the members of a
    workspace, the projects that a project of .NET refers to, and settings like `.npmrc`. Where these are more than twelve, or a list refers to
    sources (`file:../lib`, a path dependency, a script that runs at installation), nothing is reported; nor if the lists name nothing, nor in an image for development or tests, or of an action of GitHub, which is built without a cache.

    ## Why it matters
    A layer is rebuilt if the files copied before it have changed. After the whole source, every edit downloads everything again, in a
    stage for several platforms once for each. The manifests alone change far less often.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN go mod download
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    A suggestion: for Go, and for a RUN that reads no file of the build context, which moves before the COPY. For Go no fix is offered if the script
    prepares the go command: with `export PATH=…`, `git config`, or a mount of a secret.
    """
    workspace = ctx.build.workspace
    is_of_action = workspace.is_of_action and not workspace.has_build and not workspace.has_own_name
    if ctx.is_for_helping or is_of_action:
        return
    inherited = _inherited_downloads(ctx.build)
    for stage in ctx.build.needed_stages:
        if stops(stage):
            continue
        whole = _whole_source(stage)
        yield from _after_part(ctx, stage, whole, inherited[stage])
        sources = dict.fromkeys((_project_source(ctx, stage), whole)) if installs_after_copy(stage) else ()
        for source in sources:
            if source is not None:
                yield from _independent(ctx, source)
        if whole is None:
            continue
        yield from _of_crates(ctx, whole)
        earlier = (it for run in stage.runs if run.idx < whole.idx for it in run.known_commands)
        done = {it.use.toolchain for it in earlier if it.use.manifests or it.use.toolchain is RUST}
        done.update(toolchain for toolchain, has_manifests in inherited[stage] if has_manifests or toolchain is RUST)
        for command in (it for run in stage.runs if run.idx > whole.idx for it in run.known_commands):
            if not command.use.manifests or command.use.toolchain in done or not command.syntax.words:
                continue
            if (
                _are_missing(ctx, whole, command)
                or _runs_own_scripts(ctx, command)
                or _may_have_no_module(ctx, command)
            ):
                # The stage itself brings the source and its list of dependencies, or the download needs the source.
                continue
            done.add(command.use.toolchain)
            if not _is_mounted(command.run) and not _is_prepared(ctx, whole, command):
                yield _finding(ctx, whole, command)


def _of_crates(ctx: RuleContext, whole: Instruction) -> Iterator[Finding]:
    """Find `cargo build`, which downloads the crates itself, without a cache."""
    command = compiling_with_downloads(ctx, whole)
    if command is None:
        return
    message = _(
        "`{title}` downloads and compiles all crates again after each change of the source: `{cache}` keeps the downloads, and cargo-chef keeps what is compiled",
        title=command.title,
        cache=CACHE,
    )
    end = command.run.keyword_range.end
    fix = Fix(_("Keep the downloads in a cache"), (Edit(TextRange(end, end), f" {CACHE}"),), Safety.SUGGESTION)
    yield Finding(
        command.title_range, message, (fix,), (Related(whole.keyword_range, _("the whole source is copied here")),)
    )


def _independent(ctx: RuleContext, whole: Instruction) -> Iterator[Finding]:
    """Find installations that need no file of the source."""
    runs = independent_runs(ctx, whole)
    copy, *_rest = whole.build.text[slice(*whole.range)].split("\n")
    related = (Related(whole.keyword_range, _("the whole source is copied here")),)
    first = None if runs else first_of_chain(ctx, whole)
    if first is not None:
        fact = _(
            "`{name}` runs again after each change of the source, of which it needs no file: move it to a RUN before `{copy}`",
            name=shown(first),
            copy=copy,
        )
        yield Finding(first.title_range, fact, related=related)
    if not runs:
        return
    names = [shown(it) for _run, it in runs]
    message = ngettext(
        "{names} runs again after each change of the source, of which it needs no file: move it before `{copy}`",
        "{names} run again after each change of the source, of which they need no file: move them before `{copy}`",
        len(names),
        names=listed(names),
        copy=copy,
    )
    yield Finding(
        runs[0][1].title_range,
        message,
        (_move(whole, [run for run, _command in runs]),),
        related,
    )


def _project_source(ctx: RuleContext, stage: Stage) -> Instruction | None:
    """The first COPY of one directory of the build context to the directory in which a later RUN builds the project; None without one."""
    building = {Effect.BUNDLE, Effect.COMPILE}
    commands = [it for run in stage.runs for it in run.known_commands if it.use.manifests or it.use.effect in building]
    last_in = {tuple(dict.fromkeys(it.invocation.directories)): it for it in commands}
    for copy in copies_before(stage.last):
        sources, known = sources_of(copy), ctx.build.workspace.holds
        if len(sources) != 1 or not copy.destinations:
            continue
        command = last_in.get(copy.destinations)
        source = sources[0].text.rstrip("/")
        is_file = known is not None and known(source) and not known(f"{source}/")
        if command is not None and copy.idx < command.run.idx and not is_file and _takes_project(copy, command):
            return copy
    return None


def _move(whole: Instruction, runs: Sequence[Run]) -> Fix:
    """Put RUN instructions, with the comments directly above them, before another one."""
    text = whole.build.text
    lines = [text[start_with_own_comments(it) : it.syntax.end] for it in runs]
    edits = [insert_lines(whole, lines), *(remove_line(it, with_comments=True, gone=runs) for it in runs)]
    return Fix(_("Install before the source is copied"), tuple(edits), Safety.SUGGESTION)


_Downloads = frozenset[tuple[Toolchain, bool]]
"""Toolchains that a stage uses, each with whether the command reads manifests."""


def _inherited_downloads(build: Build) -> dict[Stage, _Downloads]:
    """The toolchains that the ancestors of each stage use."""
    inherited: dict[Stage, _Downloads] = {}
    inclusive: dict[Stage, _Downloads] = {}
    for stage in build.stages:
        inherited[stage] = frozenset[tuple[Toolchain, bool]]().union(*(inclusive[it] for it in stage.bases))
        uses = (it.use for run in stage.runs for it in run.known_commands)
        inclusive[stage] = inherited[stage] | {(it.toolchain, bool(it.manifests)) for it in uses}
    return inherited


def _after_part(ctx: RuleContext, stage: Stage, whole: Instruction | None, inherited: _Downloads) -> Iterator[Finding]:
    """Find downloads after a COPY of a part of the build context that contains the source."""
    done: set[Toolchain] = set()
    for command in (it for run in stage.runs for it in run.known_commands):
        if not command.use.manifests or command.use.toolchain in done or not command.syntax.words:
            continue
        done.add(command.use.toolchain)
        if (whole is not None and whole.idx < command.run.idx) or not _needs_manifests_only(ctx, command):
            continue
        if _may_have_no_module(ctx, command):
            continue
        part = _copied_source(ctx, command)
        if part is None or _lacks_manifests(ctx, part, command) or (command.use.toolchain, True) in inherited:
            continue
        if not _is_mounted(command.run) and not _is_prepared(ctx, part, command):
            early = _early_sources(ctx, part, command)
            message = (
                _of_early(early, command)
                if early
                else _("{fact}: {reason}", fact=_fact(command), reason=_reason(ctx, part, command))
            )
            related = tuple(Related(it.keyword_range, _("the source is copied here")) for it in early or [part])
            yield Finding(command.title_range, message, related=related)


def _early_sources(ctx: RuleContext, part: Instruction, command: KnownCommand) -> list[Instruction]:
    """The COPYs of sources before a download if the others take all manifests, some of them after such a COPY; empty otherwise."""
    members = _members(ctx, command)
    copies = copies_before(command.run)
    early = [it for it in copies if _takes_source(it, members)]
    others = [it for it in copies if not _takes_source(it, members)]
    needed = _needed(ctx, command)
    of_lists = (
        [first_naming(others, it) for it in _required(command)]
        if needed is None
        else [first_taking(others, it) for it in needed.files]
    )
    copying = [it for it in of_lists if it is not None]
    return early if len(copying) == len(of_lists) and any(it.idx > part.idx for it in copying) else []


def _of_early(early: Sequence[Instruction], command: KnownCommand) -> str:
    """What a download repeats because sources are copied before the manifests."""
    copies = [
        f"{it.build.text[slice(*it.keyword_range)]} {' '.join(one.text for one in sources_of(it))}" for it in early
    ]
    return _(
        "`{title}` downloads the dependencies again after each change of {sources}, of which it needs no file: move {copies} below it",
        title=_shown_title(command),
        sources=listed([one.text for it in early for one in sources_of(it)], most=_MOST_NAMED),
        copies=listed(copies, most=_MOST_NAMED),
    )


def _needs_manifests_only(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a download works without the source of the project.

    Cargo fails without a source file; scripts of package.json may need anything.
    """
    if command.use.toolchain is JAVA or command.use.title == "composer install":
        return _needed(ctx, command) is not None
    if command.use.toolchain is NODE or command.use.toolchain is BUN:
        is_plain = runs_no_scripts(command.invocation) or not command.invocation.workspace.runs_scripts_at_install
        return is_plain or _needed(ctx, command) is not None
    is_known = command.use.toolchain is GO or command.use.toolchain is DOTNET
    if command.use.title in _OPTIONS_WITHOUT_PROJECT:
        # An option leaves the project out, or the message names one.
        return True
    return is_known or command.use.title.startswith(("bundle install", "pip install", "pip3 install", "pipenv install"))


def _runs_own_scripts(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if the installation runs a script of package.json that works on the sources, such as a build in `postinstall`."""
    if (
        command.use.toolchain not in (NODE, BUN)
        or runs_no_scripts(command.invocation)
        or _needed(ctx, command) is not None
    ):
        # The needed files include what the scripts need.
        return False
    scripts = command.invocation.workspace.scripts
    return any(name in INSTALL_SCRIPTS and not is_harmless_script(text) for name, text in scripts)


def _may_have_no_module(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a compiling command of Go may download nothing: no module is known where it runs, or its modules are vendored."""
    workspace = ctx.build.workspace
    is_told = command.invocation.command.arguments[:1] == ("mod",) or workspace.requires_modules is not None
    if command.use.toolchain is not GO or is_told:
        return False
    needed, holds = _needed(ctx, command), workspace.holds
    if needed is None or holds is None:
        return True
    directories = {posixpath.dirname(it) for it in needed.files}
    return any(holds(posixpath.join(it, "vendor/modules.txt")) for it in directories)


def _copied_source(ctx: RuleContext, command: KnownCommand) -> Instruction | None:
    """The COPY of a source directory beside that of the manifests, or of a whole project into the directory of a command; None without one."""
    copies = copies_before(command.run)
    members = _members(ctx, command)
    manifests = [_copied_earlier(command.run, it) for it in _required(command)]
    copied = [it.idx for it in manifests if it is not None]
    if len(copied) == len(manifests):
        # A change of a source that is copied before the manifests, or with them, repeats the download too.
        return next((it for it in copies if _takes_source(it, members)), None)
    return None if copied else next((it for it in copies if _takes_project(it, command)), None)


def _required(command: KnownCommand) -> list[str]:
    """The manifests without which a download fails. Source: docs.astral.sh/uv, "sync"; python-poetry.org, "install"; the manuals of Bundler and Pipenv."""
    if command.invocation.has_option("--deploy", "--deployment", "--frozen", "--ignore-pipfile", "--locked"):
        return [*command.use.manifests]
    return [it for it in command.use.manifests if posixpath.basename(it) not in _OPTIONAL_LOCKS]


_OPTIONAL_LOCKS: Final = frozenset({"Gemfile.lock", "Pipfile.lock", "poetry.lock", "uv.lock"})
"""Lock files that their program writes if they are missing."""


def _takes_source(instruction: Instruction, members: Container[str]) -> bool:
    """True if a COPY takes sources: by the usual names of their directories and files, or in a directory with a further list of dependencies."""
    paths = map(path_in_context, sources_of(instruction))
    return any(_SOURCE.fullmatch(it.text) for it in sources_of(instruction)) or any(
        it in members and posixpath.basename(it) not in _MANIFESTS_ONLY for it in paths
    )


def _members(ctx: RuleContext, command: KnownCommand) -> frozenset[str]:
    """The directories with further lists of dependencies that a download needs, and those above them: members of a workspace, referenced projects."""
    needed = _needed(ctx, command) if command.use.toolchain in _WITH_MEMBERS else None
    directories = () if needed is None else map(posixpath.dirname, needed.files)
    parts = (it.split("/") for it in directories if it)
    return frozenset("/".join(it[:length]) for it in parts for length in range(1, len(it) + 1))


_WITH_MEMBERS: Final = (BUN, DOTNET, GO, NODE)
"""The toolchains of which each list of dependencies is in the directory of its own sources."""


def _takes_project(instruction: Instruction, command: KnownCommand) -> bool:
    """True if a COPY puts one directory of the build context where a command works."""
    sources = sources_of(instruction)
    if len(sources) != 1:
        return False
    source = sources[0].text
    name = posixpath.basename(source.rstrip("/"))
    is_directory = re.fullmatch(r"[\w/@-]+|\./[\w/@-]+", source) is not None and name not in _MANIFESTS_ONLY
    return is_directory and {*instruction.destinations} == {*command.invocation.directories}


_SOURCE: Final = lazy_regex(
    r"(?:[\w./@-]*/)?(?:(?:app|cmd|internal|lib|pkg|sources?|src)/?|(?:app|bot|index|main|manage|server|wsgi|\*)\.(?:[cm]?[jt]s|go|py|rb))"
)
"""A directory of sources, or a file with the beginning of a program."""
_MANIFESTS_ONLY: Final = frozenset(
    {"build", "config", "dependencies", "deps", "docker", "lock", "manifests", "requirements"}
)
"""Names of directories that may hold lists of dependencies only."""


def _are_missing(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if a command does not read its manifests from the build context: it has none of them, or the build fetches them."""
    known = ctx.build.workspace.holds
    if len(whole.destinations) != 1:
        return False
    (destination,) = whole.destinations
    directories = command.invocation.directories
    if _fetches_sources(command):
        # The directory after `cd` comes first: the fetched sources may be in it, unless the context has it too.
        directories = directories[:1]
    manifests = [clean(posixpath.join(directory, it)) for directory in directories for it in command.use.manifests]
    copied = [posixpath.relpath(it, destination) for it in manifests if holds(destination, it)]
    if known is not None and copied:
        return not any(map(known, copied))
    # Outside of the copy the file may have moved there; inside of it an unknown context may have the directory.
    return _fetches_sources(command) and {*directories} != {destination}


def _lacks_manifests(ctx: RuleContext, part: Instruction, command: KnownCommand) -> bool:
    """True if a directory of the build context, of which a COPY takes the whole, has none of the manifests, nor does a COPY before the download name one."""
    known, node = ctx.build.workspace.holds, part.node
    if (
        known is None
        or not isinstance(node, Copying)
        or any(_copied_earlier(command.run, it) for it in command.use.manifests)
    ):
        return False
    paths = [
        posixpath.normpath(f"{path_in_context(source)}/{it}") for source in node.sources for it in command.use.manifests
    ]
    return not any(map(known, paths))


def _fetches_sources(command: KnownCommand) -> bool:
    """True if the stage of a command clones a repository or downloads an archive, in the same RUN or an earlier one."""
    earlier = [run for run in _runs_of_stage(command) if run.idx <= command.run.idx]
    return any(
        (it.name == "git" and "clone" in it.syntax.arguments)
        or (isinstance(it, KnownCommand) and it.use.effect is Effect.DOWNLOAD)
        for run in earlier
        for it in run.commands
    )


def _finding(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> Finding:
    return Finding(
        command.title_range,
        _(
            "{fact}: {reason}",
            fact=_fact(command),
            reason=_reason(ctx, whole, command),
        ),
        _fixes(ctx, whole, command),
        (Related(whole.keyword_range, _("the whole source is copied here")),),
    )


def _reason(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> str:
    """The reason why the download is repeated: manifests are copied with the rest, or all come first, but the RUN comes after the rest."""
    needed = _needed(ctx, command)
    if needed is None:
        required = _required(command)
        is_enough = all(_copied_earlier(whole, it) for it in required)
        copied = {it: _copied_earlier(whole, it) for it in (required if is_enough else command.use.manifests)}
        missing = [_in_context(command, it) for it, instruction in copied.items() if instruction is None]
    else:
        copied = {it: _copy_of(whole, it) for it in needed.files}
        missing = _only_with_sources(ctx, whole, command, needed) or _missing(ctx, whole, needed)
    alone = _without_project(command) if needed is None or needed.installs_itself else ""
    if command.use.toolchain is GO and command.use.title != "go mod download":
        # The command itself needs the source.
        alone = "go mod download"
    if _restores_first(command):
        project = command.use.manifests[0].removesuffix("*.csproj").rstrip("/")
        alone = f"dotnet restore {project}".strip()
    entered = command.invocation.directories[:1]
    if alone and not {*entered} <= {*command.run.directories}:
        alone = f"cd {entered[0]} && {alone}"
    copying = [it for it in copied.values() if it is not None]
    if missing or not copying:
        reason = ngettext(
            "{files} is not copied before the rest",
            "{files} are not copied before the rest",
            len(missing),
            files=listed(missing, most=_MOST_NAMED),
        )
        if command.use.toolchain is RUST:
            # Source: doc.rust-lang.org/cargo, "Cargo Targets": a package without targets is an error.
            return _("{reason}; Cargo also needs an empty `src/main.rs` or `src/lib.rs`", reason=reason)
        return _("{reason}; `{command}` needs no other files", reason=reason, command=alone) if alone else reason
    # Of several lists of one name, all but one are those of other members of a workspace.
    names = Counter(map(posixpath.basename, copied))
    single = ((path, it) for path, it in copied.items() if it is not None and names[posixpath.basename(path)] == 1)
    elsewhere = next(filter(None, (_misplaced(it, path, command) for path, it in single)), None)
    if elsewhere is not None:
        return elsewhere
    last = max(copying, key=lambda it: it.idx)
    sources = " ".join(it.text for it in sources_of(last))
    copy = f"{last.build.text[slice(*last.keyword_range)]} {sources}"
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
    if directory:
        return _(
            "move it, with `WORKDIR {directory}` above it, to right after `{copy}`, before the rest is copied",
            directory=directory,
            copy=copy,
        )
    return _("move it to right after `{copy}`, before the rest is copied", copy=copy)


def _misplaced(copy: Instruction, path: str, command: KnownCommand) -> str | None:
    """What is wrong if a COPY surely writes a manifest to another place than the one where a command reads it; otherwise None."""
    node = copy.node
    sources = [path_in_context(it) for it in sources_of(copy)]
    if not isinstance(node, Copying) or node.destination is None or "$" in node.destination.text or path not in sources:
        return None
    name = posixpath.basename(path)
    directories, manifests = command.invocation.directories, command.use.manifests
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
    if title == "composer install":
        return "" if command.invocation.has_option("--no-autoloader") else f"{title} --no-scripts --no-autoloader"
    if command.use.toolchain is JAVA:
        program = "./mvnw" if command.name == "mvnw" else command.name
        file = command.invocation.argument("-f", "--file")
        other = "" if file is None else f" -f {file.text}"
        return "" if command.use.effect is Effect.FETCH else f"{program} dependency:go-offline{other}"
    given = _OPTIONS_WITHOUT_PROJECT.get(title, ())
    if not given or command.invocation.has_option(*given):
        return ""
    before = [it for it in command.run.commands if it.range.start < command.range.start]
    settings = [it for it in before if it.name == command.name and it.syntax.arguments[:1] == ("config",)]
    # What decides where the packages go has to be the same.
    words = [" ".join(word.text for word in it.syntax.words) for it in (*settings, command)]
    return f"{' && '.join(words)} {given[0]}"


_OPTIONS_WITHOUT_PROJECT: Final = {
    "poetry install": ("--no-root",),
    "uv sync": ("--no-install-project", "--no-install-workspace"),
}
"""The options with which these commands do not install the project, which needs its sources."""


def _in_context(command: KnownCommand, manifest: str) -> str:
    """The path of a manifest in the build context, where a COPY tells it; otherwise as the command names it."""
    paths = (path for it in command.invocation.directories for path, _base in context_paths(command, manifest, it))
    return next(paths, manifest)


def _copied_earlier(whole: Instruction, manifest: str) -> Instruction | None:
    """The first COPY or ADD before the whole source that copies a manifest from the build context."""
    return first_naming(copies_before(whole), manifest)


def _fact(command: KnownCommand) -> str:
    title = _shown_title(command)
    return _("`{title}` downloads the dependencies again after each change of the source", title=title)


def _shown_title(command: KnownCommand) -> str:
    written = command.run.build.text[slice(*command.title_range)]
    # The second word of a title may be implied, as in `yarn`, or have another name: `pnpm i`.
    is_written = command.title.partition(" ")[2] in command.syntax.arguments
    return written if not is_written and written[:1].isalpha() else command.title


def _whole_source(stage: Stage) -> Instruction | None:
    """The first COPY or ADD of the whole build context."""
    for instruction in stage.instructions:
        node = instruction.node
        if isinstance(node, Copying) and takes_whole_context(node):
            return instruction
    return None


def _is_prepared(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if the manifests as they are copied may not be enough for a download: the build changes them, or they refer to more files."""
    return (
        _needs_more(ctx, whole, command)
        or _has_packages(ctx, command)
        or _is_generated(whole, command)
        or _may_be_changed(whole, command)
    )


def _has_packages(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if packages come from another stage, the repository, or perhaps by the triggers of the base image: the command downloads what these lack."""
    stage = command.run.stage
    if stage is None:
        return False
    if "onbuild" in stage.image_name:
        # Source: docs.docker.com, ONBUILD: tags such as `ruby:1.9-onbuild` name the images whose triggers install dependencies.
        return True
    if command.use.title == "composer install":
        known, ignored = ctx.build.workspace.holds, ctx.build.workspace.ignored
        path = posixpath.join(posixpath.dirname(_in_context(command, "composer.json")), "vendor/autoload.php")
        if known is not None and known(path) and (ignored is None or not ignored.excludes(path)):
            return True
    copies = (it for above in stage.ancestry for it in above.instructions if it.idx < command.run.idx)
    return any(
        it.node.flag("from") is not None and any(_PACKAGES.fullmatch(one.text) for one in sources_of(it))
        for it in copies
        if isinstance(it.node, Copying)
    )


_PACKAGES: Final = lazy_regex(
    r"(?:.*/)?(?:node_modules|vendor|site-packages|\.?venv|\.m2|\.gradle|\.nuget|\.cargo|\.local|pkg/mod|registry|wheels|__pypackages__)(?:/.*)?"
)
"""Directories in which package managers keep what they have downloaded."""


def _needs_more(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if a download needs files whose names are unknown, or too many to be copied one by one; also if it downloads nothing."""
    needed = _needed(ctx, command)
    if needed is not None:
        # An installation that fails without a lock file is for another build context than one without any.
        if needed.requires_nothing:
            return True
        is_locked = command.use.toolchain is NODE and len(command.use.manifests) > 1
        is_other = is_locked and not any(posixpath.basename(it) in _LOCKS for it in needed.files)
        return is_other or not needed.is_complete or len(_missing(ctx, whole, needed)) > _MOST_COPIED
    if command.use.toolchain is JAVA or command.use.title == "composer install" or _restores_first(command):
        return True
    if command.use.toolchain is not GO:
        return False
    # Source: go.dev/ref/mod, "Workspaces".
    known = ctx.build.workspace.holds
    has_list = known is not None and known("go.work")
    is_copied = any(
        posixpath.basename(one.text) == "go.work" for it in copies_before(command.run) for one in sources_of(it)
    )
    return not _ignores_go_work(command) and (has_list or is_copied)


def _restores_first(command: KnownCommand) -> bool:
    """True for a build of .NET that restores the packages itself."""
    return command.use.toolchain is DOTNET and command.use.title != "dotnet restore"


def _ignores_go_work(command: KnownCommand) -> bool:
    """True if a command of Go does not look for a workspace. Source: go.dev/ref/mod, "GOWORK"."""
    return all(it == "off" for it in command.invocation.setting("GOWORK").values)


_LOCKS: Final = frozenset((*LOCK_FILES.values(), "bun.lockb", "npm-shrinkwrap.json"))
_MOST_NAMED: Final = 6
"""Files that a message names."""
_MOST_COPIED: Final = 12
"""Nobody copies more files one by one without a tool that lists them."""


def _needed(ctx: RuleContext, command: KnownCommand) -> NeededFiles | None:
    """The files of the build context that a download needs; None if its manifests are not known."""
    known = ctx.cached(_needed_by_command)
    key = command.run.idx, command.syntax.range
    if key not in known:
        known[key] = _find_needed(ctx, command)
    return known[key]


def _needed_by_command(_ctx: RuleContext) -> dict[tuple[int, TextRange], NeededFiles | None]:
    """What `_needed` has found, by the RUN and the place of a command."""
    return {}


def _find_needed(ctx: RuleContext, command: KnownCommand) -> NeededFiles | None:
    find = ctx.build.workspace.needed
    if find is None:
        return None
    manager = command.use.title.partition(" ")[0]
    manager = "pip" if manager == "pip3" else manager
    if runs_no_scripts(command.invocation):
        manager = f"{manager} {IGNORING_SCRIPTS}"
    # The command runs in the directory after `cd`, unless that has no list.
    by_directory = (
        {it: None for manifest in command.use.manifests for it in context_paths(command, manifest, directory)}
        for directory in command.invocation.directories
    )
    answered = [
        known
        for places in by_directory
        if (known := [it for path, base in places if (it := find(path, base, manager)) is not None])
    ]
    if not answered:
        return None
    if len(answered) > 1 and _RETURNING.search(command.run.node.text) is not None:
        return NeededFiles((), is_complete=False)
    answers = answered[0]
    files = tuple(dict.fromkeys(path for it in answers for path in it.files if _is_copied(command.run, path)))
    has_list = any(posixpath.basename(it) == "go.work" for it in files)
    if command.use.toolchain is GO and has_list and _ignores_go_work(command):
        # The list of the workspace is not read, and what it names cannot be told apart.
        return None
    return NeededFiles(
        files,
        is_complete=all(it.is_complete for it in answers),
        installs_itself=any(it.installs_itself for it in answers),
        requires_nothing=all(it.requires_nothing for it in answers),
    )


_RETURNING: Final = lazy_regex(r"(?<!\$)\(|\bpopd\b|\bcd[ \t]+-")
"""What may end the effect of a `cd` before the next command."""


def _missing(ctx: RuleContext, whole: Instruction, needed: NeededFiles) -> list[str]:
    """The needed files that no COPY before the whole source takes from the build context."""
    ignored = ctx.build.workspace.ignored
    is_sent = (it for it in needed.files if ignored is None or not ignored.excludes(it))
    return [it for it in is_sent if _copy_of(whole, it) is None]


def _only_with_sources(ctx: RuleContext, part: Instruction, command: KnownCommand, needed: NeededFiles) -> list[str]:
    """The needed files that only a COPY of a directory of sources takes; none if everything is copied."""
    if isinstance(part.node, Copying) and takes_whole_context(part.node):
        return []
    members = _members(ctx, command)
    of_lists = [it for it in copies_before(command.run) if it is not part and not _takes_source(it, members)]
    return [path for path in needed.files if first_taking(of_lists, path) is None]


def _copy_of(whole: Instruction, path: str) -> Instruction | None:
    """The first COPY before the whole source that takes a file of the build context."""
    return first_taking(copies_before(whole), path)


def _is_copied(run: Run, path: str) -> bool:
    """True if a COPY before a RUN takes a file of the build context, alone, with its directory or with everything."""
    is_whole = any(isinstance(it.node, Copying) and takes_whole_context(it.node) for it in copies_before(run))
    return is_whole or _copy_of(run, path) is not None


def _is_generated(whole: Instruction, command: KnownCommand) -> bool:
    """True if the build itself writes the list of dependencies: `poetry export -o requirements.txt`."""
    names = "|".join(re.escape(posixpath.basename(it)).replace(r"\*", r"[\w.-]*") for it in _all_manifests(command))
    writes = re.compile(rf"""(?:>|-o|--output|--output-file)[\s=]*["']?(?:[\w./$-]*/)?(?:{names})(?![\w.])""")
    stage = command.run.stage
    runs = stage.runs if stage is not None else ()
    return any(whole.idx < it.idx <= command.run.idx and writes.search(it.node.text) for it in runs)


def _may_be_changed(whole: Instruction, command: KnownCommand) -> bool:
    """True unless all instructions from the COPY of the source to a download leave the manifests alone."""
    names = _all_manifests(command)
    places = tuple(
        clean(posixpath.join(it, posixpath.dirname(one)))
        for it in command.invocation.directories
        for one in command.use.manifests
    )
    stage = command.run.stage
    for it in () if stage is None else stage.instructions:
        if not whole.idx < it.idx <= command.run.idx:
            continue
        if isinstance(it, Run):
            # What follows the download in its own RUN comes too late.
            end = command.syntax.range[0] if it.idx == command.run.idx else None
            before = [one for one in it.commands if end is None or one.syntax.range[0] < end]
            changes = any(
                may_change_manifests(
                    one.invocation,
                    one.use,
                    command.use.toolchain,
                    # Without an optional lock file, which does not come with the manifests either, nothing changes.
                    tuple(map(posixpath.basename, command.use.manifests)) if one.name == "rm" else names,
                    places,
                )
                for one in before
            )
            if changes or it.script.has_errors:
                return True
        elif (
            isinstance(it.node, Copying)
            and isinstance(whole.node, Copying)
            and takes_whole_context(whole.node)
            and it.node.destination is not None
        ):
            # Another file may take the place of the manifest; one that came with the source is only copied twice.
            is_of_stage = it.node.flag("from") is not None
            copied = [one.text for one in it.node.sources if is_of_stage or "/" in posixpath.normpath(one.text)]
            copied += [it.node.destination.text] if copied or len(it.node.sources) == 1 else []
            same = {posixpath.normpath(one.text) for one in it.node.sources} if not is_of_stage else set()
            if any(may_name(posixpath.basename(one), name) and name not in same for name in names for one in copied):
                return True
    return False


def _all_manifests(command: KnownCommand) -> tuple[str, ...]:
    """The names of the manifests, and of the lock file where it is optional."""
    names = dict.fromkeys(posixpath.basename(it) for it in command.use.manifests)
    if "package.json" in names:
        names |= dict.fromkeys(("package-lock.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock"))
    return (*names,)


def _runs_of_stage(command: KnownCommand) -> Sequence[Run]:
    """The RUN instructions of the stage of a command."""
    stage = command.run.stage
    return () if stage is None else stage.runs


def _prepares(run: Run) -> bool:
    """True if a script prepares the go command: it sets PATH or a variable of Go, configures git, or writes `.netrc`."""
    return (
        any(may_set(run.script, it) for it in _READ_BY_GO)
        or any(one.name in _READ_BY_GO for it in run.commands for one in it.syntax.assignments)
        or any(it.name == "git" and "config" in it.syntax.arguments for it in run.commands)
        or ".netrc" in run.node.text
    )


_READ_BY_GO: Final = ("GOINSECURE", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOTOOLCHAIN", "PATH")


def _is_mounted(run: Run) -> bool:
    """True if a mount supplies the files of the RUN or keeps its downloads."""
    for flag in run.mounts:
        try:
            kinds = [it.value.text for it in mount_options(flag) if it.key == "type" and it.value is not None]
        except MountSyntaxError:
            return True
        if not kinds or kinds[-1] in ("bind", "cache"):
            return True
    return False


def _fixes(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> tuple[Fix, ...]:
    node, run = whole.node, command.run
    if command.use.toolchain is not GO or not isinstance(node, Copying) or node.destination is None:
        return ()
    directories = {*whole.directories, *run.directories}
    destinations = {clean(posixpath.join(it, node.destination.text)) for it in directories}
    if len(directories) != 1 or destinations != directories or command.invocation.directories != tuple(directories):
        return ()
    indent = indentation(whole)
    # `go mod tidy` and `go mod vendor` read the whole source, so they stay after it.
    is_alone = len(run.commands) == 1 and command.syntax.arguments[:2] == ("mod", "download")
    download = run.build.text[slice(*run.range)] if is_alone else "RUN go mod download"
    if not is_alone and (
        run.mounts or any(_prepares(it) for it in _runs_of_stage(command) if whole.idx < it.idx <= run.idx)
    ):
        # The new RUN lacks what the old one prepares: `export PATH=…`, credentials of private modules.
        return ()
    needed = _needed(ctx, command)
    files = command.use.manifests if needed is None else needed.files
    if any("/" in it for it in files):
        return ()
    lines = [f"{indent}COPY {' '.join(files)} ./", f"{indent}{download}"]
    edits = [insert_lines(whole, lines)]
    if is_alone:
        edits.append(remove_line(run, with_comments=False))
    return (Fix(_("Download the modules before the source is copied"), tuple(edits), Safety.SUGGESTION),)
