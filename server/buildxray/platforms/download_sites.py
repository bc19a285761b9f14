"""The names of architectures on well-known download sites that differ from TARGETARCH.

The names are those of each project's documentation or files when the entry was written, and the comment names the page
to compare with. No code here reads a site, and a project may rename its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from buildxray.platforms.aliases import named_architectures
from buildxray.syntax.lazy_regex import lazy_regex


class DownloadSite(NamedTuple):
    """A site with one file for each architecture."""

    name: str
    """The name of the site for people."""
    url: re.Pattern[str]
    names: dict[str, str]
    """The names of architectures in its files, by the name in TARGETARCH."""
    directories: dict[str, str] | None = None
    """Those in its directories, if these have others."""


_UNAME: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_UNAME_X64_ONLY: Final = {"amd64": "x86_64", "arm64": "arm64"}
_X64: Final = {"amd64": "x64", "arm64": "arm64"}

SITES: Final = (
    # github.com/just-containers/s6-overlay, README "Which architecture to use depending on your TARGETARCH"; there is a file for `arm`, too
    DownloadSite(
        "s6-overlay",
        lazy_regex(r"just-containers/s6-overlay/releases/(?!.*\.tar\.gz$)"),
        {**_UNAME, "386": "i686"},
    ),
    # The files of its versions 1 and 2: s6-overlay-amd64.tar.gz, -aarch64, -arm, -x86
    DownloadSite("s6-overlay", lazy_regex(r"just-containers/s6-overlay/releases/"), {"arm64": "aarch64", "386": "x86"}),
    # github.com/protocolbuffers/protobuf/releases: protoc-…-linux-x86_64.zip, linux-aarch_64.zip
    DownloadSite(
        "protoc",
        lazy_regex(r"protocolbuffers/protobuf/releases/"),
        {"amd64": "x86_64", "arm64": "aarch_64", "ppc64le": "ppcle_64", "s390x": "s390_64", "386": "x86_32"},
    ),
    # docs.aws.amazon.com/cli: awscli-exe-linux-x86_64.zip, awscli-exe-linux-aarch64.zip
    DownloadSite("AWS CLI", lazy_regex(r"awscli\.amazonaws\.com/"), _UNAME),
    # repo.anaconda.com/miniconda: Miniconda3-latest-Linux-x86_64.sh, Linux-aarch64.sh; conda-forge/miniforge likewise
    DownloadSite("Miniconda", lazy_regex(r"repo\.anaconda\.com/|conda-forge/miniforge/releases/"), _UNAME),
    # nodejs.org/dist: node-v…-linux-x64.tar.xz, linux-arm64, linux-armv7l; its mirrors have the same files
    DownloadSite(
        "Node.js",
        lazy_regex(
            r"nodejs\.org/(?:dist|download)/|unofficial-builds\.nodejs\.org/|npmmirror\.com/(?:-/binary|mirrors)/node/|/nodejs-release/"
        ),
        {**_X64, "arm": "armv7l"},
    ),
    # download.docker.com/linux/static: directories x86_64, aarch64, armhf, armel, ppc64le, s390x
    DownloadSite("Docker", lazy_regex(r"download\.docker\.com/linux/static/"), {**_UNAME, "arm": "armhf"}),
    # github.com/docker/compose/releases: docker-compose-linux-x86_64, -aarch64, -armv7
    DownloadSite("Docker Compose", lazy_regex(r"docker/compose/releases/"), {**_UNAME, "arm": "armv7"}),
    # julialang-s3.julialang.org/bin/linux: directories x64, aarch64, files …-linux-x86_64.tar.gz, -aarch64
    DownloadSite("Julia", lazy_regex(r"julialang-s3\.julialang\.org/"), _UNAME, {"amd64": "x64", "arm64": "aarch64"}),
    # dl.google.com/dl/cloudsdk: google-cloud-cli-linux-x86_64.tar.gz, google-cloud-cli-linux-arm.tar.gz
    DownloadSite(
        "Google Cloud CLI",
        lazy_regex(r"dl\.google\.com/dl/cloudsdk/|storage\.googleapis\.com/cloud-sdk"),
        {"amd64": "x86_64", "arm64": "arm"},
    ),
    # static.rust-lang.org/rustup/dist: directories of target triples
    DownloadSite("rustup", lazy_regex(r"static\.rust-lang\.org/rustup/"), _UNAME),
    # ziglang.org/download: zig-x86_64-linux-…, zig-aarch64-linux-…
    DownloadSite("Zig", lazy_regex(r"ziglang\.org/(?:download|builds)/"), _UNAME),
    # github.com/oven-sh/bun/releases: bun-linux-x64.zip, bun-linux-aarch64.zip
    DownloadSite("Bun", lazy_regex(r"oven-sh/bun/releases/"), {"amd64": "x64", "arm64": "aarch64"}),
    # github.com/denoland/deno/releases: deno-x86_64-unknown-linux-gnu.zip
    DownloadSite("Deno", lazy_regex(r"denoland/deno/releases/"), _UNAME),
    # github.com/astral-sh/uv/releases: uv-x86_64-unknown-linux-gnu.tar.gz
    DownloadSite("uv", lazy_regex(r"astral-sh/(?:uv|ruff)/releases/"), _UNAME),
    # github.com/PowerShell/PowerShell/releases: powershell-…-linux-x64.tar.gz, linux-arm64; packages have the names of their distribution
    DownloadSite(
        "PowerShell",
        lazy_regex(r"PowerShell/PowerShell/releases/(?!.*\.(?:deb|rpm)$)"),
        {**_X64, "arm": "arm32"},
    ),
    # github.com/neovim/neovim/releases: nvim-linux-x86_64.tar.gz, nvim-linux-arm64.tar.gz
    DownloadSite("Neovim", lazy_regex(r"neovim/neovim/releases/"), {"amd64": "x86_64", "arm64": "arm64"}),
    # github.com/hadolint/hadolint/releases: hadolint-Linux-x86_64, hadolint-Linux-arm64
    DownloadSite("Hadolint", lazy_regex(r"hadolint/hadolint/releases/"), _UNAME_X64_ONLY),
    # github.com/Yelp/dumb-init/releases: dumb-init_1.2.5_x86_64, _aarch64; before 1.2.3 dumb-init_1.2.2_amd64 alone.
    # The packages of Debian have Debian's names.
    DownloadSite(
        "dumb-init",
        lazy_regex(r"Yelp/dumb-init/releases/(?!.*\.deb$|download/v(?:0|1\.[01]|1\.2\.[0-2])(?![\d]))"),
        _UNAME,
    ),
    # github.com/bufbuild/buf/releases: buf-Linux-x86_64, buf-Linux-aarch64
    DownloadSite("Buf", lazy_regex(r"bufbuild/buf/releases/"), _UNAME),
    # github.com/aquasecurity/trivy/releases: trivy_…_Linux-64bit.tar.gz, Linux-ARM64
    DownloadSite("Trivy", lazy_regex(r"aquasecurity/trivy/releases/"), {"amd64": "64bit", "arm64": "ARM64"}),
    # github.com/goreleaser/goreleaser/releases: goreleaser_Linux_x86_64.tar.gz, Linux_arm64; packages have Go's names
    DownloadSite(
        "GoReleaser",
        lazy_regex(r"goreleaser/goreleaser/releases/(?!.*\.(?:apk|deb|rpm)$)"),
        _UNAME_X64_ONLY,
    ),
    # github.com/fullstorydev/grpcurl/releases: grpcurl_…_linux_x86_64.tar.gz, linux_arm64; packages have Go's names
    DownloadSite(
        "grpcurl",
        lazy_regex(r"fullstorydev/grpcurl/releases/(?!.*\.(?:apk|deb|rpm)$)"),
        _UNAME_X64_ONLY,
    ),
    # github.com/aws/aws-sam-cli/releases: aws-sam-cli-linux-x86_64.zip, linux-arm64
    DownloadSite("AWS SAM CLI", lazy_regex(r"aws/aws-sam-cli/releases/"), _UNAME_X64_ONLY),
    # github.com/koalaman/shellcheck/releases: shellcheck-v….linux.x86_64.tar.xz, linux.aarch64, linux.armv6hf
    DownloadSite("ShellCheck", lazy_regex(r"koalaman/shellcheck/releases/"), {**_UNAME, "arm": "armv6hf"}),
    # github.com/bazelbuild/bazel/releases: bazel-…-linux-x86_64, linux-arm64
    DownloadSite("Bazel", lazy_regex(r"bazelbuild/bazel/releases/"), _UNAME_X64_ONLY),
    # Programs in Go whose releases have the names of GoReleaser's examples: act_Linux_x86_64.tar.gz, Linux_arm64
    DownloadSite("the project", lazy_regex(r"(?:jesseduffield/lazygit|nektos/act)/releases/"), _UNAME_X64_ONLY),
    # Programs in Rust, whose files are named by target triples, apart from packages of Debian
    DownloadSite(
        "the project",
        lazy_regex(
            r"(?:BurntSushi/ripgrep|casey/just|cargo-bins/cargo-binstall|mozilla/sccache|sharkdp/(?:bat|fd|hyperfine)|starship/starship|watchexec/watchexec)/releases/(?!.*\.deb$)"
        ),
        _UNAME,
    ),
    # github.com/Kitware/CMake/releases: cmake-…-linux-x86_64.tar.gz, linux-aarch64
    DownloadSite("CMake", lazy_regex(r"Kitware/CMake/releases/|cmake\.org/files/"), _UNAME),
)


def site_of(url: str) -> DownloadSite | None:
    """Return the known site that a URL belongs to."""
    return next((it for it in SITES if it.url.search(url)), None)


class PartialSite(NamedTuple):
    """A site with files for some architectures only, so that another name in an address leads to no file."""

    url: re.Pattern[str]
    architectures: frozenset[str]
    """These architectures, as TARGETARCH spells them."""


_PARTIAL_SITES: Final = (
    # wiki.ubuntu.com, "Ports": archive.ubuntu.com has amd64 and i386; all others are on ports.ubuntu.com
    PartialSite(
        lazy_regex(r"//(?:[\w-]+\.)*(?:archive|security)\.ubuntu\.com/"),
        frozenset({"386", "amd64"}),
    ),
    # virtualbox.org/wiki/Linux_Downloads: packages for amd64 alone
    PartialSite(lazy_regex(r"//download\.virtualbox\.org/"), frozenset({"amd64"})),
    # repo.steampowered.com/steam: `deb [arch=amd64,i386 …]`
    PartialSite(lazy_regex(r"//repo\.steampowered\.com/"), frozenset({"386", "amd64"})),
)


def may_have_files_for(text: str, architectures: Iterable[str]) -> bool:
    """False if a text has the address of a site that lacks files for one of the architectures, as TARGETARCH spells them."""
    wanted = {*architectures}
    return all(wanted <= it.architectures for it in _PARTIAL_SITES if it.url.search(text))


class FirstVersion(NamedTuple):
    """A program whose releases for Linux have files for arm64 from some version on only."""

    name: str
    """The name of the program for people."""
    url: re.Pattern[str]
    """Matches the address up to its version, which follows."""
    lacking: tuple[int, ...]
    """The version below which there surely are none."""
    since: str
    """The first version that is known to have them."""


FIRST_VERSIONS: Final = (
    # github.com/jwilder/dockerize, issue 185
    FirstVersion("dockerize", lazy_regex(r"/jwilder/dockerize/releases/download/v"), (0, 7), "0.7.0"),
    # hashicorp.com, "Announcing HashiCorp Terraform 0.14 General Availability": also in the last ones of 0.13
    FirstVersion("Terraform", lazy_regex(r"//releases\.hashicorp\.com/terraform/"), (0, 13), "0.14"),
    # github.com/grpc-ecosystem/grpc-health-probe, release v0.3.2
    FirstVersion(
        "grpc_health_probe", lazy_regex(r"/grpc-ecosystem/grpc-health-probe/releases/download/v"), (0, 3), "0.3.2"
    ),
    # github.com/docker/compose, issue 8375: of version 1 only x86_64
    FirstVersion("Docker Compose", lazy_regex(r"/docker/compose/releases/download/v?"), (2,), "2.0.0"),
    # github.com/neovim/neovim, release v0.10.4
    FirstVersion("Neovim", lazy_regex(r"/neovim/neovim/releases/download/v"), (0, 10, 4), "0.10.4"),
    # github.com/hadolint/hadolint, pull request 803
    FirstVersion("Hadolint", lazy_regex(r"/hadolint/hadolint/releases/download/v"), (2, 10), "2.10.0"),
    # deno.com/blog/v1.41, "Official ARM64 builds for Linux"
    FirstVersion("Deno", lazy_regex(r"/denoland/deno/releases/download/v"), (1, 41), "1.41.0"),
    # github.com/Yelp/dumb-init, release v1.2.3
    FirstVersion("dumb-init", lazy_regex(r"/Yelp/dumb-init/releases/download/v"), (1, 2, 3), "1.2.3"),
)
_VERSION: Final = lazy_regex(r"\d{1,4}(?:\.\d{1,4}){0,3}(?![\d])")


def first_version_for(url: str, architectures: Iterable[str]) -> FirstVersion | None:
    """The entry of a program whose version in an address has no file for one of the architectures; None for others."""
    if "arm64" not in architectures:
        return None
    for it in FIRST_VERSIONS:
        match = it.url.search(url)
        version = None if match is None else _VERSION.match(url, match.end())
        if version is not None:
            return it if tuple(map(int, version[0].split("."))) < it.lacking else None
    return None


class NamesOfOption(NamedTuple):
    """An option of a package manager whose value names an architecture in its own way."""

    programs: frozenset[str]
    option: str
    names: dict[str, str]
    """The names in the values of the option that differ from those in TARGETARCH, by these."""


NAMES_OF_OPTIONS: Final = (
    # packaging.python.org, "Platform compatibility tags": manylinux2014_x86_64, musllinux_1_2_aarch64
    NamesOfOption(frozenset({"pip", "pip3"}), "--platform", {**_UNAME, "arm": "armv7l", "386": "i686"}),
    # docs.npmjs.com, "config", cpu: the values of process.arch of Node.js
    NamesOfOption(frozenset({"npm", "pnpm"}), "--cpu", {"amd64": "x64", "386": "ia32"}),
)


class UnnamedFile(NamedTuple):
    """A file for one architecture whose name does not tell it."""

    name: str
    """The name of the program for people."""
    url: re.Pattern[str]
    """Matches the whole address, without its query."""
    architecture: str
    """The architecture, as TARGETARCH spells it."""
    others: frozenset[str] = frozenset()
    """The architectures for which the site has the same file with `-` and their name in TARGETARCH at its end."""


UNNAMED_FILES: Final = (
    # github.com/krallin/tini/releases: tini and tini-amd64 are the same; tini-arm64, tini-static-arm64, …
    UnnamedFile(
        "tini",
        lazy_regex(r"https?://github\.com/krallin/tini/releases/(?:download/[^/]+|latest/download)/tini(?:-static)?"),
        "amd64",
        frozenset({"amd64", "arm64", "ppc64le", "s390x"}),
    ),
    UnnamedFile(
        "tini",
        lazy_regex(r"https?://github\.com/krallin/tini/releases/download/[^/]+/tini_[\d.]+\.(?:deb|rpm)"),
        "amd64",
    ),
    # github.com/sgerrand/alpine-pkg-glibc, issues 124 and 126: before those of 2024 only x86_64
    UnnamedFile(
        "glibc for Alpine",
        lazy_regex(
            r"https?://(?:\S+/)?sgerrand/alpine-pkg-glibc/releases/download/[^/]+/glibc(?:-\w+)?-2\.(?:2\d|3[0-5])-r\d+\.apk"
        ),
        "amd64",
    ),
    # github.com/ninja-build/ninja/releases: ninja-linux.zip, ninja-linux-aarch64.zip
    UnnamedFile("Ninja", lazy_regex(r"https?://github\.com/ninja-build/ninja/releases/.+/ninja-linux\.zip"), "amd64"),
    # docs.flutter.dev/install/archive: the archive for Linux is for x64
    UnnamedFile(
        "Flutter",
        lazy_regex(r"https?://storage\.[\w.-]+/flutter_infra(?:_release)?/.+/flutter_linux_[^/]+\.tar\.xz"),
        "amd64",
    ),
    # developer.valvesoftware.com/wiki/SteamCMD: a program for 32-bit x86
    UnnamedFile("SteamCMD", lazy_regex(r"https?://\S+/steamcmd_linux\.tar\.gz"), "386"),
)
_OF_UNNAMED: Final = lazy_regex(r"krallin/tini|alpine-pkg-glibc|ninja-linux\.zip|flutter_linux_|steamcmd_linux")
"""A part of each address of `UNNAMED_FILES`."""


def architectures_in_address(url: str) -> frozenset[str]:
    """The architectures of a downloaded file that its address names, or that are known without a name, as TARGETARCH spells them."""
    named = frozenset(name for *_place, name in named_architectures(url))
    file = None if named or not mentions_unnamed_file(url) else unnamed_file(url.partition("?")[0])
    return named if file is None else frozenset({file.architecture})


def mentions_unnamed_file(text: str) -> bool:
    """True if a text may have the address of one of `UNNAMED_FILES`."""
    return _OF_UNNAMED.search(text) is not None


def unnamed_file(url: str) -> UnnamedFile | None:
    """Return the file for one architecture that an address, without its query, names; None for others."""
    return next((it for it in UNNAMED_FILES if it.url.fullmatch(url)), None)
