"""When the build context of a service is reported, and which one is proposed instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project import Projects
from buildxray.ide.project_files import look_at
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

_SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))
_OWN = "services:\n  api:\n    build:\n      context: {}\n      dockerfile: {}\n"
_OTHER = "services:\n  api:\n    build: {context: ., dockerfile: apps/api/Dockerfile}\n"
_DOCKERFILE = "FROM golang AS a\nCOPY lib apps/api/go.mod ./\nCOPY . .\nFROM scratch\nCOPY --from=a /a /\n"


def _findings(root: Path, files: dict[str, str], name: str = "apps/api/compose.yaml") -> list[Diagnostic]:
    given = {
        ".git/HEAD": "",
        "lib/a.go": "",
        "apps/api/go.mod": "",
        "apps/api/Dockerfile": _DOCKERFILE,
        "compose.yaml": _OTHER,
        name: _OWN.format(".", "Dockerfile"),
        **files,
    }
    for path, text in given.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    found = look_at(root / name, given[name], Projects(), _SETTINGS).diagnostics
    return [it for it in found if it.rule == "wrong-context"]


def test_the_message_names_what_is_not_there_and_the_other_build(tmp_path: Path) -> None:
    (finding,) = _findings(tmp_path, {})
    assert finding.message == (
        "the build stops: `lib` and `apps/api/go.mod` are not in the context `apps/api`; compose.yaml builds `Dockerfile` with the context `.`"
    )


@every_case(
    "context, dockerfile, fixed",
    [
        (".", "Dockerfile", ("../..", "apps/api/Dockerfile")),
        ("./", "./Dockerfile", ("../..", "apps/api/Dockerfile")),
        ("..", "api/Dockerfile", ("../..", "apps/api/Dockerfile")),
    ],
)
def test_the_fix_writes_the_context_and_the_path_in_it(
    tmp_path: Path, context: str, dockerfile: str, fixed: tuple[str, str]
) -> None:
    text = _OWN.format(context, dockerfile)
    (finding,) = _findings(tmp_path, {"apps/api/compose.yaml": text})
    (fix,) = finding.fixes
    assert apply_edits(text, fix.edits) == _OWN.format(*fixed)


@every_case("build", ["build: .", "build: {context: .}"])
def test_without_a_written_dockerfile_there_is_no_fix(tmp_path: Path, build: str) -> None:
    (finding,) = _findings(tmp_path, {"apps/api/compose.yaml": f"services:\n  api:\n    {build}\n"})
    assert not finding.fixes


@every_case(
    "files",
    [
        # It is there, or the build does not need it.
        {"apps/api/lib/a": "", "apps/api/apps/api/go.mod": ""},
        {"apps/api/Dockerfile": "FROM scratch AS unused\nCOPY lib /\nFROM scratch\nCOPY . .\n"},
        {"apps/api/Dockerfile": "FROM scratch\nARG A\nCOPY $A lib* /\n"},
        {"apps/api/Dockerfile": "FROM scratch\nCOPY lib /lib\nRUNN\n"},
        # No other build has all of it, or none is known.
        {"apps/api/Dockerfile": "FROM scratch\nCOPY lib dist /\n"},
        {"compose.yaml": "services: {}\n"},
        {"compose.yaml": _OTHER.replace("context: .", "context: https://example.com/api.git")},
        # Something may make it.
        {".gitignore": "/apps/api/lib\n"},
        {".gitignore": "lib\n"},
        {".gitmodules": "[submodule]\n\tpath = apps/api/lib\n"},
        # The context is unknown, or that of a build which nobody runs.
        {"apps/api/compose.yaml": _OWN.format("${DIR:-.}", "Dockerfile")},
        {"apps/api/compose.yaml": _OWN.format("missing", "../Dockerfile")},
        {"apps/api/compose.override.yaml": "services: {api: {build: {context: ../..}}}\n"},
        {"apps/api/compose.yaml": _OWN.format(".", "Dockerfile") + "      additional_contexts: {lib: ../../lib}\n"},
        # Compose may run from the root of the repository.
        {"apps/api/compose.yaml": _OWN.format(".", "Dockerfile"), "Dockerfile": _DOCKERFILE},
    ],
)
def test_near_misses(tmp_path: Path, files: dict[str, str]) -> None:
    assert _findings(tmp_path, files) == []


def test_a_bake_file_may_be_run_elsewhere(tmp_path: Path) -> None:
    text = 'target "api" {\n  context = "."\n  dockerfile = "Dockerfile"\n}\n'
    assert _findings(tmp_path, {"apps/api/docker-bake.hcl": text}, "apps/api/docker-bake.hcl") == []


def test_builds_that_differ_in_their_contexts_only_have_both(tmp_path: Path) -> None:
    assert _findings(tmp_path, {})
    contexts = Projects().build(tmp_path / "apps" / "api" / "Dockerfile", _SETTINGS).contexts
    assert contexts is not None
    assert {*contexts.directories} == {tmp_path, tmp_path / "apps" / "api"}


_MODEL = "FROM python\nWORKDIR /app\n{}RUN pip install -r requirements.txt\nCMD a\n"
_SERVICE = "services:\n  model:\n    build:\n      context: .\n      dockerfile: ml/Dockerfile\n"


def _model(root: Path, copies: str, others: dict[str, str]) -> list[Diagnostic]:
    files = {"ml/Dockerfile": _MODEL.format(copies), "ml/requirements.txt": "", "ml/app.py": ""}
    return _findings(
        root, {"Dockerfile": "FROM scratch\n", "compose.yaml": _SERVICE, **files, **others}, "compose.yaml"
    )


@every_case("copies", ["COPY . .\n", "COPY requirements.txt app.py ./\n", "COPY requirements.txt ./\nCOPY . .\n"])
def test_the_directory_of_the_dockerfile_is_meant(tmp_path_factory: pytest.TempPathFactory, copies: str) -> None:
    (finding,) = _model(tmp_path_factory.mktemp("project"), copies, {})
    assert " not in the context `.`, but beside the Dockerfile, in `ml`" in finding.message
    (fix,) = finding.fixes
    assert apply_edits(_SERVICE, fix.edits) == _SERVICE.replace("context: .", "context: ml").replace("ml/Dock", "Dock")
    assert fix.title == "Write `context: ml` and `dockerfile: Dockerfile`"


@every_case(
    "copies, others",
    [
        # The context has it, or a part of what is copied is there alone.
        ("COPY . .\n", {"requirements.txt": ""}),
        ("COPY ml /app\n", {}),
        ("COPY lib lib\nCOPY . .\n", {}),
        # Something may bring it.
        ("COPY . .\n", {".gitignore": "requirements.txt\n"}),
        ("COPY . .\n", {"build.sh": "cp ml/requirements.txt .\n"}),
        ("COPY . .\nRUN cp ml/* .\n", {}),
        ("COPY . .\nWORKDIR ml\n", {}),
    ],
)
def test_the_directory_of_the_dockerfile_may_not_be_meant(
    tmp_path_factory: pytest.TempPathFactory, copies: str, others: dict[str, str]
) -> None:
    assert _model(tmp_path_factory.mktemp("project"), copies, others) == []


_WORKFLOW = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
{steps}      - uses: docker/build-push-action@v6
        with:
          context: {context}
          file: deploy/Dockerfile
"""
_OF_STEP = {
    "Dockerfile": "FROM scratch\n",
    "deploy/Dockerfile": "FROM golang\nCOPY go.mod ./\nCOPY . .\n",
    "compose.yaml": "services:\n  api:\n    build: {context: apps/api, dockerfile: ../../deploy/Dockerfile}\n",
    "apps/api/compose.yaml": "services: {}\n",
}
_NAME = ".github/workflows/a.yml"


