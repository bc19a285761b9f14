"""When a missing Dockerfile is reported, and which one is proposed instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project import Projects
from buildxray.ide.project_files import look_at
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from buildxray.rules.base import Severity
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case

SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))
DOCKERFILE = "FROM alpine\nRUN true\n"


def messages(root: Path, name: str, text: str, *dockerfiles: str) -> list[str]:
    """The messages about missing Dockerfiles of one file of a repository with these Dockerfiles."""
    return [it.message for it in findings(root, name, text, *dockerfiles)]


def findings(root: Path, name: str, text: str, *dockerfiles: str) -> list[Diagnostic]:
    """The findings of missing Dockerfiles, likewise."""
    (root / ".git").mkdir()
    for path, content in {**dict.fromkeys(dockerfiles, DOCKERFILE), name: text}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    file = look_at(root / name, text, Projects(), SETTINGS)
    return [it for it in file.diagnostics if it.rule == "missing-dockerfile"]


def compose(*dockerfiles: str, context: str = ".") -> str:
    services = (
        f"  s{number}:\n    build: {{context: {context}, dockerfile: {it}}}\n" for number, it in enumerate(dockerfiles)
    )
    return "services:\n" + "".join(services)


@every_case(
    "dockerfiles, existing, n_missing",
    [
        (("a/Dockerfile", "b/Dockerfile"), ("a/Dockerfile", "b/Dockerfile"), 0),
        (("a/Dockerfile", "b/Dockerfile"), ("a/Dockerfile",), 1),
        (("a/Dockerfile", "b/Dockerfile"), (), 2),
        (("a/Dockerfile", "../b/Dockerfile"), ("a/Dockerfile",), 2),
        (("a/Dockerfile", "b/Dockerfile"), ("a/Dockerfile", "b/Dockerfile", "deploy/a/Dockerfile"), 1),
    ],
)
def test_a_compose_file_may_be_run_from_the_root(
    tmp_path: Path, dockerfiles: tuple[str, ...], existing: tuple[str, ...], n_missing: int
) -> None:
    assert len(messages(tmp_path, "deploy/compose.yaml", compose(*dockerfiles), *existing)) == n_missing


@every_case(
    "services, n_missing",
    [
        ("{api: {build: {dockerfile: Dockerfile.dev}}}", 0),
        ("{api: {image: example.com/api}, db: {ports: ['1:1']}}", 0),
        ("{api: {build: {context: app, dockerfile: Dockerfile.dev}, depends_on: [db]}}", 0),
        (
            "{api: {build: {context: app, dockerfile: Dockerfile.dev}, depends_on: {db: {condition: service_started}}}}",
            0,
        ),
        # It does not say what to build.
        ("{api: {build: {args: {A: b}}}}", 1),
        ("{api: {command: serve}}", 1),
        ("{web: {build: {dockerfile: Dockerfile.dev}}}", 1),
        # A file that can be used alone completes no other one.
        ("{api: {image: example.com/api}, db: {image: postgres}}", 1),
        ("{api: {build: {context: app, dockerfile: Dockerfile.dev}}}", 1),
        ("{api: {build: {context: app, dockerfile: Dockerfile.dev}, depends_on: [db]}, db: {image: postgres}}", 1),
    ],
)
def test_another_compose_file_may_give_the_dockerfile(tmp_path: Path, services: str, n_missing: int) -> None:
    (tmp_path / "docker-compose.dev.yml").write_text(f"services: {services}\n")
    text = "services:\n  api:\n    build: {context: app}\n  db:\n    image: postgres\n"
    assert len(messages(tmp_path, "docker-compose.yml", text, "app/Dockerfile.dev")) == n_missing


@every_case(
    "name, fields, n_missing",
    [
        ("images/docker-bake.hcl", "", 0),
        ("docker-bake.hcl", "", 1),
        ("images/docker-bake.hcl", 'dockerfile = "app.Dockerfile"', 1),
        ("images/docker-bake.hcl", 'context = "app"', 1),
    ],
)
def test_bake_may_run_in_another_directory(tmp_path: Path, name: str, fields: str, n_missing: int) -> None:
    text = f'target "default" {{\n  {fields}\n}}\n'
    assert len(messages(tmp_path, name, text, "images/one/Dockerfile")) == n_missing


@every_case(
    "others, existing, n_missing",
    [
        # A target that only passes its fields on is not built.
        ('target "all" {}\n', "deploy/app/Dockerfile", 0),
        ('target "all" {}\n', "app/Dockerfile", 0),
        ('target "all" {}\n', "other/Dockerfile", 1),
        ('target "all" {}\ngroup "default" { targets = ["all", "app"] }\n', "app/Dockerfile", 1),
    ],
)
def test_bake_runs_where_the_dockerfiles_of_its_builds_are(
    tmp_path: Path, others: str, existing: str, n_missing: int
) -> None:
    text = f'{others}target "app" {{\n  inherits = ["all"]\n  dockerfile = "app/Dockerfile"\n}}\n'
    given = messages(tmp_path, "deploy/docker-bake.hcl", text, existing, "deploy/Dockerfile")
    assert len(given) == n_missing


@every_case(
    "asked, existing, proposed",
    [
        ("dockerfile.api", "Dockerfile.api", "Dockerfile.api"),
        ("Dockerfil", "Dockerfile", "Dockerfile"),
        ("Dockrefile", "Dockerfile", "Dockerfile"),
        ("Dockerfile.backned", "Dockerfile.backend", "Dockerfile.backend"),
        ("Dockerfile", "Dockefile", "Dockefile"),
        ("Dockerfile.dev", "Dockerfile.Dev", "Dockerfile.Dev"),
        # Another suffix is another image.
        ("Dockerfile.ui", "Dockerfile", None),
        ("Dockerfile", "Dockerfile.ml", None),
        ("Dockerfile.api", "Dockerfile.app", None),
        ("Dockerfile.dev", "Dockerfile.test", None),
        ("api.Dockerfile", "app.Dockerfile", None),
    ],
)
def test_only_another_spelling_is_proposed(tmp_path: Path, asked: str, existing: str, proposed: str | None) -> None:
    hint = f"; did you mean `{proposed}`?" if proposed else ""
    assert messages(tmp_path, "compose.yaml", compose(asked), existing) == [f"`{asked}` does not exist{hint}"]


@every_case(
    "script, n_missing",
    [
        ("#!/bin/sh\nsed s/X/Y/ Dockerfile.in > app.Dockerfile\n", 0),
        ("#!/bin/sh\necho ready\n", 1),
        ("about the Dockerfile\n", 1),
    ],
)
def test_a_script_without_an_ending_may_write_it(tmp_path: Path, script: str, n_missing: int) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "prepare").write_text(script)
    text = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./ci/prepare\n      - run: docker build -f app.Dockerfile .\n"
    assert len(messages(tmp_path, ".github/workflows/a.yml", text)) == n_missing


@every_case(
    "content, is_proposed", [("FROM alpine\n", True), ("# about\nfrom scratch\n", True), ("gem 'rails'\n", False)]
)
def test_a_file_of_another_kind_is_not_proposed(tmp_path: Path, content: str, *, is_proposed: bool) -> None:
    (tmp_path / "Lockerfile").write_text(content)
    (message,) = messages(tmp_path, "compose.yaml", compose("Dockerfile"))
    assert ("Lockerfile" in message) is is_proposed


def test_a_name_in_another_case_comes_first(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, "compose.yaml", compose("Dockerfile.test"), "Dockerfile.Test", "Dockerfile.tests")
    assert message.endswith("did you mean `Dockerfile.Test`?")


def test_a_path_above_the_file_is_relative(tmp_path: Path) -> None:
    dockerfiles = ("sub/Dockerfile", "Dockerfile")
    (message,) = messages(tmp_path, "sub/compose.yaml", compose("x/Dockerfile", context=".."), *dockerfiles)
    assert message == "`x/Dockerfile` does not exist"


@pytest.mark.parametrize(
    ("default", "is_said"),
    # Bake refuses to run until the environment gives a value, as the file wants it.
    [('""', False), ("null", False), ('"0"', True)],
)
def test_a_variable_that_people_must_set_is_no_problem_of_the_file(
    tmp_path: Path, default: str, *, is_said: bool
) -> None:
    validation = 'validation { condition = VERSION != "0" && VERSION != "" }'
    text = f'variable "VERSION" {{\n  default = {default}\n  {validation}\n}}\ntarget "default" {{}}\n'
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "docker-bake.hcl").write_text(text)
    file = look_at(tmp_path / "docker-bake.hcl", text, Projects(), SETTINGS)
    assert ("unread-build" in [it.rule for it in file.diagnostics]) is is_said


STEPS = """on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{include: [{{file: a/Dockerfile}}, {{file: gone/Dockerfile}}]}}}}
    steps:
      - uses: actions/checkout@v4{checkout}
      - {before}
      - uses: docker/build-push-action@v6
        with: {{context: ., file: "{file}"}}
  package:
    runs-on: ubuntu-latest
    steps: [{{run: make gone}}]
