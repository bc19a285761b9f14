"""All toolchains, in the order in which they try to recognise a command. A new toolchain is one new file and one line here."""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Toolchain
from buildxray.toolchains.binaries import BINARIES
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.c import C
from buildxray.toolchains.common import COMMON
from buildxray.toolchains.deno import DENO
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.flutter import FLUTTER
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import NODE
from buildxray.toolchains.opaque import OPAQUE
from buildxray.toolchains.others import OTHERS
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING
from buildxray.toolchains.sites import SITES
from buildxray.toolchains.xx import XX
from buildxray.toolchains.zig import ZIG

ALL: Final[tuple[Toolchain, ...]] = (
    XX,
    GO,
    BUN,
    NODE,
    DENO,
    FLUTTER,
    JAVA,
    DOTNET,
    RUST,
    ZIG,
    C,
    OTHERS,
    SITES,
    SCRIPTING,
    BINARIES,
    OPAQUE,
    COMMON,
)
