"""Programs that every image has or installs, and that look at no variable of a build."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise
from typing import Final

from buildxray.plan.paths import clean
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_NEUTRAL_NAMES: Final = """
: . [ [[ add-apt-repository addgroup adduser apt-key apt-mark awk base64 basename bunzip2 bzip2 cat cd chgrp
chmod chown chpasswd chroot cksum comm corepack cp cpio cut date dd df diff dirname dos2unix dpkg dpkg-deb
dpkg-query du echo egrep env envsubst exit export expr false fgrep file find getent git gpg grep groupadd groupmod
gunzip gzip head hostname id install jq ldconfig ldd let ln local locale-gen localedef ls lsb_release md5sum mkdir
mkfifo mktemp mv nproc od passwd patch pip-compile popd printf ps pushd pwd read readlink realpath return rm rmdir
rsync sed seq set setcap sha1sum sha256sum sha512sum shift shopt sleep sort source split stat strings stty su sync
tail tar tee test touch tr trap true truncate tty type ulimit umask uname unalias uniq unlink unset unxz unzip
update-alternatives update-ca-certificates useradd usermod wait wc which whoami xargs xz yes zcat zip zstd
"""
_NEUTRAL: Final = frozenset(_NEUTRAL_NAMES.split())
_INSTALLING: Final = frozenset(
    {"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "rpm", "tdnf", "yum", "zypper", "pacman"}
)


_DOWNLOADING: Final = frozenset({"aria2c", "curl", "wget"})
_PROBES: Final = {
    "apk": ("--print-arch",),
    "arch": (),
    "dpkg": ("--print-architecture", "--print-foreign-architectures"),
    "dpkg-architecture": (),
    "getconf": ("LONG_BIT",),
    "lscpu": (),
    "rpm": ("--eval", "-E"),
    "uname": ("-m", "-p", "-i", "-a", "-mp", "-sm", "-ms"),
}
"""Programs that tell the architecture, and the arguments that make them; none are needed where none are listed."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if name in _PROBES and (not _PROBES[name] or {*_PROBES[name]} & {*invocation.command.arguments}):
        words = (name, *invocation.command.arguments[:1])
        return Use(toolchain, invocation, Effect.PROBE, " ".join(words), len(words))
    if name in _INSTALLING:
        root = invocation.argument("--installroot", "--root", "-p")
        outputs = () if root is None else invocation.paths(root)
        return Use(toolchain, invocation, Effect.INSTALL, f"{name} {invocation.subcommand}".strip(), outputs=outputs)
    if name in _DOWNLOADING:
        return Use(toolchain, invocation, Effect.DOWNLOAD, name, outputs=_downloaded_to(invocation))
    if name in _NEUTRAL:
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    return None


def _downloaded_to(invocation: Invocation) -> tuple[str, ...]:
    """`curl -fsSLo file`, `wget -O file`, or the last part of the URL; empty where it goes to the next command."""
    name, words = invocation.command.name, invocation.command.words
    short, long = ("o", "--output") if name == "curl" else ("O", "--output-document")
    output = invocation.argument(long)
    for option, value in pairwise(words):
        if re.fullmatch(rf"-[A-Za-z]*{short}", option.text):
            output = value
    if output is not None:
        return invocation.paths(output)
    is_kept = name != "curl" or any(re.fullmatch(r"-[A-Za-z]*O[A-Za-z]*|--remote-name", it.text) for it in words)
    if not is_kept or any(re.fullmatch(rf"-[A-Za-z]*{short}-", it.text) for it in words):
        return ()
    files = [posixpath.basename(url) for it in words[1:] for url in invocation.evaluate(it) if url and "://" in url]
    return tuple(dict.fromkeys(clean(f"{it}/{file}") for it in invocation.directories for file in files))


def _reads(_invocation: Invocation, _name: str) -> Reading:
    return Reading.NO


COMMON: Final = Toolchain("common programs", _recognize, _reads)
