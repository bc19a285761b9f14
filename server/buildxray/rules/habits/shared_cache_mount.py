"""Steps for different platforms use one cache for files that depend on the platform."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import bring_arguments, merged, with_lock
from buildxray.rules.one_cause import same_here
from buildxray.semantics.build import CacheMount, Instruction, Run
from buildxray.semantics.file_flow import holds
from buildxray.semantics.frontends import FIRST_WITH_VARIABLES_IN_MOUNTS, is_older
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Flag, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import mount_options
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import Invocation
from buildxray.toolchains.c import C
from buildxray.toolchains.rust import RUST

_UNSAFE: Final = lazy_regex(
    r"/var/cache/(?:apk|zypp)|/etc/apk/cache|.*/target|.*/node_modules|.*/(?:\.venv|venv)|.*/build"
)
"""Directories in which files of different architectures have the same names. Those of yum are in `$basearch/$releasever` (yum.conf of CentOS 7).

Those of dnf 4 and 5 are in directories with a hash of the repository's address, which contains the architecture (libdnf, Repo::Impl::getHash; libdnf5,
ConfigRepo::get_unique_id), and pacman's have the architecture in their names.
"""
_OF_APK: Final = ("/var/cache/apk", "/etc/apk/cache")
_ALPINE: Final = lazy_regex(r"(?:/alpine:|[:-]alpine-?)3\.(?P<minor>\d{1,3})(?![\d])")
"""The version of Alpine in the name of an image: `alpine:3.20`, `node:22-alpine3.20`."""
_FIRST_WITH_APK_3: Final = 23
"""The minor version of Alpine 3 from which on apk names an index by a hash of its whole address, which contains the architecture.

