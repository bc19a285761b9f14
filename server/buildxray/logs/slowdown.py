"""The slowdown of commands under emulation, by the kind of their work.

Measured with qemu-user 7.2 on x86-64 for arm64, each command alone, by wall time. Other machines differ by about ±50
%; a step that the same log also has natively is a better measure.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from buildxray.semantics.build import Command, Run
from buildxray.toolchains.base import Effect


class Slowdown(NamedTuple):
    """A factor; native execution is 1."""

    low: float
    likely: float
    high: float


class Work(Enum):
    """The kind of a command's work. The value is its slowdown."""

    FILES = Slowdown(1.0, 1.0, 1.5)
    """Copies, permissions: `cp -a`, `rm`, 1.0."""
    NETWORK = Slowdown(1.0, 1.06, 1.3)
    """Downloads: 1.06 at a throttled server."""
    ARCHIVES = Slowdown(1.4, 2.5, 5.0)
    """Archives and checksums: `tar` 2.3 and 2.5, `xz` 1.5, `sha256sum` 5.0, `upx` 1.9."""
    PACKAGES = Slowdown(2.0, 3.0, 5.0)
    """Package managers of distributions: `apt-get update` 3.3 to 4.3, `apt-get install` 2.2, `apk` with downloads of Go modules 2.5."""
    INTERPRETER = Slowdown(7.0, 10.0, 18.0)
    """Programs of Python and Node.js: 10 to 18; `npm ci` 9 to 13."""
    UNKNOWN = Slowdown(2.0, 8.0, 16.0)
    """An unknown program, whose work may be anything from packing to compiling."""
    COMPILER = Slowdown(7.0, 10.0, 16.0)
    """Compilers and bundlers: `go build` 10.8, `gcc -O2` 10.3, `tsc` and `terser` 9.8; 8.7 in an article of 2024."""
    PROCESSES = Slowdown(8.0, 20.0, 25.0)
    """Scripts that start a program every few milliseconds: 300 forks 25, `configure` 9."""


_IN_ORDER: Final = (*Work,)
"""The kinds in order of priority, from the lowest, for a RUN with several."""
_ARCHIVERS: Final = frozenset(
    {
        *("7z", "ar", "bunzip2", "bzip2", "cksum", "cpio", "dpkg-deb", "gpg", "gunzip", "gzip", "md5sum", "sha1sum"),
        *("sha256sum", "sha512sum", "strip", "tar", "unxz", "unzip", "upx", "xz", "zcat", "zip", "zstd"),
    }
)
_INTERPRETERS: Final = frozenset(
    {"bundle", "gem", "node", "npm", "npx", "perl", "php", "pip", "pip3", "pnpm", "python", "python3", "ruby", "yarn"}
)
_COMPILING_TESTERS: Final = frozenset({"cargo", "dotnet", "go", "gradle", "gradlew", "mvn", "mvnw", "zig"})
"""Programs that compile the code that they test or run."""
_SCRIPTS_OF_MANY_PROCESSES: Final = frozenset({"configure", "autogen.sh", "autoreconf", "bootstrap"})


def work_of(run: Run) -> Work:
    """The kind of work that takes most time in a RUN: among those of its commands, the one that emulation slows most.

    The times of single commands are not known, so a compiler takes precedence over a download beside it.
    """
    kinds = {_work(it) for it in run.commands} - {None}
    return max((it for it in kinds if it is not None), key=_IN_ORDER.index, default=Work.UNKNOWN)


def is_download(run: Run) -> bool:
    """True if a RUN only downloads and unpacks, so that its time depends on the network and cannot be predicted."""
    kinds = {_work(it) for it in run.commands} - {None}
    return bool(kinds & {Work.NETWORK, Work.PACKAGES}) and kinds <= {
        Work.NETWORK,
        Work.PACKAGES,
        Work.ARCHIVES,
        Work.FILES,
    }


def _work(command: Command) -> Work | None:
    """The kind of one command; None if it takes no time."""
    name = command.name
    if name in _SCRIPTS_OF_MANY_PROCESSES:
        return Work.PROCESSES
    if name in _ARCHIVERS:
        return Work.ARCHIVES
    use = command.use
    if use is None:
        return None if name in ("[", "[[") else Work.UNKNOWN
    match use.effect:
        case Effect.COMPILE | Effect.BUNDLE:
            return Work.COMPILER
        case Effect.DOWNLOAD:
            return Work.NETWORK
        case Effect.FETCH:
            return Work.INTERPRETER if name in _INTERPRETERS else Work.NETWORK
        case Effect.INSTALL:
            return Work.INTERPRETER if name in _INTERPRETERS else Work.PACKAGES
        case Effect.EXECUTE if name in _COMPILING_TESTERS:
            return Work.COMPILER
        case Effect.EXECUTE | Effect.UNKNOWN:
            return Work.INTERPRETER if name in _INTERPRETERS else Work.UNKNOWN
        case Effect.PROBE | Effect.NEUTRAL:
            return Work.FILES
