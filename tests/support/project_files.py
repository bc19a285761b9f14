"""A project with a Dockerfile that compiles Go, and the results for one of its files."""

from __future__ import annotations

from pathlib import Path

from buildxray.ide.project import Projects
from buildxray.ide.project_files import ProjectFile, look_at
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.markup import files, fixture

DOCKERFILE = """
    #- Dockerfile
    FROM golang AS build
    COPY . .
    RUN go build -o /app .
    FROM alpine AS release
    COPY --from=build /app /app
"""


def looked_at(root: Path, markup: str, name: str) -> ProjectFile:
    for path, text in {**files(DOCKERFILE), **files(markup)}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(fixture(text).text if path == name else text)
    settings = Settings(build_platform=parse_normalized("linux/amd64"))
    return look_at(root / name, (root / name).read_text(), Projects(), settings)


WORKFLOW = """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        runs-on: ubuntu-latest
        steps:
"""
