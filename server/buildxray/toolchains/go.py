"""Go: `go build` and related commands.

It compiles for GOOS and GOARCH, which default to the machine it runs on. With GOARCH set to another machine's,
cgo is off unless CGO_ENABLED=1 asks for it, which needs a C cross compiler.

Source: `go help environment`; cmd/go/internal/cfg; the Go 1.21 release notes for GOARM.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from buildxray.localization import N_
from buildxray.plan.paths import clean
from buildxray.platforms.platform import Platform
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import CrossCompilation, Effect, Invocation, Reading, Setting, Toolchain, Use

_COMPILING: Final = frozenset({"build", "install"})
_FETCHING: Final = frozenset({"get", "mod", "work"})
_EXECUTING: Final = frozenset({"generate", "run", "test", "tool"})
_FLAG_NAMES: Final = """
C asmflags buildmode compiler covermode coverpkg gccgoflags gcflags installsuffix ldflags mod modfile o overlay p pgo
pkgdir tags toolexec
"""
_FLAGS_WITH_VALUE: Final = frozenset(_FLAG_NAMES.split())
_DRIVERS: Final = frozenset({"garble", "gox", "tinygo", "xcaddy"})
_WITH_OWN_MODULE: Final = frozenset({"xcaddy"})
_DOWNLOADING: Final = (("mod", "download"), ("mod", "tidy"), ("mod", "vendor"), ("work", "sync"))
"""Subcommands that download modules: `go work sync` those of the packages that the sources import (cmd/go/internal/workcmd/sync.go)."""
_MANIFESTS: Final = ("go.mod", "go.sum")
_RELEASERS: Final = frozenset({"goreleaser", "ko"})
_READ_VARIABLES: Final = frozenset(
    {"CGO_ENABLED", "GOARCH", "GOARM", "GOAMD64", "GOARM64", "GOOS", "GOFLAGS", "GOTOOLCHAIN", "CC", "CXX"}
)


_READ_BY_ALL: Final = frozenset({"GOFLAGS", "GOTOOLCHAIN"})
"""Subcommands that download whole modules, for any machine."""


_IMAGE: Final = lazy_regex(r"(?:docker\.io/library/)?golang:(?P<tag>[^@]+)(?:@.*)?")
_VERSION: Final = lazy_regex(r"1\.(?P<minor>\d+)(?:\.\d+)?(?:(?:beta|rc)\d+)?(?:-.+)?")
_ALPINE: Final = lazy_regex(r"alpine3\.(?P<minor>\d+)")
_FIRST_WITH_ARM_V7: Final = 21
_FIRST_ALPINE_WITH_ARM_V7: Final = 17
_LAST_WITH_CHECK_OF_ARM: Final = 22
_LAST_ALPINE_WITH_CHECK_OF_ARM: Final = 18


def checks_goarm(image: str) -> bool | None:
    """True for an official image of Go before 1.23, which refuses a `GOARM` that is not a version; None if the image does not tell its version.

    Later ones ignore it, and compile for version 7 when they cross-compile. Found by running 1.21.13, 1.22.10, 1.23.9, 1.24.11, 1.25.5,
    1.26.6 and 1.27.3. Go 1.23 was not made for Alpine 3.18.
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        return None
    version, alpine = _VERSION.fullmatch(match["tag"]), _ALPINE.fullmatch(match["tag"])
    if version is not None:
        return int(version["minor"][:4]) <= _LAST_WITH_CHECK_OF_ARM
    if alpine is not None:
        return True if int(alpine["minor"][:4]) <= _LAST_ALPINE_WITH_CHECK_OF_ARM else None
    return False if match["tag"] in _NEWEST else None


_NEWEST: Final = ("1", "1-alpine", "alpine", "latest")
"""Tags of the official image that follow the newest version."""


