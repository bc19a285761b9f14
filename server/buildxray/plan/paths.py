"""Resolve paths inside a container as BuildKit does, by operating system.

BuildKit: util/system/path.go.
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.localization import gettext_lazy as _

LONGEST_PATH: Final = 4_096
"""The limit of Linux for a path in bytes (limits.h, PATH_MAX); BuildKit fails when it creates a longer directory.

Without it, the directories of `WORKDIR a`, many times, take memory in proportion to the square of the text.
"""


class PathError(ValueError):
    """Raised for a path that BuildKit refuses or cannot create; the message gives the reason."""


def clean(path: str) -> str:
    """The shortest equivalent path (Go: path.Clean)."""
    # Most paths are clean, and a normalisation takes six times as long as looking.
    if path.startswith("/") and "//" not in path and "/." not in path and (path == "/" or not path.endswith("/")):
        return path
    cleaned = posixpath.normpath(path)
    # POSIX gives two leading slashes a meaning of their own; Go does not.
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def join(*parts: str) -> str:
    """Join and clean the parts that are not empty (Go: path.Join)."""
    joined = "/".join([it for it in parts if it])
    return clean(joined) if joined else ""


def holds(directory: str, path: str) -> bool:
    """True if `path` is `directory` or inside it."""
    directory, path = directory.rstrip("/"), path.rstrip("/")
    return path == directory or path.startswith(directory + "/")


def normalize(parent: str, path: str, system: str, *, keep_slash: bool) -> str:
    """Make `path` absolute, relative to `parent`, with slashes even on Windows.

    `keep_slash` keeps the `/` or `/.` at the end of a destination. Raises `PathError`.
    """
    is_windows = system == "windows"
    if is_windows:
        path = to_slash(path, system)
        parent = without_drive(to_slash(parent, system) or "/", system, keep_slash=keep_slash)
    original = path
    if not is_absolute(parent, system):
        parent = join("/", parent)
    path = path or parent
    if is_windows:
        path = without_drive(path, system, keep_slash=keep_slash)
    if not is_absolute(path, system):
        path = join(parent, path)
    if keep_slash:
        if original.endswith("/") and not path.endswith("/"):
            path += "/"
        elif original.endswith("/."):
            path = path if path == "/" else path + "/"
            path += "."
    return to_slash(path, system)


def working_directory(current: str, path: str, system: str) -> str:
    """The working directory after `WORKDIR path`, with the separators of the system. Raises `PathError`."""
    directory = normalize(current, path, system, keep_slash=False)
    if len(directory) >= LONGEST_PATH:
        raise PathError(
            _("the working directory would have more than {n} characters, which no machine creates", n=LONGEST_PATH)
        )
    return directory.replace("/", "\\") if system == "windows" else directory


def to_slash(path: str, system: str) -> str:
    """Replace backslashes by slashes on Windows."""
    return path.replace("\\", "/") if system == "windows" else path


def is_absolute(path: str, system: str) -> bool:
    """True if the path does not depend on a working directory."""
    if system != "windows":
        return path.startswith("/")
    try:
        return without_drive(path, system, keep_slash=False).startswith("/")
    except PathError:
        return False


def without_drive(path: str, system: str, *, keep_slash: bool) -> str:
    """Remove `C:` and clean the path on Windows; return other paths unchanged. Raises `PathError`."""
    if system != "windows":
        return path
    if len(path) == 2 and path[1] == ":":
        raise PathError(_("`{path}` names a drive but no path", path=path))
    if to_slash(path[:2], system) == "//":
        raise PathError(_("UNC paths are not supported"))
    drive, separator, rest = path.partition(":")
    if not separator:
        return _clean_windows(path, keep_slash=keep_slash)
    if drive.lower() != "c":
        raise PathError(_("`{path}` is not on the system drive C:", path=path))
    return _clean_windows(rest, keep_slash=keep_slash)


def _clean_windows(path: str, *, keep_slash: bool) -> str:
    path = path.replace("\\", "/")
    cleaned = clean(path)
    return cleaned + "/" if keep_slash and len(cleaned) > 1 and path.endswith("/") else cleaned
