"""Arguments that a build gives and its Dockerfile does not declare."""

from __future__ import annotations

from pathlib import Path

from tests.support.cases import every_case
from tests.support.markup import annotate, files
from tests.support.project_files import looked_at

DOCKERFILE = """
    #- Dockerfile
    ARG BASE=alpine
    FROM $BASE
    ARG VERSION
    ONBUILD ARG LATER
    COPY . .
"""


def _annotated(root: Path, name: str, markup: str) -> tuple[str, str]:
    expected = files(markup)[name]
    file = looked_at(root, DOCKERFILE + markup, name)
    found = [(it.range, f"{it.rule} {it.severity.value}") for it in file.diagnostics]
    return annotate(file.text, found), expected


@every_case(
    "name, markup",
    [
        (
            ".github/workflows/ci.yml",
            """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
            with: {ref: "${{ inputs.ref }}"}
          - uses: docker/build-push-action@v6
            with:
              build-args: |
                VERSION=1
                VERSON=${{ github.sha }}
                ^^^^^^ undeclared-build-arg information
                "COMMIT=${{ github.sha }}"
                BASE=debian
                LATER=1
                BUILDKIT_INLINE_CACHE=1
                HTTP_PROXY=http://proxy
                TARGETARCH=arm64
                ${{ inputs.more }}
          - run: docker build --build-arg VERSION=1 --build-arg COMMIT --build-arg=DATE="$(date)" .
                                                                ^^^^^^ undeclared-build-arg information
            """,
        ),
        (
            "docker-bake.hcl",
            """
    #- docker-bake.hcl
    target "common" {
      args = { COMMIT = "1" }
    }
    target "app" {
      inherits = ["common"]
      args = {
        VERSIO = "1"
        ^^^^^^ undeclared-build-arg warning
      }
    }
    target "two" {
      name = "two-${it}"
      matrix = { it = ["a", "b"] }
      dockerfile = "${it}.Dockerfile"
      args = { COMMIT = "1" }
    }
    #- a.Dockerfile
    FROM scratch
    COPY . .
    #- b.Dockerfile
    FROM scratch
    COPY . .
            """,
        ),
        (
            "compose.yaml",
            """
    #- compose.yaml
    x-args: &args
      COMMIT: "1"
    services:
      app:
        build:
          context: .
          args:
            - VERSION=1
            - commit
              ^^^^^^ undeclared-build-arg information
      shared:
        build:
          context: .
          args: *args
      other:
        build:
          context: .
          args:
            <<: *args
            NODE_ENV: dev
            ^^^^^^^^ undeclared-build-arg information
            """,
        ),
    ],
)
def test_an_argument_that_nothing_declares_is_reported(tmp_path: Path, name: str, markup: str) -> None:
    found, expected = _annotated(tmp_path, name, markup)
    assert found == expected


def _messages(root: Path, arguments: str, dockerfile: str = "FROM alpine\nARG VERSION\nCOPY . .\n") -> list[str]:
    bake = f'target "app" {{\n  args = {{ {arguments} }}\n}}\n'
    (root / "Dockerfile").write_text(dockerfile)
    (root / "docker-bake.hcl").write_text(bake)
    file = looked_at(root, f"#- docker-bake.hcl\n{bake}#- Dockerfile\n{dockerfile}", "docker-bake.hcl")
    return [it.message for it in file.diagnostics if it.rule == "undeclared-build-arg"]


def test_messages_name_the_arguments_and_what_may_be_meant(tmp_path: Path) -> None:
    assert _messages(tmp_path, "version = 1") == [
        "no ARG in Dockerfile declares `version`, so that it has no effect; did you mean `VERSION`?"
    ]
    assert _messages(tmp_path, "VERSION = 1, verison = 2") == [
        "no ARG in Dockerfile declares `verison`, so that it has no effect"
    ]
    assert _messages(tmp_path, "COMMIT = 1, DATE = 2") == [
        "no ARG in Dockerfile declares `COMMIT` and `DATE`, so that they have no effect"
    ]


def test_the_same_names_in_several_entries_are_one_finding(tmp_path: Path) -> None:
    service = "  {0}:\n    build:\n      context: .\n      dockerfile: {0}/Dockerfile\n      args: {{USER_NAME: {0}}}\n"
    compose = "services:\n" + "".join(map(service.format, "ab"))
    dockerfiles = "".join(f"#- {it}/Dockerfile\nFROM alpine\nCOPY . .\n" for it in "ab")
    (finding,) = looked_at(tmp_path, f"#- compose.yaml\n{compose}{dockerfiles}", "compose.yaml").diagnostics
    assert finding.message == ("no ARG in a/Dockerfile and b/Dockerfile declares `USER_NAME`, so that it has no effect")
    assert [it.message for it in finding.related] == ["`USER_NAME` has no effect either"]


@every_case(
    "dockerfile",
    [
        # Triggers of the base image, or another frontend, may declare it.
        "FROM acme/app:1-onbuild\nCOPY . .\n",
        "FROM acme/app\n",
        "# syntax=acme/frontend\nFROM alpine\nCOPY . .\n",
        "FROM {{ image }}\nCOPY . .\n",
    ],
)
def test_arguments_that_something_else_may_declare_are_not_reported(tmp_path: Path, dockerfile: str) -> None:
    assert _messages(tmp_path, "COMMIT = 1", dockerfile) == []


@every_case(
    "checkout",
    [
        "with: {repository: acme/other}",
        "with:\n              ref: v1.2.0",
        "with:\n              repository: acme/other",
    ],
)
def test_the_dockerfile_of_another_commit_is_not_this_one(tmp_path: Path, checkout: str) -> None:
    _found, _expected = _annotated(
        tmp_path,
        ".github/workflows/ci.yml",
        f"""
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
            {checkout}
          - uses: docker/build-push-action@v6
            with:
              context: .
              build-args: COMMIT=1
        """,
    )
    assert _found == _expected


def test_each_command_of_a_recipe_is_on_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found, expected = _annotated(
        tmp_path,
        "Makefile",
        """
    #- Makefile
    NAME = app
    define say
    echo one
    echo two
    endef
    image: test
    \t@echo building
    \t$(say)
    \tcd . && docker build -t $(NAME) \\
    \t\t--build-arg VERSION=1 \\
    \t\t--build-arg COMMIT=1 .
                  ^^^^^^ undeclared-build-arg information
    \t@docker push $(NAME)
    both:
    \tdocker build --build-arg VERSION=1 .
    \tdocker build --build-arg VERSIO=1 .
                              ^^^^^^ undeclared-build-arg warning
    \tdocker build -f other.Dockerfile --build-arg DATE=1 --build-arg COMMIT=1 .
                                                  ^^^^ undeclared-build-arg information
    generated:
    \tsed s/a/b/ other.Dockerfile > other.Dockerfile.tmp
    \tdocker build -f other.Dockerfile.tmp --build-arg DATE=1 .
    #- other.Dockerfile
    FROM scratch
    ARG COMMIT
    COPY . .
        """,
    )
    assert found == expected