"""


@every_case(
    "file, before, checkout, missing",
    [
        ("gone/Dockerfile", "run: echo a; docker login", "", ["gone/Dockerfile"]),
        ("${{ matrix.file }}", "uses: actions/setup-node@v4", "", ["gone/Dockerfile"]),
        ("./${{ matrix.file }}", "uses: docker/setup-buildx-action@v3", "", ["gone/Dockerfile"]),
        # A step may make the directory.
        ("gone/Dockerfile", "run: make dist", "", []),
        ("gone/Dockerfile", "run: docker run -v .:/w tool", "", []),
        ("gone/Dockerfile", "uses: actions/download-artifact@v4", "", []),
        ("gone/Dockerfile", "uses: ./.github/actions/generate", "", []),
        ("gone/Dockerfile", "run: echo a", "\n        with: {submodules: true}", []),
        # Only a run knows the value.
        ("${{ inputs.directory || 'gone' }}/Dockerfile", "run: echo a", "", []),
    ],
)
def test_a_dockerfile_of_a_workflow_in_a_missing_directory(
    tmp_path: Path, file: str, before: str, checkout: str, missing: list[str]
) -> None:
    shutil.rmtree(tmp_path / ".git", ignore_errors=True)
    text = STEPS.format(file=file, before=before, checkout=checkout)
    given = messages(tmp_path, ".github/workflows/ci.yml", text, "a/Dockerfile", "b/Dockerfile")
    assert given == [f"`{it}` does not exist" for it in missing]


@every_case(
    "text, dockerfiles, meant",
    [
        (compose("Dockerfile.arm"), ["docker/Dockerfile.arm"], "docker/Dockerfile.arm"),
        (compose("a/Dockerfile.arm"), ["docker/Dockerfile.arm"], "docker/Dockerfile.arm"),
        (compose("Dockerfile.arm"), ["docker/Dockerfile.arm", "node_modules/x/Dockerfile.arm"], "docker/Dockerfile.arm"),
        # Another image of that name, or the choice is open.
        (compose("Dockerfile.arm"), ["a/Dockerfile.arm", "b/Dockerfile.arm"], None),
        (compose("a/Dockerfile", "b/Dockerfile"), ["b/Dockerfile"], None),
        (compose("Dockerfile.arm"), ["docker/Dockerfile.arm64"], None),
        (compose("a/Dockerfile"), ["b/Dockerfile"], None),
        (compose("a/Dockerfile"), ["a/docker/Dockerfile"], "a/docker/Dockerfile"),
        (compose("a/Dockerfile"), ["b/a/Dockerfile"], "b/a/Dockerfile"),
        (compose("a/Dockerfile"), ["b/a/Dockerfile", "c/a/Dockerfile"], None),
        (compose("Dockerfile", context="a"), ["b/a/Dockerfile"], "b/a/Dockerfile"),
        # A directory that was renamed.
        (compose("docker/Dockerfile"), ["docker-build/Dockerfile", "b/Dockerfile"], "docker-build/Dockerfile"),
        (compose("Dockerfile", context="web_server"), ["server/Dockerfile", "b/Dockerfile"], "server/Dockerfile"),
        (compose("Dockerfile", context="backned"), ["backend/Dockerfile", "b/Dockerfile"], "backend/Dockerfile"),
        (compose("web-server/Dockerfile"), ["api-server/Dockerfile"], None),
        # A directory that is there.
        (compose("Dockerfile", context="web"), ["legacy-web/Dockerfile", "web/Dockerfile.dev", "b/Dockerfile"], None),
        (compose("docker/Dockerfile"), ["docker-build/Dockerfile", "docker-test/Dockerfile"], None),
        (compose("docker/a/Dockerfile"), ["docker-build/b/Dockerfile"], None),
        (compose("docker/Dockerfile", "docker-build/Dockerfile"), ["docker-build/Dockerfile"], None),
        (compose("a/Dockerfile"), ["b/Dockerfile", "b/Dockerfile.arm"], None),
        (compose("Dockerfile.arm"), ["docker/Dockerfile.arm.md"], None),
        (compose("app/Dockerfile", context="sub"), ["sub/docker/Dockerfile"], None),
        (compose("app/Dockerfile", context="sub"), ["sub/Dockerfile"], "sub/Dockerfile"),
        # Outside of the context.
        (compose("app/Dockerfile", context="sub"), ["Dockerfile"], None),
        (compose("app/Dockerfile", context="sub"), ["docker/Dockerfile"], None),
        (compose("app/Dockerfile.arm", context="sub"), ["docker/Dockerfile.arm"], None),
        # A name that is only misspelt, in the same directory, comes first.
        (compose("Dockerfil"), ["Dockerfile", "docker/Dockerfil"], "Dockerfile"),
    ],
)  # fmt: skip
def test_the_same_name_in_another_directory_is_proposed(
    tmp_path_factory: pytest.TempPathFactory, text: str, dockerfiles: list[str], meant: str | None
) -> None:
    (message,) = messages(tmp_path_factory.mktemp("project"), "compose.yaml", text, *dockerfiles)
    assert message.partition("did you mean ")[2] == ("" if meant is None else f"`{meant}`?")


@every_case(
    "text, fixed",
    [
        (compose("Dockerfile.arm"), compose("docker/Dockerfile.arm")),
        (compose("a/Dockerfile.arm"), compose("docker/Dockerfile.arm")),
        (compose("./Dockerfile.arm"), compose("docker/Dockerfile.arm")),
        (compose("../a/Dockerfile.arm", context="sub"), ""),
        (compose("Dockerfile.arm", context="sub"), None),
        (
            compose("build/docker/Dockerfile.arm", "build/docker/Dockerfile.arm"),
            compose("docker/Dockerfile.arm", "docker/Dockerfile.arm"),
        ),
    ],
)
def test_the_path_of_the_other_directory_is_written(
    tmp_path_factory: pytest.TempPathFactory, text: str, fixed: str | None
) -> None:
    root = tmp_path_factory.mktemp("project")
    messages(root, "compose.yaml", text, "docker/Dockerfile.arm")
    file = look_at(root / "compose.yaml", text, Projects(), SETTINGS)
    (fixes,) = [it.fixes for it in file.diagnostics if it.rule == "missing-dockerfile"]
    assert [apply_edits(text, it.edits) for it in fixes] == ([fixed] if fixed else [])


@every_case(
    "dockerfiles, existing, expected",
    [
        (
            ("a/Dockerfile", "a/Dockerfile", "b/Dockerfile", "a/Dockerfile"),
            ("b/Dockerfile", "a/README"),
            ["`a/Dockerfile` does not exist; lines 5 and 9 name it too"],
        ),
        (
            ("gone/a/Dockerfile", "gone/b/Dockerfile", "b/Dockerfile"),
            ("b/Dockerfile",),
            [
                "`gone/a/Dockerfile` does not exist: the directory `gone` is missing; line 5 also names a Dockerfile in it"
            ],
        ),
        (
            ("a/Dockerfil", "a/Dockerfil"),
            ("a/Dockerfile",),
            ["`a/Dockerfil` does not exist; line 5 names it too; did you mean `Dockerfile`?"],
        ),
        # Two causes.
        (
            ("a/Dockerfile", "b/Dockerfile"),
            ("a/x", "b/x"),
            ["`a/Dockerfile` does not exist", "`b/Dockerfile` does not exist"],
        ),
        (("a/Dockerfile", "b/Dockerfile"), (), ["`a/Dockerfile` does not exist", "`b/Dockerfile` does not exist"]),
        # One file is meant for one of them at most.
        (
            ("a/Dockerfile", "b/Dockerfile"),
            ("Dockerfile",),
            ["`a/Dockerfile` does not exist", "`b/Dockerfile` does not exist"],
        ),
    ],
)
def test_one_cause_is_one_finding(
    tmp_path_factory: pytest.TempPathFactory,
    dockerfiles: tuple[str, ...],
    existing: tuple[str, ...],
    expected: list[str],
) -> None:
    given = messages(tmp_path_factory.mktemp("project"), "compose.yaml", compose(*dockerfiles), *existing)
    assert given == expected


@every_case(
    "dockerfile, fields, n_missing",
    [
        ("FROM alpine AS one\n", "", 1),
        ("# syntax=docker/dockerfile:1\nFROM alpine AS one\n", "", 1),
        ("# syntax=example.com/frontend\nname: x\n", "", 0),
        ("FROM alpine AS one\n", 'args = { BUILDKIT_SYNTAX = "example.com/frontend" }', 0),
        (
            "# syntax=example.com/frontend\nFROM alpine AS one\n",
            'args = { BUILDKIT_SYNTAX = "docker/dockerfile:1" }',
            1,
        ),
    ],
)
def test_another_frontend_may_have_other_stages(tmp_path: Path, dockerfile: str, fields: str, n_missing: int) -> None:
    text = f'target "default" {{\n  target = "two"\n  {fields}\n}}\n'
    (tmp_path / "Dockerfile").write_text(dockerfile)
    (tmp_path / "docker-bake.hcl").write_text(text)
    file = look_at(tmp_path / "docker-bake.hcl", text, Projects(), SETTINGS)
    assert [it.rule for it in file.diagnostics] == ["missing-stage"] * n_missing


def test_a_default_that_says_to_set_a_variable_is_not_a_path(tmp_path: Path) -> None:
    text = 'variable "FILE" { default = "ERROR: set FILE" }\ntarget "default" { dockerfile = FILE }\n'
    assert messages(tmp_path, "docker-bake.hcl", text) == []


@every_case(
    "name, beside, severity",
    [
        ("examples/web/compose.yaml", "examples/web/Dockerfile", Severity.INFORMATION),
        ("examples/web/compose.yaml", "examples/other/Dockerfile", Severity.WARNING),
        ("examples/web/compose.yaml", "examples/web/production/dockerfile", Severity.WARNING),
        ("deploy/compose.yaml", "deploy/Dockerfile", Severity.WARNING),
    ],
)
def test_an_example_may_be_copied_to_where_the_dockerfile_is(
    tmp_path_factory: pytest.TempPathFactory, name: str, beside: str, severity: Severity
) -> None:
    root = tmp_path_factory.mktemp("project")
    text = compose("Docker/production/Dockerfile")
    messages(root, name, text, beside)
    (finding,) = look_at(root / name, text, Projects(), SETTINGS).diagnostics
    assert finding.severity is severity


@every_case(
    "build, expected",
    [
        ("build: .", [("`Dockerfile` does not exist; did you mean `Containerfile`?", Severity.INFORMATION)]),
        ("build: {dockerfile: Dockerfile}", [("`Dockerfile` does not exist", Severity.WARNING)]),
    ],
)
def test_podman_may_build_a_service(tmp_path: Path, build: str, expected: list[tuple[str, Severity]]) -> None:
    text = f"services:\n  a:\n    {build}\n"
    messages(tmp_path, "compose.yaml", text, "Containerfile")
    file = look_at(tmp_path / "compose.yaml", text, Projects(), SETTINGS)
    assert [(it.message, it.severity) for it in file.diagnostics] == expected


CALLED = """on:
  workflow_call:
    inputs:
      context: {type: string, default: .}
      file: {type: string, default: Dockerfile}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with: {context: "${{ inputs.context }}", file: FILE}
