"""Programs that most images have or install.

Most of them read no variable of a build, apart from those that pass on the environment or fill it into a text. Source:
POSIX.1-2024, Shell & Utilities (awk: "ENVIRON"; env; export; dot); GNU gettext manual, "envsubst Invocation"; jq
manual, "$ENV, env"; printenv(1); su(1); git-submodule(1), "foreach"; bash(1), "trap".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from buildxray.plan.paths import clean
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_NEUTRAL_NAMES: Final = """
: . [ [[ add-apt-repository addgroup adduser apt-key apt-mark awk base64 basename bunzip2 bzip2 cat cd chgrp
chmod chown chpasswd chroot cksum comm corepack cp cpio cut date dd declare df diff dirname dos2unix dpkg dpkg-deb
dpkg-query du echo egrep env envsubst eval exit export expr false fgrep find getent git gpg grep groupadd groupmod
gunzip gzip hash head hostname id install jq ldconfig ldd let ln local locale-gen localedef ls lsb_release md5sum mkdir
mkfifo mktemp mv nproc od passwd patch pip-compile popd printenv printf ps pushd pwd read readlink realpath return rm rmdir
rsync sed seq set setcap sha1sum sha256sum sha512sum shift shopt sleep sort source split stat strings stty su sync
tail tar tee test touch tr trap true truncate tty type ulimit umask uname unalias uniq unlink unset unxz unzip
update-alternatives update-ca-certificates useradd usermod wait wc which whoami xargs xz yes zcat zip zstd
"""
_NEUTRAL: Final = frozenset({*_NEUTRAL_NAMES.split(), "gawk", "gojq", "mawk", "nawk", "yq"})
_INSTALLING: Final = frozenset(
    {"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "rpm", "tdnf", "yum", "zypper", "pacman"}
)

INSTALLING_NOTHING: Final = frozenset(
    {
        "autoclean",
        "autoremove",
        "check-update",
        "clean",
        "del",
        "info",
        "list",
        "makecache",
        "purge",
        "remove",
        "search",
        "update",
    }
)
"""Subcommands of distributions' package managers that install no program. Source: apk(8), apt-get(8), dnf(8), zypper(8)."""
REMOVING: Final = frozenset({"autoremove", "del", "erase", "purge", "remove"})
"""Those that remove installed packages."""
_DOWNLOADING: Final = frozenset({"aria2c", "axel", "curl", "wget"})
_COPYING_FROM_SITE: Final = {
    "aws": ("s3", "cp"),
    "gcloud": ("storage", "cp"),
    "gsutil": ("cp",),
    "http": (),
    "https": (),
    "s5cmd": ("cp",),
    "xh": (),
}
"""Clients of storage services and HTTP, with the subcommands that download. Source: their manuals; HTTPie, "Download mode"."""
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
"""Programs that print the architecture, with the arguments for which they do; none if they always do."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if name in _PROBES and (not _PROBES[name] or {*_PROBES[name]} & {*invocation.command.arguments}):
        words = (name, *invocation.command.arguments[:1])
        return Use(toolchain, invocation, Effect.PROBE, " ".join(words), len(words))
    if (name, invocation.subcommand) in _FETCHING_FILES or invocation.has_option(*_ONLY_FETCHING.get(name, ())):
        return _fetched_package(invocation, toolchain)
    if name in _INSTALLING:
        root = invocation.argument("--installroot", "--root", "-p")
        outputs = () if root is None else invocation.paths(root)
        return Use(toolchain, invocation, Effect.INSTALL, f"{name} {invocation.subcommand}".strip(), outputs=outputs)
    if name in _DOWNLOADING:
        return Use(toolchain, invocation, Effect.DOWNLOAD, name, outputs=_downloaded_to(invocation))
    if name in _COPYING_FROM_SITE:
        return _from_site(invocation, toolchain)
    if name in _NEUTRAL:
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    return None


_FETCHING_FILES: Final = frozenset(
    {("apk", "fetch"), ("apt", "download"), ("apt-get", "download"), ("aptitude", "download")}
    | {("dnf", "download"), ("microdnf", "download"), ("yumdownloader", "")}
)
"""Commands that download packages as files, into the working directory if no option names another one. Source: apk(8), apt-get(8), dnf-plugins-core, "download"."""
_ONLY_FETCHING: Final = dict.fromkeys(("dnf", "microdnf", "tdnf", "yum"), ("--downloaddir", "--destdir"))


def _fetched_package(invocation: Invocation, toolchain: Toolchain) -> Use:
    """A package as a file, which is for the machine that runs the command: another command may unpack it."""
    title = f"{invocation.command.name} {invocation.subcommand}".strip()
    outputs = invocation.option_paths("-o", "--output", "--destdir", "--downloaddir") or invocation.directories
    directories = tuple(f"{it.rstrip('/')}/" for it in outputs)
    return Use(toolchain, invocation, Effect.INSTALL, title, outputs=directories, may_differ=True)


def _from_site(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    """Recognise a copy from a storage service: `aws s3 cp s3://bucket/tool /usr/local/bin/`; None for other subcommands."""
    name, operands = invocation.command.name, invocation.operand_texts
    subcommands = _COPYING_FROM_SITE[name]
    if tuple(operands[: len(subcommands)]) != subcommands or not any("://" in it for it in operands):
        return None
    if not subcommands:
        outputs = invocation.option_paths("-o", "--output")
        return Use(toolchain, invocation, Effect.DOWNLOAD, name, outputs=outputs)
    last = invocation.command.words[invocation.operands[-1]]
    outputs = () if "://" in last.text else invocation.paths(last)
    return Use(toolchain, invocation, Effect.DOWNLOAD, " ".join((name, *subcommands)), outputs=outputs)


def _downloaded_to(invocation: Invocation) -> tuple[str, ...]:
    """The output file of `curl -fsSLo file`, `wget -O file`, or else the last part of the URL; empty if the output is piped."""
    name, words = invocation.command.name, invocation.command.words
    short, long = ("o", "--output") if name == "curl" else ("O", "--output-document")
    output = invocation.argument(long)
    for position, word in enumerate(words[1:], 1):
        option = _OUTPUT[short].match(word.text)
        if option is None or word.text[option.end() :].startswith("-"):
            # `-O-` is the standard output.
            continue
        if option.end() < len(word.text):
            output = word.after(option[0])
        elif position + 1 < len(words):
            output = words[position + 1]
    if output is not None:
        return invocation.paths(output)
    is_kept = name != "curl" or any(re.fullmatch(r"-[A-Za-z]*O[A-Za-z]*|--remote-name", it.text) for it in words)
    if not is_kept or any(re.fullmatch(rf"-[A-Za-z]*{short}-", it.text) for it in words):
        return ()
    files = [posixpath.basename(url) for it in words[1:] for url in invocation.evaluate(it) if url and "://" in url]
    return tuple(dict.fromkeys(clean(f"{it}/{file}") for it in invocation.directories for file in files))


_OUTPUT: Final = {
    "o": lazy_regex(r"-[#0-6BGJLMNORSVZafgijklnpqsv]*o"),
    "O": lazy_regex(r"-[46EHLNSbcdkmpqrvx]*O"),
}
"""Short options of curl and Wget without a value, and at their end the one for the output file, whose path may be in the same word: `wget -qO/tool`.

Source: the manuals of curl and Wget.
"""


def _reads(invocation: Invocation, name: str) -> Reading:  # noqa: PLR0911
    """The certainty of reading a variable: programs that insert variables into texts, or run files of the project, may read any."""
    command = invocation.command
    program, arguments = command.name, command.arguments
    text = " ".join(arguments)
    match program:
        case "." | "source":
            is_of_image = bool(arguments) and _OF_THE_IMAGE.search(arguments[0]) is not None
            return Reading.NO if is_of_image else invocation.reading_by_project(name)
        case "env" | "export" | "declare" | "set":
            # With operands they set something; without, they print everything.
            prints = not arguments or (program != "set" and {*arguments} <= {"-0", "-p", "-x"})
            return Reading.MAYBE if prints else Reading.NO
        case "printenv":
            return Reading.MAYBE if not arguments else Reading.YES if name in arguments else Reading.NO
        case "envsubst":
            if not arguments:
                return invocation.reading_by_project(name)
            return Reading.YES if re.search(rf"\b{re.escape(name)}\b", text) else Reading.NO
        case "awk" | "gawk" | "mawk" | "nawk":
            if invocation.has_option("-f", "--file"):
                return invocation.reading_by_project(name)
            return _named_in(text, r"\bENVIRON\b", rf"ENVIRON\[\W*{re.escape(name)}\b", r"ENVIRON\[\W*\w+")
        case "jq" | "gojq" | "yq":
            if invocation.has_option("-f", "--from-file"):
                return invocation.reading_by_project(name)
            named = rf"(?:\benv\.|\$ENV\.|\b(?:str)?env\(){re.escape(name)}\b"
            return _named_in(text, r"\$ENV\b|\b(?:str)?env\b", named, r"(?:\benv\.|\$ENV\.|\b(?:str)?env\()\w+")
        case "chroot" | "su":
            return Reading.MAYBE
        case "git":
            runs_script = bool({"bisect", "filter-branch", "foreach"} & {*arguments}) or invocation.has_option("--exec")
            return Reading.MAYBE if runs_script else Reading.NO
        case "trap":
            is_harmless = bool(arguments) and _HARMLESS_TRAP.fullmatch(arguments[0]) is not None
            return Reading.NO if is_harmless and name not in text else Reading.MAYBE
        case "eval":
            is_read = all(it.text[:1] in ("'", '"') for it in command.words[1:])
            return Reading.NO if is_read else Reading.MAYBE
        case _:
            return Reading.NO


def _named_in(text: str, any_use: str, this_use: str, named_use: str) -> Reading:
    """True if a program text reads a variable, in a language in which each access to the environment names the variable."""
    if re.search(this_use, text):
        return Reading.YES
    has_unnamed = len(re.findall(any_use, text)) > len(re.findall(named_use, text))
    return Reading.MAYBE if has_unnamed else Reading.NO


_HARMLESS_TRAP: Final = lazy_regex(r"-|:|[A-Z\d]*|(?:echo|exit|kill|popd|rm|true|umount)\b[^;&|`(]*")
"""Commands in a trap that read no variable; a trap with only the name of a signal prints the traps."""
_OF_THE_IMAGE: Final = lazy_regex(
    r"^/etc/|^/usr/(?:lib|share)/|/bin/activate$|/\.cargo/env$|/\.(?:bashrc|profile|bash_profile|zshrc)$|/nvm\.sh$|/sdkman-init\.sh$"
)
"""Files that images and installers of tools contain, and that read no argument of a build."""


def sources_unknown_file(invocation: Invocation) -> bool:
    """True if a shell reads commands from a file that is not one of an image or of an installer: `. ./env.sh`."""
    command = invocation.command
    is_sourcing = command.name in (".", "source") and bool(command.arguments)
    return is_sourcing and _OF_THE_IMAGE.search(command.arguments[0]) is None


COMMON: Final = Toolchain("common programs", _recognize, _reads)
