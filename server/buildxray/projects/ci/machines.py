"""Which machine builds for which platform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from buildxray.platforms.machines import REMOTE, Machines
from buildxray.platforms.platform import Platform, PlatformError, parse_normalized
from buildxray.projects.builds import platform_names
from buildxray.projects.hcl.values import UNKNOWN
from buildxray.projects.yaml import YamlError, load_documents

_ARCHITECTURE: Final = re.compile(
    r"(?:^|[^a-z0-9])(arm64|aarch64|arm|s390x|ppc64le|riscv64)(?:$|[^a-z0-9])", re.IGNORECASE
)

_WORDS: Final = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")
"""Where a word of a label ends: `BuilderArm64` has two."""


def runner_platform(runs_on: object) -> Platform | None:
    """The platform of a runner by its labels; None where they are unknown."""
    labels = runs_on.get("labels", runs_on.get("group")) if isinstance(runs_on, Mapping) else runs_on
    texts = labels if isinstance(labels, list) else [labels]
    if UNKNOWN in texts or not texts or texts == [None]:
        return None
    joined = " ".join(map(str, texts))
    if "macos" in joined.lower():
        # Docker runs in a virtual machine there, whose platform depends on the image of the runner.
        return None
    match = _ARCHITECTURE.search(_WORDS.sub("-", joined))
    name = match[1].lower() if match else "amd64"
    system = "windows" if "windows" in joined.lower() else "linux"
    return Platform(system, {"arm": "arm64", "aarch64": "arm64"}.get(name, name))


def with_builder(machines: Machines, inputs: Mapping[str, Any]) -> Machines:
    """The machines of a job after `docker/setup-buildx-action` with these inputs."""
    if inputs.get("driver") == "cloud":
        return REMOTE
    others = [*machines.others]
    appended = inputs.get("append")
    if isinstance(appended, str) and "platforms" in appended:
        for node in _nodes(appended):
            names = node.get("platforms")
            others += _platforms(names if isinstance(names, list) else [names])
    own = _platforms([inputs.get("platforms")])
    if len(own) > 0 and str(inputs.get("driver")) in {"remote", "kubernetes"}:
        return Machines(own[0], (*own[1:], *others))
    return machines._replace(others=(*others,))


def _nodes(text: str) -> list[Mapping[str, Any]]:
    try:
        document = next(load_documents(text), None)
    except YamlError:
        return []
    return [it for it in document if isinstance(it, Mapping)] if isinstance(document, list) else []


def _platforms(values: Iterable[object]) -> list[Platform]:
    platforms: list[Platform] = []
    for name in platform_names(values):
        try:
            platforms.append(parse_normalized(name))
        except PlatformError:
            continue
    return platforms