def defaults_to_arm_v7(image: str) -> bool:
    """False for an official image of Go before 1.21: it cross-compiles for arm without `GOARM` to version 5, which every arm runs.

    Source: golang/go, src/cmd/dist/util.go, xgetgoarm: "Conservative default for cross-compilation" is `5` up to Go 1.20, and `7`
    since go.dev/cl/470695 (Go 1.21). The official image is made for the two latest releases of Alpine; Go 1.21 began with Alpine 3.17.
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        return True
    version, alpine = _VERSION.fullmatch(match["tag"]), _ALPINE.fullmatch(match["tag"])
    if version is not None:
        return int(version["minor"][:4]) >= _FIRST_WITH_ARM_V7
    return alpine is None or int(alpine["minor"][:4]) >= _FIRST_ALPINE_WITH_ARM_V7


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name in _RELEASERS:
        return _release(invocation, toolchain)
    if command.name != "go" and command.name not in _DRIVERS:
        return None
    subcommand = invocation.subcommand
    title, title_words = _title(invocation)
    is_test_binary = subcommand == "test" and invocation.has_option("-c")
    if subcommand in _COMPILING or is_test_binary:
        return Use(
            toolchain,
            invocation,
            Effect.COMPILE,
            title,
            title_words,
            _architectures(invocation),
            is_targeted=invocation.setting("GOARCH").is_set or _has_own_target(invocation),
            outputs=outputs_of_go(invocation),
            manifests=_lists(invocation) if _downloads(invocation) else (),
            fetches_sources=command.name in _WITH_OWN_MODULE or _is_of_a_version(invocation),
            must_run_on_target=subcommand == "install" or _needs_cgo(invocation),
            cross_compilation=_cross_compilation(invocation),
        )
    effect = Effect.NEUTRAL
    if subcommand in _FETCHING:
        effect = Effect.FETCH
    elif subcommand == "run" and command.is_piped:
        # A program of the project that writes a file, usually documents or code.
        return Use(toolchain, invocation, Effect.BUNDLE, title, title_words, may_differ=True)
    elif subcommand in _EXECUTING:
        effect = Effect.EXECUTE
    elif subcommand == "env" and not ("GOARCH" in command.arguments and any(invocation.setting("GOARCH").values)):
        effect = Effect.PROBE
    is_fetching = command.arguments[:2] in _DOWNLOADING or (subcommand == "get" and _gets_own(invocation))
    is_download = is_fetching and invocation.workspace.requires_modules is not False
    return Use(toolchain, invocation, effect, title, title_words, manifests=_lists(invocation) if is_download else ())


def _lists(invocation: Invocation) -> tuple[str, ...]:
    """The lists of modules that a command reads, in the directory of `-C`; none if only a run tells that directory."""
    directory = invocation.argument("-C")
    if directory is None:
        return _MANIFESTS
    return () if directory.value is None else tuple(posixpath.join(directory.value, it) for it in _MANIFESTS)


def _gets_own(invocation: Invocation) -> bool:
    """True for `go get`, `go get .` and `go get ./...`, which download what the packages of the project need.

    Without a module, these need the sources in GOPATH (Go 1.15 and older, GO111MODULE=off).
    """
    packages = _packages(invocation)
    is_own = all(it.startswith(".") for it in packages) and not invocation.has_option("-u")
    return is_own and invocation.workspace.requires_modules is True


def _downloads(invocation: Invocation) -> bool:
    """True if a command that compiles downloads the modules of a go.mod, if there is one where it runs.

    `go install path@version` ignores the go.mod of the directory (`go help install`), and xcaddy writes a module of its own.
    The go command takes them from `vendor` if `vendor/modules.txt` exists, unless `-mod` says otherwise (go.dev/ref/mod#vendoring).
    """
    if invocation.command.name in _WITH_OWN_MODULE or _is_of_a_version(invocation):
        return False
    workspace = invocation.workspace
    is_vendored = workspace.has_vendored_modules and not (
        workspace.ignored is not None and workspace.ignored.excludes("vendor/modules.txt")
    )
    options = (*invocation.command.arguments, *((it or "") for it in invocation.setting("GOFLAGS").values))
    if _ONLY_VENDORED.search(" ".join(options)) is not None:
        # Without the directory, the go command stops.
        return False
    # Without a module at the root of the build context, one may be in a directory of it.
    may_require = workspace.requires_modules or (workspace.requires_modules is None and workspace.needed is not None)
    return may_require and not (is_vendored and not any("-mod=mod" in it for it in options))


_ONLY_VENDORED: Final = lazy_regex(r"-mod[= ]vendor\b")


def _is_of_a_version(invocation: Invocation) -> bool:
    """True for `go install path@version`."""
    return invocation.subcommand == "install" and any("@" in it for it in _packages(invocation))


def _title(invocation: Invocation) -> tuple[str, int]:
    """The title of the command, and the number of words in it."""
    name, arguments, subcommand = invocation.command.name, invocation.command.arguments, invocation.subcommand
    if arguments[:1] != (subcommand,):
        return f"{name} {subcommand}".strip(), 1
    n_words = 2 + (subcommand in ("mod", "work") and len(arguments) > 1)
    return " ".join((name, *arguments[: n_words - 1])), n_words


def _release(invocation: Invocation, toolchain: Toolchain) -> Use:
    """Recognise GoReleaser and ko. GoReleaser honours GOOS and GOARCH only with `--single-target`; otherwise, like ko, it reads its config file."""
    name, subcommand = invocation.command.name, invocation.subcommand
    title = f"{name} {subcommand}".strip()
    if subcommand not in ("build", "publish", "release"):
        return Use(toolchain, invocation, Effect.NEUTRAL, title)
    is_single = name == "goreleaser" and invocation.has_option("--single-target")
    machines = _architectures(invocation) if is_single else (None,) * len(invocation.targets)
    is_targeted = not is_single or invocation.setting("GOARCH").is_set
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        architectures=machines,
        is_targeted=is_targeted,
        must_run_on_target=True,
    )


def _has_own_target(invocation: Invocation) -> bool:
    """True if an option of TinyGo selects the target: a board, or WebAssembly."""
    return invocation.command.name == "tinygo" and invocation.has_option("-target", "--target")


def _architectures(invocation: Invocation) -> tuple[str | None, ...]:
    if _has_own_target(invocation):
        return (None,) * len(invocation.targets)
    setting = invocation.setting("GOARCH")
    # An empty GOARCH counts as unset: the compiler then uses the machine that it runs on.
    own = [it.architecture for it in invocation.step_platforms]
    return tuple(it if it is None else it or machine for it, machine in zip(setting.values, own, strict=True))


def outputs_of_go(invocation: Invocation) -> tuple[str, ...]:
    """The absolute paths to which `go build` or `go install` writes; a slash at the end means a file of unknown name in that directory."""
    directory = invocation.argument("-C")
    if directory is not None:
        # `go -C directory build`
        invocation = replace(invocation, directories=invocation.paths(directory) or invocation.directories)
    output = invocation.argument("-o", "--output")
    if output is not None:
        return invocation.paths(output)
    if invocation.command.name == "xcaddy":
        return tuple(clean(f"{it}/caddy") for it in invocation.directories)
    names = [_binary(it) for it in _packages(invocation)] or [""]
    if invocation.subcommand == "install":
        directories = [it for it in invocation.setting("GOBIN").values if it]
        directories += [f"{it}/bin" for it in invocation.setting("GOPATH").values if it]
        directories = directories or ["/go/bin", "/root/go/bin"]
    else:
        directories = [*invocation.directories]
    return tuple(dict.fromkeys(f"{clean(directory).rstrip('/')}/{name}" for directory in directories for name in names))


def _packages(invocation: Invocation) -> list[str]:
    """The arguments after the subcommand that are not flags."""
    words = iter(invocation.command.arguments)
    packages: list[str] = []
    # The first one is the subcommand.
    for word in words:
        if word.lstrip("-") in _FLAGS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            packages.append(word)
    return packages[1:]


def _binary(package: str) -> str:
    """The file name of a package's binary; empty if only go.mod determines it."""
    path = package.partition("@")[0].rstrip("/")
    if path.endswith(".go"):
        return posixpath.basename(path).removesuffix(".go")
    directory, _, name = path.rpartition("/")
    if directory and re.fullmatch(r"v[2-9]\d*", name):
        name = posixpath.basename(directory)
    return "" if name in ("", ".", "..", "...") or "$" in name else name


def _cross_compilation(invocation: Invocation) -> CrossCompilation | None:
    """`GOARCH=$TARGETARCH`, with the other variables that the target platforms need."""
    if invocation.subcommand == "install":
        # For another architecture the binary would go to bin/$GOOS_$GOARCH, or GOBIN would refuse it.
        return None
    if _needs_cgo(invocation):
        return None
    cgo = invocation.setting("CGO_ENABLED")
    settings = {name: invocation.setting(name) for name in ("GOOS", "GOARCH", "GOARM")}
    wanted = {
        "GOOS": ("TARGETOS", "$TARGETOS", [it.os for it in invocation.targets]),
        "GOARCH": ("TARGETARCH", "$TARGETARCH", [it.architecture for it in invocation.targets]),
        "GOARM": (
            "TARGETVARIANT",
            "${TARGETVARIANT#v}",
            [_goarm(it.variant, it.architecture) for it in invocation.targets],
        ),
    }
    assignments: list[tuple[str, str]] = []
    arguments: list[str] = []
    for name, (argument, value, values) in wanted.items():
        if _has_right_values(name, settings[name], values, invocation):
            continue
        if settings[name].assignment is not None or (settings[name].is_set and any(settings[name].values)):
            # The command sets another value; only its author knows if that is intended.
            return None
        assignments.append((name, value))
        arguments.append(argument)
    if not assignments or ("TARGETVARIANT" in arguments and not suits_goarm(invocation.targets)):
        return None
    is_decided = all(it == "0" for it in cgo.values) or invocation.workspace.uses_cgo is False
    if not is_decided:
        assignments.append(("CGO_ENABLED", "0"))
    return CrossCompilation(tuple(assignments), tuple(arguments), is_decided)


def _needs_cgo(invocation: Invocation) -> bool:
    values = invocation.setting("CGO_ENABLED").values
    is_asked_for = any(it not in ("0", "") for it in values)
    is_used = not any(values) and invocation.workspace.may_use_cgo
    flags = {word for it in invocation.setting("GOFLAGS").values for word in (it or "").split()}
    is_sanitized = invocation.has_option(*_SANITIZERS) or not flags.isdisjoint(_SANITIZERS)
    return is_asked_for or is_used or is_sanitized or _has_certified_library(invocation)


_SANITIZERS: Final = ("-race", "-msan", "-asan")


def _has_certified_library(invocation: Invocation) -> bool:
    """True if a program has its cryptography from a certified C library (FIPS 140), which Go leaves out without cgo.

    Source: golang/go, src/crypto/internal/boring/notboring.go, which is compiled without cgo; github.com/golang-fips/go, README.
    """
    if all(it == "0" for it in invocation.setting("CGO_ENABLED").values):
        return False
    texts = (*invocation.setting("GOEXPERIMENT").values, *invocation.setting("GOFLAGS").values)
    tags = invocation.argument("-tags", "--tags")
    return any(_CERTIFIED.search(it) for it in (*filter(None, texts), "" if tags is None else tags.text))


_CERTIFIED: Final = lazy_regex(r"\b(?:boringcrypto|strictfipsruntime)\b")


def suits_goarm(targets: Iterable[Platform]) -> bool:
    """True if `GOARM=${TARGETVARIANT#v}` is a value that Go knows for each platform, or empty for other architectures than 32-bit ARM.

    Of linux/arm/v8 it would be 8, of linux/amd64/v2 it would be 2, which Go before 1.23 refuses for every architecture.
    Source: internal/buildcfg of Go, goarm; containerd, platforms/database.go, which keeps these variants.
    """
    return all(it.variant in _ARM_VERSIONS or (not it.variant and it.architecture != "arm") for it in targets)


_ARM_VERSIONS: Final = ("v5", "v6", "v7")
_KNOWN_VERSIONS: Final = {
    "GOARM": lazy_regex(r"(?:[567](?:,(?:hard|soft)float)?)?"),
    "GOAMD64": lazy_regex(r"(?:v[1-4])?"),
    "GOARM64": lazy_regex(r"(?:v(?:8\.\d|9\.[0-5])(?:,(?:crypto|lse))*)?"),
}
"""The values of variables with the version of an architecture, of which Go accepts no others. Source: `go help environment`."""


def n_refused_versions(invocation: Invocation, image: str) -> int:
    """The number of versions of architectures, for all targets, with which a compiler may refuse to work in an image.

    Whatever the architecture is, Go before 1.23 refuses others in GOARM and GOAMD64, and later ones in GOARM64, as found by running 1.21.13, 1.22.10, 1.23.9
    and 1.26.4.
    """
    is_old = checks_goarm(image)
    names = [*(("GOARM", "GOAMD64") if is_old is not False else ()), *(("GOARM64",) if is_old is not True else ())]
    values = ((name, value) for name in names for value in invocation.setting(name).values)
    return sum(value is not None and _KNOWN_VERSIONS[name].fullmatch(value) is None for name, value in values)


def _goarm(variant: str, architecture: str) -> str:
    return variant.removeprefix("v") if architecture == "arm" else ""


def _has_right_values(name: str, setting: Setting, values: list[str], invocation: Invocation) -> bool:
    if name == "GOARM" and not any(values):
        return True
    if name == "GOOS" and not any(setting.values):
        return all(it == invocation.builder.os for it in values)
    return all(
        value == want or (name == "GOARM" and not want) for value, want in zip(setting.values, values, strict=True)
    )


def _reads(invocation: Invocation, name: str) -> Reading:
    if name in _READ_VARIABLES and (invocation.subcommand not in _FETCHING or name in _READ_BY_ALL):
        return Reading.YES
    if invocation.command.name in _RELEASERS or invocation.subcommand in _EXECUTING:
        # Templates and programs of the project.
        return invocation.reading_by_project(name)
    return Reading.MAYBE if invocation.has_option("-toolexec") else Reading.NO


GO: Final = Toolchain(
    "Go",
    _recognize,
    _reads,
    advice=N_(
        "tonistiigi/xx cross-compiles: `FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, {place} `--platform=$BUILDPLATFORM`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN {install}`, `{go}`"
    ),
)
