"""The names that compilers have for machines, and commands that are given another name, and so fail.

Source: `go tool dist list`, cmd/go/internal/work/action.go (NewBuilder, CheckGOOSARCHPair); `rustc --print target-list` (1.95); learn.microsoft.com,
".NET RID Catalog" and "NETSDK1083"; `deno compile --help` (2.5); Zig, lib/std/Target.zig; dart-lang/sdk, pkg/dartdev, `dart compile exe --help`.
rustc 1.95, Deno 2 and Zig 0.15 were run with the names of TARGETARCH; Bun has other names too, and accepts these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from buildxray.platforms.aliases import docker_name
from buildxray.platforms.platform import Platform
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import ShellWord
from buildxray.toolchains.base import Effect, Invocation, Setting, Use
from buildxray.toolchains.deno import DENO
from buildxray.toolchains.deno import NAMES as DENO_NAMES
from buildxray.toolchains.dotnet import DOTNET, PROPERTIES
from buildxray.toolchains.go import GO
from buildxray.toolchains.native_compilers import NATIVE_COMPILERS
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.zig import NAMES as ZIG_NAMES
from buildxray.toolchains.zig import ZIG


class MachineNames(NamedTuple):
    """The names that a program has for machines, or for systems."""

    program: str
    """The name of the program in messages."""
    names: Mapping[str, str]
    """The program's own names, by those in TARGETARCH or, of systems, in TARGETOS."""
    argument: str = "TARGETARCH"
    """The automatic argument that names the same."""
    others: frozenset[str] = frozenset()
    """Further names that the program accepts."""

    def accepts(self, name: str) -> bool:
        """True for a name that the program knows."""
        return name in self.names.values() or name in self.others


class RefusedName(NamedTuple):
    """A name of a machine that the program of a command does not know."""

    known: MachineNames
    word: ShellWord | None
    """The value of the option or variable, without the option; None if an instruction sets the variable."""
    variable: str
    """The environment variable; empty for an option."""
    value: str
    """The value for the first of `targets`."""
    part: str
    """The part of the value that names the machine."""
    right: str
    """The program's own name of that machine; empty if it is unknown which one is meant."""
    is_rest_right: bool
    """True if the value is right with another name in place of `part`: `--target amd64` of Rust lacks the system too."""
    targets: tuple[Platform, ...]
    """The target platforms that give such a name."""


class _Given(NamedTuple):
    """A place where a command is told for which machine to compile, and the names it may have there."""

    known: MachineNames
    word: ShellWord | None
    variable: str
    values: tuple[str | None, ...]
    part_of: Callable[[str], str]
    """Returns the part of a value that names the machine; empty if the value names one in another way, as a file does."""


_SYSTEMS: Final = frozenset(
    {
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "illumos",
        "ios",
        "js",
        "linux",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
    }
)
_GO_OS: Final = MachineNames("Go", {it: it for it in _SYSTEMS}, "TARGETOS")
_GO: Final = MachineNames(
    "Go",
    {
        it: it
        for it in (
            "386",
            "amd64",
            "arm",
            "arm64",
            "loong64",
            "mips64le",
            "mips64",
            "ppc64le",
            "riscv64",
            "s390x",
            "wasm",
        )
    },
)
_RUST: Final = MachineNames(
    "Rust",
    {
        "386": "i686",
        "amd64": "x86_64",
        "arm64": "aarch64",
        "ppc64le": "powerpc64le",
        "riscv64": "riscv64gc",
        "s390x": "s390x",
    },
    others=frozenset({"arm", "armv6", "armv7", "i386", "riscv64"}),
)
_DOTNET: Final = MachineNames(
    ".NET",
    {
        "386": "x86",
        "amd64": "x64",
        "arm": "arm",
        "arm64": "arm64",
        "ppc64le": "ppc64le",
        "riscv64": "riscv64",
        "s390x": "s390x",
    },
    others=frozenset({"armel", "armv6"}),
)
_DENO: Final = MachineNames("Deno", DENO_NAMES)
_ZIG: Final = MachineNames(
    "Zig",
    {**ZIG_NAMES, "arm": "arm", "ppc64le": "powerpc64le", "386": "x86"},
    others=frozenset({"i386"}),
)
_DART: Final = MachineNames(
    "Dart", {"386": "ia32", "amd64": "x64", "arm": "arm", "arm64": "arm64", "riscv64": "riscv64"}
)
_OWN: Final = frozenset({"386", "amd64", "arm64", "ppc64le", "riscv64", "s390x"})
"""Names in TARGETARCH that mean a machine wherever they are read."""
_WRITTEN_OTHERWISE: Final = {"mac": "darwin", "macos": "darwin", "osx": "darwin", "win": "windows", "win32": "windows"}
"""Frequent other names of systems."""
_PLATFORM: Final = lazy_regex(r"(?:linux|windows)/\w+(?:/v\d)?")
_GO_COMMANDS: Final = frozenset({"build", "install", "run", "test", "vet"})
"""The subcommands of Go that compile packages."""
_OLD_SDK: Final = lazy_regex(r"mcr\.microsoft\.com/dotnet/(?:core/)?sdk:(?:[2-6](?:[.-].*)?|7\.0\.[12]\d\d(?:-.*)?)")


def refused_names(use: Use, image: str = "") -> tuple[RefusedName, ...]:
    """The names that a command is given for the machine of its output, and that its program does not know.

    `image` is the full name of the image in which it runs, because older SDKs of .NET know fewer names. Unknown values do not count, nor
    do names that mean no machine anywhere, which a variant of the program may have added.
    """
    find = _FINDERS.get(use.toolchain.name)
    if find is None:
        return ()
    return use.invocation.remembered(f"refused names {image}", lambda: tuple(_refused_names(use, image, find)))


