"""Shell text that turns TARGETARCH into the names that others use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildxray.platforms.platform import Platform


def mapped_architecture(names: Mapping[str, str], targets: Iterable[Platform]) -> str | None:
    """A `$(case …)` that maps TARGETARCH to these names for the targets; None if a target has no name.

    Each architecture has one name, so the result is None for targets that differ only in their variants. For other architectures, which
    another build may be for, it is TARGETARCH itself, so that a program refuses the name, and does not take the next word for it.
    """
    wanted = [(it.architecture, it.variant) for it in targets if it.os == "linux"]
    known = {
        architecture: names[architecture] for architecture, variant in wanted if architecture in names and not variant
    }
    if len(known) != len({*targets}):
        return None
    branches = " ".join(f"{architecture}) echo {name};;" for architecture, name in known.items())
    return f"$(case $TARGETARCH in {branches} *) echo $TARGETARCH;; esac)"
