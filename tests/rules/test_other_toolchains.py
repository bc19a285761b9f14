"""emulated-build and wrong-arch-build for other toolchains than Go."""

from __future__ import annotations

import pytest

from buildxray.rules.emulated_build import emulated_build
from buildxray.rules.wrong_arch_build import wrong_arch_build
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings


def test_a_bundler_needs_the_flag_only() -> None:
    check_fix(
        emulated_build,
        "FROM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=web /web/dist /srv\n",
        "FROM --platform=$BUILDPLATFORM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\n"
        "FROM nginx\nCOPY --from=web /web/dist /srv\n",
        title="Run this stage on the build platform",
    )


@pytest.mark.parametrize(
    ("run", "copied", "safety"),
    [
        ("npm ci && npm run build", "/w/dist", "safe"),
        ("npm ci && npm run build", "/w/node_modules", "suggestion"),
        ("npm ci && npm run build", "/w", "suggestion"),
        ("hugo", "/w/public", "safe"),
        ("mvn package", "/w/target/app.jar", "suggestion"),
        ("dotnet publish -o /w/out", "/w/out", "suggestion"),
        ("curl -o x https://x && hugo", "/w/public", "suggestion"),
        ("pip install mkdocs && mkdocs build", "/w/site", "suggestion"),
    ],
)
def test_who_may_apply_it(run: str, copied: str, safety: str) -> None:
    text = f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b {copied} /\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


def test_rust_is_explained_but_not_fixed() -> None:
    text = (
        "FROM rust AS b\nWORKDIR /w\nRUN cargo build --release\nFROM scratch\nCOPY --from=b /w/target/release/app /\n"
    )
    check_no_fix(emulated_build, text)
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM rust AS b
        WORKDIR /w
        RUN cargo build --release
            ^^^^^^^^^^^ `cargo build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too
        FROM scratch
        COPY --from=b /w/target/release/app /
        """,
    )


@pytest.mark.parametrize("run", ["npm ci", "npm test", "dotnet restore", "cargo fetch", "mvn test", "mkdocs serve"])
def test_nothing_is_built(run: str) -> None:
    check_nothing(emulated_build, f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b /w/x /\n")
