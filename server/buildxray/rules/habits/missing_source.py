"""COPY or ADD names a file that the repository lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.lacked_lists import LackedList, lacked_lists
from buildxray.rules.facts.uncopied_locks import may_need_locks, uncopied_lock
from buildxray.rules.wording import joined
from buildxray.semantics.build import AbsentSource, Effect
from buildxray.semantics.mentions import Mention
from buildxray.toolchains.base import Absence, Workspace


@rule(
    Severity.WARNING,
    Severity.WARNING,
    FixAvailability.NEVER,
    about=[Mention.NAMED_SOURCE, Effect.BUNDLE, Effect.EXECUTE, Effect.FETCH, Effect.INSTALL],
)
def missing_source(ctx: RuleContext) -> Iterator[Finding]:
    """COPY or ADD names a file that the repository lacks.

    ## What it does
    Looks for files that people write and add to a repository (lists of dependencies and their lock files, settings of tools, scripts, programs
    of Python, Ruby and Perl), and that are in no directory that may be the build context; also for any path that begins with the name of the
    build context (`COPY api/app.py` with the context `api`) and is there from the directory above, or with its whole path from the root (`COPY apps/api/app.py` with the context `apps/api`). A lock file that Git ignores is one, if a
    workflow builds the Dockerfile and does not name the program that makes it. Any other path is one too, if workflows build the Dockerfile
    and all steps of their jobs are known: they check the repository out, build and push images, and make nothing of that name.

    A path that the build context has in the directory of the Dockerfile alone is looked for too: the context `.` with `api/Dockerfile` and
    `api/requirements.txt`. So are the lists that a command reads after `COPY . .`: `requirements.txt` of `pip install -r`, `pom.xml` of
    `mvn package`, `package.json` and the lock file of `npm ci`, those of pnpm, Go, Cargo, Bundler, Composer, Mix, Poetry and uv.
    A lock file that no COPY takes is one too, although the list of dependencies is copied by its name, before a command that fails without it: `npm ci`,
    `pnpm install --frozen-lockfile`, `uv sync --frozen`.

    ## Why it matters
    The build stops at this instruction: `"/yarn.lock": not found`. On the machine where the file was made it works, so that only the jobs of
    others fail.

    ## Example
    A repository with `package.json`, and without `yarn.lock`:
    ```dockerfile
    FROM node
    WORKDIR /app
    COPY package.json yarn.lock ./
    ```

    Use instead, with the file added, or with what there is:
    ```dockerfile
    FROM node
    WORKDIR /app
    COPY package.json ./
    ```

    ## Limits
    Not reported if a script, a workflow or a document of the repository may make the file: it names a script or a program, or a file of a usual
    name (`package.json`), or its directory, in a line with a word such as `cp` or `create`. Not reported either if the file may be in a
    submodule that is not checked out; if Git ignores it, but for lock files; if the path contains a variable or a wildcard; or if the context
    has nothing that the Dockerfile names, and no Compose file names it; without a known build also if it lacks most of that (a list that a wildcard matches is one of them), or a list such as `pom.xml`. Files that builds
    write (`dist`, `app.jar`, programs) are not looked for, unless the steps of the jobs show that nothing writes them. Where a build stops, `emulated-build` and `emulating-runner` report nothing.
    """
    absent = ctx.build.absent_sources
    # Without a known build, another directory may be the context.
    severity = None if ctx.build.workspace.has_build else Severity.INFORMATION
    if not absent:
        lacked = next(lacked_lists(ctx.build), None)
        if lacked is not None:
            yield Finding(lacked.command.title_range, _message_of_list(lacked), severity=severity)
            return
        stages = ctx.build.needed_stages if may_need_locks(ctx.build) else ()
        lock = next(filter(None, map(uncopied_lock, stages)), None)
        if lock is not None:
            message = _(
                "the build stops here: `{command}` needs `{path}`, which no COPY before it takes",
                command=lock.command.title,
                path=lock.name,
            )
            yield Finding(lock.command.title_range, message)
        return
    first, *others = absent
    related = [Related(it.range, _message_of(ctx, it)) for it in others]
    is_below = first.absence is Absence.BELOW
    other = _message_of_directory(ctx.build.workspace, absent) if is_below else _other_form(ctx, absent)
    parts = [_message(absent) if other is None else other]
    if first.earlier:
        paths = joined([*dict.fromkeys(f"`{path}`" for path, _place in first.earlier)])
        parts.append(_("unless something makes {paths} before, it stops there already", paths=paths))
        related += (Related(place, _("`{path}` is not there either", path=path)) for path, place in first.earlier)
    yield Finding(first.range, _("; ").join(parts), related=(*related,), severity=severity)


def _message_of_list(lacked: LackedList) -> str:
    """What happens at a command that reads a list which is not there."""
    if lacked.absence is Absence.BELOW:
        build = lacked.command.run.build
        return _(
            "the build stops here: `{command}` reads `{path}`, which the build context has in `{directory}`, beside the Dockerfile; {advice}",
            command=lacked.command.title,
            path=lacked.path,
            directory=build.workspace.directory_in_context,
            advice=_as_context(build.workspace) if build.is_for_own_directory else _("read it there"),
        )
    if lacked.absence is Absence.IGNORED:
        return _(
            "a build from a checkout stops here: `{command}` reads `{path}`, which Git ignores; add it to the repository",
            command=lacked.command.title,
            path=lacked.path,
        )
    if lacked.absence is Absence.IN_ROOT:
        return _(
            "the build stops here: `{command}` reads `{path}`, which is not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too",
            command=lacked.command.title,
            path=lacked.path,
        )
    return _(
        "the build stops here: `{command}` reads `{path}`, which is not in the build context; add it to the repository",
        command=lacked.command.title,
        path=lacked.path,
    )


def _message_of(ctx: RuleContext, absent: AbsentSource) -> str:
    """What happens at one absent source."""
    is_below = absent.absence is Absence.BELOW
    return _message_of_directory(ctx.build.workspace, (absent,)) if is_below else _message([absent])


def _as_context(workspace: Workspace) -> str:
    """The advice to build with the directory of the Dockerfile as the context."""
    return _("build with `{directory}` as the context", directory=posixpath.dirname(workspace.dockerfile))


def _message_of_directory(workspace: Workspace, absent: tuple[AbsentSource, ...]) -> str:
    """What happens at sources that the directory of the Dockerfile has, which is below the context."""
    own = workspace.directory_in_context
    paths = dict.fromkeys(posixpath.normpath(it.path) for it in absent if it.absence is Absence.BELOW)
    meant = joined([f"`{own}/{it}`" for it in paths])
    return _(
        "the build stops here: the build context has {paths} in `{directory}`, beside the Dockerfile; {advice}",
        paths=joined([f"`{it}`" for it in paths]),
        directory=own,
        advice=_as_context(workspace) if absent[0].is_of_dockerfile else _("copy {paths}", paths=meant),
    )


def _other_form(ctx: RuleContext, absent: tuple[AbsentSource, ...]) -> str | None:
    """What happens at the only absent source if it is a lock file, and the context has another one that the same program writes; otherwise None."""
    keeps = ctx.build.workspace.keeps
    paths = {posixpath.normpath(it.path) for it in absent}
    if keeps is None or len(paths) > 1 or absent[0].absence not in (Absence.MISSING, Absence.UNMADE):
        return None
    directory, name = posixpath.split(paths.pop())
    other = posixpath.join(directory, _OTHER_FORMS.get(name, ""))
    if name not in _OTHER_FORMS or not keeps(other):
        return None
    return _(
        "the build stops here: `{path}` is not in the build context, but `{other}` is; copy that",
        path=absent[0].path,
        other=other,
    )


_OTHER_FORMS: Final = {
    "bun.lock": "bun.lockb",
    "bun.lockb": "bun.lock",
    "npm-shrinkwrap.json": "package-lock.json",
    "package-lock.json": "npm-shrinkwrap.json",
}
"""Pairs of lock files of one program. Source: the documentation of Bun, "Lockfile"; that of npm, "npm-shrinkwrap.json"."""


_OF_ROOT: Final = (Absence.BESIDE, Absence.FROM_ROOT, Absence.IN_ROOT)
"""The reasons for paths that the root of the repository has."""


def _message(absent: list[AbsentSource] | tuple[AbsentSource, ...]) -> str:
    """What happens at the first of some sources, which names all that are absent for its reason."""
    reason = absent[0].absence
    paths = [*dict.fromkeys(f"`{it.path}`" for it in absent if it.absence is reason)]
    if reason is Absence.IGNORED:
        return _(
            "a build from a checkout stops here, because Git ignores {paths}; add it to the repository, or do not copy it",
            paths=joined(paths),
        )
    if reason is Absence.UNMADE:
        return ngettext(
            "a build from a checkout stops here: {paths} is not in the repository, and no step of the workflow makes it; add it, make it in a step before, or do not copy it",
            "a build from a checkout stops here: {paths} are not in the repository, and no step of the workflow makes them; add them, make them in a step before, or do not copy them",
            len(paths),
            paths=joined(paths),
        )
    if reason in _OF_ROOT:
        paths = [*dict.fromkeys(f"`{it.path}`" for it in absent if it.absence in _OF_ROOT)]
        if absent[0].has_others:
            return ngettext(
                "the build stops here: {paths} is not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too, or do not copy it",
                "the build stops here: {paths} are not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too, or do not copy them",
                len(paths),
                paths=joined(paths),
            )
        return ngettext(
            "the build stops here: {paths} is not in the build context, but in the root of the repository; build with the root as the context, or do not copy it",
            "the build stops here: {paths} are not in the build context, but in the root of the repository; build with the root as the context, or do not copy them",
            len(paths),
            paths=joined(paths),
        )
    of_above = [it for it in absent if it.absence in (Absence.REPEATED, Absence.ABOVE)]
    if of_above and any(it.absence is Absence.ABOVE for it in absent):
        paths = [*dict.fromkeys(f"`{it.path}`" for it in of_above)]
        return ngettext(
            "the build stops here: {paths} is not in the build context, but in the directory above; build with that as the context",
            "the build stops here: {paths} are not in the build context, but in the directory above; build with that as the context",
            len(paths),
            paths=joined(paths),
        )
    if reason is Absence.REPEATED:
        context, *_rest = absent[0].path.lstrip("./").split("/")
        return ngettext(
            "the build stops here: {paths} is looked for below `{context}`, which is the build context already; leave `{context}/` out, or build with the directory above as the context",
            "the build stops here: {paths} are looked for below `{context}`, which is the build context already; leave `{context}/` out, or build with the directory above as the context",
            len(paths),
            paths=joined(paths),
            context=context,
        )
    return ngettext(
        "the build stops here: {paths} is not in the build context; add it to the repository, or do not copy it",
        "the build stops here: {paths} are not in the build context; add them to the repository, or do not copy them",
        len(paths),
        paths=joined(paths),
    )
