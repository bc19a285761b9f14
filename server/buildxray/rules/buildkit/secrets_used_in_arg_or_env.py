"""An ARG or ENV has a name like that of a secret."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="SecretsUsedInArgOrEnv")
def secrets_used_in_arg_or_env(ctx: RuleContext) -> Iterator[Finding]:
    """An ARG or ENV has a name like that of a secret.

    ## What it does
    Looks for names with a part such as `password`, `token` or `key`, and without `public`, `file` or `version`.

    ## Why it matters
    ENV stays in the image, and ARG in its history, where everybody who can pull the image reads it. Of a stage that is not the image, both stay
    in the build cache, which others may read, too.

    ## Example
    ```dockerfile
    FROM alpine
    ARG NPM_TOKEN
    RUN ./fetch
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN ./fetch
    ```

    ## References
    BuildKit's own check `SecretsUsedInArgOrEnv`.
    """
    for it in warned(ctx, "SecretsUsedInArgOrEnv"):
        yield Finding(it.range, _message(it.subject, it.instruction))


def _message(name: str, instruction: Instruction) -> str:
    """Where the value of a variable stays."""
    if instruction.stage is not None and not instruction.stage.is_image:
        return _("`{name}` stays in the build cache; a secret is given by `RUN --mount=type=secret`", name=name)
    if instruction.keyword == "ENV":
        return _("`{name}` stays in the image; a secret is given by `RUN --mount=type=secret`", name=name)
    return _("`{name}` stays in the history of the image; a secret is given by `RUN --mount=type=secret`", name=name)
