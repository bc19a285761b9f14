"""Paths inside an image: those of its operating system, and the source of a copied path.

Paths are absolute and clean, as in `semantics.file_flow`.
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.caching import cached
from buildxray.plan.paths import holds
from buildxray.semantics.file_flow import is_covered
from buildxray.syntax.lazy_regex import lazy_regex

OF_THE_SYSTEM: Final = (
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libexec",
    "/root/.cargo",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/go",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
)
"""Directories with the programs and libraries of an image, which are for the architecture of the image."""
PROGRAM_DIRECTORIES: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""The directories in which images look for programs. Source: PATH of the official images."""
FOR_ALL: Final = (
    "/etc",
    "/home",
    "/srv",
    "/usr/lib/os-release",
    "/usr/lib/ssl",
    "/usr/lib/tzdata",
    "/usr/share",
    "/var",
)
"""Directories and files of an image that are the same for every architecture."""
FOR_ONE: Final = (
    "/etc/apk",
    "/etc/ld.so.cache",
    "/var/cache/apt",
    "/var/cache/debconf",
    "/var/cache/ldconfig",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/pacman",
    "/var/lib/rpm",
)
"""Files of these directories that name the system's own architecture: package databases, and the cache of the linker.

Source: the manuals of dpkg ("/var/lib/dpkg/status"), apk, rpm, pacman and ldconfig.
"""
_WITHOUT_WORKDIR: Final = frozenset(
    {
        "almalinux",
        "alpine",
        "amazonlinux",
        "archlinux",
        "busybox",
        "debian",
        "eclipse-temurin",
        "fedora",
        "nginx",
        "node",
    }
    | {"python", "rockylinux", "rust", "ubuntu"}
)
"""Official images whose own Dockerfiles have no WORKDIR; `golang`, `gradle`, `httpd` and `redis` have one."""
_END_OF_NAME: Final = lazy_regex("[:@]")
_TRACED: Final = lazy_regex(r"\.next/standalone|\.output/server|(?:^|/)\.output/*$")
"""Directories into which Next.js and Nitro copy packages of `node_modules`, native addons included."""


def has_no_workdir(image: str) -> bool:
    """True if an image, given its full name, or `scratch`, certainly starts in `/`."""
    name = _END_OF_NAME.split(image.removeprefix("docker.io/library/"), 1)[0]
    return name == "scratch" or name in _WITHOUT_WORKDIR


def has_traced_packages(path: str) -> bool:
    """True if a framework has copied the packages of `node_modules` that the program imports into a path."""
    return _TRACED.search(path) is not None


def before_copy(path: str, source: str, destination: str) -> str | None:
    """The path that `path` had before `source` was copied to `destination`; None if the copy did not write `path`."""
    if "://" in source:
        return source if holds(destination, path) or holds(path, destination) else None
    if path == "/" or (holds(path, destination.rstrip("/") or "/") and path.rstrip("/") != destination.rstrip("/")):
        # The path is a directory that contains the copied files.
        return source
    directory = destination.rstrip("/") or "/"
    name = posixpath.basename(source.rstrip("/"))
    if path.rstrip("/") == directory:
        return source
    if not holds(directory, path):
        return None
    rest = path[len(directory) :].lstrip("/")
    first, _, below = rest.partition("/")
    if any(it in name for it in "*?["):
        return (
            posixpath.join(posixpath.dirname(source), rest)
            if is_covered(source, posixpath.join(posixpath.dirname(source), first))
            else None
        )
    if first == name and destination.endswith("/"):
        return posixpath.join(source.rstrip("/"), below) if below else source.rstrip("/")
    # The contents of a directory were copied.
    return posixpath.join(source.rstrip("/") or "/", rest)


def may_be_directory(source: str) -> bool:
    """True if a source may be a directory, whose copy adds files to the destination without replacing others."""
    return source.endswith("/") or source == "/" or "." not in posixpath.basename(source)


def is_for_all(path: str) -> bool:
    """True if a path is the same in the images of every architecture."""
    return any(holds(it, path) for it in FOR_ALL) and not tells_architecture(path) and not contains_architecture(path)


def tells_architecture(path: str) -> bool:
    """True if a path is one of `FOR_ONE`, or in such a directory."""
    return any(holds(it, path) for it in FOR_ONE)


def contains_architecture(path: str) -> bool:
    """True if a path is a directory with one of `FOR_ONE` in it, and is not the whole image."""
    return path.rstrip("/") != "" and any(holds(path, it) for it in FOR_ONE)


@cached(1024)
def is_of_system(path: str) -> bool:
    """True if a path is in a directory of `OF_THE_SYSTEM`, or above one."""
    path = path.rstrip("/") or "/"
    if any(holds(it, path) for it in FOR_ALL):
        return False
    return any(holds(it, path) or holds(path, it) for it in OF_THE_SYSTEM)
