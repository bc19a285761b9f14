"""The programs whose downloads only one process at a time may change, if a cache mount holds them: it needs `sharing=locked`.

BuildKit gives one directory to all steps that mount a cache at the same time: to the images that one Compose or Bake file builds, and to the platforms of
one build. A program that locks the directory by a file in it works there as on one machine; one whose lock is elsewhere does not.

The programs that need it:

- `apt` needs exclusive access to its files (docs.docker.com, "RUN --mount=type=cache"). The locks of `apk` and `yum` are outside of the cache (`/lib/apk/db/lock`,
  `/var/run/yum.pid`), and that of `dnf` 4 names a process by its number, which another container does not know (dnf, lock.py).
- Cargo: the lock is `$CARGO_HOME/.package-cache`, beside `registry` and `git`. Two processes unpack the same crate, and one fails: `failed to open
  …/.cargo-ok: File exists` (docker/docs#25597, rust-lang/cargo#11376).
- .NET: the locks are in `/tmp/NuGetScratch/lock` (NuGet.Client, ConcurrencyUtilities.cs). `Could not find file` in the packages (NuGet/Home#14089).
- Gradle: the lock is in the directory, but its owner is asked to release it by a message to a port of the same machine, which another container does not
  receive: `Timeout waiting to lock journal cache` (gradle/gradle#851, hub.docker.com, "gradle").
- Maven 3 locks between the threads of one process only (maven.apache.org/resolver, "About SyncContextFactory"); Maven 4 has files for it.
- Yarn 1 has `--mutex` for it, because two processes write the same files of its cache (yarnpkg/yarn#683).
- Poetry reads files of its cache that another process has not written yet (python-poetry/poetry#7370 and #11048).

Those that do not:

- Go: each download is locked by a file in `$GOMODCACHE/cache`, and GOCACHE is safe for concurrent use (go.dev/ref/mod, "Module cache"; `go help cache`).
- npm: cacache publishes files by renaming them (npm's cacache, README). pnpm: its store may be used at once (pnpm/pnpm#941).
- pip writes files of its cache beside their place and renames them, and reads incomplete entries as missing (pip, network/cache.py).
- uv: its cache is append-only, and safe for concurrent use (docs.astral.sh/uv, "Caching").
- Bun publishes complete directories by renaming them (oven-sh/bun#36229). ccache is made for it (ccache(1), "Sharing a cache").
- Composer and Deno: nothing is known that breaks.
"""

from __future__ import annotations

from typing import Final

_WITHOUT_LOCK: Final = frozenset(
    {
        "apk",
        "apt",
        "apt-get",
        "cargo",
        "cross",
        "dnf",
        "dotnet",
        "gradle",
        "gradlew",
        "mvn",
        "mvnw",
        "poetry",
        "yarn",
        "yum",
    }
)


def needs_locked_cache(program: str) -> bool:
    """True if two processes of a program break each other's downloads in a cache mount that both use at once."""
    return program in _WITHOUT_LOCK
