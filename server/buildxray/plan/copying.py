"""The file operation of COPY and ADD.

BuildKit: frontend/dockerfile/dockerfile2llb/convert_copy.go.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.labels import StepLabel
from buildxray.plan.operations import CommandSource, Input, Operation, Origin, inline_document
from buildxray.plan.paths import clean, join, normalize, to_slash, without_drive
from buildxray.plan.references import is_digest
from buildxray.plan.sources import GitSource, git_source, is_http_source
from buildxray.syntax.lazy_regex import lazy_regex


class CopyError(ValueError):
    """Raised for a COPY or ADD that BuildKit refuses; the message gives the reason."""

    def __init__(self, message: str, *, flag: str = "", source: str | None = None) -> None:
        super().__init__(message)
        self.flag = flag
        """The wrong flag; empty if the flags are right."""
        self.source = source
        """The wrong source, variables expanded; None if the sources are right."""


class Copied(NamedTuple):
    """A COPY or ADD with its variables expanded."""

    is_add: bool
    sources: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    """The names and contents of heredocs."""
    destination: str
    chown: str
    chmod: str
    is_link: bool
    has_parents: bool
    excluded: tuple[str, ...]
    checksum: str
    keep_git_dir: bool | None
    unpack: bool | None
    from_stage: bool
    """True if the sources are in another stage or image, and not in the build context."""


def copy_operation(copied: Copied, directory: str, system: str, label: StepLabel) -> Operation:
    """The operation of a COPY or ADD in a stage with this working directory and operating system.

    Raises `CopyError`, `PathError` or `SourceError`.
    """
    destination = _destination(copied.destination, directory, system)
    details = (copied.excluded, _mode(copied.chmod), _owner(copied.chown))
    _check_checksum(copied)
    inputs: list[Input] = []
    actions: list[Hashable] = []
    for source in copied.sources:
        origin, action = _source_action(source, copied, system, label)
        inputs.append(origin)
        actions.append((*action, destination, *details))
    for name, content in copied.documents:
        path = without_drive(name, system, keep_slash=False)
        inputs.append(inline_document(path, content, 0o644))
        actions.append(("document", join("/", to_slash(path, system)), destination, *details))
    # BuildKit notes them for its filter of the build context (dockerfile2llb/convert.go, dispatch).
    sent = tuple([it for it in copied.sources if not it.startswith(("http://", "https://"))])
    sent = () if copied.from_stage else sent
    if copied.is_link and not copied.chmod:
        linked = Operation("file", ("copy", tuple(actions)), tuple(inputs), label)
        return Operation("merge", "merge", (Origin.PREVIOUS, linked), label.with_prefix("LINK "), context_sources=sent)
    return Operation("file", ("copy", tuple(actions)), (Origin.PREVIOUS, *inputs), label, context_sources=sent)


def _destination(path: str, directory: str, system: str) -> str:
    path = without_drive(path, system, keep_slash=True)
    if path in (".", ""):
        path = "./"
    absolute = normalize(directory, path, system, keep_slash=True)
    cleaned = clean(absolute)
    if absolute.endswith("/") and cleaned != "/":
        return cleaned + "/"
    if absolute.endswith("/."):
        return ("" if cleaned == "/" else cleaned) + "/."
    return cleaned


def _source_action(source: str, copied: Copied, system: str, label: StepLabel) -> tuple[Input, tuple[Hashable, ...]]:
    """The input of a source, and how its files are copied."""
    git = git_source(source)
    if git is not None:
        if not copied.is_add:
            raise CopyError(_("COPY cannot clone `{source}`; ADD can", source=source), source=source)
        return _git_operation(git, copied, label), ("git",)
    if is_http_source(source):
        if not copied.is_add:
            raise CopyError(_("COPY cannot download `{source}`; ADD can", source=source), source=source)
        if copied.checksum and not is_digest(copied.checksum):
            message = _("`{checksum}` is not a checksum such as `sha256:…`", checksum=copied.checksum)
            raise CopyError(message, flag="checksum")
        download = Operation("source", ("http", source, copied.checksum), (), label, has_line=False)
        return download, ("http", source, bool(copied.unpack))
    origin: Input = CommandSource(0) if copied.from_stage else Origin.CONTEXT
    patterns: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    if copied.has_parents:
        parent, separator, pattern = source.partition("/./")
        if not separator:
            parent, pattern = "/", source
        pattern = normalize("/", pattern, system, keep_slash=False)
        patterns = (pattern.removeprefix("/"),)
        if not (_has_wildcards(parent) or _has_wildcards(pattern)):
            required = (normalize("/", join(parent, pattern), system, keep_slash=False),)
        source = parent
    path = clean(normalize("/", source, system, keep_slash=False))
    unpack = copied.is_add if copied.unpack is None else copied.unpack
    return origin, ("path", path, patterns, required, unpack)


def _git_operation(git: GitSource, copied: Copied, label: StepLabel) -> Operation:
    keep_git_dir = git.keep_git_dir if git.keep_git_dir is not None else copied.keep_git_dir
    if None not in (git.keep_git_dir, copied.keep_git_dir) and git.keep_git_dir != copied.keep_git_dir:
        raise CopyError(_("the URL and `--keep-git-dir` disagree"), flag="keep-git-dir")
    if git.checksum and copied.checksum and git.checksum != copied.checksum:
        raise CopyError(_("the URL and `--checksum` disagree"), flag="checksum")
    source = git._replace(keep_git_dir=bool(keep_git_dir), checksum=git.checksum or copied.checksum)
    identity = ("git", *source._replace(submodules=source.submodules is not False))
    return Operation("source", identity, (), label, has_line=False)


def _check_checksum(copied: Copied) -> None:
    if not copied.checksum:
        return
    if len(copied.sources) != 1:
        raise CopyError(_("`--checksum` is for a single source"), flag="checksum")
    source = copied.sources[0]
    if not is_http_source(source) and git_source(source) is None:
        raise CopyError(_("`--checksum` is for URLs and git repositories"), flag="checksum")


def _has_wildcards(path: str) -> bool:
    return re.search(r"[*?[]", re.sub(r"\\.", "", path, flags=re.DOTALL)) is not None


_SYMBOLIC_MODE: Final = lazy_regex(r"[augo]*(?:[-+=][rwxXstugo]*)+(?:,[augo]*(?:[-+=][rwxXstugo]*)+)*")


def _mode(chmod: str) -> Hashable:
    """The permissions as a number, or in the symbols of chmod (tonistiigi/dchapes-mode). Raises `CopyError`."""
    if not chmod:
        return None
    if re.fullmatch("[0-7]+", chmod) and len(chmod.lstrip("0")) <= 11:
        if int(chmod, 8) > 0o7777:
            raise CopyError(_("`{chmod}` is not a mode: octal digits up to 7777", chmod=chmod), flag="chmod")
        return int(chmod, 8)
    if not _SYMBOLIC_MODE.fullmatch(chmod):
        raise CopyError(_("`{chmod}` is not a mode such as `755` or `u+x`", chmod=chmod), flag="chmod")
    return chmod


def _owner(chown: str) -> Hashable:
    if not chown:
        return None
    user, separator, group = chown.partition(":")
    return (user_identity(user), user_identity(group) if separator else None)


def user_identity(name: str) -> int | str:
    """The number of a user or group, or a name that only the image can resolve (client/llb, parseUID)."""
    if name == "root":
        return 0
    if re.fullmatch(r"[-+]?[0-9]{1,10}", name) and -(2**31) <= int(name) < 2**31:
        return int(name)
    return name