def _refused_names(use: Use, image: str, find: _Finder) -> Iterator[RefusedName]:
    targets = use.invocation.targets
    for given in find(use.invocation, use, image):
        pairs = zip(targets, given.values, strict=True)
        named = ((target, value, given.part_of(value)) for target, value in pairs if value)
        wrong = [it for it in named if _is_refused(given.known, it[2])]
        if wrong:
            _target, value, part = wrong[0]
            is_rest_right = given.part_of is not _of_triple or "-" in value
            right = _right(given.known, part) if is_rest_right else ""
            targets_of_it = tuple(it[0] for it in wrong)
            yield RefusedName(given.known, given.word, given.variable, value, part, right, is_rest_right, targets_of_it)


def _is_refused(known: MachineNames, part: str) -> bool:
    """True if a program surely does not know a name: that of a machine, a system or a platform, but not one of its own."""
    if known.accepts(part):
        return False
    if part in _OWN or docker_name(part) is not None or _PLATFORM.fullmatch(part):
        return True
    return part.lower() in _SYSTEMS or part.lower() in _WRITTEN_OTHERWISE


def _right(known: MachineNames, part: str) -> str:
    if known.argument == "TARGETOS":
        return known.names.get(_WRITTEN_OTHERWISE.get(part.lower(), part.lower()), "")
    return known.names.get(docker_name(part) or part, "")


def _of_go(invocation: Invocation, _use: Use, _image: str) -> Iterator[_Given]:
    # gccgo accepts what its compiler does.
    if (
        invocation.command.name != "go"
        or invocation.subcommand not in _GO_COMMANDS
        or invocation.has_option("-compiler")
    ):
        return
    for known, name in ((_GO_OS, "GOOS"), (_GO, "GOARCH")):
        yield from _of_setting(known, name, invocation.setting(name), str)


def _of_setting(known: MachineNames, name: str, setting: Setting, part_of: Callable[[str], str]) -> Iterator[_Given]:
    if setting.is_set:
        word = None if setting.assignment is None else setting.assignment.value
        yield _Given(known, word, name, setting.values, part_of)


def _of_rust(invocation: Invocation, use: Use, _image: str) -> Iterator[_Given]:
    words = invocation.arguments("--target")
    if invocation.command.name == "rustup":
        operands = [invocation.command.words[it] for it in invocation.operands]
        words = operands[2:] if [it.value for it in operands[:2]] == ["target", "add"] else []
    elif use.effect is Effect.COMPILE and not words:
        yield from _of_setting(_RUST, "CARGO_BUILD_TARGET", invocation.setting("CARGO_BUILD_TARGET"), _of_triple)
    for word in words:
        yield _Given(_RUST, word, "", invocation.evaluate(word), _of_triple)


def _of_triple(value: str) -> str:
    """The machine in a triple; empty for the path of a file that describes one."""
    return "" if value.endswith(".json") else value.partition("-")[0]


def _of_dotnet(invocation: Invocation, _use: Use, image: str) -> Iterator[_Given]:
    if invocation.subcommand not in ("build", "publish", "restore") or any(
        "UseAppHost" in it for it in invocation.command.arguments
    ):
        # Without a host program nothing is looked up for the machine.
        return
    identifier = invocation.argument("-r", "--runtime", *PROPERTIES)
    if identifier is not None:
        yield _Given(_DOTNET, identifier, "", invocation.evaluate(identifier), _of_identifier)
    machine = invocation.argument("-a", "--arch")
    if machine is not None:
        accepts_docker_names = _OLD_SDK.fullmatch(image) is None
        known = _DOTNET._replace(others=_DOTNET.others | {"amd64"}) if accepts_docker_names else _DOTNET
        yield _Given(known, machine, "", invocation.evaluate(machine), str)


def _of_identifier(value: str) -> str:
    """The machine in a runtime identifier; empty without a system before it."""
    system, _, machine = value.rpartition("-")
    return machine if system else value if _PLATFORM.fullmatch(value) else ""


def _of_deno(invocation: Invocation, use: Use, _image: str) -> Iterator[_Given]:
    word = invocation.argument("--target") if use.effect is Effect.COMPILE else None
    if word is not None:
        yield _Given(_DENO, word, "", invocation.evaluate(word), _of_triple)


def _of_zig(invocation: Invocation, use: Use, _image: str) -> Iterator[_Given]:
    word = invocation.argument("-Dtarget" if invocation.subcommand == "build" else "-target")
    if word is not None and use.effect is Effect.COMPILE:
        yield _Given(_ZIG, word, "", invocation.evaluate(word), _of_triple)


def _of_dart(invocation: Invocation, use: Use, _image: str) -> Iterator[_Given]:
    word = invocation.argument("--target-arch") if invocation.command.name == "dart" else None
    if word is not None and use.effect is Effect.COMPILE:
        yield _Given(_DART, word, "", invocation.evaluate(word), str)


_Finder = Callable[[Invocation, Use, str], Iterator[_Given]]
"""Finds what a command is given for the machine of its output."""
_FINDERS: Final[Mapping[str, _Finder]] = {
    NATIVE_COMPILERS.name: _of_dart,
    DENO.name: _of_deno,
    DOTNET.name: _of_dotnet,
    GO.name: _of_go,
    RUST.name: _of_rust,
    ZIG.name: _of_zig,
}
"""By the name of the toolchain."""
