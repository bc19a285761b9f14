"""A FROM has a platform for which no images are built."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.platforms.platform import PlatformError, is_known, nearest_known, normalize, parse
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.text import Edit


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_FLAG])
def unknown_platform(ctx: RuleContext) -> Iterator[Finding]:
    """A FROM has a platform for which no images are built.

    ## What it does
    Looks for `--platform` with an operating system or an architecture that Go does not support, such as `linux/amd46` or
    `arm64/linux`.

    ## Why it matters
    BuildKit accepts any names. The build fails only when it pulls the image, with `no match for platform in manifest`.

    ## Example
    ```dockerfile
    FROM --platform=linux/amd46 alpine AS amd64-files
    FROM alpine
    COPY --from=amd64-files /etc/os-release /etc/other-release
    ```

    Use instead:
    ```dockerfile
    FROM --platform=linux/amd64 alpine AS amd64-files
    FROM alpine
    COPY --from=amd64-files /etc/os-release /etc/other-release
    ```

    ## Fix safety
    A suggestion, if a known name is similar.
    """
    for stage in ctx.build.stages:
        flag = stage.from_.platform
        value = None if flag is None else flag.value
        if value is None or "$" in value.text:
            continue
        try:
            platform = normalize(parse(value.text))
        except PlatformError:
            continue
        if is_known(platform):
            continue
        close = nearest_known(platform)
        place = stage.from_.range_of(value)
        if close is None:
            yield Finding(place, _("no image is built for `{platform}`: pulling it will fail", platform=value.text))
            continue
        message = _(
            "no image is built for `{platform}`: pulling it will fail; did you mean `{close}`?",
            platform=value.text,
            close=close,
        )
        fix = Fix(_("Write `{name}`", name=close), (Edit(place, str(close)),), Safety.SUGGESTION)
        yield Finding(place, message, (fix,))
