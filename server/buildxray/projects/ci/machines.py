"""The machines of jobs and builders, by the platform that each builds for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from buildxray.platforms.machines import NATIVE, Machines
from buildxray.platforms.platform import Platform, PlatformError, parse_normalized
from buildxray.projects.builds import platform_names
from buildxray.projects.hcl.values import UNKNOWN, Unknown
from buildxray.projects.yaml import YamlError, load_documents
from buildxray.syntax.lazy_regex import lazy_regex

_ARCHITECTURES: Final = {
    "aarch64": "arm64",
    "amd64": "amd64",
    "arm": "arm64",
    "arm64": "arm64",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "x64": "amd64",
    "x86-64": "amd64",
}
"""Architectures by the names that labels of runners use."""
_ARCHITECTURE: Final = lazy_regex(
    rf"(?:^|[^a-z0-9])({'|'.join(sorted(_ARCHITECTURES, key=len, reverse=True))})(?=$|[^a-z0-9])", re.IGNORECASE
)
_GRAVITON: Final = lazy_regex(
    r"(?:^|[^a-z0-9])(?:graviton\d?|(?:[cmrx]\d{1,2}g[dn]{0,2}|t4g|i\d{1,2}g|im4gn|is4gen|g5g|hpc7g)(?=$|[^a-z0-9]))",
    re.IGNORECASE,
)
"""Instances of AWS with an Arm processor, by their family. Source: aws.amazon.com/ec2/instance-types."""
_HOSTED: Final = lazy_regex(r"(?:^|[^a-z0-9])(?:ubuntu|windows)(?=$|[^a-z0-9])", re.IGNORECASE)
"""Labels of GitHub's hosted images, and of services with the same images, which are for amd64 unless they name another architecture."""
_HOSTED_MAC: Final = lazy_regex(r"macos-(?P<version>latest|\d+)(?:-(?P<size>intel|large|xlarge))?", re.IGNORECASE)
_INTEL_VERSIONS: Final = ("11", "12", "13")
"""Versions of macOS whose machines have a processor of Intel, apart from the `xlarge` ones."""
_WORDS: Final = lazy_regex(r"_|(?<=[a-z0-9])(?=[A-Z])")
"""Ends of words in a label: `BuilderArm64` has two words."""


def runner_platform(runs_on: object, *, is_hosted: bool = True) -> Platform | None:
    """Return the platform of a runner, given `runs-on`; None if it is unknown. `is_hosted` is True if GitHub's own machines have the usual labels.

    A self-hosted machine and a group of machines have a known platform only if a label names an architecture.
    Source: docs.github.com, "Choosing the runner for a job".
    """
    group = runs_on.get("group") if isinstance(runs_on, Mapping) else None
    texts = _labels(runs_on)
    if UNKNOWN in texts:
        return None
    names = [_WORDS.sub("-", str(it)) for it in (*texts, *([group] if isinstance(group, str) else ()))]
    joined = " ".join(names)
    named = named_architectures(joined)
    is_own = any(str(it).lower() == "self-hosted" for it in texts)
    if not named and not is_own and is_hosted:
        # Docker runs Linux there, in a virtual machine for the processor of the runner.
        named = {_mac_architecture(it) for label in texts if (it := _HOSTED_MAC.fullmatch(str(label)))}
    if is_own and any(str(it).lower() == "arm" for it in texts):
        # GitHub's own label of a 32-bit machine, which people also give to others.
        return None
    if not named and not is_own and is_hosted and any(_HOSTED.search(str(it)) for it in texts):
        named = {"amd64"}
    system = "windows" if "windows" in joined.lower() else "linux"
    return Platform(system, named.pop()) if len(named) == 1 else None


def named_architectures(labels: str) -> set[str]:
    """The architectures that labels of machines name, separated by blanks or signs; `arm` means arm64, as in the names of hosted machines."""
    words = _WORDS.sub("-", labels)
    named = {_ARCHITECTURES[it.lower()] for it in _ARCHITECTURE.findall(words)}
    return named | ({"arm64"} if _GRAVITON.search(labels) else set())


def _mac_architecture(label: re.Match[str]) -> str:
    """The architecture of one of GitHub's machines with macOS. Source: docs.github.com, "GitHub-hosted runners reference", "Larger runners reference"."""
    is_old = label["version"] in _INTEL_VERSIONS and label["size"] != "xlarge"
    return "amd64" if is_old or label["size"] in ("intel", "large") else "arm64"


def runner_system(runs_on: object) -> str | Unknown:
    """The value of `runner.os` on a runner, given `runs-on`, if its labels name one system. Source: docs.github.com, "Contexts", `runner`."""
    words = {it.lower() for label in _labels(runs_on) for it in _SYSTEM.findall(str(label))}
    systems = {"ubuntu": "Linux", "linux": "Linux", "windows": "Windows", "macos": "macOS"}
    named = {systems[it] for it in words}
    return named.pop() if len(named) == 1 else UNKNOWN


_SYSTEM: Final = lazy_regex(r"(?<![a-z])(?:ubuntu|linux|windows|macos)(?![a-z])", re.IGNORECASE)


def _labels(runs_on: object) -> list[object]:
    """The labels of `runs-on`; `UNKNOWN` is one that only a run knows."""
    labels = runs_on.get("labels") if isinstance(runs_on, Mapping) else runs_on
    return labels if isinstance(labels, list) else [] if labels is None else [labels]


def runner_machines(runs_on: object, *, is_hosted: bool = True) -> Machines:
    """Return the machines of a job, given `runs-on`; see `runner_platform`."""
    platform = runner_platform(runs_on, is_hosted=is_hosted)
    return Machines(platform, is_unknown=platform is None)


def with_builder(machines: Machines, inputs: Mapping[str, Any]) -> Machines:
    """Return the machines of a job after a step with `docker/setup-buildx-action` and these inputs."""
    if inputs.get("driver") == "cloud":
        return NATIVE
    others = [*machines.others]
    is_unknown = machines.is_unknown
    may_be_several = machines.may_be_several
    appended = inputs.get("append")
    for node in _nodes(appended) if isinstance(appended, str) else ():
        names = node.get("platforms")
        platforms = _platforms(names if isinstance(names, list) else [names])
        others += platforms
        is_unknown = is_unknown or not platforms
        may_be_several = may_be_several or not platforms
    own = _platforms([inputs.get("platforms")])
    if str(inputs.get("driver")) in {"remote", "kubernetes"}:
        # The machines of these drivers are others than that of the job.
        if not own:
            return Machines(others=(*others,), is_unknown=True, may_be_several=may_be_several)
        return Machines(own[0], (*own[1:], *others), is_unknown=is_unknown, may_be_several=may_be_several)
    return machines._replace(others=(*others,), is_unknown=is_unknown, may_be_several=may_be_several)


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
