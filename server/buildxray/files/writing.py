"""Replace the content of a file atomically, keeping its owner, group, mode and hard links."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from buildxray.files.reading import ReadError, is_inside, read_bytes
from buildxray.localization import _

_SUFFIX: Final = ".buildxray-tmp"
_COPY_SUFFIX: Final = ".buildxray-copy"
"""The suffix of the copy that is kept while a file is written in place; a killed process does not delete the copy."""
_MOST_CHARACTERS: Final = 50
"""Characters of the target's name in that of a temporary file. A name may have 255 bytes, and a character four."""
_ABANDONED_SECONDS: Final = 60
"""The age from which a temporary file of ours belongs to a process that was killed."""


class WriteError(Exception):
    """A file that is not written. The message is the reason in the user's language, without the path."""


def replace_content(path: Path | str, old: bytes, new: bytes, directory: Path | str | None = None) -> None:
    """Effect: replace the content `old` of a regular file by `new`.

    A link is followed and stays a link. The file keeps its owner, group, mode, extended attributes and hard links.
    `directory` is where the file must be after all links have been followed; None allows every place. A file whose
    content is no longer `old`, because an editor has saved it meanwhile, is left alone. Raises `WriteError`.
    """
    if directory is not None and not is_inside(path, directory):
        raise WriteError(
            _("a link that leads out of {directory}; name the file itself to change it", directory=directory)
        )
    target = Path(os.path.realpath(path))
    try:
        status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            raise WriteError(_("not a regular file"))
        if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
            raise WriteError(_("write-protected"))
        _remove_abandoned(target)
        if status.st_nlink > 1 or not _replace(target, status, old, new):
            _overwrite(target, old, new)
    except OSError as error:
        raise WriteError(error.strerror or str(error)) from error


def write_output(path: Path | str, content: bytes) -> None:
    """Effect: write a report to a new or existing file. Raises `WriteError`."""
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            # `/dev/stdout`, a FIFO: special files that the user names are written to directly.
            with target.open("wb") as stream:
                stream.write(content)
            return
        if target.exists():
            replace_content(target, read_bytes(target, limit=1 << 40), content)
            return
        temporary = _temporary(target)
        try:
            _write_durably(temporary, content, 0o666)
            temporary.replace(target)
        except BaseException:
            _remove(temporary)
            raise
    except ReadError as error:
        raise WriteError(str(error)) from error
    except OSError as error:
        raise WriteError(error.strerror or str(error)) from error


def _replace(target: Path, status: os.stat_result, old: bytes, new: bytes) -> bool:
    """Effect: replace the old file by a new one; False if that would lose the owner or is not permitted."""
    temporary = _temporary(target)
    try:
        _write_durably(temporary, new, 0o600)
    except PermissionError:
        _remove(temporary)
        return False
    except BaseException:
        _remove(temporary)
        raise
    try:
        if not _copy_attributes(target, temporary, status):
            return False
        _check_unchanged(target, old)
        temporary.replace(target)
    finally:
        _remove(temporary)
    _sync_directory(target.parent)
    return True


def _overwrite(target: Path, old: bytes, new: bytes) -> None:
    """Effect: write into the file itself, after a copy is safely on the disk; restore the copy on failure."""
    copy = _durable_copy(target, old)
    _check_unchanged(target, old, copy)
    try:
        _write_into(target, new)
    except OSError as error:
        try:
            _write_into(target, old)
        except OSError:
            reason = error.strerror or str(error)
            raise WriteError(_("{reason}; its old content is in {copy}", reason=reason, copy=copy)) from error
        _remove(copy)
        raise
    _remove(copy)


def _durable_copy(target: Path, content: bytes) -> Path:
    copy = _temporary(target, _COPY_SUFFIX)
    try:
        _write_durably(copy, content, 0o600)
    except PermissionError:
        # A writable file in a read-only directory.
        import tempfile  # noqa: PLC0415 - rarely needed, and it imports hashlib and random

        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=_COPY_SUFFIX)
        with os.fdopen(descriptor, "wb") as stream:
            _flush(stream.fileno(), content)
        return Path(name)
    except BaseException:
        _remove(copy)
        raise
    return copy


def _check_unchanged(target: Path, old: bytes, copy: Path | None = None) -> None:
    try:
        is_unchanged = read_bytes(target, limit=len(old)) == old
    except ReadError:
        is_unchanged = False
    if not is_unchanged:
        if copy is not None:
            _remove(copy)
        raise WriteError(_("changed by another program in the meantime; nothing was written, run the command again"))


def _copy_attributes(source: Path, copy: Path, status: os.stat_result) -> bool:
    """Effect: copy owner, group, mode and extended attributes from another file; False if that is not permitted."""
    if hasattr(os, "chown"):
        own = copy.stat()
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(copy, status.st_uid, status.st_gid)
            except OSError:
                return False
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(source):
                os.setxattr(copy, name, os.getxattr(source, name))
    # The mode is set last, because a change of the owner removes set-user-ID bits.
    copy.chmod(stat.S_IMODE(status.st_mode))
    return True


def _write_durably(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        _flush(descriptor, content)
    finally:
        os.close(descriptor)


def _write_into(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        _flush(descriptor, content)
        os.ftruncate(descriptor, len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    # Windows cannot open a directory; some file systems cannot synchronise one.
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _temporary(target: Path, suffix: str = _SUFFIX) -> Path:
    return target.with_name(f".{target.name[:_MOST_CHARACTERS]}.{os.urandom(4).hex()}{suffix}")


def _remove_abandoned(target: Path) -> None:
    """Effect: remove temporary files of killed processes from the directory of the file."""
    with suppress(OSError):
        prefix, now = f".{target.name[:_MOST_CHARACTERS]}.", time.time()
        for entry in os.scandir(target.parent):
            is_ours = entry.name.startswith(prefix) and entry.name.endswith(_SUFFIX)
            if is_ours and now - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS:
                _remove(Path(entry.path))


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
