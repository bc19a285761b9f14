"""The rules that say what BuildKit's checks say: on which token, and what the fix writes."""

from __future__ import annotations

import pytest

from buildxray.plan.checks.catalogue import CHECK_NAMES, kebab_case
from buildxray.rules.registry import ALL
from buildxray.syntax.text import apply_edits
from tests.support.rules import context, findings

RULES = {it.name: it for it in ALL}
FROM = "FROM alpine\n"
WITHOUT_A_RULE = {"InvalidBaseImagePlatform"}
"""It needs the image of a registry."""


def test_each_check_has_a_rule() -> None:
    assert {kebab_case(it) for it in CHECK_NAMES if it not in WITHOUT_A_RULE} == {
        it.name for it in ALL if it.buildkit_check
    }
    assert all(kebab_case(it.buildkit_check) == it.name for it in ALL if it.buildkit_check)


@pytest.mark.parametrize(
    ("rule", "before", "where", "after"),
    [
        ("from-as-casing", "from alpine AS x\n", "AS", "from alpine as x\n"),
        ("stage-name-casing", "FROM alpine AS Build_Env\n", "Build_Env", "FROM alpine AS build_env\n"),
        ("consistent-instruction-casing", "from a\nrun b\nRun c\n", "Run", "from a\nrun b\nrun c\n"),
        ("no-empty-continuation", f"{FROM}RUN a \\\n\n \n  && b\n", "\\", f"{FROM}RUN a \\\n  && b\n"),
        ("no-empty-continuation", f"{FROM}RUN a \\\r\n\r\n b\r\n", "\\", f"{FROM}RUN a \\\r\n b\r\n"),
        ("duplicate-stage-name", "FROM a AS x\nFROM b AS X\n", "X", None),
        ("reserved-stage-name", "FROM a AS scratch\n", "scratch", None),
        ("json-args-recommended", f"{FROM}CMD httpd -f\n", "httpd -f", f'{FROM}CMD ["httpd", "-f"]\n'),
        ("json-args-recommended", f"{FROM}ENTRYPOINT exec x\n", "exec x", None),
        ("json-args-recommended", f"{FROM}CMD a && b\n", "a && b", None),
        ("json-args-recommended", f"{FROM}CMD echo $HOME\n", "echo $HOME", None),
        ("json-args-recommended", f"{FROM}CMD\n", "CMD", None),
        (
            "maintainer-deprecated",
            f'{FROM}maintainer "me" $x\n',
            "maintainer",
            f'{FROM}label org.opencontainers.image.authors="\\"me\\" \\$x"\n',
        ),
        ("undefined-arg-in-from", "ARG TAGS=3\nFROM alpine:3${TAG}\n", "TAG", "ARG TAGS=3\nFROM alpine:3${TAGS}\n"),
        ("workdir-relative-path", f"{FROM}WORKDIR ./app\n", "./app", f"{FROM}WORKDIR /app\n"),
        (
            "undefined-var",
            f"{FROM}ENV SOURCE=a\nCOPY $SUORCE /b\n",
            "SUORCE",
            f"{FROM}ENV SOURCE=a\nCOPY $SOURCE /b\n",
        ),
        ("undefined-var", f"{FROM}COPY --chown=$WHO a /b\n", "WHO", None),
        ("undefined-var", f"{FROM}COPY <<E /b\nx $Y\nE\n", "Y", None),
        ("multiple-instructions-disallowed", f"{FROM}CMD a\nRUN b\nCMD c\n", "CMD", f"{FROM}RUN b\nCMD c\n"),
        ("legacy-key-value-format", f"{FROM}ENV A b\n", "A", f"{FROM}ENV A=b\n"),
        ("legacy-key-value-format", f"{FROM}LABEL a  b c\n", "a", f'{FROM}LABEL a="b c"\n'),
        ("legacy-key-value-format", f"{FROM}ENV A $B \\\n  c\n", "A", f'{FROM}ENV A="$B \\\n  c"\n'),
        ("legacy-key-value-format", f"{FROM}ENV A 'b c'\n", "A", f"{FROM}ENV A='b c'\n"),
        # Quotes in the middle do not mean the same in more quotes.
        ("legacy-key-value-format", f"{FROM}ENV A b 'c' d\n", "A", None),
        ("redundant-target-platform", "FROM --platform=$TARGETPLATFORM a\n", "--platform=$TARGETPLATFORM", "FROM a\n"),
        # The argument masks the platform, so that the flag has an effect.
        (
            "redundant-target-platform",
            "ARG TARGETPLATFORM=linux/s390x\nFROM --platform=$TARGETPLATFORM a\n",
            "--platform=$TARGETPLATFORM",
            None,
        ),
        ("secrets-used-in-arg-or-env", f"{FROM}ENV A=b API_TOKEN=c\n", "API_TOKEN", None),
        ("invalid-default-arg-in-from", "ARG BASE\nFROM $BASE\n", "$BASE", None),
        (
            "from-platform-flag-const-disallowed",
            "FROM --platform=linux/386 a AS x\nFROM b\n",
            "--platform=linux/386",
            None,
        ),
        ("copy-ignored-file", f"{FROM}COPY a ./secret.txt /\n", "./secret.txt", None),
        ("copy-ignored-file", f"{FROM}ADD secret.txt/below /\n", "secret.txt/below", None),
        ("invalid-definition-description", "# check=experimental=all\n# a b\nARG c\nFROM d\n", "# a b", None),
        ("expose-proto-casing", f"{FROM}EXPOSE 80 81/UDP\n", "81/UDP", f"{FROM}EXPOSE 80 81/udp\n"),
        ("expose-invalid-format", f"{FROM}EXPOSE 80:81/udp\n", "80:81/udp", f"{FROM}EXPOSE 81/udp\n"),
    ],
)
def test_the_token_and_the_fix(rule: str, before: str, where: str, after: str | None) -> None:
    ctx = context(before)
    finding = findings(RULES[rule], ctx)[0]
    assert ctx.text[slice(*finding.range)] == where
    if after is None:
        assert list(finding.fixes) == []
    else:
        assert apply_edits(before, finding.fixes[0].edits) == after


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("json-args-recommended", f'{FROM}SHELL ["/bin/bash", "-c"]\nCMD a\n'),
        ("secrets-used-in-arg-or-env", f"{FROM}ARG PUBLIC_KEY TOKEN_FILE KEYBOARD\n"),
        ("undefined-var", f"{FROM}ARG A\nCOPY $A x /y\nRUN echo $B\n"),
        # `undeclared-platform-arg` reports it.
        ("undefined-var", f"{FROM}COPY $TARGETARCH /y\n"),
        # `build-error` reports these.
        ("undefined-arg-in-from", "ARG TAG=3\nFROM alpine:$TAGG\n"),
        ("invalid-default-arg-in-from", "ARG TAG=3\nFROM alpine:$TAGG\n"),
        ("copy-ignored-file", f"{FROM}COPY --from=other secret.txt /\nCOPY secret.txt.md /\n"),
        ("invalid-definition-description", "# a b\nARG c\nFROM d\n"),
        ("from-platform-flag-const-disallowed", "FROM --platform=linux/386 a AS linux-x\nFROM b\n"),
        ("maintainer-deprecated", f"# check=skip=MaintainerDeprecated\n{FROM}MAINTAINER me\n"),
        ("maintainer-deprecated", f"{FROM}# check=skip=all\nMAINTAINER me\n"),
    ],
)
def test_near_misses(rule: str, text: str) -> None:
    assert findings(RULES[rule], context(text)) == []