Source: the release notes of Alpine 3.23; apk-tools 3, src/database.c, add_repository_component; apk-tools 2 hashes the address of the repository.
"""
_VARIABLE: Final = lazy_regex(r"\$\{?(\w+)")
_UNSAFE_AT_ONCE: Final = lazy_regex(r"/var/(?:cache|lib)/apt(?:/.*)?")
"""Directories in which these have different names, but that two steps must not write at the same time."""


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Mention.MOUNT])
def shared_cache_mount(ctx: RuleContext) -> Iterator[Finding]:
    """Steps on different platforms share a cache mount that holds files for one architecture.

    ## What it does
    Looks for cache mounts with one id on steps of several platforms, at directories whose content depends on the architecture: the cache of apk in an image
    of which the tag names Alpine 3.22 or older, the `target` of cargo, `node_modules`, virtual environments; those of apt unless their `sharing` is `locked` or `private`. The
    `target` of cargo is not reported either with `sharing=locked`, if each RUN that uses it runs cargo: only the finished program has the same
    name on each platform. Jobs of a workflow that build one platform each do not share a cache, and nothing is reported where the builds of a
    file may be such jobs, nor where no build asks for several platforms and the file names no platform argument. A cache whose id names an architecture is for a file of that architecture, and is not reported. A cache of apk that
    only commands with `--no-cache` use stays empty, and is not reported. Nor are caches that separate architectures themselves (Go, npm, pip,
    Maven, yum, dnf, pacman, apk since Alpine 3.23, the registry of cargo).

    ## Why it matters
    A cache is identified by its id alone. Two platforms write to one directory at the same time, and use each other's files: corrupted indexes,
    or libraries for the wrong architecture. A `target` counts only if cargo runs, a `build` only if a compiler of C does or a tool that calls
    one.

    ## Example
    ```dockerfile
    FROM alpine:3.22
    RUN --mount=type=cache,target=/var/cache/apk apk add curl
    ```

    Use instead:
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH TARGETVARIANT
    RUN --mount=type=cache,id=apk-$TARGETARCH$TARGETVARIANT,target=/var/cache/apk apk add curl
    ```

    ## Fix safety
    Safe: it only starts new, empty caches, for all RUNs that use the cache; or it lets the users of apt's files wait for each other. A
    suggestion if a RUN for one platform, as in a native stage, uses the cache too, or if a workflow of the project keeps the caches
    with `buildkit-cache-dance`, which finds them by their ids as they are written. None is offered to separate caches if `# syntax=` asks for a
    frontend before 1.3, which expands no variables in mounts.

    ## References
    github.com/moby/buildkit/issues/2598 and github.com/docker/buildx/issues/549.
    """
    if ctx.build.request.is_separate or ctx.may_have_own_machines:
        # Separate jobs have separate builders and caches.
        return
    if ctx.build.workspace.has_unread_builds and not ctx.asks_for_several:
        # The builds that may be of this file may have a machine for each platform.
        return
    if ctx.assumes_platforms:
        # Only a build for several platforms at once has two users of a cache.
        return
    users: dict[tuple[object, str], dict[CacheMount, None]] = defaultdict(dict)
    for mount in ctx.build.cache_mounts:
        users[mount.machine, mount.id][mount] = None
    reported: set[tuple[int, Flag]] = set()
    of_apt: list[_Use] = []
    locked: list[_Use] = []
    for mounts in users.values():
        shared_by = tuple(dict.fromkeys(it.platform for it in mounts))
        if len(shared_by) < 2:
            continue
        every = _all_uses(ctx, mounts)
        uses = [it for it in _wrong_uses(ctx, every, mounts) if (it.instruction.idx, it.mount.flag) not in reported]
        reported.update((it.instruction.idx, it.mount.flag) for it in uses)
        if uses and _UNSAFE_AT_ONCE.fullmatch(uses[0].mount.target):
            of_apt += uses
            locked += [it for it in every if it.mount.sharing == "shared"]
        elif uses:
            message = _(
                "the steps for {platforms} share this cache, whose files are for one architecture: one may use or replace those of another",
                platforms=ctx.places(shared_by),
            )
            yield _finding(ctx, uses, message, _separated(ctx, every))
    if of_apt:
        message = _(
            "the steps for {platforms} use this cache at the same time, which apt does not allow: one of them may fail",
            platforms=ctx.places(one for it in of_apt for one in it.shared_by),
        )
        yield _finding(ctx, of_apt, message, (_locked(locked),))


class _Use(NamedTuple):
    """A cache mount of a RUN that steps for several platforms execute."""

    instruction: Instruction
    mount: CacheMount
    shared_by: tuple[Platform, ...]
    n_own: int
    """The number of platforms for which this RUN uses the cache."""


def _all_uses(ctx: RuleContext, mounts: Collection[CacheMount]) -> list[_Use]:
    """The uses of one cache, one for each mount that is written: one may read what another one has left there."""
    shared_by = tuple(dict.fromkeys(it.platform for it in mounts))
    own: dict[int, set[Platform]] = defaultdict(set)
    for it in mounts:
        own[it.instruction].add(it.platform)
    written = {(it.instruction, it.flag): it for it in mounts}
    return [
        _Use(ctx.build.instructions[idx], mount, shared_by, len(own[idx]))
        for (idx, _flag), mount in sorted(written.items(), key=lambda it: it[0][0])
    ]


def _wrong_uses(ctx: RuleContext, every: Sequence[_Use], mounts: Collection[CacheMount]) -> list[_Use]:
    """Those of all uses of a cache that may go wrong."""
    # Otherwise the fix would not separate the stages.
    several = (it for it in every if it.n_own > 1)
    uses = [
        it for it in several if _is_unsafe(it.mount) and not _is_harmless(ctx, it.instruction, it.mount, it.shared_by)
    ]
    if all(it.sharing == "locked" for it in mounts) and all(_runs_cargo(it.instruction) for it in every):
        return [it for it in uses if it.mount.target.rpartition("/")[2] != "target"]
    return uses


def _is_harmless(
    ctx: RuleContext, instruction: Instruction, mount: CacheMount, shared_by: Collection[Platform]
) -> bool:
    return (
        _keeps_nothing(instruction, mount)
        or _has_names_for_each(instruction, mount)
        or _is_named_elsewhere(mount)
        or _is_for_another_tool(instruction, mount)
        or _is_for_another_directory(instruction, mount)
        or _is_hidden(mount, shared_by)
        or _is_for_one(mount)
        or _has_directories(ctx, instruction, mount)
    )


def _runs_cargo(instruction: Instruction) -> bool:
    return isinstance(instruction, Run) and any(it.use.toolchain is RUST for it in instruction.known_commands)


def _has_directories(ctx: RuleContext, instruction: Instruction, mount: CacheMount) -> bool:
    """True if a RUN has a directory in the cache for each platform: `dpkg --root`, `Dir::Cache=/var/cache/apt/$TARGETARCH`.

    Also if an instruction before it has written such a setting of apt to a file.
    """
    text = instruction.node.whole_text
    if re.search(rf"{re.escape(mount.target)}/\S*\$\{{?TARGET(?:ARCH|PLATFORM)", text) is not None:
        return True
    if instruction.stage is None or _UNSAFE_AT_ONCE.fullmatch(mount.target) is None:
        return False
    before = (
        it for it in ctx.cached(_separating_apt) if it.idx <= instruction.idx and it.stage in instruction.stage.ancestry
    )
    kind = "cache" if mount.target.startswith("/var/cache") else "state"
    return any(kind in map(str.lower, _SEPARATING_APT.findall(it.node.whole_text)) for it in before)


_SEPARATING_APT: Final = lazy_regex(
    r"Dir::(Cache|State)\b[^\n]{0,500}?(?:\$\{?TARGET(?:ARCH|PLATFORM)|--print-architecture|uname -m|\$\(arch\))",
    re.IGNORECASE,
)
"""A setting of apt with the platform in the path: of `/var/cache/apt` (`Dir::Cache`) or `/var/lib/apt` (`Dir::State`). Source: apt.conf(5), "Directories"."""


def _separating_apt(ctx: RuleContext) -> tuple[Instruction, ...]:
    """The instructions that write a setting of apt with a directory of its own for each platform; an option of a command is for that command."""
    texts = ((it, it.node.whole_text) for it in ctx.build.instructions)
    return tuple(it for it, text in texts if "apt.conf" in text and _SEPARATING_APT.search(text) is not None)


def _finding(ctx: RuleContext, uses: Sequence[_Use], message: str, fixes: tuple[Fix, ...]) -> Finding:
    """One finding for all uses of one cache, or of all caches of apt, which one edit repairs."""
    places = [_range(it.instruction, it.mount.flag) for it in uses]
    severity = Severity.INFORMATION if ctx.is_only_prepared else None
    return Finding(places[0], message, fixes, same_here(places[1:]), severity=severity)


def _is_unsafe(mount: CacheMount) -> bool:
    if mount.sharing == "private":
        return False
    return bool(_UNSAFE.fullmatch(mount.target)) or (
        mount.sharing == "shared" and bool(_UNSAFE_AT_ONCE.fullmatch(mount.target))
    )


def _keeps_nothing(instruction: Instruction, mount: CacheMount) -> bool:
    """True if the cache stays empty: `apk --no-cache` neither reads nor writes /var/cache/apk (apk(8))."""
    if mount.target not in _OF_APK or not isinstance(instruction, Run):
        return False
    uses = [it for it in instruction.commands if it.name == "apk"]
    return bool(uses) and all("--no-cache" in it.syntax.arguments for it in uses)


def _has_names_for_each(instruction: Instruction, mount: CacheMount) -> bool:
    """True unless apk surely has one name for the indexes of all architectures; a tag without a version follows the newest Alpine."""
    if mount.target not in _OF_APK or instruction.stage is None:
        return False
    version = _ALPINE.search(instruction.stage.image_name)
    return version is None or int(version["minor"]) >= _FIRST_WITH_APK_3


def _is_for_another_tool(instruction: Instruction, mount: CacheMount) -> bool:
    """True if no command of a RUN is known to write files for one architecture to a directory with a name that many tools use.

    Only cargo writes such files to `target`; those of Maven, sbt and Elixir suit each machine. In `build`, those of npm and Gradle do.
    """
    name = mount.target.rpartition("/")[2]
    if name not in ("build", "target") or not isinstance(instruction, Run):
        return False
    wanted = RUST if name == "target" else C
    is_known = any(it.use.toolchain is wanted for it in instruction.known_commands)
    return not is_known and not (wanted is C and any(it.name in _MAKING for it in instruction.commands))


def _is_for_another_directory(instruction: Instruction, mount: CacheMount) -> bool:
    """True if the cache is a `target` in which no cargo of a RUN writes: it is neither in a working directory nor in a workspace above one.

    Cargo writes to `target` in the root of its workspace. Source: the Cargo book, "Build cache".
    """
    parent, _slash, name = mount.target.rpartition("/")
    if name != "target" or not isinstance(instruction, Run) or instruction.node.whole_text.count(mount.target) > 1:
        return False
    uses = [it for it in instruction.known_commands if it.use.toolchain is RUST]
    # A cloned repository is a workspace of its own; the directory after `cd` comes first.
    clones = any(it.name == "git" and "clone" in it.syntax.arguments for it in instruction.commands)
    is_above = clones or not _has_workspace(instruction, parent or "/")
    n_read = 1 if clones else None
    return bool(uses) and all(_writes_beside(it.invocation, parent, n_read, is_above=is_above) for it in uses)


def _has_workspace(run: Run, directory: str) -> bool:
    """True unless the sources are copied to other directories only, so that this one has no `Cargo.toml`."""
    copying = [it for one in (run.stage.ancestry if run.stage else ()) for it in one.instructions if it.destinations]
    written = {it.removesuffix("/Cargo.toml") for one in copying for it in one.destinations}
    is_mounted = bool(run.context_sources) or "Cargo.toml" in run.node.whole_text
    return is_mounted or not written or any(holds(it or "/", directory) or "$" in it for it in written)


def _writes_beside(invocation: Invocation, parent: str, n_read: int | None, *, is_above: bool) -> bool:
    """True if cargo, in the first directories in which it may work, certainly writes not to a directory; nor below it, unless that is above the workspace."""
    if invocation.setting("CARGO_TARGET_DIR").is_set or "/" in invocation.directories:
        # The directory of the base image is unknown.
        return False
    if any(it.partition("=")[0] in _ELSEWHERE for it in invocation.command.arguments):
        return False
    return not any(it == parent if is_above else holds(parent, it) for it in invocation.directories[:n_read])


_ELSEWHERE: Final = frozenset({"--config", "--manifest-path", "--path", "--target-dir", "-C"})
"""Options of cargo that may name another directory for its files."""
_MAKING: Final = frozenset({"cmake", "gmake", "make", "meson", "ninja", "scons"})


def _is_named_elsewhere(mount: CacheMount) -> bool:
    """True if a build argument without a value in the text is part of the cache's id, so that it may separate platforms."""
    named = [it.value.text for it in mount_options(mount.flag) if it.key == "id" and it.value is not None]
    return bool(named) and "$" in named[-1] and mount.id == mount.target


