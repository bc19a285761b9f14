"""No safe fix deletes an ARG that a program may read, or moves it past that program."""

from __future__ import annotations

from itertools import product

import pytest

from buildxray.rules.base import Safety
from buildxray.rules.scope.early_platform_arg import early_platform_arg
from buildxray.rules.scope.unused_platform_arg import unused_platform_arg
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import context, findings

STAGE = """FROM --platform=$BUILDPLATFORM alpine AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN {run}
{after}
FROM scratch
COPY --from=build /out /out
"""


COMPILING = "RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ."


MAY_READ = [
    "npm run build",
    "pnpm --filter web build",
    "yarn --cwd web build",
    "bun run build",
    "vite build",
    "dotnet build",
    "dotnet publish -c Release -o /out",
    "mvn package",
    "./gradlew build",
    "make",
    "./build.sh",
    "sh build.sh",
    "python3 build.py",
    "frobnicate",
    ". ./env.sh",
    "source ./env.sh && true",
    "envsubst < a.tmpl > /out/a",
    "envsubst '$TARGETARCH' < a.tmpl > /out/a",
    "awk 'BEGIN { print ENVIRON[\"TARGETARCH\"] }' > /out/a",
    "jq -n env.TARGETARCH > /out/a",
    "env > /out/env",
    "printenv TARGETARCH > /out/a",
    "export -p > /out/a",
    "ls | xargs -n 1 sh -c 'echo $TARGETARCH $0'",
    "ls | xargs ./build.sh",
    "find . -name a -exec sh -c 'echo $TARGETARCH' \\;",
    "find . -name a -exec ./build.sh {} +",
    'eval "$CODE"',
    "eval 'echo $TARGETARCH'",
    "bash -c 'if [[ ${TARGETARCH} == amd64 ]]; then make a; fi'",
    'bash -c "if [[ ${TARGETARCH} == amd64 ]]; then make a; fi"',
    'bash -c "echo \\$TARGETARCH"',
    "bash <<< 'echo $TARGETARCH'",
    "cat <<< $TARGETARCH",
    "git submodule foreach 'echo $TARGETARCH'",
    "git rebase --exec ./test.sh main",
    "trap './report.sh' EXIT; true",
    "trap 'echo $TARGETARCH' EXIT",
    "cp a ${!TARGET*} /out",
    "X=TARGETARCH && echo ${!X} > /out/a",
    'true "$(printenv TARGETARCH)"',
    '["sh", "-c", "echo $TARGETARCH > /out/a"]',
    '["/bin/bash", "-ec", "echo ${TARGETARCH}"]',
    '["bash", "-c", "make"]',
    '["./build.sh"]',
    '["env"]',
    "bash -c 'declare -p TARGETARCH'",
    "[ -v TARGETARCH ] && touch /out/a",
    "bash -c '[[ -v TARGETARCH ]] && touch /out/a'",
    "bash -c 'declare -n copy=TARGETARCH; echo $copy'",
    "echo $((TARGETARCH + 1))",
    "cat /proc/self/environ > /out/a",
    "tr '\\0' '\\n' < /proc/$$/environ > /out/a",
    "node -e 'console.log(process.env)'",
    'node -p \'process["env"]["TARGET" + "ARCH"]\'',
    "node -e 'require(\"./build\")'",
    'node -e \'require("child_process").execSync("make")\'',
    "node build.js -e 'a'",
    "node -r ./setup.js -e 'a()'",
    "python3 -c 'import os; print(os.environ)'",
    "python3 -c 'import json, app'",
    "python3 -c 'from app.models import load; load()'",
    "python3 -c 'import subprocess as s; s.run([\"make\"])'",
    "ruby -e 'puts ENV.to_a'",
    "ruby -e 'puts `make`'",
    "php -r 'var_dump($_SERVER);'",
    "perl -e 'print %ENV'",
]


ONLY_BY_CONVENTION = [
    "npm ci",
    "yarn install --frozen-lockfile",
    "pnpm -C web install",
    "pip install -r requirements.txt",
    "bundle install",
    "dotnet restore",
    "curl -fsSL https://example.com/install | sh",
    "node -e \"require('lightningcss')\"",
    "node --input-type=module -e 'import \"sharp\"'",
    "node -p 'process.version'",
    "python3 -c 'import ssl, json as j; print(ssl.OPENSSL_VERSION)'",
    "python -c 'from email import policy; print(policy)'",
    "ruby -e 'require \"nokogiri\"; puts 1'",
    "perl -e 'print $^V'",
    "php -r 'echo PHP_VERSION;'",
]