def test_a_step_of_a_workflow_may_have_the_wrong_context(tmp_path: Path) -> None:
    text = _WORKFLOW.format(steps="", context=".")
    (finding,) = _findings(tmp_path, {**_OF_STEP, _NAME: text}, _NAME)
    assert finding.message == (
        "the build stops: `go.mod` is not in the context `.`; compose.yaml builds `Dockerfile` with the context `apps/api`"
    )
    (fix,) = finding.fixes
    # The path of the Dockerfile is relative to the checkout.
    assert fix.title == "Write `context: apps/api`"
    assert apply_edits(text, fix.edits) == _WORKFLOW.format(steps="", context="apps/api")


@every_case(
    "steps, context, others",
    [
        ("", "apps/api", {}),
        ("", "${{ inputs.context }}", {}),
        ("", "https://example.org/a.git", {}),
        ("", ".", {"go.mod": ""}),
        ("", ".", {".gitignore": "/go.mod\n"}),
        ("", ".", {"compose.yaml": "services: {}\n"}),
        # Another step may bring it.
        ("      - run: cp apps/api/go.* .\n", ".", {}),
        ("      - run: go mod init a && mv x go.mod\n", ".", {}),
        ("      - uses: actions/download-artifact@v4\n", ".", {}),
        ("      - uses: actions/checkout@v4\n        with: {repository: a/b}\n", ".", {}),
        ("      - run: ./prepare.sh\n", ".", {}),
    ],
)
def test_steps_that_may_have_all(tmp_path: Path, steps: str, context: str, others: dict[str, str]) -> None:
    text = _WORKFLOW.format(steps=steps, context=context)
    assert _findings(tmp_path, {**_OF_STEP, _NAME: text, **others}, _NAME) == []


