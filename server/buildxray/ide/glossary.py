"""Words defined by Docker, the OCI specification or well-known tools: signals, labels, ports, environment variables.

Hover and completion share this table. Meanings are templates for `_`; each fact is in the manual of the
tool that it names.
"""

from __future__ import annotations

from typing import Final

from buildxray.localization import N_

SIGNALS: Final = {
    "SIGTERM": N_("asks the program to exit; the default"),
    "SIGINT": N_("what Ctrl+C sends"),
    "SIGQUIT": N_("asks nginx and others to finish their work first"),
    "SIGWINCH": N_("asks Apache httpd to finish its work first"),
    "SIGHUP": N_("the terminal was closed; many programs reload their configuration"),
    "SIGUSR1": N_("its meaning is up to the program"),
    "SIGKILL": N_("kills the program at once"),
    "SIGRTMIN+3": N_("asks systemd to shut down"),
}
"""The signals that are usual in STOPSIGNAL, the most usual first."""

MORE_SIGNALS: Final = {
    "SIGUSR2": N_("its meaning is up to the program"),
    "SIGALRM": N_("a timer has run out"),
    "SIGABRT": N_("the program aborts, perhaps with a core dump"),
    "SIGSTOP": N_("pauses the program, and cannot be caught"),
}

SIGNAL_NUMBERS: Final = {
    "1": "SIGHUP",
    "2": "SIGINT",
    "3": "SIGQUIT",
    "6": "SIGABRT",
    "9": "SIGKILL",
    "14": "SIGALRM",
    "15": "SIGTERM",
}
"""The numbers of signals that POSIX defines; others depend on the architecture."""

LABELS: Final = {
    "org.opencontainers.image.source": N_("the URL of the source code"),
    "org.opencontainers.image.title": N_("the title of the image"),
    "org.opencontainers.image.description": N_("a description of the image"),
    "org.opencontainers.image.licenses": N_("the licences as an SPDX expression"),
    "org.opencontainers.image.version": N_("the version of the packaged software"),
    "org.opencontainers.image.revision": N_("the commit that it is built from"),
    "org.opencontainers.image.authors": N_("who is responsible for the image"),
    "org.opencontainers.image.url": N_("where to find more about the image"),
    "org.opencontainers.image.documentation": N_("the URL of the documentation"),
    "org.opencontainers.image.vendor": N_("the organisation that distributes the image"),
    "org.opencontainers.image.created": N_("when the image was built, as RFC 3339"),
    "org.opencontainers.image.ref.name": N_("the name of the target"),
    "org.opencontainers.image.base.name": N_("the image that this one is built on"),
    "org.opencontainers.image.base.digest": N_("the digest of the image that this one is built on"),
}
"""The annotations that the OCI image specification defines, which are usual as labels."""

PORTS: Final = {"80": "HTTP", "443": "HTTPS", "8080": "HTTP", "3000": "Node.js", "8000": "Python", "5432": "PostgreSQL", "6379": "Redis"}  # fmt: skip
"""The services on TCP ports that images often expose."""
REGISTERED_PORTS: Final = frozenset({"80", "443", "5432", "6379"})
"""The ports of `PORTS` whose service is registered, for TCP and UDP; the others are only customary. Source: IANA, "Service Name and Port Number Registry"."""

ENVIRONMENT: Final = {
    "CARGO_HOME": N_("where Cargo keeps its registry, and programs that it installs"),
    "CC": N_("the C compiler that make, CMake, Go and many others call"),
    "CFLAGS": N_("options for the C compiler, read by make, CMake and configure scripts"),
    "CGO_ENABLED": N_(
        "`0` lets Go compile without a C compiler, into static binaries; the default when Go cross-compiles"
    ),
    "CXX": N_("the C++ compiler that make, CMake and many others call"),
    "DEBIAN_FRONTEND": N_(
        "how Debian's packages ask questions; `noninteractive` takes the default answers. Better as an ARG, which does not stay in the image"
    ),
    "DOTNET_CLI_TELEMETRY_OPTOUT": N_("`1` switches off the telemetry of the .NET CLI"),
    "GOARCH": N_("the architecture that Go compiles for"),
    "GOARM": N_("the version of 32-bit ARM that Go compiles for: `5`, `6` or `7`"),
    "GOCACHE": N_("where Go keeps what it has compiled"),
    "GOFLAGS": N_("options for every `go` command, separated by blanks"),
    "GOMODCACHE": N_("where Go keeps downloaded modules"),
    "GOOS": N_("the operating system that Go compiles for"),
    "GOPATH": N_("where Go keeps modules and installs programs"),
    "GOPROXY": N_("the servers from which Go downloads modules"),
    "GOTOOLCHAIN": N_("the version of Go; `local` never downloads another one"),
    "HOME": N_("the home directory. BuildKit sets it for a RUN from the account of USER"),
    "JAVA_HOME": N_("where the JDK or the JRE is"),
    "JAVA_TOOL_OPTIONS": N_("options for every Java virtual machine"),
    "LANG": N_("the language and the encoding of programs, such as `C.UTF-8`"),
    "LC_ALL": N_("the language and the encoding of programs; it overrides `LANG`"),
    "LDFLAGS": N_("options for the linker, read by make, CMake and configure scripts"),
    "LD_LIBRARY_PATH": N_("where Linux looks for shared libraries first"),
    "NODE_ENV": N_("`production` lets npm skip development dependencies; many libraries log less"),
    "NODE_OPTIONS": N_("options for every Node.js process"),
    "NPM_CONFIG_LOGLEVEL": N_("how much npm prints"),
    "PATH": N_(
        "where programs are looked for. The value of the base image is lost unless `$PATH` is part of the new one"
    ),
    "PIP_NO_CACHE_DIR": N_("`1` switches off the cache of pip, even in a cache mount"),
    "PKG_CONFIG_PATH": N_("where pkg-config looks for libraries first"),
    "PYTHONDONTWRITEBYTECODE": N_("any value stops Python from writing `.pyc` files"),
    "PYTHONPATH": N_("where Python looks for modules first"),
    "PYTHONUNBUFFERED": N_("any value lets Python print without a buffer, so that logs are complete"),
    "RUSTFLAGS": N_("options that Cargo gives to the Rust compiler"),
    "TZ": N_("the time zone, such as `UTC`; names need the package tzdata"),
    "UV_COMPILE_BYTECODE": N_("`1` lets uv compile modules during the installation"),
    "UV_LINK_MODE": N_("how uv gets files from its cache; `copy` suits a cache mount, which is another file system"),
}
"""Environment variables whose meaning does not depend on the image, by their names."""
