"""Dependencies are downloaded only after the whole source has been copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.cached_modules import PLACE_OF_MODULES, runs_with_modules
from buildxray.rules.facts.context_files import instructions_before, sources_of
from buildxray.rules.facts.copied_sources import (
    copy_of_everything,
    copy_of_project,
    copy_of_sources,
    early_copies,
    reads_other_files,
)
from buildxray.rules.facts.dependency_lists import is_of_another_project, needed_files, needs_manifests_only
from buildxray.rules.facts.dependent_downloads import (
    are_brought_otherwise,
    changing_arguments,
    is_mounted,
    lacks_imports,
    lacks_manifests,
    may_differ,
    may_have_no_module,
    runs_own_scripts,
)
from buildxray.rules.facts.downloads_in_scripts import DownloadInScript, download_in_script
from buildxray.rules.facts.failing_builds import lacks_source, stops
from buildxray.rules.facts.independent_installs import first_of_chain, independent_runs, installs_after_copy, shown
from buildxray.rules.facts.installed_project import CACHE_OF_PIP, NO_CACHE, installed_project
from buildxray.rules.facts.kept_downloads import may_be_needed_later, starts_tool
from buildxray.rules.facts.missed_downloads import is_hidden
from buildxray.rules.facts.preparing_commands import installing_runs, preparing_commands
from buildxray.rules.facts.read_sources import reads_earlier
from buildxray.rules.facts.uncached_crates import CACHE, PLACE_OF_CRATES, uncached_crates
from buildxray.rules.facts.uncopied_locks import may_need_locks, uncopied_lock
from buildxray.rules.fixing.early_download import (
    advice,
    advice_on_sources,
    earlier_download,
    earlier_installations,
    is_taken_out,
    prepared_between,
    reason_in_shared_stage,
    separate_download,
    serves_others,
    what_is_repeated,
    with_preparation,
)
from buildxray.rules.fixing.edits import add_mount, lock_cache
from buildxray.rules.one_cause import join
from buildxray.rules.wording import listed
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean
from buildxray.syntax.instructions import Copying
from buildxray.syntax.text import Edit
from buildxray.toolchains.base import Toolchain
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING


@rule(
    Severity.INFORMATION,
    Severity.INFORMATION,
    FixAvailability.SOMETIMES,
    about=[Effect.BUNDLE, Effect.COMPILE, Effect.EXECUTE, Effect.FETCH, Effect.INSTALL, Effect.UNKNOWN],
)
def late_module_download(ctx: RuleContext) -> Iterator[Finding]:
    """Dependencies are downloaded only after the whole source was copied, and so again after each change of it.

    ## What it does
    Looks for `go mod download`, `npm ci`, `dotnet restore`, `cargo fetch`, `pip install -r`, `mix deps.get` and similar commands after a `COPY .
    .` without an earlier download in the stage, or with one for another project of it (`cd client && npm ci`); also after a COPY of a source
    directory such as `src` or of a file such as `main.py`, if the manifests were copied in vain before it or with it, and after a COPY of a
    whole project of a larger repository (`COPY web/ .`), of a member of a workspace, of a directory with a project of .NET or Maven, of a
    package of Python, or of a program of Python with its list, and in a stage that
    begins from one with the whole source and takes its lists from there (`turbo prune`). A RUN that mounts a cache or the manifest is not reported, unless it mounts all
    lists that its installation reads (`uv sync --no-install-project`) and comes after the source. `go build` counts as a download if `go.mod`
    requires modules, also if `make` or a script of the project surely runs it (in a workspace, the lists of the modules that go.work uses count, and `go work sync` before
    their sources downloads none), and the first `cargo build` after a COPY of sources in the official image if its project requires crates (a RUN with a
    mount is not reported), and `pip install .` in an official image if pyproject.toml lists dependencies; `mvn package`, `composer install`,
    `swift build`, `cabal build`, `dotnet build` and `dotnet publish` (without an option for one machine) do if all files that their downloads need are known: not in a project
    of several modules of Maven or several packages of Haskell. A RUN that reads no file of the build context at all, such as `apt-get install`, `npm install -g pnpm`, `pip
    install poetry` or `cargo install cargo-deb`, is reported if it directly follows `COPY . .` or the COPY of the directory that the stage
    builds, or RUN instructions that build with npm, and uses no variable; also at the beginning of a RUN that then builds. A command in sources
    that the stage itself clones or downloads is not reported, nor one in a directory to which no COPY brings its list. Nor is one whose packages
    are in the repository (`node_modules`, except for `npm ci`, `vendor/cache`), come from another stage or may be in an image that a named
    context gives, that a build of the project makes, or that has no owner and is not an official one (`FROM shop-base`), or if another
    build has them (`COPY vendor* vendor`), or a download before which the build may change the manifests (`sed -i`, `go mod edit`, a script
    of the project), or one
    that is commented out where it belongs. The message names all files that the download needs, such as the lists of the members of a workspace,
    the projects that a project of .NET refers to, and settings like `.npmrc`. Where these are more than twelve, or a list refers to sources
    (`file:../lib`, a path dependency, a script that runs at installation), nothing is reported, but that a cache keeps the modules of Go in the
    official image; nor if the lists name nothing, nor in an image
    for development or tests, or of an action of GitHub, which is built without a cache. A download that a later cache mount hides is for `missed-download`.

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
    prepares the go command: with `export PATH=…`, `git config`, or a mount of a secret. For Cargo and pip, and for Go with many lists, the fix adds a cache mount (for Cargo,
    whose lock is outside of it, with `sharing=locked`: two builds at once would unpack the same crates, and one would fail), unless jobs on GitHub's own machines alone build the file, where every cache mount is empty at the beginning, or the image or another stage may
    need what is downloaded: with `CMD cargo run`, with a script as ENTRYPOINT.
    """
    workspace = ctx.build.workspace
    is_of_action = workspace.is_of_action and not workspace.has_build and not workspace.has_own_name
    if ctx.is_for_helping or is_of_action:
        return
    inherited = _inherited_downloads(ctx.build)
    by_locks = may_need_locks(ctx.build)
    for stage in ctx.build.needed_stages:
        if stops(stage) or lacks_source(stage) or (by_locks and uncopied_lock(stage) is not None):
            continue
        whole = copy_of_everything(stage)
        yield from _after_part(ctx, stage, whole, inherited[stage])
        sources = dict.fromkeys((copy_of_project(ctx, stage), whole)) if installs_after_copy(stage) else ()
        for source in sources:
            if source is not None and source.stage is stage:
                yield from _independent(ctx, source)
        yield from _of_crates(ctx, stage)
        yield from _of_own_package(ctx, stage)
        if whole is None:
            continue
        yield from _on_own_sources(ctx, stage, whole, inherited[stage])
        runs = (it for it in instructions_before(whole) if isinstance(it, Run))
        earlier = (it for run in runs for it in run.known_commands)
        done = _Done(
            ctx, (toolchain for toolchain, has_manifests in inherited[stage] if has_manifests or toolchain is RUST)
        )
        for it in earlier:
            if (it.use.manifests and not lacks_imports(it)) or it.use.toolchain is RUST:
                done.add(it)
        found: dict[Toolchain, list[Finding]] = {}
        for written in (it for run in stage.runs if run.idx > whole.idx for it in run.known_commands):
            in_script = download_in_script(ctx, written)
            command = written if in_script is None else in_script.command
            if not command.use.manifests or not command.syntax.words or done.covers(command):
                continue
            if (
                are_brought_otherwise(ctx, whole, command)
                or runs_own_scripts(ctx, command)
                or may_have_no_module(ctx, command)
            ):
                # The stage itself brings the source and its list of dependencies, or the download needs the source.
                continue
            done.add(command)
            is_late = not _is_kept(ctx, whole, command)
            if is_late and not ctx.build.workspace.loses_cache_mounts:
                yield from _of_many_modules(ctx, whole, command)
            is_late = is_late and not may_differ(ctx, whole, command)
            if is_late and not is_taken_out(ctx, whole, command) and not reads_other_files(ctx, whole, command):
                fact = what_is_repeated(command) if in_script is None else _repeated_by(in_script)
                found.setdefault(command.use.toolchain, []).append(_finding(ctx, whole, command, fact))
        yield from (join(ctx, first, others) for first, *others in found.values())


def _on_own_sources(ctx: RuleContext, stage: Stage, whole: Instruction, inherited: _Downloads) -> Iterator[Finding]:
    """Find a download whose lists come from a stage on which its own is built, with all sources: `turbo prune` in a stage, and `FROM` that stage.

    From another base, the step would depend on these lists only. BuildKit takes the content of what a COPY copies into the key of its cache.
    """
    if whole.stage is stage or len(stage.bases) != 1 or not stage.bases[0].name:
        return
    commands = (it for run in stage.runs for it in run.known_commands)
    command = next((it for it in commands if it.use.manifests and it.syntax.words), None)
    if command is None or (command.use.toolchain, True) in inherited or _is_kept(ctx, whole, command):
        return
    if stage.is_on_unread_image:
        return
    copies = (it for it in stage.instructions if isinstance(it.node, Copying) and it.idx < command.run.idx)
    if not any(_brings_lists(it, command, whole) for it in copies):
        return
    message = _(
        "`{title}` downloads the dependencies again after each change of the source, which comes with `FROM {base}`: begin this stage from an image without it",
        title=command.title,
        base=stage.bases[0].name,
    )
    yield Finding(
        command.title_range, message, related=(Related(whole.keyword_range, _("the whole source is copied here")),)
    )


def _brings_lists(copy: Instruction, command: KnownCommand, whole: Instruction) -> bool:
    """True if a COPY takes files to where a command works, from a stage that the command's own is built on and that has the whole source."""
    own = () if command.run.stage is None else command.run.stage.chain[:-1]
    is_own = any(
        it in own and whole.stage in it.chain for it in map(copy.stage_named, copy.sources_named) if it is not None
    )
    return is_own and not {*copy.destinations}.isdisjoint(map(clean, command.invocation.directories))


