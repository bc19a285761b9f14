"""A download uses TARGETARCH where the site has other names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from buildxray.localization import _
from buildxray.platforms.download_sites import NAMES_OF_OPTIONS, site_of
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.intended import is_chosen
from buildxray.semantics.build import Effect, KnownCommand, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.mapping import mapped_architecture

_ARGUMENT: Final = lazy_regex(r"\$(?:TARGETARCH(?!\w)|\{TARGETARCH\})")
_NAME: Final = lazy_regex(r"[\w.-]*$")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT])
def download_site_names(ctx: RuleContext) -> Iterator[Finding]:
    """A URL of a well-known site contains `$TARGETARCH`, but the site has other names for the architectures.

    ## What it does
    Looks at URLs that ADD, curl and wget fetch from s6-overlay, protoc, the AWS CLI, Node.js, Docker's static binaries, Miniconda, Julia and
    others, whose files are named `x86_64`, `aarch64` or `x64` instead of `amd64` and `arm64`; and at the options `--platform` of pip and
    `--cpu` of npm, which have such names too.

    ## Why it matters
    The site has no file of that name: the build ends with `404 Not Found`, for one platform or for all.

    ## Example
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN curl -fsSLo /p.zip https://github.com/protocolbuffers/protobuf/releases/download/v30.0/protoc-30.0-linux-${TARGETARCH}.zip
    ```

    Use instead:
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN curl -fsSLo /p.zip https://github.com/protocolbuffers/protobuf/releases/download/v30.0/protoc-30.0-linux-$(case $TARGETARCH in amd64) echo x86_64;; arm64) echo aarch_64;; esac).zip
    ```

    ## Fix safety
    A suggestion, for RUN: buildxray knows the names from its own table and does not look at the site. ADD cannot map names; fetch the
    file in a RUN, or add a stage for each architecture.
    """
    for stage in ctx.build.needed_stages:
        for instruction in stage.instructions:
            if isinstance(instruction.node, Add):
                for token in instruction.node.sources:
                    yield from _finding(
                        ctx, stage.targets, instruction.range_of(token), token.text, token.text, can_map=False
                    )
            elif isinstance(instruction, Run):
                for command in instruction.commands:
                    use = command.use
                    if isinstance(command, KnownCommand) and not is_chosen(command):
                        yield from _of_options(ctx, command)
                    if use is not None and use.effect is Effect.DOWNLOAD and not is_chosen(command):
                        for word in command.syntax.words[1:]:
                            if _ARGUMENT.search(word.text) is None:
                                continue
                            place = instruction.shell_range(word.range)
                            can_map = command.syntax.is_writable and "'" not in word.text
                            known = "".join(command.invocation.evaluate_partly(word)[:1])
                            url = word.text if "://" in word.text else known
                            yield from _finding(ctx, command.targets, place, word.text, url, can_map=can_map)


def _of_options(ctx: RuleContext, command: KnownCommand) -> Iterator[Finding]:
    """Find `$TARGETARCH` in an option of a package manager that has other names: `pip download --platform manylinux2014_$TARGETARCH`."""
    program = command.use.title.partition(" ")[0]
    for known in NAMES_OF_OPTIONS:
        words = command.invocation.arguments(known.option) if program in known.programs else ()
        for word in words:
            match = _ARGUMENT.search(word.text)
            place = command.run.shell_range(word.range)
            wrong = [it.architecture for it in command.targets if it.architecture in known.names]
            if match is None or not wrong or "$(case" in word.text:
                continue
            # The range of `--option=value` is that of the whole word.
            if not ctx.text[slice(*place)].endswith(word.text):
                continue
            start = place.end - len(word.text)
            range_ = TextRange(start + match.start(), start + match.end())
            can_map = command.syntax.is_writable and "'" not in word.text
            message = _(
                "`{program}` finds no package for {architecture}, because it calls this architecture `{name}`",
                program=program,
                architecture=wrong[0],
                name=known.names[wrong[0]],
            )
            yield Finding(range_, message, _fixes(ctx, known.names, program, range_) if can_map else ())


def _finding(
    ctx: RuleContext, targets: Iterable[Platform], place: TextRange, text: str, url: str, *, can_map: bool
) -> Iterator[Finding]:
    """Find `$TARGETARCH` in a word with the given text and URL, which is downloaded for these targets."""
    match = _ARGUMENT.search(text)
    if match is None or "$(case" in text or "://" not in url or ctx.text[slice(*place)] != text:
        return
    site = site_of(url)
    if site is None:
        return
    different = [it for it in targets if site.names.get(it.architecture, it.architecture) != it.architecture]
    if not different:
        return
    range_ = TextRange(place.start + match.start(), place.start + match.end())
    first = different[0].architecture
    yield Finding(
        range_,
        _(
            "the download fails with `404 Not Found`: {site} calls {architecture} `{name}`",
            site=site.name,
            architecture=first,
            name=site.names[first],
        ),
        _fixes(ctx, site.names, site.name, range_) if can_map else (),
    )


def _fixes(ctx: RuleContext, different: Mapping[str, str], site: str, range_: TextRange) -> tuple[Fix, ...]:
    """Write the names of a site, given those that differ from the ones in TARGETARCH."""
    names = {it.architecture: different.get(it.architecture, it.architecture) for it in ctx.build.targets}
    mapped = mapped_architecture(names, ctx.build.targets)
    if mapped is None:
        return ()
    return (Fix(_("Write the names of {site}", site=site), (Edit(range_, mapped),), Safety.SUGGESTION),)