def _id(mount: CacheMount) -> Token | None:
    """The id of a mount as written; None if it has none."""
    named = [it.value for it in mount_options(mount.flag) if it.key == "id" and it.value is not None]
    return named[-1] if named and named[-1].text else None


def _is_hidden(mount: CacheMount, shared_by: Iterable[Platform]) -> bool:
    """True if the id names the platform, which is not declared or has a default: another rule reports the cause."""
    written = _id(mount)
    names = () if written is None else _VARIABLE.findall(written.text)
    return not {"TARGETARCH", "TARGETPLATFORM"}.isdisjoint(names) and len({it.architecture for it in shared_by}) > 1


def _is_for_one(mount: CacheMount) -> bool:
    """True if the id names an architecture, `target-s390x`: the file is for that one, and another file has a cache of its own."""
    written = _id(mount)
    return written is not None and bool(named_architectures(_VARIABLE.sub("", written.text)))


def _range(instruction: Instruction, flag: Flag) -> TextRange:
    target = instruction.target_of(flag)
    assert target is not None
    return instruction.range_of(target)


def _name(ctx: RuleContext, target: str) -> str:
    """A name for the cache of a directory: its last parts, or all if another cache of the file has or would get the same name."""
    short = _short_name(target)
    others = (it for it in ctx.build.cache_mounts if it.target != target)
    is_taken = any(short == _short_name(it.target) or it.id.startswith(f"{short}-") for it in others)
    return "-".join(it for it in target.split("/") if it) if is_taken else short


