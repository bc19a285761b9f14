"""A cache mount stays empty, because its own step deletes the files or does not write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.installed_project import NO_CACHE, options_without_cache
from buildxray.rules.one_cause import same_here
from buildxray.rules.wording import listed
from buildxray.semantics.build import CacheMount, Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange, first_line

_RUN_ANYWAY: Final = frozenset({"and", "exit"})
"""Conditions of commands that run if nothing before them fails."""
_OF_APT: Final = lazy_regex(r"/var/cache(?:/apt(?:/archives)?)?")
"""Directories with the packages that apt has downloaded."""
_WITH_DOCKER_CLEAN: Final = lazy_regex(
    r"docker\.io/library/(?:buildpack-deps|debian|eclipse-temurin|gcc|golang|node|perl|php|python|ruby|rust|ubuntu)(?:[:@].*)?"
    r"|(?:docker\.io|nvcr\.io)/nvidia/cuda:[^@]*ubuntu.*|mcr\.microsoft\.com/dotnet/(?:aspnet|runtime|runtime-deps|sdk)(?:[:@].*)?"
)
"""Images that are built on the official ones of Debian and Ubuntu, whose apt deletes packages.

Source: github.com/debuerreotype/debuerreotype, debuerreotype-minimizing-config; the Dockerfiles of these images.
"""
_SETTINGS_OF_APT: Final = lazy_regex(
    r"docker-clean|apt\.conf|Keep-Downloaded|Dir::|APT_CONFIG|--download-only|(?<!\S)-d(?!\S)"
)
"""Signs of a script that changes what apt keeps, or that downloads without installing."""
_DISABLING: Final = "rm -f /etc/apt/apt.conf.d/docker-clean && "
_SYSTEM: Final = frozenset({"", "/", "/etc", "/etc/apt"})


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Mention.MOUNT])
def emptied_cache_mount(ctx: RuleContext) -> Iterator[Finding]:
    """A cache mount stays empty, because its own step deletes the files or does not write them.

    ## What it does
    Looks for RUN instructions with a cache mount that delete the files in it (`rm -rf /var/lib/apt/lists/*`, `apt-get clean`, `dnf clean all`,
    `npm cache clean --force`, `go clean -modcache` and similar commands), or whose commands do not use it (`pip install --no-cache-dir`, also by
    `PIP_NO_CACHE_DIR`, `uv sync --no-cache`, `apk add --no-cache`). Also for installations of packages of Debian and Ubuntu with a cache mount at
    `/var/cache/apt` in an image whose apt deletes the packages after each installation: the official images of Debian, Ubuntu, Go, Node.js, PHP,
    Python, Ruby, Rust and others have the file `/etc/apt/apt.conf.d/docker-clean`, which tells apt so.

    ## Why it matters
    The mount is there so that the next build needs no download. It finds an empty directory each time. The image does not contain its files,
    so that deleting them makes the image no smaller.

    ## Example
    ```dockerfile
    FROM debian
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update && apt-get install -y curl
    ```

    Use instead:
    ```dockerfile
    FROM debian
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y curl
    ```

    ## Fix safety
    A suggestion: the image then lacks that file of apt, or a later RUN of another file may expect the cache to be empty. It takes away all that
    keeps the cache empty, and is not offered if something would be left. It is not offered either if a
    later RUN of the stage, or of one that is built on it, may install packages without a cache mount: they would stay in the image.

    ## Limits
    A command that a condition guards is not reported. An installation of packages is not reported if anything before it may change the settings
    of apt: a script of the project, a COPY to `/etc/apt`, an unknown program. Nothing is reported if jobs on GitHub's own machines alone build
    the file: each run of a job gets a new machine, where every cache mount is empty at the beginning.

    ## References
    docs.docker.com, "RUN --mount=type=cache"; apt-get(8), "clean"; pip.pypa.io, "Caching"; apk(8), `--no-cache`.
    """
    if ctx.is_for_helping or (ctx.build.cache_mounts and ctx.build.workspace.loses_cache_mounts):
        return
    mounts: dict[int, dict[str, CacheMount]] = {}
    for it in ctx.build.cache_mounts:
        mounts.setdefault(it.instruction, {}).setdefault(it.target, it)
    deleting: dict[Stage, list[_Deleting]] = {}
    for stage in ctx.build.needed_stages:
        for run in (it for it in stage.runs if it.idx in mounts):
            caches = mounts[run.idx]
            of_apt = next((it for it in caches if _OF_APT.fullmatch(it) is not None), None)
            is_later = False
            if of_apt is not None and _deletes_packages(run):
                # What the first RUN of a stage changes, the later ones and those of the stages on it have too.
                first = next((it for it in reversed(stage.ancestry) if it in deleting), stage)
                is_later = first in deleting
                deleting.setdefault(first, []).append(_Deleting(run, caches, of_apt))
            yield from _deleted(run, caches, is_later=is_later)
            yield from _unused(run, caches)
    for stage, uses in deleting.items():
        yield _finding_of_apt(stage, uses)


class _Deleting(NamedTuple):
    """A RUN that installs packages with a cache that apt empties."""

    run: Run
    caches: Mapping[str, CacheMount]
    """All caches of the RUN, by their directories."""
    target: str
    """The directory of the cache."""


def _place(run: Run, mount: CacheMount) -> TextRange:
    """The target of a mount."""
    target = run.target_of(mount.flag)
    assert target is not None
    return run.range_of(target)


def _finding_of_apt(stage: Stage, uses: Sequence[_Deleting]) -> Finding:
    run = uses[0].run
    message = _(
        "this RUN downloads the packages again whenever it runs: the cache keeps none, because `{image}` tells apt to delete them (`/etc/apt/apt.conf.d/docker-clean`)",
        image=_short_name(stage.image_name),
    )
    places = [_place(it.run, it.caches[it.target]) for it in uses]
    kept = [_removals(it.run, it.caches, [it.target]) for it in uses]
    disabling = _disabling(run)
    fixes: tuple[Fix, ...] = ()
    if disabling is not None and all(it is not None for it in kept):
        edits = (disabling, *(edit for it in kept for edit in it or ()))
        fixes = (Fix(_("Let apt keep the packages: delete its setting"), edits, Safety.SUGGESTION),)
    return Finding(places[0], message, fixes, same_here(places[1:]))


def _disabling(run: Run) -> Edit | None:
    """The edit by which apt keeps the packages from a RUN on; None where it cannot be made, or where packages would stay in the image."""
    if run.node.is_json or run.node.heredocs or not run.commands or _leaves_packages(run):
        return None
    start = run.range_of(run.node.arguments[0]).start
    return Edit(TextRange(start, start), _DISABLING)


def _leaves_packages(run: Run) -> bool:
    """True if a later RUN of the stage of a RUN, or of a stage on it, may install packages with apt and keep none of them in a cache.

    Without the setting that deletes them, they would stay in the layer of that RUN.
    """
    family = () if run.stage is None else run.stage.family
    later = (it for one in family for it in one.runs if it.idx > run.idx)
    return any(any(map(_may_install, it.commands)) and not _removes_packages(it) for it in later)


def _may_install(command: Command) -> bool:
    words = command.syntax.words
    if command.name in _APT:
        return any(it in _INSTALLING for it in command.syntax.arguments)
    # A script of the project may do so too.
    return bool(words) and ("/" in words[0].text or any(it.text.endswith(".sh") for it in words))


_APT: Final = frozenset({"apt", "apt-get", "aptitude"})
_INSTALLING: Final = frozenset({"build-dep", "dist-upgrade", "full-upgrade", "install", "reinstall", "upgrade"})


def _removes_packages(run: Run) -> bool:
    """True if a RUN leaves no packages of apt in its layer: they are in a mount, or its commands delete them."""
    if any(it is not None and _OF_APT.fullmatch(it.text.rstrip("/")) for it in map(run.target_of, run.mounts)):
        return True
    return any(_empties(it, "/var/cache/apt") or _empties(it, "/var/cache/apt/archives") for it in run.commands)


def _short_name(image: str) -> str:
    """The name of an image as files write it, without a digest."""
    name = image.partition("@")[0].removesuffix(":latest")
    return name.removeprefix("docker.io/library/").removeprefix("docker.io/")


def _deletes_packages(run: Run) -> bool:
    """True if apt surely deletes the packages that a RUN installs: by the settings of the image, which nothing before may have changed."""
    stage = run.stage
    if stage is None or _WITH_DOCKER_CLEAN.fullmatch(stage.image_name) is None or run.script.has_errors:
        return False
    installs = any(it.name == "apt-get" and "install" in it.syntax.arguments for it in run.commands)
    before = instructions_before(run)
    return installs and not any(map(_may_set_apt, (*before, run)))


def _may_set_apt(instruction: Instruction) -> bool:
    """True if an instruction may change the settings of apt."""
    if _SETTINGS_OF_APT.search(instruction.node.whole_text) is not None:
        return True
    if isinstance(instruction, Run):
        return any(_is_unknown(it) for it in instruction.commands)
    node = instruction.node
    if not isinstance(node, Copying):
        return False
    return not instruction.destinations or any(clean(it) in _SYSTEM or "$" in it for it in instruction.destinations)


def _is_unknown(command: Command) -> bool:
    """True for a program that may do anything, such as a script of the project."""
    if isinstance(command, KnownCommand):
        return command.use.effect is Effect.UNKNOWN
    return command.name not in _HARMLESS or "/" in command.syntax.words[0].text


_HARMLESS: Final = frozenset({"locale-gen", "service", "systemctl", "update-locale", "xx-info"})


def _deleted(run: Run, caches: Mapping[str, CacheMount], *, is_later: bool) -> Iterator[Finding]:
    """Find commands that delete all files of a cache of their RUN; that apt deletes packages may be for an earlier RUN to change."""
    for command in run.commands:
        if any(it.kind not in _RUN_ANYWAY for it in command.syntax.conditions):
            continue
        emptied = [target for target in caches if _empties(command, target)]
        if not emptied:
            continue
        message = _(
            "this RUN leaves an empty cache for each build after it: `{command}` deletes the files of {targets}, which the image does not contain anyway",
            command=_shown(run, command),
            targets=listed(emptied),
        )
        is_for_earlier = is_later and any(map(_OF_APT.fullmatch, emptied))
        fixes = () if is_for_earlier else _keeping(run, caches, emptied)
        related = tuple(Related(_place(run, caches[it]), _("the cache is mounted here")) for it in emptied)
        yield Finding(first_line(run.build.text, command.range), message, fixes, related)


def _keeping(run: Run, caches: Mapping[str, CacheMount], targets: Sequence[str]) -> tuple[Fix, ...]:
    """The fix after which nothing keeps some caches of a RUN empty; none if something is left that does."""
    removals = _removals(run, caches, targets)
    unused = [edit for it in targets for edit in _options(run, it) or ()]
    if removals is None or any(_options(run, it) is None for it in targets):
        return ()
    disabling: list[Edit | None] = []
    if any(map(_OF_APT.fullmatch, targets)) and _deletes_packages(run):
        disabling = [_disabling(run)]
    edits = [*disabling, *unused, *removals]
    # An option of a command that goes goes with it.
    known = [it for it in edits if it is not None and not any(_is_in(it, one) for one in removals)]
    return (Fix(_("Keep the files of the cache"), (*known,), Safety.SUGGESTION),) if None not in edits else ()


def _is_in(edit: Edit, other: Edit) -> bool:
    return edit is not other and other.range.start <= edit.range.start and edit.range.end <= other.range.end


def _removals(run: Run, caches: Mapping[str, CacheMount], targets: Sequence[str]) -> list[Edit] | None:
    """The edits after which no command of a RUN deletes the files of some of its caches; None if they are not plain."""
    edits: list[Edit] = []
    for command in run.commands:
        if not any(_empties(command, it) for it in targets):
            continue
        is_sure = all(it.kind in _RUN_ANYWAY for it in command.syntax.conditions)
        removed: Sequence[Edit] | None
        if command.name == "rm" and not _deletes_only(command, caches):
            removed = _without_caches(run, command, targets)
        else:
            edit = _removal(run, command)
            removed = None if edit is None else [edit]
        if removed is None or not is_sure:
            return None
        edits += removed
    return edits


def _without_caches(run: Run, command: Command, targets: Sequence[str]) -> list[Edit] | None:
    """The edits that take caches out of what `rm` deletes; None if a word means more than a cache."""
    text = run.build.text
    edits: list[Edit] = []
    for word in command.syntax.words[1:]:
        value = word.value or ""
        if not value.startswith("/") or not any(_contains(value, it) for it in targets):
            continue
        directory = clean(value.removesuffix("*"))
        start, end = run.shell_range(word.range)
        # With the blanks before it, and the end of a line among these.
        first = len(text[:start].rstrip(" \t\r\n\\"))
        if not any(directory == it or directory.startswith(f"{it}/") for it in targets) or "#" in text[first:start]:
            return None
        edits.append(Edit(TextRange(first, end), ""))
    return None if run.node.heredocs or run.node.is_json else edits


def _shown(run: Run, command: Command) -> str:
    """A command as it is written, on one line."""
    text = run.on_one_line(command.range)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rpartition(' ')[0]} …"


_LONGEST_SHOWN: Final = 60


def _empties(command: Command, target: str) -> bool:
    """True if a command deletes all that the cache at a directory keeps."""
    arguments = command.syntax.arguments
    if command.name == "rm":
        is_recursive = any(_RECURSIVE.fullmatch(it) for it in arguments)
        return is_recursive and any(_contains(it, target) for it in _paths(command))
    operands = tuple(it for it in arguments if not it.startswith("-"))
    return any(
        it.words == operands
        and (not it.options or not it.options.isdisjoint(arguments))
        and it.directories.fullmatch(target) is not None
        for it in _CLEANING.get(command.name, ())
    )


_RECURSIVE: Final = lazy_regex(r"-[a-zA-Z]*[rR][a-zA-Z]*|--recursive")


def _paths(command: Command) -> list[str]:
    """The absolute paths that a command names; a word with a variable is left out."""
    values = (it.value for it in command.syntax.words[1:])
    return [it for it in values if it is not None and it.startswith("/")]


def _contains(path: str, target: str) -> bool:
    """True if a pattern for `rm -r` names a directory or all files in it: `/root/.cache`, `/root/.cache/*`; also the lists, which are all that `/var/lib/apt` keeps."""
    directory = clean(path.removesuffix("*"))
    if set(directory) & set("*?[") or (path.endswith("*") and not path.endswith("/*")) or directory == "/":
        return False
    parts = _PARTS.get(target, (target,))
    return any(it == directory or it.startswith(f"{directory}/") for it in parts)


_PARTS: Final = {
    "/var/lib/apt": ("/var/lib/apt", "/var/lib/apt/lists"),
    "/var/cache/apt": ("/var/cache/apt", "/var/cache/apt/archives"),
}
"""The directories in these that matter."""


def _deletes_only(command: Command, caches: Iterable[str]) -> bool:
    """True if all that a command deletes is in caches."""
    paths, words = _paths(command), [it for it in command.syntax.words[1:] if not it.text.startswith("-")]
    return len(paths) == len(words) and all(
        any(it == target or it.startswith(f"{target}/") for target in caches)
        for it in (clean(path.removesuffix("*")) for path in paths)
    )


_JOINING: Final = r"(?:[ \t]|\\\r?\n)*(?:&&|;)(?:[ \t]|\\\r?\n)*"
_BEFORE: Final = lazy_regex(_JOINING)
_AFTER: Final = lazy_regex(r"(?:[ \t]|\\\r?\n)*(?:&&|;|\Z)")


def _removal(run: Run, command: Command) -> Edit | None:
    """The edit that takes a command with the `&&` before it out of a script; None if it is the first one, or not joined so."""
    text, end = run.build.text, command.range.end
    ends = [it.range.end for it in run.commands if it.range.end < command.range.start]
    if not ends or run.node.heredocs or run.node.is_json:
        return None
    start = command.range.start
    is_joined = (
        _BEFORE.fullmatch(text, max(ends), start) is not None and _AFTER.match(text, end, run.range.end) is not None
    )
    return Edit(TextRange(max(ends), end), "") if is_joined else None


class _Cleaning(NamedTuple):
    """The words by which a program deletes its caches."""

    words: tuple[str, ...]
    """The operands, all of them."""
    options: frozenset[str]
    """Options of which one has to be there; empty for none."""
    directories: re.Pattern[str]
    """The directories of the caches."""


_CACHES_OF_RPM: Final = lazy_regex(r"/var/cache/(?:dnf|libdnf5|tdnf|yum)")
_CACHES_OF_CONDA: Final = lazy_regex(r"/\S*/pkgs")
_NO_OPTIONS: Final[frozenset[str]] = frozenset()
_ALL_OF_CONDA: Final = frozenset({"-a", "-afy", "-ay", "-tipy", "--all"})
_OF_DOTNET: Final = lazy_regex(r"/\S*/\.nuget/packages/?")
_CLEANING: Final[Mapping[str, tuple[_Cleaning, ...]]] = {
    "apk": (_Cleaning(("cache", "purge"), _NO_OPTIONS, lazy_regex(r"/var/cache/apk|/etc/apk/cache")),),
    "apt": (_Cleaning(("clean",), _NO_OPTIONS, _OF_APT),),
    "apt-get": (
        _Cleaning(("clean",), _NO_OPTIONS, _OF_APT),
        _Cleaning(("distclean",), _NO_OPTIONS, lazy_regex(r"/var/(?:cache|lib)/apt(?:/lists)?")),
    ),
    "bun": (_Cleaning(("pm", "cache", "rm"), _NO_OPTIONS, lazy_regex(r"/\S*/\.bun/install/cache")),),
    "composer": tuple(
        _Cleaning((it,), _NO_OPTIONS, lazy_regex(r"/\S*/\.(?:cache/composer|composer/cache)"))
        for it in ("cc", "clear-cache", "clearcache")
    ),
    "conda": (_Cleaning(("clean",), _ALL_OF_CONDA, _CACHES_OF_CONDA),),
    "dnf": (_Cleaning(("clean", "all"), _NO_OPTIONS, _CACHES_OF_RPM),),
    "dotnet": tuple(
        _Cleaning(("nuget", "locals", it), frozenset({"-c", "--clear"}), _OF_DOTNET)
        for it in ("all", "global-packages")
    ),
    "go": (
        _Cleaning(("clean",), frozenset({"-cache"}), lazy_regex(r"/\S*/go-build")),
        _Cleaning(("clean",), frozenset({"-modcache"}), lazy_regex(r"/\S*/pkg/mod")),
    ),
    "mamba": (_Cleaning(("clean",), _ALL_OF_CONDA, _CACHES_OF_CONDA),),
    "microdnf": (_Cleaning(("clean", "all"), _NO_OPTIONS, _CACHES_OF_RPM),),
    "npm": (_Cleaning(("cache", "clean"), frozenset({"-f", "--force"}), lazy_regex(r"/\S*/\.npm(?:/_cacache)?")),),
    "pip": (_Cleaning(("cache", "purge"), _NO_OPTIONS, lazy_regex(r"/\S*/\.cache/pip")),),
    "pip3": (_Cleaning(("cache", "purge"), _NO_OPTIONS, lazy_regex(r"/\S*/\.cache/pip")),),
    "tdnf": (_Cleaning(("clean", "all"), _NO_OPTIONS, _CACHES_OF_RPM),),
    "uv": (_Cleaning(("cache", "clean"), _NO_OPTIONS, lazy_regex(r"/\S*/\.cache/uv")),),
    # Later versions delete the cache in the directory of the project, and leave the one that projects share.
    "yarn": (_Cleaning(("cache", "clean"), _NO_OPTIONS, lazy_regex(r"/usr/local/share/\.cache(?:/yarn(?:/v\d+)?)?")),),
    "yum": (_Cleaning(("clean", "all"), _NO_OPTIONS, _CACHES_OF_RPM),),
    "zypper": (_Cleaning(("clean",), frozenset({"-a", "--all"}), lazy_regex(r"/var/cache/zypp")),),
}
"""Source: the manuals of these programs."""


# Programs that do not use a cache


class _Bypass(NamedTuple):
    """The words by which a program is told to use no cache."""

    subcommands: frozenset[str]
    """Those that would use it."""
    options: tuple[str, ...]
    setting: str
    """The variable with the same effect; empty for none."""
    directories: re.Pattern[str]


_OF_PIP: Final = _Bypass(
    frozenset({"download", "install", "wheel"}), (NO_CACHE,), "PIP_NO_CACHE_DIR", lazy_regex(r"/\S*/\.cache/pip")
)
_BYPASSES: Final[Mapping[str, _Bypass]] = {
    "apk": _Bypass(frozenset({"add"}), ("--no-cache",), "", lazy_regex(r"/var/cache/apk|/etc/apk/cache")),
    "pip": _OF_PIP,
    "pip3": _OF_PIP,
    "uv": _Bypass(
        frozenset({"add", "install", "lock", "run", "sync"}),
        ("-n", NO_CACHE, "--no-cache"),
        "UV_NO_CACHE",
        lazy_regex(r"/\S*/\.cache/uv"),
    ),
}
"""Source: pip.pypa.io, "Caching" (any value of the variable switches the cache off); docs.astral.sh/uv, "--no-cache"; apk(8)."""


def _unused(run: Run, caches: Mapping[str, CacheMount]) -> Iterator[Finding]:
    """Find caches that every command which could use them is told not to use."""
    for target, mount in caches.items():
        using = _bypassing(run, target)
        if not using:
            continue
        command, sign = using[0]
        message = _(
            "this RUN downloads the packages again whenever it runs: `{sign}` keeps {program} from using the cache at `{target}`",
            sign=sign,
            program=command.name,
            target=target,
        )
        title = _("Let {program} use the cache", program=command.name)
        fixes = tuple(Fix(title, it.edits, it.safety) for it in _keeping(run, caches, [target]))
        related = (Related(command.title_range, _("the cache is not used here")),)
        yield Finding(_place(run, mount), message, fixes, related)


def _bypassing(run: Run, target: str) -> list[tuple[KnownCommand, str]]:
    """The commands that could use a cache, each with what keeps it from that; empty if one of them uses it, or may."""
    programs = {name for name, it in _BYPASSES.items() if it.directories.fullmatch(target) is not None}
    if not programs or run.script.has_errors or any(map(_is_unknown, run.commands)):
        return []
    using = [it for it in run.known_commands if it.name in programs and _would_use(it, _BYPASSES[it.name])]
    signs = [_sign(it, _BYPASSES[it.name]) for it in using]
    return [*zip(using, signs, strict=True)] if all(signs) else []


def _options(run: Run, target: str) -> list[Edit] | None:
    """The edits after which the commands of a RUN use a cache; none are needed where one uses it already; None if they are not plain."""
    using = _bypassing(run, target)
    edits = [Edit(one, "") for it, _of in using for one in options_without_cache(it)]
    is_whole = all(sign == NO_CACHE for _it, sign in using) and len(edits) == len(using)
    return edits if is_whole else None


def _would_use(command: KnownCommand, bypass: _Bypass) -> bool:
    return not bypass.subcommands.isdisjoint(command.invocation.operand_texts[:2])


def _sign(command: KnownCommand, bypass: _Bypass) -> str:
    """What keeps a command from using its cache: an option or a variable; empty for nothing."""
    option = next((it for it in command.syntax.arguments if it in bypass.options), "")
    if option or not bypass.setting:
        return option
    setting = command.invocation.setting(bypass.setting)
    values = setting.values if setting.is_set and setting.is_known else ()
    is_on = bool(values) and all(values) and (bypass is _OF_PIP or all(it in ("1", "true") for it in values))
    return bypass.setting if is_on else ""