"""


@every_case(
    "given, file, expected",
    [
        ("file: api/Dockerfile", "${{ inputs.file }}", []),
        ("file: web/Dockerfile", "${{ inputs.file }}", ["web/Dockerfile"]),
        ("file: ./web/Dockerfile", "${{ inputs.file }}", ["./web/Dockerfile"]),
        ("file: api/Dockerfil", "${{ inputs.file }}", ["api/Dockerfil"]),
        ("context: web", "${{ inputs.context }}/Dockerfile", ["web"]),
        ("context: services/web", "${{ inputs.context }}/docker/${{ inputs.file }}", ["services/web"]),
        ("file: '${{ matrix.name }}/Dockerfile'", "${{ inputs.file }}", ["${{ matrix.name }}/Dockerfile"]),
        # Only a run tells the path, or the condition.
        ("file: \"${{ vars.FILE || 'web/Dockerfile' }}\"", "${{ inputs.file }}", []),
        ("file: web/Dockerfile", "${{ vars.FILE || inputs.file }}", []),
        ("file: web/Dockerfile", "${{ format('{0}', inputs.file) }}", ["web/Dockerfile"]),
        # A default of the called workflow is found wrong in no call.
        ("context: .", "${{ inputs.file }}", []),
    ],
)
def test_a_path_that_a_job_gives_to_another_workflow(
    tmp_path: Path, given: str, file: str, expected: list[str]
) -> None:
    called = tmp_path / ".github" / "workflows" / "called.yml"
    called.parent.mkdir(parents=True)
    called.write_text(CALLED.replace("FILE", f'"{file}"'))
    text = (
        "on: push\njobs:\n  a:\n    strategy: {matrix: {name: [web, api]}}\n"
        f"    uses: ./.github/workflows/called.yml\n    with:\n      {given}\n"
    )
    found = findings(tmp_path, ".github/workflows/a.yml", text, "api/Dockerfile")
    assert [text[slice(*it.range)] for it in found] == expected


_SERVICE = "services:\n  api:\n    build:\n      context: {}\n      dockerfile: {}\n"


@every_case(
    "context, dockerfile, copied, fixed",
    [
        ("./api", "api/Dockerfile", "pom.xml api/pom.xml", "."),
        ("deploy/api", "api/Dockerfile", "api.conf", "deploy"),
        ('"./api"', "api/Dockerfile", "api/src", '"."'),
        ("${API}", "api/Dockerfile", "pom.xml", None),
    ],
)
def test_the_context_from_which_the_path_exists_is_proposed(
    tmp_path: Path, context: str, dockerfile: str, copied: str, fixed: str | None
) -> None:
    for path in ("pom.xml", "api/pom.xml", "api/src/a.java", "deploy/api.conf", "deploy/api/a"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for path in ("api", "deploy/api"):
        (tmp_path / path / "Dockerfile").write_text(f"FROM maven\nCOPY {copied} ./\nCOPY . .\n")
    text = _SERVICE.format(context, dockerfile)
    for it in findings(tmp_path, "compose.yaml", text):
        assert ("did you mean the context" in it.message) is ("$" not in context)
        fixes = [apply_edits(text, fix.edits) for fix in it.fixes]
        assert fixes == ([] if fixed is None else [_SERVICE.format(fixed, dockerfile)])


@every_case(
    "copied, proposed",
    [
        # The context has all that the Dockerfile copies, or nothing has it.
        ("src", "Dockerfile"),
        ("dist", "Dockerfile"),
        ("*.xml", "Dockerfile"),
        ("--from=x api", "Dockerfile"),
        # It is built from another directory, in which its path is another one.
        ("pom.xml", None),
    ],
)
def test_a_dockerfile_that_is_built_from_another_context_is_not_proposed(
    tmp_path: Path, copied: str, proposed: str | None
) -> None:
    (tmp_path / "api" / "src").mkdir(parents=True)
    (tmp_path / "pom.xml").touch()
    (tmp_path / "api" / "Dockerfile").write_text(f"FROM maven\nCOPY {copied} ./\n")
    text = _SERVICE.format("./api", "docker/Dockerfile")
    (finding,) = findings(tmp_path, "compose.yaml", text)
    assert ("did you mean" in finding.message) is (proposed is not None)
    assert [apply_edits(text, it.edits) for it in finding.fixes] == (
        [] if proposed is None else [_SERVICE.format("./api", proposed)]
    )


@every_case(
    "action, given, expected",
    [
        ("docker/build-push-action@v6", "context: api, dockerfile: api/prod.Dockerfile", ["dockerfile"]),
        ("docker/build-push-action@v6", "dockerfile: api/prod.Dockerfile", ["dockerfile"]),
        ("docker/build-push-action@v6", "context: api, file: api/Dockerfile", ["api/Dockerfile"]),
        ("docker/build-push-action@v6", "context: web, dockerfile: api/prod.Dockerfile", []),
        # The first version has this input.
        ("docker/build-push-action@v1", "path: ., dockerfile: api/prod.Dockerfile", []),
    ],
)
def test_an_input_that_the_action_does_not_have(tmp_path: Path, action: str, given: str, expected: list[str]) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {action}\n        with: {{{given}}}\n"
    found = findings(tmp_path, ".github/workflows/a.yml", text, "api/prod.Dockerfile", "web/Dockerfile")
    assert [text[slice(*it.range)] for it in found] == expected
    for it in found:
        assert ("has no input `dockerfile`" in it.message) is (expected == ["dockerfile"])


@every_case(
    "context, n_missing",
    [("services/[name]", 0), ("services/<name>", 0), ("services/name", 1)],
)
def test_a_path_with_a_placeholder_is_that_of_a_template(tmp_path: Path, context: str, n_missing: int) -> None:
    text = f'services:\n  api:\n    build:\n      context: "{context}"\n      dockerfile: api.Dockerfile\n'
    assert len(messages(tmp_path, "compose.yaml", text, "web/Dockerfile")) == n_missing


@every_case(
    "name, context, existing, n_found",
    [
        # Readers copy what the documentation shows.
        ("docs/compose.yaml", "./app", (), 0),
        ("docs/setup/compose.yaml", "./app", (), 0),
        ("docs/compose.yaml", "./app", ("docs/app/Dockerfile.dev",), 1),
        ("deploy/compose.yaml", "./app", (), 1),
        ("docs-compose.yaml", "./app", (), 1),
    ],
)
def test_an_example_of_the_documentation(
    tmp_path: Path, name: str, context: str, existing: tuple[str, ...], n_found: int
) -> None:
    text = f"services:\n  a:\n    build: {{context: {context}}}\n"
    assert len(messages(tmp_path, name, text, *existing)) == n_found


@every_case(
    "name, context, n_fixes",
    [
        ("docker-bake.hcl", ".", 1),
        # It may be run from the root, where the same path is another one.
        ("tools/docker-bake.hcl", ".", 0),
        ("tools/docker-bake.hcl", "..", 1),
    ],
)
def test_a_bake_file_that_nothing_calls(tmp_path: Path, name: str, context: str, n_fixes: int) -> None:
    text = f'target "web" {{\n  context = "{context}"\n  dockerfile = "docker/web/Dockerfile"\n}}\n'
    (finding,) = findings(
        tmp_path, name, text, "tools/web/Dockerfile" if name.startswith("tools") else "web/Dockerfile"
    )
    assert "did you mean" in finding.message
    assert len(finding.fixes) == n_fixes


_CHECKOUT = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/checkout@v4
        with:
          {given}
      - run: docker compose -f tests/compose.yaml up
"""


@every_case(
    "name, text, n_found",
    [
        (".github/workflows/e2e.yml", _CHECKOUT.format(given="{repository: acme/web, path: parts/web}"), 0),
        (".github/workflows/e2e.yml", _CHECKOUT.format(given="{repository: acme/web, path: parts}"), 0),
        (".github/workflows/e2e.yml", _CHECKOUT.format(given="{repository: acme/web, path: web}"), 1),
        (".github/workflows/e2e.yml", _CHECKOUT.format(given="{path: parts/web}"), 1),
        ("setup.sh", "cd parts && git clone --depth 1 https://example.org/acme/web.git\n", 0),
        ("setup.sh", "git clone -b main git@example.org:acme/front.git parts/web\n", 0),
        ("setup.sh", "git clone https://example.org/acme/web.git other\n", 1),
        ("README.md", "Then `gh repo clone acme/web`, and start `web`.\n", 0),
        ("README.md", "The `web` is in another repository; see https://example.org/acme/web.\n", 1),
    ],
)
def test_another_repository_is_fetched(tmp_path: Path, name: str, text: str, n_found: int) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    compose_file = "services:\n  a:\n    build: ../parts/web\n"
    assert len(messages(tmp_path, "tests/compose.yaml", compose_file)) == n_found