def _short_name(target: str) -> str:
    return "-".join([it for it in target.split("/") if it not in ("", "var", "cache", "etc", "lib")] or ["cache"])


_MOST_USES: Final = 50
"""The most uses of a cache that one fix changes."""


def _separated(ctx: RuleContext, uses: Sequence[_Use]) -> tuple[Fix, ...]:
    """The fix that adds the platform to the id of a cache, in each RUN that uses it for several platforms; none for a frontend that would not expand it."""
    if is_older(ctx.build.dockerfile, FIRST_WITH_VARIABLES_IN_MOUNTS):
        return ()
    edits: list[Edit] = []
    declared: list[Instruction] = []
    several = [it for it in uses if it.n_own > 1]
    for it in several[:_MOST_USES]:
        edits.append(_with_platform(ctx, it.instruction, it.mount))
        stage = it.instruction.stage
        if stage is None or not any(one.stage in stage.ancestry for one in declared):
            # A stage sees what the stages that it continues declare.
            edits += bring_arguments(it.instruction, ["TARGETARCH", "TARGETVARIANT"])
            declared.append(it.instruction)
    # A RUN that the fix leaves may have filled the cache for the others.
    is_whole = len(several) == len(uses) <= _MOST_USES
    restores = ctx.build.workspace.restores_caches
    if restores is not None and restores():
        # Where it fills the cache, the variables in the new id are empty: it would fill another one.
        is_whole = False
    safety = Safety.SAFE if is_whole else Safety.SUGGESTION
    return (Fix(_("Give each platform its own cache"), tuple(merged(edits)), safety),)


def _locked(uses: Sequence[_Use]) -> Fix:
    """The fix that lets steps wait for each other."""
    edits = [with_lock(it.instruction, it.mount) for it in uses[:_MOST_USES]]
    return Fix(_("Let one step after the other use it: `sharing=locked`"), tuple(edits), Safety.SAFE)


def _with_platform(ctx: RuleContext, instruction: Instruction, mount: CacheMount) -> Edit:
    """The edit that adds the platform to the id of a mount."""
    value = mount.flag.value
    assert value is not None, "a mount without options is none"
    written = _id(mount)
    variables = "$TARGETARCH$TARGETVARIANT"
    if written is not None:
        end = instruction.range_of(written).end
        is_without_variant = "TARGETARCH" in _VARIABLE.findall(written.text)
        return Edit(TextRange(end, end), "$TARGETVARIANT" if is_without_variant else f"-{variables}")
    options = mount_options(mount.flag)
    first = next((it.value for it in options if it.key == "type" and it.value is not None), None)
    end = instruction.range_of(value).start if first is None else instruction.range_of(first).end
    text = f"id={_name(ctx, mount.target)}-{variables}"
    return Edit(TextRange(end, end), f"{text}," if first is None else f",{text}")