_ABOVE = {
    "compose.yaml": "services: {}\n",
    "ops/docker/Dockerfile": "FROM golang AS a\nCOPY lib apps/api/go.mod ./\nCOPY go.work ./\nFROM scratch\nCOPY --from=a /a /\n",
    "go.work": "",
    "ops/docker/compose.yaml": _OWN.format("..", "docker/Dockerfile"),
}


def test_a_directory_above_is_meant(tmp_path: Path) -> None:
    (finding,) = _findings(tmp_path, _ABOVE, "ops/docker/compose.yaml")
    assert finding.message == (
        "the build stops: `lib`, `apps/api/go.mod` and `go.work` are not in the context `ops`, but in the root of the repository"
    )
    (fix,) = finding.fixes
    assert apply_edits(_ABOVE["ops/docker/compose.yaml"], fix.edits) == _OWN.format("../..", "ops/docker/Dockerfile")


@every_case(
    "files, ending",
    [
        (
            {"ops/docker/Dockerfile": "FROM x\nCOPY lib go.work go.sum ./\n"},
            "of the repository; `go.sum` is in neither",
        ),
        ({"Makefile": "x:\n\tcp -r lib build/\n"}, "of the repository"),
        ({"README.md": "Copy the settings to ops.\n"}, "of the repository"),
        ({"build.sh": "cp .env ops/.env\n"}, "of the repository"),
    ],
)
def test_a_directory_above_has_most(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], ending: str
) -> None:
    (finding,) = _findings(tmp_path_factory.mktemp("project"), {**_ABOVE, **files}, "ops/docker/compose.yaml")
    assert finding.message.endswith(ending)
    assert bool(finding.fixes) is ("neither" not in ending)


@every_case(
    "files",
    [
        # The context has a part of it.
        {"ops/go.work": ""},
        # No directory has most of it.
        {"ops/docker/Dockerfile": "FROM x\nCOPY lib go.work a b ./\n"},
        {"ops/docker/Dockerfile": "FROM x\nCOPY lib ./\n"},
        # Something may copy it, or make it.
        {"build.sh": "cp -r lib ops/\n"},
        {"build.sh": "cd ops && cp -r ../lib .\n"},
        {"build.sh": "cp -r lib apps $TARGET\n"},
        {"Makefile": "x:\n\trsync -a --exclude .git . ./ops\n"},
        {"README.md": "Run `cp -r lib ops/lib` first.\n"},
        {"build.py": "", "tools/build.py": "copytree('lib', 'ops/lib')\n"},
        {".gitignore": "ops/lib\n"},
        # Another build has another context.
        {"build.sh": "docker build -f ops/docker/Dockerfile apps\n"},
    ],
)
def test_a_directory_above_may_not_be_meant(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> None:
    assert not _findings(tmp_path_factory.mktemp("project"), {**_ABOVE, **files}, "ops/docker/compose.yaml")
