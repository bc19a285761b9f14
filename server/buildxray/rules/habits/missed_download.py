"""A command downloads again what an earlier RUN has downloaded, because only one of them mounts the cache."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.failing_builds import lacks_source, stops
from buildxray.rules.facts.kept_downloads import may_be_needed_later
from buildxray.rules.facts.missed_downloads import MissedDownload, missed_downloads, runs_without_mount
from buildxray.rules.fixing.edits import add_mount, lock_cache, remove_flag, with_lock
from buildxray.semantics.build import Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.cache_locks import needs_locked_cache


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Mention.MOUNT])
def missed_download(ctx: RuleContext) -> Iterator[Finding]:
    """A command downloads again what an earlier RUN has downloaded, because only one of them mounts the cache.

    ## What it does
    Looks for `go mod download`, `cargo fetch`, `dotnet restore` and `mvn dependency:go-offline`, and a later `go build`, `cargo build`, `dotnet
    publish` or `mvn package` of the same project, if only one of the two has a cache mount at the directory of the downloads, or if they mount
    different caches.

    ## Why it matters
    Files that are written into a cache mount are not in the image: a later RUN without the mount does not find them, and downloads all of them again
    after each change of the source. The other way round, a mount hides the files that the image has at its directory: a later RUN with the mount downloads them again
    if the cache is empty, as on a fresh machine, and the first download is for nothing. A command that may download nothing (`dotnet publish --no-restore`,
    `cargo build --offline`) fails.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN --mount=type=cache,target=/go/pkg/mod go mod download
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .

    FROM scratch
    COPY --from=build /app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN --mount=type=cache,target=/go/pkg/mod go mod download
    COPY . .
    ARG TARGETARCH
    RUN --mount=type=cache,target=/go/pkg/mod CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .

    FROM scratch
    COPY --from=build /app /app
    ```

    ## Fix safety
    A suggestion: the RUN that lacks the mount gets it; if jobs on GitHub's own machines alone build the file, where every cache mount is empty at the beginning, the
    other one loses it. For Cargo, .NET and Maven, each mount of the cache gets `sharing=locked`: their locks are outside of the directory, so that two builds at
    once would write the same files. No mount is added if what the image starts may need the files (`CMD go run .`, a script), or another stage that copies them.

    ## Limits
    The directory of the downloads has to be known: by a variable such as `GOMODCACHE`, or by the official image. Nothing is reported if a RUN between
    the two may download the files too, if a download that is hidden may be of use to another RUN, or if the list names no dependencies. The results of `npm ci`
    and `pip install` are not in their caches, so that a later command finds them.

    ## References
    docs.docker.com, "RUN --mount=type=cache"; go.dev/ref/mod, "Module cache"; the Cargo book, "Cargo Home".
    """
    if ctx.is_for_windows:
        return
    for it in missed_downloads(ctx):
        stage = it.user.run.stage
        if stage is not None and not stops(stage) and not lacks_source(stage):
            related = (Related(it.download.title_range, _("the dependencies are downloaded here")),)
            severity = Severity.WARNING if it.stops else None
            is_lost = ctx.build.workspace.loses_cache_mounts
            fixes = partial(_without_mount if is_lost else _fixes, it)
            yield Finding(it.user.title_range, _message(it, is_lost=is_lost), fixes, related, severity)


def _message(missed: MissedDownload, *, is_lost: bool) -> str:
    names = {"command": missed.user.title, "download": missed.download.title, "path": missed.mount.target}
    if missed.stops:
        names["option"] = missed.option
        if missed.is_hidden:
            return _(
                "the build stops here if the cache is empty: `{option}` forbids the download, and the mount hides the files that `{download}` has put into `{path}`",
                **names,
            )
        return _(
            "the build stops here: `{option}` forbids the download, and `{download}` has put the files into the cache at `{path}`, which this RUN does not mount",
            **names,
        )
    if missed.is_hidden and is_lost:
        return _(
            "`{command}` downloads the dependencies again: its mount, which is empty in each build, hides `{path}`, where `{download}` has put them",
            **names,
        )
    if missed.is_hidden:
        return _(
            "`{command}` downloads the dependencies again if the cache is empty: its mount hides `{path}`, where `{download}` has put them",
            **names,
        )
    if missed.has_other_cache:
        return _(
            "`{command}` downloads the dependencies again: `{download}` has put them into another cache at `{path}`",
            **names,
        )
    return _(
        "`{command}` downloads the dependencies again: `{download}` has put them into the cache at `{path}`, which this RUN does not mount",
        **names,
    )


def _fixes(missed: MissedDownload) -> tuple[Fix, ...]:
    """Mount the cache in the RUN that lacks it, and in later ones that would lack the files then."""
    source = missed.user.run if missed.is_hidden else missed.download.run
    flag = source.build.text[slice(*source.range_of(missed.mount.flag))]
    if "$" in flag or "\n" in flag or missed.has_other_cache or (missed.is_hidden and missed.stops):
        return ()
    runs = [missed.download.run] if missed.is_hidden else [missed.user.run, *runs_without_mount(missed)]
    if any(map(_empties_caches, runs)):
        return ()
    stage = runs[0].stage
    if stage is None or may_be_needed_later(stage, runs[-1], missed.place, missed.user.use.toolchain):
        return ()
    if not needs_locked_cache(missed.user.name) or missed.mount.sharing != "shared":
        return (Fix(_("Mount the cache here too"), tuple(add_mount(it, flag) for it in runs), Safety.SUGGESTION),)
    start, (place, text) = source.range_of(missed.mount.flag).start, with_lock(source, missed.mount)
    flag = f"{flag[: place.start - start]}{text}{flag[place.end - start :]}"
    edits = [*(add_mount(it, flag) for it in runs), *lock_cache(source.build, missed.mount.id)]
    return (Fix(_("Mount the cache here too, for one step at a time"), tuple(edits), Safety.SUGGESTION),)


def _without_mount(missed: MissedDownload) -> tuple[Fix, ...]:
    """Remove the mounts that hide the downloads, or keep them out of the image: on new machines no mount keeps anything for the next build."""
    stage = missed.user.run.stage
    if stage is None or missed.has_other_cache:
        return ()
    runs = [missed.download.run]
    if missed.is_hidden:
        runs = [it for one in stage.family for it in one.runs if it.idx >= missed.user.run.idx]
    mounts = [it for it in missed.user.run.build.cache_mounts if it.target == missed.mount.target]
    flags = {(run.idx, it.flag): run for run in runs for it in mounts if it.instruction == run.idx}
    edits = tuple(remove_flag(run, flag) for (_idx, flag), run in flags.items())
    return (Fix(_("Remove the mount: each build begins with an empty cache"), edits, Safety.SUGGESTION),)


def _empties_caches(run: Run) -> bool:
    """True if a RUN may delete the files of the cache."""
    return _DELETING.search(run.node.whole_text) is not None


_DELETING: Final = lazy_regex(r"\b(?:clean|rm)\b")
