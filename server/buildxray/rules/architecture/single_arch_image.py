"""A stage is built on an image of one architecture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms

_PREFIXES: Final = {
    "amd64": "amd64",
    "arm32v5": "arm",
    "arm32v6": "arm",
    "arm32v7": "arm",
    "arm64v8": "arm64",
    "i386": "386",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""Where Docker keeps the official images of one architecture."""
_SUFFIX: Final = re.compile(r"(?:.*[-_.])?(?P<architecture>amd64|x86_64|arm64|arm64v8|aarch64|arm32v[567]|armv7|armhf)")

_NAMED: Final = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(_PREFIXES)})(?![A-Za-z0-9])")


@rule(Severity.INFORMATION, Severity.OFF)
def single_arch_image(ctx: RuleContext) -> Iterator[Finding]:
    """A stage is built on an image of one architecture, in a file that is meant for several.

    ## What it does
    Looks for `arm64v8/…`, `amd64/…` and similar prefixes, and for tags such as `…-amd64`, outside of stages that are chosen by platform or tell
    their architecture in their name, and of files whose name or directory tells it: `Dockerfile.arm64`, `linux/arm32v7/Dockerfile`.

    ## Why it matters
    BuildKit takes such an image for every target, whatever `--platform` says: its programs are emulated, or do not run at all. The same image
    without the prefix exists for every platform.

    ## Example
    ```dockerfile
    FROM arm64v8/alpine
    ARG TARGETARCH
    RUN echo $TARGETARCH
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN echo $TARGETARCH
    ```
    """
    of_file = {
        *(_named(it[0]) for it in _NAMED.finditer(ctx.build.workspace.dockerfile)),
        *(it for *__, it in named_architectures(ctx.build.workspace.dockerfile)),
    }
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        if stage.is_chosen or stage.bases or image is None or named_architectures(stage.name):
            continue
        names = {*stage.base_names}
        architecture = _architecture(names.pop()) if len(names) == 1 else None
        wrong = [it for it in stage.platforms if it.architecture != architecture]
        if architecture is not None and architecture not in of_file and wrong:
            yield Finding(
                stage.from_.range_of(image),
                _(
                    "this image is for {architecture} only, and the stage is built for {platforms} too",
                    architecture=architecture,
                    platforms=platforms(wrong),
                ),
            )


def _architecture(image: str) -> str | None:
    name, _, tag = image.partition("@")[0].rpartition(":")
    if "/" in tag or not name:
        name, tag = image.partition("@")[0], ""
    repository = name.removeprefix("docker.io/")
    prefix = repository.partition("/")[0]
    if repository.count("/") == 1 and prefix in _PREFIXES:
        return _PREFIXES[prefix]
    suffix = _SUFFIX.fullmatch(tag)
    if suffix is None:
        return None
    return _named(suffix["architecture"])


def _named(text: str) -> str:
    """What TARGETARCH calls an architecture that an image or a file is named for."""
    named = named_architectures(text)
    return named[0][2] if named else _PREFIXES[text]
