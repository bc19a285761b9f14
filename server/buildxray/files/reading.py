"""Read files of unknown origin: only regular files, with a limit on bytes, and links only inside their workspace.

A cloned repository may contain `go.mod -> /dev/zero`, a FIFO, or a link to a private key. All other modules read
through this one, which `tests/repo/test_files.py` checks.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from buildxray.localization import _

MOST_PROJECT_BYTES: Final = 1_000_000
"""Limit for a file that people write by hand: configuration, Bake, Compose, workflows, ignore files."""
MOST_LOCK_BYTES: Final = 16_000_000
"""Limit for a file that a package manager writes."""
MOST_DOCKERFILE_BYTES: Final = 4_000_000
"""Limit for a Dockerfile; the largest public ones have 0.1 MB."""
MOST_ENTRIES: Final = 50_000
"""Limit for the entries of one directory."""
_CHUNK: Final = 1 << 16
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOCTTY", 0)
)


class ReadError(Exception):
    """A file that is not read. The message is the reason in the user's language, without the path."""


class MissingFileError(ReadError):
    """No file has this path."""


def read_bytes(path: Path | str, limit: int = MOST_PROJECT_BYTES, root: Path | None = None) -> bytes:
    """Read a regular file of at most `limit` bytes.

    `root` is the directory that the file must be in after all links have been followed; None follows every link,
    which is right only for a path that the user has typed. Raises `ReadError`.
    """
    descriptor = _open_regular(path, root)
    try:
        if os.fstat(descriptor).st_size > limit:
            raise _too_large(limit)
        # For a file of /proc, or one that is being written, the size differs from the number of readable bytes.
        return _read_bounded(descriptor, limit)
    except OSError as error:
        raise _read_error(error) from error
    finally:
        os.close(descriptor)


def open_stream(path: Path | str, root: Path | None = None) -> BinaryIO:
    """Open a regular file to read it in parts, whatever its size; the caller bounds what it keeps, and closes the stream.

    `root` has the meaning of `read_bytes`. Raises `ReadError`.
    """
    return os.fdopen(_open_regular(path, root), "rb")


