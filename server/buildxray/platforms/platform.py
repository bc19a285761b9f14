"""Platform values: parsed, normalised and printed as BuildKit does.

Source: github.com/containerd/platforms v1.0.0-rc.4, which BuildKit vendors.
"""

from __future__ import annotations

import os
import posixpath
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from buildxray.localization import gettext_lazy as _
from buildxray.platforms.aliases import REPOSITORY_PREFIXES, docker_name
from buildxray.syntax.lazy_regex import lazy_regex


class PlatformError(ValueError):
    """Raised for a text that is not a platform; the message gives the reason."""


class Platform(NamedTuple):
    """`os[(version)]/architecture[/variant]`."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The text that BuildKit prints, OS version included (containerd: FormatAll)."""
        if not self.os_version and not self.os_features:
            return self.without_version
        if not self.os:
            return "unknown"
        options = _encoded(self.os_version)
        if features := "+".join(_encoded(it) for it in sorted({*self.os_features} - {""})):
            options += f"+{features}"
        system = f"{self.os}({options})" if options else self.os
        return _joined(system, self.architecture, self.variant)

    @property
    def without_version(self) -> str:
        """The text without the OS version (containerd: Format)."""
        return _joined(self.os, self.architecture, self.variant) if self.os else "unknown"


def parse(text: str, *, local: Platform | None = None) -> Platform:
    """Read a platform such as `linux/arm64/v8`, `arm64` or `windows(10.0.17763)/amd64`.

    `local` is the machine that completes a lone OS or architecture. The result is not normalised: BuildKit
    pulls a base image for `linux/arm` and runs its steps on `linux/arm/v7`.

    Raises `PlatformError`.
    """
    if "*" in text:
        raise PlatformError(_("`{text}`: wildcards are not supported", text=text))
    system, *rest = text.split("/", 3)
    match = _OS.fullmatch(system)
    if match is None:
        raise PlatformError(_("`{text}` has no valid operating system", text=text))
    for component in rest:
        if not _COMPONENT.fullmatch(component):
            raise PlatformError(
                _("`{component}` is not a valid part of the platform `{text}`", component=component, text=text)
            )
    os_name = _normalized_os(match["os"])
    features = tuple(unquote(it.strip()) for it in match["features"].split("+")[1:]) if match["features"] else ()
    if any(not it for it in features):
        raise PlatformError(_("`{text}` has an empty OS feature", text=text))
    version = unquote(match["version"] or "")
    match rest:
        case []:
            return _from_one_word(text, os_name, version, features, local or this_machine())
        case [architecture]:
            architecture, variant = _normalized_architecture(architecture, "")
            if (architecture, variant) == ("arm", "v7"):
                variant = ""
            return Platform(os_name, architecture, variant, version, features)
        case [architecture, variant]:
            architecture, variant = _normalized_architecture(architecture, variant)
            if architecture == "arm64" and not variant:
                variant = "v8"
            return Platform(os_name, architecture, variant, version, features)
        case _:
            raise PlatformError(_("`{text}` has too many parts for a platform", text=text))


def _from_one_word(text: str, os_name: str, version: str, features: tuple[str, ...], local: Platform) -> Platform:
    if os_name in _KNOWN_OS:
        return Platform(os_name, local.architecture, local.variant, version, features)
    architecture, variant = _normalized_architecture(text, "")
    if (architecture, variant) == ("arm", "v7"):
        variant = ""
    if architecture in _KNOWN_ARCHITECTURES:
        return Platform(local.os, architecture, variant, version, features)
    raise PlatformError(_("`{text}` is neither an operating system nor an architecture", text=text))


@lru_cache(maxsize=256)
def normalize(platform: Platform) -> Platform:
    """The canonical form: `linux/aarch64` is `linux/arm64`, `linux/arm` is `linux/arm/v7`."""
    architecture, variant = _normalized_architecture(platform.architecture, platform.variant)
    return platform._replace(
        os=_normalized_os(platform.os),
        architecture=architecture,
        variant=variant,
        os_features=tuple(sorted({*platform.os_features})),
    )


def parse_normalized(text: str) -> Platform:
    """Read a platform that is asked for on a command line (BuildKit: dockerui/attr.go, parsePlatforms).

    Raises `PlatformError`.
    """
    return normalize(parse(text))


def is_known(platform: Platform) -> bool:
    """True if Go, and so BuildKit, supports a system and an architecture of these names."""
    if platform.os.startswith("wasi"):
        # Docker runs images for `wasi/wasm`; Go calls the system wasip1.
        return platform.architecture in ("wasm", "wasm32")
    return platform.os in _KNOWN_OS and platform.architecture in _KNOWN_ARCHITECTURES


_VERSION_OF_ARM: Final = lazy_regex(r"^arm(?:32|64)?(v\d)")


