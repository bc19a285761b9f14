"""`--platform` leaves out the variant of the target."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.platforms.official_images import exists_for
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import is_named_above, remove_flag
from buildxray.rules.wording import joined
from buildxray.semantics.mentions import Mention


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.PLATFORM_FLAG])
def dropped_variant(ctx: RuleContext) -> Iterator[Finding]:
    """`--platform=linux/$TARGETARCH` loses the variant of the target: linux/arm/v6 becomes linux/arm/v7.

    ## What it does
    Looks for `--platform` flags that give the target's operating system and architecture, but another variant.

    ## Why it matters
    The image for an older processor is built from files for a newer one, whose instructions it does not have.

    ## Example
    For the platforms linux/amd64 and linux/arm/v6:
    ```dockerfile
    FROM --platform=linux/$TARGETARCH alpine
    RUN apk add --no-cache curl
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache curl
    ```

    ## Fix safety
    Safe for official images that are known to exist for the target: without the flag, the stage has the complete platform of the target. A
    suggestion for other images, and if a comment above explains the flag.
    """
    for stage in ctx.build.stages:
        flag = stage.from_.platform
        if flag is None or flag.value is None or "$" not in flag.value.text or stage.bases or stage.is_native:
            continue
        pairs = list(zip(stage.platforms, ctx.build.targets, strict=True))
        if not all((one.os, one.architecture) == (target.os, target.architecture) for one, target in pairs):
            continue
        lost = [(one, target) for one, target in pairs if one.variant != target.variant]
        if lost:
            # Without the flag, the build stops if the image does not exist for the whole platform.
            exists = all(exists_for(stage.image_name, target) for __, target in lost)
            is_safe = exists and not is_named_above(stage.from_, ("--platform", "TARGETARCH", "variant", "v6", "v7"))
            safety = Safety.SAFE if is_safe else Safety.SUGGESTION
            fix = Fix(_("Remove `--platform`"), (remove_flag(stage.from_, flag),), safety)
            changes = joined(_("{target} becomes {platform}", target=target, platform=one) for one, target in lost)
            yield Finding(stage.from_.range_of(flag), _("the variant is lost: {changes}", changes=changes), (fix,))
