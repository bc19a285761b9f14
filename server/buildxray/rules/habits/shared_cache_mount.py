"""Steps for different platforms use one cache for files that depend on the platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import bring_arguments
from buildxray.rules.wording import platforms
from buildxray.semantics.build import CacheMount, Instruction, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Flag, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import mount_options
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.c import C
from buildxray.toolchains.rust import RUST

_UNSAFE: Final = lazy_regex(
    r"/var/cache/(?:apk|dnf|libdnf5|zypp|pacman)|/etc/apk/cache|.*/target|.*/node_modules|.*/(?:\.venv|venv)|.*/build"
)
"""Directories in which files of different architectures have the same names. Those of yum are in `$basearch/$releasever` (yum.conf of CentOS 7)."""
_VARIABLE: Final = lazy_regex(r"\$\{?(\w+)")
_UNSAFE_AT_ONCE: Final = lazy_regex(r"/var/(?:cache|lib)/apt(?:/.*)?")
"""Directories in which these have different names, but that two steps must not write at the same time."""


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.ALWAYS, about=[Mention.MOUNT])
def shared_cache_mount(ctx: RuleContext) -> Iterator[Finding]:
    """Steps on different platforms share a cache mount that holds files for one architecture.

    ## What it does
    Looks for cache mounts with one id on steps of several platforms, at directories whose content depends on the architecture: the caches
    of apk and dnf, the `target` of cargo, `node_modules`, virtual environments; those of apt unless their `sharing` is `locked` or
    `private`. Jobs of a workflow that build one platform each do not share a cache, and nothing is reported where the builds of a file
    may be such jobs. A cache whose id names an architecture is for a file of that architecture, and is not reported. A cache of apk that only commands with `--no-cache` use stays empty, and is not reported. Nor are caches that separate
    architectures themselves (Go, npm, pip, Maven, yum, the
    registry of cargo).

    ## Why it matters
    A cache is identified by its id alone. Two platforms write to one directory at the same time, and use each other's files: corrupted
    indexes, or libraries for the wrong architecture. A `target` counts only if cargo runs, a `build` only if a compiler of C does or a tool that calls one.

    ## Example
    ```dockerfile
    FROM alpine
    RUN --mount=type=cache,target=/var/cache/apk apk add curl
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH TARGETVARIANT
    RUN --mount=type=cache,id=apk-$TARGETARCH$TARGETVARIANT,target=/var/cache/apk apk add curl
    ```

    ## Fix safety
    Safe: it only starts new, empty caches.

    ## References
    github.com/moby/buildkit/issues/2598 and github.com/docker/buildx/issues/549.
    """
    if ctx.build.request.is_separate or ctx.may_have_own_machines:
        # Separate jobs have separate builders and caches.
        return
    if ctx.build.workspace.has_unread_builds and not ctx.asks_for_several:
        # The builds that may be of this file may have a machine for each platform.
        return
    users: dict[tuple[object, str], dict[CacheMount, None]] = defaultdict(dict)
    for mount in ctx.build.cache_mounts:
        users[mount.machine, mount.id][mount] = None
    reported: set[tuple[int, Flag]] = set()
    for mounts in users.values():
        shared_by = dict.fromkeys(it.platform for it in mounts)
        places = {(it.instruction, it.flag): it for it in mounts if _is_unsafe(it)}
        if len(shared_by) < 2:
            continue
        for (idx, flag), mount in places.items():
            instruction = ctx.build.instructions[idx]
            if (
                _keeps_nothing(instruction, mount)
                or _is_named_elsewhere(mount)
                or _is_for_another_tool(instruction, mount)
            ):
                continue
            if _is_hidden(mount, shared_by) or _is_for_one(mount):
                continue
            own = dict.fromkeys(it.platform for it in mounts if it.instruction == idx)
            if len(own) < 2 or (idx, flag) in reported:
                # The fix would not separate the stages.
                continue
            reported.add((idx, flag))
            yield Finding(
                _range(instruction, flag),
                _(
                    "the steps for {platforms} use this cache at the same time, which apt does not allow: one of them may fail",
                    platforms=platforms(shared_by),
                )
                if _UNSAFE_AT_ONCE.fullmatch(mount.target)
                else _(
                    "the steps for {platforms} share this cache, whose files are for one architecture: one may use or replace those of another",
                    platforms=platforms(shared_by),
                ),
                (_fix(ctx, instruction, mount),),
                severity=Severity.INFORMATION if ctx.is_only_prepared else None,
            )


def _is_unsafe(mount: CacheMount) -> bool:
    if mount.sharing == "private":
        return False
    return bool(_UNSAFE.fullmatch(mount.target)) or (
        mount.sharing == "shared" and bool(_UNSAFE_AT_ONCE.fullmatch(mount.target))
    )


def _keeps_nothing(instruction: Instruction, mount: CacheMount) -> bool:
    """True if the cache stays empty: `apk --no-cache` neither reads nor writes /var/cache/apk (apk(8))."""
    if mount.target not in ("/var/cache/apk", "/etc/apk/cache") or not isinstance(instruction, Run):
        return False
    uses = [it for it in instruction.commands if it.name == "apk"]
    return bool(uses) and all("--no-cache" in it.syntax.arguments for it in uses)


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
    target = next(it.value for it in mount_options(flag) if it.key in ("target", "dst", "destination") and it.value)
    return instruction.range_of(target)


def _name(ctx: RuleContext, target: str) -> str:
    """A name for the cache of a directory: its last parts, or all if another cache of the file has or would get the same name."""
    short = _short_name(target)
    others = (it for it in ctx.build.cache_mounts if it.target != target)
    is_taken = any(short == _short_name(it.target) or it.id.startswith(f"{short}-") for it in others)
    return "-".join(it for it in target.split("/") if it) if is_taken else short


def _short_name(target: str) -> str:
    return "-".join([it for it in target.split("/") if it not in ("", "var", "cache", "etc", "lib")] or ["cache"])


def _fix(ctx: RuleContext, instruction: Instruction, mount: CacheMount) -> Fix:
    value = mount.flag.value
    assert value is not None, "a mount without options is none"
    written = _id(mount)
    variables = "$TARGETARCH$TARGETVARIANT"
    if written is not None:
        end = instruction.range_of(written).end
        is_without_variant = "TARGETARCH" in _VARIABLE.findall(written.text)
        edit = Edit(TextRange(end, end), "$TARGETVARIANT" if is_without_variant else f"-{variables}")
    else:
        options = mount_options(mount.flag)
        first = next((it.value for it in options if it.key == "type" and it.value is not None), None)
        end = instruction.range_of(value).start if first is None else instruction.range_of(first).end
        text = f"id={_name(ctx, mount.target)}-{variables}"
        edit = Edit(TextRange(end, end), f"{text}," if first is None else f",{text}")
    declarations = bring_arguments(instruction, ["TARGETARCH", "TARGETVARIANT"])
    return Fix(_("Give each platform its own cache"), (edit, *declarations), Safety.SAFE)
