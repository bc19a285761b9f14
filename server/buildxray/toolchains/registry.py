"""All toolchains, in the order in which they are asked. A new toolchain is one new file and one line here."""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Toolchain
from buildxray.toolchains.common import COMMON
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import NODE
from buildxray.toolchains.opaque import OPAQUE
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.sites import SITES
from buildxray.toolchains.xx import XX

ALL: Final[tuple[Toolchain, ...]] = (XX, GO, NODE, JAVA, DOTNET, RUST, SITES, OPAQUE, COMMON)