def _of_crates(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find `cargo build`, which downloads the crates itself, without a cache."""
    found = uncached_crates(ctx, stage)
    if found is None:
        return
    command, copy, runs = found
    related = (Related(copy.keyword_range, _("the source is copied here")),)
    may_write = all(it.runs_as_root for it in runs)
    if (
        not may_write
        or ctx.build.workspace.loses_cache_mounts
        or may_be_needed_later(stage, runs[-1], PLACE_OF_CRATES, RUST)
    ):
        message = _(
            "`{title}` downloads and compiles all crates again after each change of the source: cargo-chef keeps both in layers",
            title=command.title,
        )
        yield Finding(command.title_range, message, related=related)
        return
    message = _(
        "`{title}` downloads and compiles all crates again after each change of the source: `{cache}` keeps the downloads, and cargo-chef keeps what is compiled",
        title=command.title,
        cache=CACHE,
    )
    fix = _in_cache(runs, CACHE, lock_cache(ctx.build, PLACE_OF_CRATES))
    yield Finding(command.title_range, message, (fix,), related)


def _in_cache(runs: Iterable[Run], cache: str, edits: Iterable[Edit] = ()) -> Fix:
    """Give RUN instructions the cache mount of the downloads, with further edits."""
    mounts = (add_mount(it, cache) for it in runs)
    return Fix(_("Keep the downloads in a cache"), (*mounts, *edits), Safety.SUGGESTION)


def _of_many_modules(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> Iterator[Finding]:
    """Find a download of modules of Go for which too many lists would have to be copied first."""
    runs = runs_with_modules(ctx, whole, command)
    needed = needed_files(ctx, command)
    if not runs or needed is None:
        return
    message = _(
        "`{title}` downloads the modules again after each change of the source; it needs {count} files, too many to copy first: `{cache}` keeps the downloads",
        title=command.title,
        count=len(needed.files),
        cache=_CACHE_OF_MODULES,
    )
    related = (Related(whole.keyword_range, _("the whole source is copied here")),)
    yield Finding(command.title_range, message, (_in_cache(runs, _CACHE_OF_MODULES),), related)


def _of_own_package(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find an installation of the project that downloads what it requires, without a cache."""
    found = installed_project(ctx, stage)
    if found is None:
        return
    fact, command = what_is_repeated(found.command), found.command
    related = (Related(found.copy.keyword_range, _("the source is copied here")),)
    installing = installing_runs(command, found.named or found.copy)
    is_between = any(it.idx < found.copy.idx for it in installing or ())
    preparing = (
        preparing_commands(command, (*prepared_between(found.copy, command), *installing))
        if found.separate and installing is not None and not is_between
        else None
    )
    if found.separate and preparing is None:
        yield Finding(command.title_range, fact, related=related)
        return
    if found.separate and preparing is not None:
        separate = with_preparation(preparing, found.separate)
        reason = ngettext(
            "{files} is not copied before the rest",
            "{files} are not copied before the rest",
            1,
            files=f"`{found.manifest}`",
        )
        if found.named is not None and serves_others(found.named, command.run):
            reason = reason_in_shared_stage(found.copy)
        elif found.named is not None:
            copy = f"{found.named.keyword} {' '.join(it.text for it in sources_of(found.named))}"
            reason = _(
                "add `RUN {command}` right after `{copy}`, before the rest is copied",
                command=separate,
                copy=copy,
            )
        else:
            reason = _("{reason}; `{command}` needs no other files", reason=reason, command=separate)
        yield Finding(command.title_range, _("{fact}: {reason}", fact=fact, reason=reason), related=related)
        return
    if ctx.build.workspace.loses_cache_mounts or starts_tool(stage, SCRIPTING):
        # With the cache of pip in a mount, what the image installs when it starts would be downloaded again.
        return
    message = (
        _("{fact}: `{cache}` without `{option}` keeps the downloads", fact=fact, cache=CACHE_OF_PIP, option=NO_CACHE)
        if found.without_cache
        else _("{fact}: `{cache}` keeps the downloads", fact=fact, cache=CACHE_OF_PIP)
    )
    fix = _in_cache([command.run], CACHE_OF_PIP, (Edit(it, "") for it in found.without_cache))
    yield Finding(command.title_range, message, (fix,), related)


def _independent(ctx: RuleContext, whole: Instruction) -> Iterator[Finding]:
    """Find installations that need no file of the source."""
    runs = independent_runs(ctx, whole)
    copy, *_rest = whole.written.split("\n")
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
        (earlier_installations(whole, [run for run, _command in runs]),),
        related,
    )


