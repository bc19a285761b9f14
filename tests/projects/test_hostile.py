"""Small project files that require endless work are read within seconds, with a note where reading stops."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from buildxray.files.reading import read_project_text
from buildxray.ide import project
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.ide.time_budget import time_budget
from buildxray.projects import compose
from buildxray.projects.ci import commands
from buildxray.projects.ci.command_lines import CommandLine, read_command_line
from buildxray.projects.ci.makefiles import parse_makefile
from buildxray.projects.ci.shell import parse_script
from buildxray.projects.ci.site import MOST_WORK, Reading
from buildxray.projects.compose_builds import read_compose
from buildxray.projects.reader import read_automation
from buildxray.syntax.shell.model import Script

pytestmark = pytest.mark.slow
MOST_MEMORY = 60_000_000
"""Bytes while one project is read."""
STEP = "steps: [{run: 'docker build --platform linux/arm64 .'}]"
REUSABLE = "on: workflow_call\njobs:\n" + "".join(
    f"  j{n}: {{uses: ./.github/workflows/w{n}.yml}}\n" for n in range(20)
)
ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
DOUBLING = "A0=xxxxxxxxxx\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 60))
LONG_EXPRESSION = (
    f"env: {{A: '{'x' * 200_000}'}}\njobs:\n  b:\n    strategy: {{matrix: {{k: {[*range(64)]}}}}}\n"
    f"    steps: [{{run: 'docker build . {'${{ env.A }} ' * 300}'}}]\n"
)
FILES = {
    "functions of make that call themselves": (
        "Makefile",
        "define f\n$$(eval $$(call f,$1))\n$$(eval $$(call f,$1))\nendef\n$(eval $(call f,a))\na:\n\tdocker build .\n",
    ),
    "patterns and targets": (
        "Makefile",
        "".join(f"%x{n}:\n\tdocker build .\n" for n in range(2000))
        + f"a: {' '.join(f'b{n}x{n}' for n in range(2000))}\n",
    ),
    "aliases": ("compose.yaml", f"{ALIASES}services: {{x: {{build: {{context: ., args: *a9}}}}}}\n"),
    "jobs that extend one another": (
        ".gitlab-ci.yml",
        "".join(
            f".j{n}: {{extends: [{', '.join(f'.j{(n + k) % 300}' for k in range(1, 60))}], a{n}: {{b: 1}}, script: docker build .}}\n"
            for n in range(300)
        ),
    ),
    "matrix of GitLab": (
        ".gitlab-ci.yml",
        f"a: {{parallel: {{matrix: [{{{', '.join(f'A{n}: [1, 2, 3]' for n in range(40))}}}]}}, script: docker build .}}\n",
    ),
    "commands that call one another": (
        ".circleci/config.yml",
        "commands:\n"
        + "".join(f"  c{n}: {{steps: [{', '.join([f'c{n + 1}'] * 20)}]}}\n" for n in range(20))
        + "jobs: {a: {steps: [c0, {run: docker build .}]}}\n",
    ),
    "matrix of CircleCI": (
        ".circleci/config.yml",
        "jobs: {a: {steps: [run: docker build .]}}\nworkflows: {w: {jobs: [a: {matrix: {parameters: {"
        + ", ".join(f"p{n}: [1, 2, 3]" for n in range(40))
        + "}}}]}}\n",
    ),
    "matrix of Woodpecker": (
        ".woodpecker.yml",
        f"matrix: {{{', '.join(f'A{n}: [1, 2, 3]' for n in range(40))}}}\nsteps: {{a: {{image: x, commands: [docker build {'${A1}' * 700}]}}}}\n",
    ),
    "labels of Jenkins": ("Jenkinsfile", "agent { label 'arm64' " * 9_000 + "docker.build('a')\n" * 9_000),
    "long YAML": ("compose.yaml", f"x: [{'a, ' * 320_000}]\n"),
    "brackets": ("compose.yaml", f"services: {'[' * 20_000}{']' * 20_000}\n"),
    "include cycle": ("compose.yaml", "include: [compose.yaml, compose.yaml]\nservices: {x: {build: .}}\n"),
    "range": ("docker-bake.hcl", 'target "default" { args = { X = join(",", range(0, 100000000)) } }\n'),
    "nested ranges": (
        "docker-bake.hcl",
        'target "default" { args = { X = [for a in range(0, 1024): [for b in range(0, 1024): range(0, 1024)]] } }\n',
    ),
    "format": ("docker-bake.hcl", 'target "default" { args = { X = format("%1000000000d", 1) } }\n'),
    "regex": ("docker-bake.hcl", f'target "default" {{ args = {{ X = regex("(a*)*b", "{"a" * 5000}") }} }}\n'),
    "matrix": (
        "docker-bake.hcl",
        'target "x" { matrix = { a = range(0, 1024), b = range(0, 1024) }\n name = "x${a}" }\n',
    ),
    "spaces": ("docker-bake.json", json.dumps({"target": {"default": {"dockerfile": "${" + " " * 60_000 + "x"}}})),
    "templates": (
        "docker-bake.json",
        json.dumps({"target": {f"t{n}": {"args": {"A": "${B}"}} for n in range(30_000)}}),
    ),
    "called workflows": (".github/workflows/w0.yml", REUSABLE),
    "matrix of workflow": (
        ".github/workflows/a.yml",
        "jobs:\n  b:\n    strategy:\n      matrix:\n"
        + "".join(f"        k{n}: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" for n in range(12))
        + f"    {STEP}\n",
    ),
    "long expression": (".github/workflows/a.yml", LONG_EXPRESSION),
    "options that conditions add to themselves": (
        "build.sh",
        '[ "$X" = 1 ] && A="$A $B $A --load"\n[ "$X" = 2 ] && B="$B $A"\n' * 200 + "docker build $A .\n" * 200,
    ),
    "functions that call each other six times": (
        "build.sh",
        "".join(f"f{n}() {{\n{f'f{n + 1}{chr(10)}' * 6}docker build $A .\n}}\n" for n in range(60)) + "A=--push\nf0\n",
    ),
    "programs by their paths": (
        ".github/workflows/a.yml",
        f"jobs:\n  b:\n    steps: [{{run: '{' '.join(f'./x/y{n};' for n in range(20_000))}'}}]\n",
    ),
    "doubling script": ("build.sh", f"{DOUBLING}docker build $A59 .\n"),
    "directives": (
        "docker-bake.hcl",
        f'target "default" {{ args = {{ X = "{"%{if true}" * 5000}y{"%{endif}" * 5000}" }} }}\n',
    ),
    "functions that call each other": (
        "docker-bake.hcl",
        "".join(
            f'function "{name}" {{ params = [x]\n result = "${{{other}(x)}}${{{other}(x)}}" }}\n'
            for name, other in ("fg", "gf")
        )
        + 'target "default" { args = { X = f(1) } }\n',
    ),
    "beginnings of expressions": (
        ".github/workflows/a.yml",
        f"jobs:\n  b:\n    steps: [{{run: 'docker build {'${{ ' * 50_000}'}}]\n",
    ),
    "words of a step": (
        ".github/workflows/a.yml",
        f"jobs:\n  b:\n    steps: [{{run: '{'docker ' * 15_000}'}}, {{run: 'cp {'a/' * 30_000} Dockerfile'}}]\n",
    ),
    "sed": ("Makefile", f"all:\n\t{'sed ' * 240_000}\n"),
    "prerequisites": ("Makefile", f"a: {'b ' * 200_000}\n\tdocker build {'$< ' * 150_000}\n"),
    "blanks of a rule": ("Makefile", f"a{' ' * 900_000}x\n\tdocker build .\n"),
    "nested conditions": ("Makefile", "ifdef A\n" * 20_000 + "B = x\n" * 20_000 + "all:\n\tdocker build $(B) .\n"),
    "blanks of a variable": (".env", f"A=a{' ' * 900_000}b\n"),
    "empty lines of a module": ("go.mod", "\n" * 900_000),
    "empty lines of a program": ("main.py", "\n" * 900_000),
    "empty lines of a lock file": ("pnpm-lock.yaml", "\n" * 3_000_000),
    "many variables": (".env", "".join(f"A{n}=x\n" for n in range(60_000))),
    "dotted keys": ("buildxray.toml", f"a{'.a' * 100_000} = 1\n"),
    "unknown settings": ("buildxray.toml", "".join(f"[a{n}.b]\nc = 1\n" for n in range(40_000))),
}
LONG = "x" * 19_000
NAMED_MANY_TIMES = {
    "Compose": {
        ".env": f"A={LONG}\n",
        "compose.yaml": f"services: {{x: {{build: {{context: ., args: {{X: '{'$A' * 5_000}'}}}}}}}}\n",
    },
    "file of variables": {
        ".env": f'A={LONG}\nB="{"${A}" * 5_000}"\n',
        "compose.yaml": "services: {x: {build: {context: ., args: {X: $B}}}}\n",
    },
    "Makefile": {"Makefile": f"A := {LONG}\nall:\n\tdocker build {'$(A)' * 5_000} .\n"},
    "value before": {"Makefile": f"A := {LONG}\nA := {'$(A)' * 5_000}\nall:\n\tdocker build $(A) .\n"},
    "argument of a function": {
        "Makefile": f"A = {LONG}\ndefine F\n{'$(1)' * 4_000}\nendef\nall:\n\tdocker build $(call F,$(A)) .\n"
    },
    "script": {"build.sh": f"A={LONG}\ndocker build {'$A' * 5_000} .\nB={'$A' * 5_000}\ndocker build ${{B:-x}} .\n"},
    "format": {
        ".github/workflows/a.yml": f"env: {{A: {LONG}}}\njobs: {{b: {{steps: [{{run: \"docker build ${{{{ format('{'{0}' * 5_000}', env.A) }}}} .\"}}]}}}}\n"
    },
    "join": {
        ".github/workflows/a.yml": f"env: {{A: {LONG}}}\njobs: {{b: {{strategy: {{matrix: {{k: [[{'1, ' * 5_000}]]}}}}, steps: [{{run: 'docker build ${{{{ join(matrix.k, env.A) }}}} .'}}]}}}}\n"
    },
    "escapes of escapes": {
        ".github/workflows/a.yml": f"env: {{A: '\"'}}\njobs: {{b: {{steps: [{{run: 'docker build ${{{{ {'tojson(' * 28}env.A{')' * 28} }}}} .'}}]}}}}\n"
    },
}
ROUNDS = " ".join(map(str, range(64)))
TOO_MANY_COMMANDS = {
    ".github/workflows/a.yml": "jobs:\n  b:\n    steps:\n"
    + "".join(f"    - run: 'for p in {ROUNDS}; do docker build -t $p-{n} .; done'\n" for n in range(900)),
    "Jenkinsfile": "sh 'docker build .'\n" * 50_000,
    "Makefile": "".join(f"a{n}:\n\tdocker build .\n" for n in range(30_000)),
    "package.json": json.dumps({"scripts": {f"s{n}": "docker build . && " * 400 + "true" for n in range(100)}}),
}
COMPOSITE = "runs: {using: composite, steps: [" + ", ".join(f"{{uses: ./act{n}}}" for n in range(30)) + "]}\n"


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_take_bounded_time(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    file, content = FILES[name]
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if file == ".env":
        (tmp_path / "compose.yaml").write_text("services: {x: {build: {context: ., args: {A: '${A}'}}}}\n")
    if name == "empty lines of a lock file":
        (tmp_path / "package.json").write_text("{}")
    if name == "called workflows":
        for n in range(1, 20):
            path.with_name(f"w{n}.yml").write_text(content)
    read(tmp_path)


@pytest.mark.parametrize("name", NAMED_MANY_TIMES)
def test_a_long_value_that_is_named_many_times_does_not_fill_the_memory(tmp_path: Path, name: str) -> None:
    files = {**NAMED_MANY_TIMES[name], "Dockerfile": "FROM alpine\n", ".git/HEAD": ""}
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content)
    tracemalloc.start()
    try:
        read(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("file", "price"), [(it, 4 if it == "Jenkinsfile" else 10) for it in TOO_MANY_COMMANDS])
def test_scripts_share_a_budget_of_commands_and_a_note_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, price: int
) -> None:
    # Each command costs more than otherwise, so that the budget is used up in a part of the time.
    spend = Reading.spend
    monkeypatch.setattr(Reading, "spend", lambda reading, work: spend(reading, price * work))
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(TOO_MANY_COMMANDS[file])
    read_lines: list[object] = []
    parsed: list[object] = []

    def line(words: list[str]) -> CommandLine | None:
        read_lines.append(words)
        return read_command_line(words)

    def script(text: str) -> Script | None:
        parsed.append(text)
        return parse_script(text)

    monkeypatch.setattr(commands, "read_command_line", line)
    monkeypatch.setattr(commands, "parse_script", script)
    projects = Projects()
    assert projects.build(tmp_path / "Dockerfile", Settings()).declared
    assert 3_000 < price * len(read_lines) <= MOST_WORK / 10
    assert price * len(parsed) <= MOST_WORK / 10 + price
    (note,) = projects.notes(tmp_path / "Dockerfile")
    assert Path(note.file) == tmp_path / file
    assert "too many commands" in str(note)


def test_hundreds_of_builds_are_within_the_budget(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    builds = "".join(f"docker build --build-arg A={n} .\n" for n in range(500))
    (tmp_path / "build.sh").write_text("echo x\n" * 3_000 + builds)
    projects = Projects()
    assert len(projects.declared(tmp_path / "Dockerfile")) == 500
    assert projects.notes(tmp_path / "Dockerfile") == ()


@pytest.mark.parametrize("number", ["0b_", "0x_", "0o_", "-0b_", "+0x__"])
def test_a_number_without_digits_is_a_text(tmp_path: Path, number: str) -> None:
    (tmp_path / "compose.yaml").write_text(f"services: {{x: {{build: {{context: ., args: {{X: {number}}}}}}}}}\n")
    (build,) = Projects().declared(tmp_path / "Dockerfile")
    assert dict(build.arguments) == {"X": number}


@pytest.mark.parametrize("number", [f"0x{'f' * 9_000}", "9" * 6_000, "1e99999", f"-0x{'f' * 5_000}"])
def test_a_number_of_a_workflow_that_is_too_long_does_not_raise(tmp_path: Path, number: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    text = f"jobs: {{b: {{steps: [{{run: 'docker build --build-arg A=${{{{ {number} }}}} .'}}]}}}}\n"
    (tmp_path / ".github" / "workflows" / "a.yml").write_text(text)
    assert len(Projects().declared(tmp_path / "Dockerfile")) == 1


def test_a_file_that_many_services_extend_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = "".join(f"  s{n}: {{extends: {{file: base.yaml, service: s}}}}\n" for n in range(200))
    (tmp_path / "compose.yaml").write_text(f"services:\n{services}")
    (tmp_path / "base.yaml").write_text("services: {s: {build: .}}\n")
    loaded: list[Path] = []

    def load(path: Path) -> str | None:
        loaded.append(path)
        return read_project_text(path)

    monkeypatch.setattr(compose, "read_project_text", load)
    _project, builds = read_compose(tmp_path, ["compose.yaml"])
    assert loaded.count(tmp_path / "base.yaml") == 1
    assert len(builds) == 200


@pytest.mark.parametrize("ending", ["", "build $TO\n"])
def test_the_value_of_a_function_that_calls_itself_ends(tmp_path: Path, ending: str) -> None:
    script = (
        "#!/bin/bash\nbuild () {\n  line=$1\n  if [ $line ]; then\n    TO=`dirname $line`\n    build $TO\n  fi\n"
        "  docker build -f $line/Dockerfile .\n}\nother () {\n  TO=`dirname $TO`\n  build $TO\n}\nother\ndocker build .\n"
    )
    (tmp_path / "build.sh").write_text(script + ending)
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    builds = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert [it.dockerfile for it in builds] == [tmp_path / "Dockerfile"]


def test_many_outputs_that_depend_on_one_another_are_bounded(tmp_path: Path) -> None:
    lines = "".join(f"A{it + 1}=$(dirname $A{it})$(dirname $A{it})/x\n" for it in range(60))
    (tmp_path / "build.sh").write_text(f"#!/bin/bash\nA0=a\n{lines}docker build -f $A60/Dockerfile .\ndocker build .\n")
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    builds = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert [it.dockerfile for it in builds] == [tmp_path / "Dockerfile"]


def test_circular_composite_actions_end(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"act{n}").mkdir()
        (tmp_path / f"act{n}" / "action.yml").write_text(COMPOSITE)
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "a.yml").write_text("jobs: {b: {steps: [{uses: ./act0}, {run: make}]}}\n")
    (tmp_path / ".git").mkdir()
    read(tmp_path)


def read(directory: Path) -> None:
    """Effect: read a project as a server does. Raises if that takes over one second of processor time."""
    with time_budget(10):
        projects = Projects()
        build = projects.build(directory / "Dockerfile", Settings())
        assert projects.workspace(directory).mentioned is not None
    assert build.request.target_platforms


def test_what_is_nested_too_deeply_is_noted_and_the_default_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text("services: {x: {build: .}}\n")

    def overflow(*_arguments: object, **_named: object) -> None:
        read_project_text(tmp_path / "compose.yaml")
        raise RecursionError

    monkeypatch.setattr(project, "read_directory", overflow)
    projects = Projects()
    assert projects.build(tmp_path / "Dockerfile", Settings()).declared == ()
    assert [Path(it.file).name for it in projects.notes(tmp_path / "Dockerfile")] == ["compose.yaml"]


@pytest.mark.parametrize("pattern", ["%-x", "%-x{}"])
def test_targets_of_pattern_rules_are_counted(pattern: str) -> None:
    targets = " ".join(f"t{it}-x" for it in range(300))
    rules = "".join(f"{pattern.format(it)}: ; docker build .\n" for it in range(5_000))
    recipes = parse_makefile(f"all: {targets}\n{rules}", Path("/r"), Path("/r")).recipes
    # 3,000 for the targets, and one for each further pattern.
    assert 5_000 <= len(recipes) <= 8_000
