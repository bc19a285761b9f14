"""All toolchains, in the order in which they try to recognise a command; the first one that does wins."""

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
from buildxray.toolchains.machine_probes import MACHINE_PROBES
from buildxray.toolchains.native_compilers import NATIVE_COMPILERS
from buildxray.toolchains.node import NODE
from buildxray.toolchains.node_packers import NODE_PACKERS
from buildxray.toolchains.portable_compilers import PORTABLE_COMPILERS
from buildxray.toolchains.project_scripts import PROJECT_SCRIPTS
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING
from buildxray.toolchains.sites import SITES
from buildxray.toolchains.xx import XX
from buildxray.toolchains.zig import ZIG

ALL: Final[tuple[Toolchain, ...]] = (
    MACHINE_PROBES,
    XX,
    GO,
    NODE_PACKERS,
    BUN,
    NODE,
    DENO,
    FLUTTER,
    JAVA,
    DOTNET,
    RUST,
    ZIG,
    C,
    NATIVE_COMPILERS,
    PORTABLE_COMPILERS,
    SITES,
    SCRIPTING,
    BINARIES,
    PROJECT_SCRIPTS,
    COMMON,
)
