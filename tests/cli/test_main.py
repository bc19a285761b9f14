"""The output and exit codes of the commands."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from buildxray import localization
from buildxray.rules.registry import ALL
from tests.support.command_line import Run
from tests.support.conformance import CASES, expected
from tests.support.rules import examples

ROOT = Path(__file__).parents[2]
GREET = ROOT / "examples" / "greet"
BUILD = ["--build-platform", "linux/amd64", "--platform", "linux/amd64,linux/arm64"]
UNDECLARED = "FROM alpine\nRUN wget é-$TARGETARCH\n"
UNDECLARED_MESSAGE = "`TARGETARCH` is not declared in this stage: it expands to nothing"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    localization.use("en")


@pytest.fixture
def undeclared(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(UNDECLARED)
    return path


def test_check_prints_path_line_and_column(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    run = Run(capfd, "check", undeclared)
    assert run.code == 1
    assert run.out.splitlines() == [
        f"{undeclared}:2:13: error: {UNDECLARED_MESSAGE} [undeclared-platform-arg]",
        "    2 | RUN wget é-$TARGETARCH",
        "      |             ^^^^^^^^^^",
        "      fix: Declare `ARG TARGETARCH` directly before its first use",
        "",
        "1 finding in 1 file. `buildxray fix` repairs 1.",
        "1 file is checked for linux/amd64, linux/arm64, the default, because no project file names its platforms.",
    ]


def test_the_last_line_counts_only_fixes_that_are_applied(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    undeclared.write_text("FROM alpine as a\nRUNN x\n")
    assert Run(capfd, "check", undeclared).out.splitlines()[-2] == "2 findings in 1 file."
    before = undeclared.read_text()
    Run(capfd, "fix", "--unsafe", undeclared)
    assert undeclared.read_text() == before
    undeclared.write_text("FROM alpine as a\nSTOPSIGNAL SIGTREM\n")
    last = "2 findings in 1 file. `buildxray fix` repairs 1. `buildxray fix --unsafe` repairs 1 more."
    assert Run(capfd, "check", undeclared).out.splitlines()[-2] == last


def test_the_last_line_does_not_count_fixes_of_a_compose_file(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    build: {context: ., dockerfile: Dockerfil}\n")
    run = Run(capfd, "check", tmp_path)
    assert "did you mean `Dockerfile`?" in run.out
    assert "repairs" not in run.out


def test_check_as_json(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    run = Run(capfd, "check", "--format", "json", undeclared, GREET / "Dockerfile.cross")
    assert run.objects == [
        {
            "path": str(undeclared),
            "rule": "undeclared-platform-arg",
            "severity": "error",
            "message": UNDECLARED_MESSAGE,
            "start": {"line": 2, "column": 13},
            "end": {"line": 2, "column": 23},
            "fixes": [
                {
                    "title": "Declare `ARG TARGETARCH` directly before its first use",
                    "safety": "safe",
                    "edits": [
                        {"start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 1}, "text": "ARG TARGETARCH\n"}
                    ],
                }
            ],
        }
    ]


def test_check_as_github_annotations(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "a,b.Dockerfile"
    path.write_text(UNDECLARED)
    out = Run(capfd, "check", "--format", "github", path).out
    place = f"file={str(path).replace(',', '%2C')},line=2,col=13,endLine=2,endColumn=23"
    assert out == f"::error {place},title=buildxray%3A undeclared-platform-arg::{UNDECLARED_MESSAGE}\n"


def test_check_as_sarif(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    run = Run(capfd, "check", "--format", "sarif", undeclared, GREET / "Dockerfile.cross")
    log = json.loads(run.out)
    assert log["version"] == "2.1.0"
    (sarif,) = log["runs"]
    (result,) = sarif["results"]
    assert sarif["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "undeclared-platform-arg"
    assert (result["level"], result["message"]) == ("error", {"text": UNDECLARED_MESSAGE})
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == undeclared.as_uri()
    assert place["region"] == {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 23}
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "ARG TARGETARCH\n"}


SARIF_SCHEMA = Path(__file__).parent / "sarif-2.1.0-rtm.5.json"
"""The schema of OASIS, from the package @microsoft/jest-sarif (MIT)."""


@pytest.mark.slow
def test_sarif_is_valid(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "ü %#" / "Dockerfile"
    bad.parent.mkdir()
    for number, rule in enumerate(ALL):
        (bad.parent / f"Dockerfile.{number}").write_text(examples(rule)[0])
    bad.write_text(UNDECLARED.replace("FROM", "# 😋 é\nFROM"))
    # A part of a project: rules for whole projects would look for the files that the examples copy.
    (tmp_path / ".gitignore").write_text("")
    run = Run(capfd, "check", "--format", "sarif", "--platform", "linux/amd64,linux/arm64,linux/arm/v6", bad.parent)
    log = json.loads(run.out)
    validator = Draft4Validator(json.loads(SARIF_SCHEMA.read_text("utf-8")))
    assert [*validator.iter_errors(log)] == []
    # These examples need a `.dockerignore`, which would exclude files of the other examples too, a repository that has a part of its files, a lock file of npm, a go.mod, a Cargo.toml, and a project of .NET.
    reported = {it["ruleId"] for it in log["runs"][0]["results"]}
    assert {it.name for it in ALL} - reported == {
        "copy-ignored-file",
        "incomplete-lock-file",
        "missing-source",
        "old-dotnet-image",
        "old-go-image",
        "old-rust-image",
    }
    log["runs"][0]["results"][0]["unknown"] = 1
    assert [*validator.iter_errors(log)] != []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--platform", "linux/amd64,linux/arm64"], 1),
        (["--platform", "linux/amd64", "--platform", "linux/arm64"], 1),
        (["--platform", "linux/amd64,linux/arm64", "--exit-zero"], 0),
        (["--platform", "linux/amd64,linux/arm64", "--fail-on", "error"], 0),
        (["--fail-on", "information"], 1),
        (["--fail-on", "information", "--ignore", "emulated-build"], 0),
        (["--fail-on", "information", "--select", "early-platform-arg,wrong-arch-build"], 0),
        (["--fail-on", "information", "--target", "build"], 0),
        (["--platform", "linux/arm64", "--fail-on", "information", "--build-platform", "linux/arm64"], 0),
    ],
)
def test_exit_codes(capfd: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], code: int) -> None:
    # Outside of this repository, because its workflows build no image.
    shutil.copytree(GREET, tmp_path / "greet")
    options = options if "--build-platform" in options else [*options, "--build-platform", "linux/amd64"]
    assert Run(capfd, "check", *options, tmp_path / "greet" / "Dockerfile").code == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "missing"], "missing: cannot be read: No such file or directory"),
        (
            ["check", "--platform", "linux/amd 64", "x"],
            "--platform: `amd 64` is not a valid part of the platform `linux/amd 64`",
        ),
        (["check", "--build-arg", "=1", "x"], "--build-arg =1: expected NAME=VALUE"),
        (
            ["check", "--select", "emulated-biuld", "x"],
            "there is no rule `emulated-biuld`; did you mean `emulated-build`?",
        ),
        (["explain", "zzz"], "there is no rule `zzz`; `buildxray rules` lists all"),
        (["lsp", "--tcp", "nowhere"], "--tcp nowhere: expected HOST:PORT"),
        (["frobnicate"], "there is no command `frobnicate`; the commands are check, fix, format, plan"),
        (["chek", "."], "there is no command `chek`; did you mean `check`?"),
        (["check", "--plaform", "linux/amd64"], "unknown option --plaform; did you mean --platform?"),
        (["fix", "--difff", "x"], "unknown option --difff; did you mean --diff?"),
        (["plan", "--zzz"], "unknown argument --zzz"),
        (["check", ""], "a path is empty"),
        (["fix", ""], "a path is empty"),
        (["plan", ""], "a path is empty"),
        (["check", "compose.yaml"], "compose.yaml: not a Dockerfile by its name"),
        (["plan", "a/go.mod"], "a/go.mod: not a Dockerfile by its name"),
        (["check", "--config", "missing.toml"], "--config missing.toml: cannot be read: No such file"),
        (["check", "--fix", "-"], "--fix: the standard input has no file to write to"),
    ],
)
def test_usage_errors_exit_with_2(capfd: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    run = Run(capfd, *arguments)
    assert run.code == 2
    assert message in run.err


def test_an_unreadable_file_does_not_stop_the_check_of_others(
    capfd: pytest.CaptureFixture[str], undeclared: Path
) -> None:
    bad = undeclared.parent / "bad.Dockerfile"
    bad.write_bytes(b"FROM alpine\nRUN \xff\n")
    run = Run(capfd, "check", bad, undeclared)
    assert run.code == 2
    assert f"{bad}:2: not UTF-8; convert the file first" in run.err
    assert "undeclared-platform-arg" in run.out


def test_directories_are_searched(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = [
        "Dockerfile",
        "a/b.Dockerfile",
        "a/c/Containerfile",
        "node_modules/Dockerfile",
        "out/Dockerfile",
        "keep/Dockerfile",
    ]
    for name in [*files, "a/notes.md"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(UNDECLARED)
    (tmp_path / ".gitignore").write_text("/out/\nkeep/*\n")
    (tmp_path / "keep" / ".gitignore").write_text("!Dockerfile\n")
    run = Run(capfd, "check", "--format", "json", tmp_path)
    found = [str(Path(str(it["path"])).relative_to(tmp_path)) for it in run.objects]
    assert found == ["Dockerfile", "a/b.Dockerfile", "a/c/Containerfile", "keep/Dockerfile"]


def test_a_search_leaves_out_what_buildkit_does_not_read_as_it_is(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, text in {
        "Dockerfile": "FROM alpine\n",
        "debian/Dockerfile": "FROM debian:{{ version }}\nRUN go\n",
        "built/Dockerfile": "FROM debian:{{ version }}\n",
        "parts/Dockerfile.tools": "RUN apk add curl\n",
        "later/Dockerfile": "# To be written\n",
        "tests/negative2.Dockerfile": "FROM alpine\nRUN cd /srv\n",
        "tests/Dockerfile": "FROM alpine\n",
        "other/Dockerfile": "# syntax=example/frontend:1\nFROM alpine\nINCLUDE+ parts\n",
        "compose.yaml": "services:\n  a:\n    build: built\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    run = Run(capfd, "check", tmp_path)
    # What Compose builds as it is has its note.
    assert f"{tmp_path / 'built/Dockerfile'}:1:13: information: nothing is checked" in run.out
    assert (
        "1 finding in 3 files.\n5 files are left out, because they are templates, parts, empty, inputs of tests"
        in run.out
    )
    assert Run(capfd, "check", tmp_path / "debian").out.startswith("1 file is left out")
    for name, note in (
        ("debian/Dockerfile", "nothing is checked"),
        ("parts/Dockerfile.tools", "a build of this file alone"),
        ("tests/negative2.Dockerfile", "this `cd` ends with its RUN"),
        ("later/Dockerfile", "there are no instructions"),
    ):
        assert note in Run(capfd, "check", tmp_path / name).out


def test_a_search_counts_what_matters_on_machines_that_no_build_names(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM alpine:3\nRUN wget https://example.com/tool-linux-amd64\n")
    run = Run(capfd, "check", "--build-platform", "linux/amd64", tmp_path)
    assert run.out.startswith("Nothing found in 1 file.\n1 finding about other architectures is left out")
    assert Run(capfd, "check", "--build-platform", "linux/amd64", "--format", "json", tmp_path).objects == []
    for arguments in [path], ["--platform", "linux/amd64,linux/arm64", tmp_path]:
        assert "[hard-coded-arch]" in Run(capfd, "check", "--build-platform", "linux/amd64", *arguments).out
    diff = ["fix", "--unsafe", "--diff", "--build-platform", "linux/amd64"]
    assert "TARGETARCH" in Run(capfd, *diff, path).out
    assert Run(capfd, *diff, tmp_path).out == ""


def test_a_search_counts_the_time_on_other_machines_that_no_edit_saves(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(
        "FROM alpine AS build\nRUN apk add openjdk21\nCOPY *.java .\nRUN javac Main.java\n"
        'FROM alpine\nRUN apk add openjdk21-jre\nCOPY --from=build /bin/tool *.class /\nCMD ["java", "Main"]\n'
    )
    run = Run(capfd, "check", "--build-platform", "linux/amd64", tmp_path)
    assert run.out.startswith("Nothing found in 1 file.\n1 finding about other architectures is left out")
    for arguments in [path], ["--platform", "linux/amd64,linux/arm64", tmp_path]:
        assert "[emulated-build]" in Run(capfd, "check", "--build-platform", "linux/amd64", *arguments).out
    path.write_text(
        "FROM node:22 AS build\nCOPY . .\nRUN npx vite build\nFROM nginx\nCOPY --from=build /dist /usr/share/nginx/html\n"
    )
    run = Run(capfd, "check", "--build-platform", "linux/amd64", tmp_path)
    assert "[emulated-build]" in run.out
    assert "left out" not in run.out
    # BuildKit refuses the file: first it must be built at all.
    path.write_text(f"{path.read_text()}MAINTINER me\n")
    run = Run(capfd, "check", "--build-platform", "linux/amd64", tmp_path)
    assert "[build-error]" in run.out
    assert "[emulated-build]" not in run.out
    assert "[emulated-build]" in Run(capfd, "check", "--build-platform", "linux/amd64", path).out


def test_a_search_tells_in_which_files_it_does_not_look_for_problems_on_other_machines(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {app: {build: .}}\n")
    path = tmp_path / "Dockerfile"
    path.write_text("FROM alpine:3\nRUN wget https://example.com/tool-linux-amd64\n")
    (tmp_path / ".git").mkdir()
    note = "Problems on other architectures are not looked for in 1 file, because no known build asks for them"
    for place in (tmp_path, path):
        run = Run(capfd, "check", "--build-platform", "linux/amd64", place)
        assert run.out == f"Nothing found in 1 file.\n{note}; `--platform` looks for them.\n"
    several = "linux/amd64,linux/arm64"
    run = Run(capfd, "check", "--build-platform", "linux/amd64", "--platform", several, tmp_path)
    assert "[hard-coded-arch]" in run.out
    assert note not in run.out
    # Nothing is said where no rule would look.
    assert note not in Run(capfd, "check", "--select", "missing-source", tmp_path).out
    path.write_text("FROM alpine:3\nARG TARGETARCH\nRUN wget https://example.com/tool-linux-$TARGETARCH\n")
    assert note not in Run(capfd, "check", tmp_path).out


@pytest.mark.slow
def test_check_reads_the_standard_input(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ["check", "-"], ["plan", "-"], ["fix", "-"]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNDECLARED.encode())))
        assert "TARGETARCH" in Run(capfd, *arguments).out


def test_check_and_plan_report_what_buildkit_refuses(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM alpine\nFOO bar\n")
    run = Run(capfd, "check", path)
    assert f"{path}:2:1: error: unknown instruction `FOO` [build-error]" in run.out
    assert run.code == 1
    assert f"{path}:2: BuildKit refuses this file: " in Run(capfd, "plan", path).out


def test_fix_writes_the_file_and_keeps_everything_else(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"\xef\xbb\xbfFROM alpine\r\nRUN x-$TARGETARCH")
    path.chmod(0o640)
    link = tmp_path / "link.Dockerfile"
    link.symlink_to(path)
    run = Run(capfd, "fix", link)
    assert run.code == 0
    assert run.out == f"{link}: Declare `ARG TARGETARCH` directly before its first use\n"
    assert path.read_bytes() == b"\xef\xbb\xbfFROM alpine\r\nARG TARGETARCH\r\nRUN x-$TARGETARCH"
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(it.name for it in tmp_path.iterdir()) == ["Dockerfile", "link.Dockerfile"]
    assert Run(capfd, "fix", link).out == ""


def test_fix_diff_writes_nothing(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    run = Run(capfd, "fix", "--diff", undeclared)
    assert run.out.splitlines()[2:] == [
        "@@ -1,2 +1,3 @@",
        " FROM alpine",
        "+ARG TARGETARCH",
        " RUN wget é-$TARGETARCH",
    ]
    assert undeclared.read_text() == UNDECLARED


def test_fix_applies_suggestions_only_with_unsafe_fixes(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    text = "FROM golang AS build\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    path.write_text(text)
    Run(capfd, "fix", *BUILD, path)
    assert path.read_text() == text
    Run(capfd, "fix", "--unsafe", *BUILD, path)
    assert "GOARCH=$TARGETARCH CGO_ENABLED=0 go build" in path.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES[::10])
def test_plan_as_json(capfd: pytest.CaptureFixture[str], case: str) -> None:
    build = expected(case)["builds"]["arm64-builds-amd64+arm64+armv7"]
    targets = ",".join(build["target_platforms"])
    path = ROOT / "tests" / "conformance" / "cases" / f"{case}.Dockerfile"
    run = Run(
        capfd, "plan", "--format", "json", "--build-platform", build["build_platform"], "--platform", targets, path
    )
    (plan,) = run.objects
    assert [*plan] == ["path", "build_platform", "target_platforms", "error", "steps", "artifacts"]
    assert (plan["error"] is None) == (build["error"] is None)
    if build["error"] is None:
        assert sorted(it["label"] for it in plan["steps"]) == sorted(it["label"] for it in build["steps"])  # type: ignore[attr-defined]


def test_plan_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "plan", *BUILD, GREET / "Dockerfile.early-arg")
    lines = run.out.splitlines()
    assert "build  linux/amd64  --platform=$BUILDPLATFORM" in lines
    (download,) = [it for it in lines if "go mod download" in it]
    assert re.search(r"×2 native  TARGETARCH \(line 2\) in environment$", download)
    assert lines[-1] == "15 steps, of these 6 RUNs: 0 emulated; 3 RUN instructions executed once per platform"


def test_columns_of_a_plan_stay_aligned_beside_a_long_instruction(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = " ".join(["word"] * 1000)
    (tmp_path / "Dockerfile").write_text(f"FROM alpine\nRUN true\nRUN echo {words}\n")
    short, long = [it for it in Run(capfd, "plan", *BUILD, tmp_path / "Dockerfile").out.splitlines() if "RUN " in it][
        :2
    ]
    assert words in long
    assert len(short) < 100


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_line_of_a_plan_is_wider_than_the_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("Dockerfile", "Dockerfile.early-arg"):
        run = Run(capfd, "plan", *BUILD, GREET / name)
        assert max(map(len, run.out.splitlines())) <= columns


@pytest.mark.slow
@pytest.mark.parametrize("variable", [None, "NO_COLOR"])
def test_colours_on_a_terminal_only(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    assert "\x1b[" not in Run(capfd, "check", *BUILD, GREET / "Dockerfile").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    if variable:
        monkeypatch.setenv(variable, "1")
    out = Run(capfd, "check", *BUILD, GREET / "Dockerfile").out
    assert ("\x1b[1;33m" in out) is (variable is None)


def test_explain_prints_the_page_of_a_finding_in_a_workflow(capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, "explain", "emulating-runner").out.startswith(
        "# emulating-runner\n\nThe machine of a job compiles"
    )
    page = json.loads(Run(capfd, "explain", "--format", "json", "unread-build").out)
    assert page["url"].endswith("docs/builds.md#unread-build")
    assert "cannot be evaluated" in page["documentation"]
    assert "did you mean `emulating-runner`?" in Run(capfd, "explain", "emulating-runners").err


def test_explain_prints_the_page_of_a_rule_and_rules_lists_all(capfd: pytest.CaptureFixture[str]) -> None:
    page = Run(capfd, "explain", "emulated-build").out
    assert page.startswith("# emulated-build\n\nA stage compiles under emulation")
    names = [it.split()[0] for it in Run(capfd, "rules").out.splitlines()]
    assert names == sorted(names)
    assert "emulated-build" in names


def test_version_prints_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r"buildxray \d+\.\d+\.\d+\n", Run(capfd, "--version").out)


@pytest.mark.slow
def test_many_files_are_checked_in_their_order(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for n in range(70):
        (tmp_path / f"{n:02}.Dockerfile").write_text(UNDECLARED if n % 2 else "FROM x\n")
    (tmp_path / "69.Dockerfile").write_bytes(b"FROM \xff\n")
    run = Run(capfd, "check", "--format", "json", tmp_path)
    assert [it["path"] for it in run.objects] == [str(tmp_path / f"{n:02}.Dockerfile") for n in range(1, 69, 2)]
    assert "69.Dockerfile:1: not UTF-8" in run.err
    assert run.code == 2


def test_a_configuration_file_applies_to_its_directory(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    configuration = undeclared.parent / "buildxray.toml"
    configuration.write_text('ignore = ["undeclared-platform-arg"]\n')
    assert Run(capfd, "check", undeclared).code == 0
    assert Run(capfd, "check", "--select", "undeclared-platform-arg", undeclared).code == 0
    configuration.write_text('ignoer = ["undeclared-platform-arg"]\n')
    run = Run(capfd, "check", undeclared)
    assert run.code == 2
    assert run.err == f"buildxray: {configuration}:1: unknown setting `ignoer`; did you mean `ignore`?\n"


def test_the_platforms_of_a_bake_file_are_planned(capfd: pytest.CaptureFixture[str], undeclared: Path) -> None:
    bake = undeclared.parent / "docker-bake.json"
    bake.write_text('{"target": {"app": {"platforms": ["linux/s390x"]}}}')
    run = Run(capfd, "plan", undeclared)
    assert "for linux/s390x  (docker-bake.json, target `app`)" in run.out
    run = Run(capfd, "plan", "--platform", "linux/386", undeclared)
    assert "for linux/386\n" in run.out


@pytest.mark.release
def test_the_environment_chooses_japanese(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LANGUAGE", "ja")
    run = Run(capfd, "check", *BUILD, GREET / "Dockerfile")
    headline, *_, summary = run.out.splitlines()
    assert headline.endswith(
        "警告: `go build` は linux/arm64 向けではエミュレーションで実行されます。"
        "5～10 倍の時間がかかります。このステージの RUN 命令 3 個すべてがエミュレーションです [emulated-build]"
    )
    assert summary == "1 個のファイルで 1 件の問題が見つかりました。 `buildxray fix` で 1 件を修正できます。"
    run = Run(capfd, "check", "--format", "json", *BUILD, GREET / "Dockerfile")
    assert [it["severity"] for it in run.objects] == ["warning"]
    assert Run(capfd, "plan", *BUILD, GREET / "Dockerfile").out.splitlines()[-1] == (
        "19 ステップ、うち RUN は 6 個: 3 個がエミュレーション（linux/arm64）。"
        "プラットフォームごとに実行される RUN 命令は 3 個"
    )
    assert Run(capfd, "explain", "zzz").err.startswith("buildxray: ルール `zzz` はありません")


@pytest.mark.release
def test_the_help_is_japanese(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LANGUAGE", "ja")
    lines = Run(capfd, "--help").out.splitlines()
    assert lines[0].startswith("使い方: buildxray ")
    assert {"位置引数:", "オプション:"} <= {*lines}
    assert lines[-2:] == [
        "  -h, --help     このヘルプを表示して終了します",
        "  -V, --version  バージョンを表示して終了します",
    ]
    assert "引数 --format: 'x' は指定できません（選択肢: " in Run(capfd, "check", "--format", "x").err


def test_a_plan_shows_the_triggers_that_a_stage_inherits(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine AS base\nONBUILD RUN apk add tar\nFROM base\nCOPY . /srv\n")
    lines = Run(capfd, "plan", *BUILD, tmp_path / "Dockerfile").out.splitlines()
    rows = [it.split("  ")[1:3] for it in lines if it.startswith("  ")]
    assert rows == [["1", "FROM alpine AS base"], ["3", "ONBUILD RUN apk add tar"], ["4", "COPY . /srv"]]


def test_check_says_which_fixes_are_not_applied(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM alpine\nRUNN true\nRUN x-$TARGETARCH\n")
    out = Run(capfd, "check", path).out
    assert "fix: Declare `ARG TARGETARCH` directly before its first use (in an editor only)" in out
    assert "repairs" not in out
    assert Run(capfd, "fix", "--unsafe", path).out == ""
