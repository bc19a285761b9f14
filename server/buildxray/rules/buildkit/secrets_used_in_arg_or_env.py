"""An ARG or ENV has a name like that of a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction
from buildxray.syntax.lazy_regex import lazy_regex

_NO_SECRET: Final = lazy_regex(
    r"(?i:true|false|yes|no|on|off|none|null|[01])|(?:~|\.{1,2})?(?:/[\w.-]+){2,}/?|https?://[\w.:-]+(?:/[\w./-]*)?"
)
"""A switch, a path or an address without a user and parameters."""
_OF_PATH: Final = lazy_regex(r"(?i:.*_(?:DIR|DIRECTORY|FOLDER|PATH))")
_OF_FINGERPRINT: Final = lazy_regex(r"(?i:GPG|PGP|SIGN)")
_FINGERPRINT: Final = lazy_regex(r"(?:0x)?(?:[0-9A-F]{8}|[0-9A-F]{16}|[0-9A-F]{40})")
"""An identifier of a public key (RFC 4880, 12.2), as people write it."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="SecretsUsedInArgOrEnv")
def secrets_used_in_arg_or_env(ctx: RuleContext) -> Iterator[Finding]:
    """An ARG or ENV has a name like that of a secret.

    ## What it does
    Looks for names with a part such as `password`, `token` or `key`, and without `public`, `file` or `version`.

    ## Why it matters
    ENV stays in the image, and ARG in its history, where everybody who can pull the image reads it. Of a stage that is not the image, both stay
    in the build cache, which others may read, too. A RUN gets a secret by a mount; a program of the container gets it when the container starts
    (`docker run --env-file`, the `secrets` of Compose).

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

    ## Limits
    The finding is information if the value cannot be a secret (`false`, a path, the fingerprint of a public key), if ENV sets nothing, or if an ARG
    without a default gets a value from no build that the project declares.

    ## References
    BuildKit's own check `SecretsUsedInArgOrEnv`.
    """
    for it in warned(ctx, "SecretsUsedInArgOrEnv"):
        harmless = _harmless_message(ctx, it.subject, it.instruction)
        if harmless is not None:
            yield Finding(it.range, harmless, severity=Severity.INFORMATION)
        else:
            yield Finding(it.range, _message(it.subject, it.instruction))


def _harmless_message(ctx: RuleContext, name: str, instruction: Instruction) -> str | None:
    """The message for a variable that has no secret in it now; None if it may have one."""
    value = next((it.value for it in instruction.pairs if it.name.text == name), None)
    text = None if value is None else value.text.strip("\"'")
    if text and (
        _NO_SECRET.fullmatch(text) is not None
        or (_OF_PATH.fullmatch(name) is not None and text.startswith("/"))
        or (_OF_FINGERPRINT.search(name) is not None and _FINGERPRINT.fullmatch(text.replace(" ", "")) is not None)
    ):
        return _("`{name}` is named like a secret, but `{value}` is not one", name=name, value=text)
    if text or (instruction.stage is not None and not instruction.stage.is_image):
        return None
    if instruction.keyword == "ENV":
        return _(
            "`{name}` is empty here; a secret written here would stay in the image, so give it when the container starts",
            name=name,
        )
    workspace = ctx.build.workspace
    if not workspace.has_build or not {name, "*"}.isdisjoint(ctx.given_arguments):
        return None
    return _(
        "a value of `{name}` would stay in the history of the image, but no known build gives one; a secret is given by `RUN --mount=type=secret`",
        name=name,
    )


def _message(name: str, instruction: Instruction) -> str:
    """Where the value of a variable stays, and how a secret is given to what may read it."""
    stage = instruction.stage
    if stage is not None and not stage.is_image:
        return _("`{name}` stays in the build cache; a secret is given by `RUN --mount=type=secret`", name=name)
    has_runs = stage is None or any(it.idx > instruction.idx for one in stage.family for it in one.runs)
    if instruction.keyword == "ENV":
        if has_runs:
            return _(
                "`{name}` stays in the image; a secret is given when the container starts, or to a RUN by `--mount=type=secret`",
                name=name,
            )
        return _("`{name}` stays in the image; a secret is given when the container starts", name=name)
    if has_runs:
        return _(
            "`{name}` stays in the history of the image; a secret is given by `RUN --mount=type=secret`", name=name
        )
    return _("`{name}` stays in the history of the image; a secret is given when the container starts", name=name)