READS_NOTHING = [
    "apk add --no-cache git",
    "npm ci --ignore-scripts",
    "go mod download",
    "tsc -p .",
    "mkdir -p /out && cp -r web /out",
    "envsubst '$HOME' < a.tmpl > /out/a",
    "awk '{ print $1 }' a > /out/a",
    "jq .version package.json > /out/version",
    "printenv HOME > /out/home",
    "git submodule update --init",
    "trap 'rm -rf /tmp/x' EXIT; cp a /out/a",
    "trap - EXIT",
    ". /etc/os-release && echo $ID > /out/id",
    "env FOO=bar cp a /out/a",
    "find . -name '*.go' -exec cp {} /out +",
    "ls | xargs cp -t /out",
    "bash -euo pipefail -c 'cp a /out/a'",
    "set -x; cp a `# why` /out/a || true",
    '["cp", "a", "/out/a"]',
    "echo '$TARGETARCH' > /out/a",
    "echo \\$TARGETARCH \\${TARGETARCH} > /out/a",
    "echo -DTARGETARCH=x MY_TARGETARCH > /out/a",
    '["sh", "-c", "cp a /out/a"]',
]


def safeties(rule_and_after: tuple[object, str], run: str) -> list[Safety]:
    rule, after = rule_and_after
    return [
        fix.safety
        for it in findings(rule, context(STAGE.format(run=run, after=after)))  # type: ignore[arg-type]
        for fix in it.fixes
    ]


BOTH = [
    (unused_platform_arg, ""),
    (early_platform_arg, COMPILING),
]


@pytest.mark.slow
@every_case("run, rule_and_after", product(MAY_READ, BOTH))
def test_an_arg_is_not_moved_past_a_program_that_may_read_it(run: str, rule_and_after: tuple[object, str]) -> None:
    assert safeties(rule_and_after, run) == []


@pytest.mark.slow
@every_case("run, rule_and_after", product(ONLY_BY_CONVENTION, BOTH))
def test_moving_an_arg_past_package_scripts_is_a_suggestion(run: str, rule_and_after: tuple[object, str]) -> None:
    assert safeties(rule_and_after, run) == [Safety.SUGGESTION]


@pytest.mark.slow
@every_case("run, rule_and_after", product(READS_NOTHING, BOTH))
def test_moving_an_arg_past_programs_that_read_nothing_is_safe(run: str, rule_and_after: tuple[object, str]) -> None:
    assert safeties(rule_and_after, run) == [Safety.SAFE]


def project(scripts: dict[str, str], mentioned: frozenset[str] | None = frozenset()) -> Workspace:
    return Workspace(scripts=tuple(scripts.items()), search=lambda: mentioned)


def safeties_in(workspace: Workspace, run: str) -> list[Safety]:
    text = STAGE.format(run=run, after=COMPILING)
    return [fix.safety for it in findings(early_platform_arg, context(text, workspace=workspace)) for fix in it.fixes]


@every_case(
    "scripts, run, expected",
    [
        ({"build": "tsc -p ."}, "npm run build", [Safety.SAFE]),
        ({"build": "rimraf dist && vite build"}, "pnpm build", [Safety.SAFE]),
        ({"prebuild": "rm -rf dist", "build": "npm run code", "code": "next build"}, "yarn build", [Safety.SAFE]),
        # Programs of packages and of the project have no reason to look at it where no file names it.
        ({"build": "node build.js"}, "npm run build", [Safety.SUGGESTION]),
        ({"build": "tsc", "postbuild": "frobnicate"}, "npm run build", [Safety.SUGGESTION]),
        ({"build": "npm run build"}, "npm run build", [Safety.SUGGESTION]),
        ({}, "npm run build", [Safety.SUGGESTION]),
        ({"build": "tsc"}, "npm --prefix web run build", [Safety.SUGGESTION]),
        ({}, "vite build", [Safety.SAFE]),
        ({}, "make", [Safety.SUGGESTION]),
        ({}, "./build.sh", [Safety.SUGGESTION]),
        ({}, "dotnet publish -c Release", [Safety.SUGGESTION]),
        # The script says it.
        ({"build": "printenv TARGETARCH > arch"}, "npm run build", []),
        ({"build": "tsc", "postbuild": "env > env.txt"}, "npm run build", []),
    ],
)
def test_what_the_scripts_of_a_package_run(scripts: dict[str, str], run: str, expected: list[Safety]) -> None:
    assert safeties_in(project(scripts), run) == expected


@pytest.mark.parametrize("run", ["npm run build", "vite build", "make", "./build.sh"])
@pytest.mark.parametrize("mentioned", [frozenset({"TARGETARCH"}), None])
def test_a_project_whose_sources_name_the_argument_may_read_it(run: str, mentioned: frozenset[str] | None) -> None:
    assert safeties_in(project({"build": "vite build"}, mentioned), run) == []


def test_an_env_computed_from_the_argument_may_be_read_too() -> None:
    text = STAGE.format(run="make", after=COMPILING).replace("ARG TARGETARCH", "ARG TARGETARCH\nENV ARCH=$TARGETARCH")
    assert findings(early_platform_arg, context(text, workspace=project({}))) == []