def nearest_known(platform: Platform) -> Platform | None:
    """The known platform that was probably meant by an unknown one; None if none is similar.

    A name that other systems have for an architecture, or the repositories of official images, is that architecture: `arm32v7` is `arm/v7`.
    """
    own = docker_name(platform.architecture) or REPOSITORY_PREFIXES.get(platform.architecture)
    if own is not None and own != platform.architecture:
        variant = platform.variant or "".join(_VERSION_OF_ARM.findall(platform.architecture))
        named = normalize(platform._replace(architecture=own, variant=variant))
        return named if is_known(named) else None
    swapped = platform._replace(os=platform.architecture, architecture=platform.os)
    if is_known(swapped):
        return swapped
    # Common ones first: `arm46` is as near to `arm64` as to others.
    architectures = [*_COMMON_ARCHITECTURES, *sorted(_KNOWN_ARCHITECTURES)]
    systems = get_close_matches(platform.os, sorted(_KNOWN_OS), 1)
    close = get_close_matches(platform.architecture, architectures, 1)
    return platform._replace(os=systems[0], architecture=close[0]) if systems and close else None


def this_machine() -> Platform:
    """The platform of the BuildKit that this machine would run: always a Linux."""
    return normalize(Platform("linux", _processor().lower() or "amd64"))


def _processor() -> str:
    """The architecture of the processor; empty if the system does not report it."""
    if hasattr(os, "uname"):
        return os.uname().machine
    # Imported late, as a fallback: its import compiles ten regular expressions.
    import platform  # noqa: PLC0415

    return platform.machine()


def can_run(builder: Platform, step: Platform) -> bool:
    """True if `builder` runs a step for `step` without emulation.

    64-bit x86 machines run 32-bit x86. An arm64 machine is not presumed to run 32-bit ARM, because many cannot.
    """
    if builder.os != step.os:
        return False
    return builder.architecture == step.architecture or (builder.architecture, step.architecture) == ("amd64", "386")


class Starting(Enum):
    """The machines of a platform on which the programs of an image start."""

    ALL = "all"
    WITH_32_BIT = "with 32-bit"
    """Those that also execute 32-bit programs: many servers with arm64 do not."""
    NEWER = "newer"
    """Those whose processor has the instructions of a newer variant; on others a program may stop with `Illegal instruction`."""
    NONE = "none"


def starting(machine: Platform, image: Platform) -> Starting:
    """The machines of the platform `machine` on which an image for the platform `image` starts, without emulation.

    Source: containerd/platforms compare.go, platformVector, which lists the platforms of images that a machine may take.
    """
    machine, image = normalize(machine), normalize(image)
    if machine.os != image.os:
        return Starting.NONE
    if machine.architecture == image.architecture:
        return Starting.NEWER if _level(image) > _level(machine) else Starting.ALL
    match machine.architecture, image.architecture:
        case "amd64", "386":
            return Starting.ALL
        case "arm64", "arm":
            return Starting.WITH_32_BIT
        case _:
            return Starting.NONE


def _level(platform: Platform) -> float:
    """The number in the variant of a normalised platform: 7 of `v7`, 8.1 of `v8.1`; without a variant the lowest one."""
    match = _VARIANT.fullmatch(platform.variant)
    if match is None:
        return 8 if platform.architecture == "arm64" else 1
    return float(match["level"])


_VARIANT: Final = lazy_regex(r"v(?P<level>\d(?:\.\d)?)")
_OS: Final = lazy_regex(
    r"(?P<os>[A-Za-z0-9_-]+)(?:\((?P<version>[A-Za-z0-9_.%-]*)(?P<features>(?:\+[A-Za-z0-9_.%-]+)*)\))?"
)
_COMPONENT: Final = lazy_regex(r"[A-Za-z0-9_.-]+")
_KNOWN_OS: Final = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "windows",
        "zos",
    ]
)
_COMMON_ARCHITECTURES: Final = ("amd64", "arm64", "arm", "riscv64", "ppc64le", "s390x", "386", "loong64")
_KNOWN_ARCHITECTURES: Final = frozenset(
    [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "ppc64",
        "ppc64le",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)


def _normalized_os(name: str) -> str:
    name = name.lower() or "linux"
    return "darwin" if name == "macos" else name


def _normalized_architecture(architecture: str, variant: str) -> tuple[str, str]:
    """The architecture in the canonical form. Source: containerd/platforms database.go, normalizeArch."""
    architecture, variant = architecture.lower(), variant.lower()
    match architecture:
        case "i386":
            return "386", ""
        case "x86_64" | "x86-64" | "amd64":
            return "amd64", "" if variant == "v1" else variant
        case "aarch64" | "arm64":
            if variant in ("8", "v8", "v8.0"):
                return "arm64", ""
            return "arm64", "v9" if variant in ("9", "9.0", "v9.0") else variant
        case "armhf":
            return "arm", "v7"
        case "armel":
            return "arm", "v6"
        case "arm":
            if variant in ("", "7"):
                return "arm", "v7"
            return "arm", f"v{variant}" if variant in ("5", "6", "8") else variant
        case _:
            return architecture, variant


@lru_cache(maxsize=256)
def _joined(*parts: str) -> str:
    return posixpath.normpath("/".join(it for it in parts if it))


def _encoded(option: str) -> str:
    for char in "%+()/":
        option = option.replace(char, f"%{ord(char):02X}")
    return option
