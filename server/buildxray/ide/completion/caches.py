"""The directories of a stage's tools that are worth a cache mount."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.ide.completion.place import Place
from buildxray.toolchains.cache_locks import needs_locked_cache


class CacheTarget(NamedTuple):
    """A directory for `RUN --mount=type=cache,target=…`."""

    tool: str
    path: str
    is_locked: bool = False
    """True if only one step at a time may use the cache."""


class _Cache(NamedTuple):
    path: str
    """`~` is the home directory."""
    variable: str = ""
    """The environment variable that moves the cache."""
    below: str = ""
    """The path below the directory that the variable names."""


_APT: Final = (_Cache("/var/cache/apt"), _Cache("/var/lib/apt/lists"))
_CACHES: Final[dict[str, tuple[_Cache, ...]]] = {
    "go": (
        _Cache("/go/pkg/mod", variable="GOMODCACHE"),
        _Cache("~/.cache/go-build", variable="GOCACHE"),
    ),
    "npm": (_Cache("~/.npm", variable="npm_config_cache"),),
    "npx": (_Cache("~/.npm", variable="npm_config_cache"),),
    "yarn": (_Cache("/usr/local/share/.cache/yarn", variable="YARN_CACHE_FOLDER"),),
    "pnpm": (_Cache("~/.local/share/pnpm/store", variable="PNPM_HOME", below="/store"),),
    "bun": (_Cache("~/.bun/install/cache"),),
    "deno": (_Cache("/deno-dir", variable="DENO_DIR"),),
    "pip": (_Cache("~/.cache/pip", variable="PIP_CACHE_DIR"),),
    "pip3": (_Cache("~/.cache/pip", variable="PIP_CACHE_DIR"),),
    "uv": (_Cache("~/.cache/uv", variable="UV_CACHE_DIR"),),
    "poetry": (_Cache("~/.cache/pypoetry", variable="POETRY_CACHE_DIR"),),
    "apt-get": _APT,
    "apt": _APT,
    "apk": (_Cache("/etc/apk/cache"),),
    "dnf": (_Cache("/var/cache/dnf"),),
    "yum": (_Cache("/var/cache/yum"),),
    "cargo": (
        _Cache("/usr/local/cargo/registry", variable="CARGO_HOME", below="/registry"),
        _Cache("/usr/local/cargo/git/db", variable="CARGO_HOME", below="/git/db"),
    ),
    "mvn": (_Cache("~/.m2"),),
    "mvnw": (_Cache("~/.m2"),),
    "gradle": (_Cache("~/.gradle", variable="GRADLE_USER_HOME"),),
    "gradlew": (_Cache("~/.gradle", variable="GRADLE_USER_HOME"),),
    "dotnet": (_Cache("~/.nuget/packages", variable="NUGET_PACKAGES"),),
    "composer": (_Cache("~/.composer/cache", variable="COMPOSER_CACHE_DIR"),),
    "ccache": (_Cache("~/.ccache", variable="CCACHE_DIR"),),
}
"""Sources: the documentation of each tool, for a container of the Docker official image where the tool has one. `toolchains/cache_locks.py` tells which need a lock."""
_TOOLS_OF_IMAGES: Final = {
    "golang": ("go",),
    "node": ("npm", "yarn", "pnpm"),
    "python": ("pip",),
    "rust": ("cargo",),
    "maven": ("mvn",),
    "gradle": ("gradle",),
    "composer": ("composer",),
    "php": ("composer",),
    "bun": ("bun",),
    "deno": ("deno",),
    "sdk": ("dotnet",),
    "uv": ("uv",),
    "alpine": ("apk",),
    "debian": ("apt-get",),
    "ubuntu": ("apt-get",),
    "fedora": ("dnf",),
}


def cache_targets(place: Place) -> list[CacheTarget]:
    """The cache directories of the tools of a RUN, then of its stage, then of its base image; without those already mounted."""
    given = {match[1] for match in re.finditer(r"(?:target|dst|destination)=([^\s,]+)", place.before)}
    targets: dict[str, CacheTarget] = {}
    for tool in _tools(place):
        for cache in _CACHES.get(tool, ()):
            path = _path(place, cache)
            if path is not None and path not in given:
                targets.setdefault(path, CacheTarget(tool, path, needs_locked_cache(tool)))
    return [*targets.values()]


def _tools(place: Place) -> list[str]:
    tools: dict[str, None] = {}
    stage, analysis = place.stage, place.analysis
    rest = "" if place.instruction is None else analysis.text[place.offset : place.instruction.syntax.end]
    tools |= dict.fromkeys(it for it in re.findall(r"[\w.+-]+", rest) if it in _CACHES)
    if stage is None:
        return [*tools]
    for run in stage.runs:
        tools |= dict.fromkeys(it.name for it in run.script.commands if it.name in _CACHES)
    for ancestor in stage.ancestry:
        for name in ancestor.base_names:
            image = re.split(r"[:@]", name.rpartition("/")[2])[0]
            tools |= dict.fromkeys(_TOOLS_OF_IMAGES.get(image, ()))
    return [*tools]


def _path(place: Place, cache: _Cache) -> str | None:
    """The directory in this stage; None if it is unknown."""
    scope = None if place.stage is None else place.stage.scope_in_text(place.idx)
    moved = scope.environment.assignment(cache.variable) if scope is not None and cache.variable else None
    if moved is not None:
        return moved.value + cache.below if moved.is_known and moved.value else None
    user = "" if scope is None else scope.user.partition(":")[0]
    if not cache.path.startswith("~"):
        return cache.path
    if user in ("", "root", "0"):
        return "/root" + cache.path[1:]
    return f"/home/{user}{cache.path[1:]}" if re.fullmatch(r"[a-z_][\w-]*", user) else None