def _open_regular(path: Path | str, root: Path | None) -> int:
    """Open a regular file; returns its descriptor. Raises `ReadError`."""
    try:
        # A FIFO without a writer would block without O_NONBLOCK.
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise _read_error(error) from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ReadError(os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(_("not a regular file"))
        if root is not None and not is_inside(path, root):
            raise ReadError(_("a link that leads out of {directory}", directory=root))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_text(path: Path | str, limit: int = MOST_PROJECT_BYTES, root: Path | None = None) -> str:
    """Read a file as UTF-8, a byte order mark removed, wrong bytes replaced. Raises `ReadError`."""
    return read_bytes(path, limit, root).decode("utf-8-sig", "replace")


_UNSAVED: ContextVar[Mapping[Path, str] | None] = ContextVar("unsaved", default=None)


@contextmanager
def unsaved_texts(texts: Mapping[Path, str]) -> Iterator[None]:
    """Effect: inside the context, `read_project_text` returns these texts, by absolute path, instead of the files on disk."""
    token = _UNSAVED.set(texts)
    try:
        yield
    finally:
        _UNSAVED.reset(token)


class _Last(threading.local):
    """The file of a workspace that the current thread has read last."""

    path: Path | None = None


_LAST: Final = _Last()


def last_project_file() -> Path | None:
    """The file of the workspace that this thread has read last: the one to name where reading takes too long."""
    return _LAST.path


def read_project_text(path: Path, limit: int = MOST_PROJECT_BYTES) -> str | None:
    """Read a file of the workspace like `read_text`; None if it is missing or may not be read."""
    unsaved = _UNSAVED.get()
    if unsaved is not None and path in unsaved:
        _LAST.path, text = path, unsaved[path]
        return text if len(text) <= limit else None
    content = read_project_bytes(path, limit)
    return None if content is None else content.decode("utf-8-sig", "replace")


def read_project_bytes(path: Path, limit: int = MOST_PROJECT_BYTES) -> bytes | None:
    """Read a file of the workspace; None if it is missing, too large, not a regular file, or a link out of the workspace."""
    try:
        content = read_bytes(path, limit, workspace_root(path.parent))
    except ReadError:
        return None
    _LAST.path = path
    return content


def read_project_head(path: Path, n_bytes: int = 4) -> bytes:
    """Read the first bytes of a file of the workspace, of any size; empty if `read_project_bytes` would not read a smaller one."""
    try:
        with open_stream(path, workspace_root(path.parent)) as stream:
            return stream.read(n_bytes)
    except (ReadError, OSError):
        return b""


def read_stream(stream: BinaryIO, limit: int) -> bytes:
    """Read a stream to its end. Raises `ReadError` after more than `limit` bytes."""
    try:
        content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _read_error(error) from error
    if len(content) > limit:
        raise _too_large(limit)
    return content


def list_directory(directory: Path) -> list[os.DirEntry[str]]:
    """List the entries of a directory by name, at most `MOST_ENTRIES` of them. Raises `ReadError`."""
    try:
        with os.scandir(directory) as entries:
            listed = [entry for _n, entry in zip(range(MOST_ENTRIES), entries, strict=False)]
    except (OSError, ValueError) as error:
        raise _read_error(error) from error
    return sorted(listed, key=lambda entry: entry.name)


def entries_of(directory: Path) -> list[os.DirEntry[str]]:
    """The entries of a directory by name, as `list_directory` gives them; none if it cannot be read."""
    try:
        return list_directory(directory)
    except ReadError:
        return []


def subdirectories(directory: Path) -> list[Path]:
    """The directories in a directory by name, links left out; none if it cannot be read."""
    try:
        return [Path(it.path) for it in entries_of(directory) if it.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def walk(directory: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk like `os.walk`, without following links; directories that cannot be read are skipped."""
    return os.walk(directory)


def is_inside(path: Path | str, directory: Path | str) -> bool:
    """True if `path`, with links followed, is `directory` or inside it."""
    try:
        if _is_below_without_links(os.fspath(path), os.fspath(directory)):
            return True
        real, real_directory = os.path.realpath(path), os.path.realpath(directory)
    except (OSError, ValueError):
        return False
    return real == real_directory or real.startswith(os.path.join(real_directory, ""))  # noqa: PTH118 - no Path is needed


def _is_below_without_links(path: str, directory: str) -> bool:
    """True if a path continues that of a directory and nothing in between is a link, as is usual: neither path has to be followed then.

    Always False on Windows, where other things than links lead elsewhere.
    """
    prefix = directory if directory.endswith("/") else f"{directory}/"
    if os.name != "posix" or not path.startswith(prefix) or "\0" in path:
        return False
    place = directory
    for part in path[len(prefix) :].split("/"):
        place = f"{place}/{part}"
        if part == ".." or os.path.islink(place):  # noqa: PTH114 - no Path is needed
            return False
    return True


exists, is_file, is_directory = os.path.exists, os.path.isfile, os.path.isdir
"""False for a path that the system refuses, such as a name of more than 255 bytes; the methods of `Path` raise `OSError`."""


def is_executable(path: Path) -> bool:
    """True if the mode of a file lets a person start it; always True on Windows, which has no such mode."""
    return os.access(path, os.X_OK)


is_entry = os.path.lexists
"""True for a link that leads nowhere, too."""


_AT_ROOT: Final = (".github", ".gitattributes", ".gitignore")
"""Entries that are mostly at the root of a repository, and in its source archives too."""
_MOST_PARENTS: Final = 6
_roots: set[Path] = set()
"""The directories that this process treats as roots of repositories although they have no `.git`."""


def is_repository(directory: Path) -> bool:
    """True if a directory is the root of a Git repository, or a copy of one without `.git` that the user has named."""
    return exists(directory / ".git") or directory in _roots


def treat_as_repository(directory: Path) -> None:
    """Effect: treat an absolute directory as the root of a repository if it is in none, for the life of this process.

    A source archive, or a copy in a container, has no `.git`, but the same project. The settings of Git or GitHub in a directory
    above it show that it is only a part of one.
    """
    if repository_root(directory) is None and _with_settings(directory.parents[:_MOST_PARENTS]) is None:
        _roots.add(directory)


def treated_as_repositories() -> tuple[Path, ...]:
    """Return the directories given to `treat_as_repository`, for a worker process."""
    return (*_roots,)


def repository_root(directory: Path) -> Path | None:
    """The root of the Git repository that contains a directory; None outside of one."""
    return next((it for it in (directory, *directory.parents) if is_repository(it)), None)


def settings_root(directory: Path) -> Path | None:
    """The nearest directory with settings of Git or GitHub: in an archive, which has no `.git`, probably the root of the project."""
    return _with_settings((directory, *directory.parents[:_MOST_PARENTS]))


def _with_settings(directories: Iterable[Path]) -> Path | None:
    return next((it for it in directories if any(exists(it / name) for name in _AT_ROOT)), None)


def path_below(path: Path, root: Path | None) -> str | None:
    """The path relative to `root`, with slashes; None if it is not `root` or below it. Links are not followed."""
    return path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else None


@lru_cache(maxsize=256)
def workspace_root(directory: Path) -> Path:
    """The root of the Git repository that contains a directory; outside of one, the directory itself.

    The result is cached for the life of the process, because it only decides how far links are followed.
    """
    return repository_root(directory) or directory


def read_resource(package: str, name: str) -> str:
    """Read a text file of this package."""
    return resources.files(package).joinpath(name).read_text("utf-8")


def _read_bounded(descriptor: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    n_left = limit + 1
    while n_left > 0 and (chunk := os.read(descriptor, min(n_left, _CHUNK))):
        chunks.append(chunk)
        n_left -= len(chunk)
    if n_left <= 0:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> ReadError:
    return ReadError(_("larger than {n} MB, which is the limit", n=f"{limit / 1_000_000:g}"))


def _read_error(error: OSError | ValueError) -> ReadError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return MissingFileError(error.strerror or str(error))
    if isinstance(error, OSError):
        # Opening a socket gives ENXIO, whose system message is not helpful.
        return ReadError(_("not a regular file") if error.errno == errno.ENXIO else error.strerror or str(error))
    return ReadError(str(error))


def discard_output(stream: TextIO) -> None:
    """Effect: discard further output to a stream that cannot be written.

    Python would write at its end what is still in the buffer, and exit with 120 when that fails.
    """
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, stream.fileno())
    os.close(descriptor)