_CACHE_OF_MODULES: Final = f"--mount=type=cache,target={PLACE_OF_MODULES}"

_MOST_PROJECTS: Final = 12
"""Projects of a stage whose downloads are compared with one another, each with all instructions before it."""


class _Done:
    """The downloads of a stage that are already there, or already reported."""

    def __init__(self, ctx: RuleContext, inherited: Iterable[Toolchain]) -> None:
        self._ctx = ctx
        self._inherited = frozenset(inherited)
        self._commands: dict[Toolchain, list[KnownCommand]] = {}

    def add(self, command: KnownCommand) -> None:
        """Take note of a command that downloads."""
        self._commands.setdefault(command.use.toolchain, []).append(command)

    def covers(self, command: KnownCommand) -> bool:
        """True if a command may find its packages there: one of its toolchain has run, and not for another project."""
        toolchain = command.use.toolchain
        others = self._commands.get(toolchain)
        if others is None or toolchain in self._inherited:
            return toolchain in self._inherited
        return len(others) >= _MOST_PROJECTS or not is_of_another_project(self._ctx, command, others)


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


def _is_kept(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if a mount keeps what a command downloads, or if an argument runs it again whatever is copied before it.

    A RUN of its own before `whole` does not depend on an argument that is declared later.
    """
    if is_mounted(command.run) or is_hidden(ctx, command):
        # Of what is hidden, an earlier download would be for nothing too.
        return True
    changing = changing_arguments(ctx, command.run)
    if not changing or not separate_download(ctx, command):
        return bool(changing)
    declared = map(command.run.declaration, changing)
    return any(it is None or it.idx < whole.idx for it in declared)


def _after_part(ctx: RuleContext, stage: Stage, whole: Instruction | None, inherited: _Downloads) -> Iterator[Finding]:
    """Find downloads after a COPY of a part of the build context that contains the source."""
    done = _Done(ctx, ())
    for command in (it for run in stage.runs for it in run.known_commands):
        if not command.use.manifests or not command.syntax.words or done.covers(command) or lacks_imports(command):
            continue
        done.add(command)
        if (whole is not None and whole.idx < command.run.idx) or not needs_manifests_only(ctx, command):
            continue
        if may_have_no_module(ctx, command):
            continue
        part = copy_of_sources(ctx, command)
        if part is None or lacks_manifests(ctx, part, command) or (command.use.toolchain, True) in inherited:
            continue
        if not _is_kept(ctx, part, command) and not may_differ(ctx, part, command):
            early = early_copies(ctx, part, command)
            if reads_earlier(command, early) or (
                not early and (is_taken_out(ctx, part, command) or reads_other_files(ctx, part, command))
            ):
                continue
            message = (
                advice_on_sources(ctx, early, command)
                if early
                else _with_reason(what_is_repeated(command, part), advice(ctx, part, command))
            )
            related = tuple(Related(it.keyword_range, _("the source is copied here")) for it in early or [part])
            yield Finding(command.title_range, message, related=related)


def _with_reason(fact: str, reason: str) -> str:
    return _("{fact}: {reason}", fact=fact, reason=reason) if reason else fact


def _repeated_by(found: DownloadInScript) -> str:
    return _(
        "`{command}` (`{title}`) downloads the dependencies again after each change of the source",
        command=shown(found.command),
        title=found.title,
    )


def _finding(ctx: RuleContext, whole: Instruction, command: KnownCommand, fact: str) -> Finding:
    return Finding(
        command.title_range,
        _with_reason(fact, advice(ctx, whole, command)),
        earlier_download(ctx, whole, command),
        (Related(whole.keyword_range, _("the whole source is copied here")),),
    )
