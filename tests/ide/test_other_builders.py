"""What is said of a Dockerfile that the project builds with another program than BuildKit."""

from __future__ import annotations

from pathlib import Path

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case

SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))
REPLACING = 'FROM alpine\nARG V=3.4\nENV W="${V//.}"\n'
WORKFLOW = (
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: actions/checkout@v4\n    - uses: "
)


@every_case(
    "path, content, text, severity",
    [
        ("build.sh", "#!/bin/sh\nbuildah bud -t a .\n", REPLACING, "information"),
        ("build.sh", "#!/bin/sh\npodman build -t a .\n", REPLACING, "information"),
        ("Makefile", "B ?= buildah\nBUILD ?= $(B) build\na:\n\t$(BUILD) -f Dockerfile\n", REPLACING, "information"),
        (
            ".github/workflows/a.yml",
            f"{WORKFLOW}redhat-actions/buildah-build@v2\n      with: {{containerfiles: ./Dockerfile}}\n",
            REPLACING,
            "information",
        ),
        ("build.sh", "#!/bin/sh\ndocker build -t a .\n", REPLACING, "error"),
        ("build.sh", "#!/bin/sh\npodman build -t a .\ndocker build -t a .\n", REPLACING, "error"),
        ("build.sh", "#!/bin/sh\ndocker build -t a .\npodman build -t a .\n", REPLACING, "error"),
        ("build.sh", "#!/bin/sh\npodman build -f other.Dockerfile .\n", REPLACING, "error"),
        # No builder accepts a file without FROM.
        ("build.sh", "#!/bin/sh\nbuildah bud -t a .\n", "RUN true\n", "error"),
        ("build.sh", "#!/bin/sh\nbuildah bud -t a .\n", "", "error"),
    ],
)
def test_buildah_accepts_what_buildkit_refuses(
    tmp_path: Path, path: str, content: str, text: str, severity: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(content)
    (tmp_path / "Dockerfile").write_text(text)
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", SETTINGS)
    analysis = build.analyzer(projects.workspace(tmp_path)).analyze(text)
    assert [it.severity.value for it in analysis.diagnostics if it.rule == "build-error"] == [severity]
