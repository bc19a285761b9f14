from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.sources import read_workspace
from buildxray.rules.base import Safety, Severity
from buildxray.rules.scope.undeclared_platform_arg import undeclared_platform_arg
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, severities


def test_an_undeclared_argument_of_a_compiler_is_an_error() -> None:
    check_rule(
        undeclared_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN GOOS=linux GOARCH=${TARGETARCH} go build -o /app .
                                ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in stage `build`: it expands to nothing, and `go build` compiles for linux/amd64
        FROM scratch
        COPY --from=build /app /
        """,
    )


@every_case(
    "markup",
    [
        """
        FROM alpine
        COPY app-$TARGETARCH /app
                  ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        FROM alpine
        RUN echo "for $TARGETPLATFORM"
                       ^^^^^^^^^^^^^^ 💡 warning: `TARGETPLATFORM` is not declared in this stage: it expands to nothing
        """,
        """
        FROM alpine
        RUN wget https://example.com/${TARGETARCH:-amd64}
                                       ^^^^^^^^^^ 💡 warning: `TARGETARCH` is not declared in this stage: its default is taken for every platform
        """,
        """
        FROM alpine
        LABEL arch=$TARGETARCH
                    ^^^^^^^^^^ 💡 warning: `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        FROM alpine
        RUN <<EOF
        if [ "$TARGETARCH" = arm64 ]; then apk add x; fi
               ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        EOF
        """,
        """
        FROM golang
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build
                                  ^^^^^^^^^^ 💡 warning: `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        ARG TARGETARCH
        FROM alpine
        RUN wget x/$TARGETARCH y/$TARGETARCH
                    ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        FROM alpine AS unused
        WORKDIR /$TARGETOS
                  ^^^^^^^^ 💭 warning: `TARGETOS` is not declared in stage `unused`: it expands to nothing
        FROM alpine
        """,
    ],
)
def test_uses_without_a_declaration(markup: str) -> None:
    check_rule(undeclared_platform_arg, markup)


@every_case(
    "markup",
    [
        "FROM image-$TARGETARCH\n",
        "FROM --platform=$BUILDPLATFORM alpine\nARG BUILDPLATFORM\nRUN echo $BUILDPLATFORM\n",
        "FROM alpine AS base\nARG TARGETARCH\nFROM base\nRUN echo $TARGETARCH\n",
        "FROM alpine\nCMD echo $TARGETARCH\nENTRYPOINT echo $TARGETARCH\n",
        "FROM alpine\nRUN echo '$TARGETARCH' \\$TARGETARCH\n",
        "FROM alpine\nRUN TARGETARCH=$(uname -m); echo $TARGETARCH\n",
        "FROM alpine\nRUN for TARGETARCH in a b; do echo $TARGETARCH; done\n",
        "FROM alpine\nARG TARGETARCH\nRUN wget ${TARGETPLATFORM:-linux/$TARGETARCH}\n",
        "FROM alpine\nRUN wget ${TARGETOS:-linux}\nCOPY a ${TARGETOS-linux}\n",
        'FROM alpine\nRUN : "${TARGETARCH:=$(dpkg --print-architecture)}"; wget $TARGETARCH\n',
        "FROM alpine\nRUN A=${TARGETARCH:-`uname -m`} && wget $A\n",
        "FROM alpine\nARG TARGETARCH=amd64\nRUN echo $TARGETARCH\n",
        "FROM alpine\nENV TARGETARCH=amd64\nRUN echo $TARGETARCH\n",
        "FROM alpine\nRUN <<'EOF' cat > /script\necho $TARGETARCH\nEOF\n",
    ],
)
def test_declared_arguments_and_variables_of_the_script_are_not_reported(markup: str) -> None:
    check_nothing(undeclared_platform_arg, markup)


@every_case(
    "before, after",
    [
        (
            "FROM alpine\n\n# Get it.\nRUN wget x-$TARGETARCH\nRUN wget y-$TARGETARCH\n",
            "FROM alpine\n\nARG TARGETARCH\n\n# Get it.\nRUN wget x-$TARGETARCH\nRUN wget y-$TARGETARCH\n",
        ),
        (
            "FROM alpine\nRUN wget $TARGETARCH$TARGETOS\n",
            "FROM alpine\nARG TARGETOS TARGETARCH\nRUN wget $TARGETARCH$TARGETOS\n",
        ),
        (
            "FROM alpine AS base\nRUN wget $TARGETARCH\nFROM base\nRUN wget $TARGETARCH\n",
            "FROM alpine AS base\nARG TARGETARCH\nRUN wget $TARGETARCH\nFROM base\nRUN wget $TARGETARCH\n",
        ),
    ],
)
def test_the_fix_declares_the_argument_before_its_first_use(before: str, after: str) -> None:
    check_fix(undeclared_platform_arg, before, after)


def test_the_fix_moves_a_declaration_that_uses_the_argument_to_its_first_use() -> None:
    check_fix(
        undeclared_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS tools
        ARG DIST=dist/$TARGETARCH
        RUN echo prepared
        COPY $DIST /tools
        FROM alpine
        COPY --from=tools /tools /tools
        """,
        """
        FROM --platform=$BUILDPLATFORM alpine AS tools
        RUN echo prepared
        ARG TARGETARCH
        ARG DIST=dist/$TARGETARCH
        COPY $DIST /tools
        FROM alpine
        COPY --from=tools /tools /tools
        """,
    )


def test_a_declaration_stays_before_a_program_that_may_read_it() -> None:
    check_fix(
        undeclared_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS tools
        ARG DIST=dist/$TARGETARCH
        RUN ./prepare
        COPY $DIST /tools
        FROM alpine
        COPY --from=tools /tools /tools
        """,
        """
        FROM --platform=$BUILDPLATFORM alpine AS tools
        ARG TARGETARCH
        ARG DIST=dist/$TARGETARCH
        RUN ./prepare
        COPY $DIST /tools
        FROM alpine
        COPY --from=tools /tools /tools
        """,
    )


@every_case(
    "markup",
    [
        """
        FROM node AS build
        RUN npm_config_target_arch=$TARGETARCH npm ci
                                    ^^^^^^^^^^ 💡 warning: `TARGETARCH` is not declared in stage `build`: it expands to nothing
        """,
        """
        FROM debian
        RUN /tmp/install-tools "$TARGETPLATFORM" && rm /tmp/install-tools
                                 ^^^^^^^^^^^^^^ 💡 warning: `TARGETPLATFORM` is not declared in this stage: it expands to nothing
        """,
        """
        FROM debian
        RUN make ARCH=$TARGETARCH && tar -xf tools-$TARGETARCH.tar.gz
                       ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        FROM debian
        RUN arch=$TARGETARCH; curl -fsSLo /t https://example.com/t-$arch
                  ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
        """
        FROM debian
        RUN case $TARGETARCH in arm64) touch /a;; *) touch /b;; esac
                  ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in this stage: it expands to nothing
        """,
    ],
)
def test_a_use_that_may_be_empty_is_not_an_error(markup: str) -> None:
    check_rule(undeclared_platform_arg, markup)


def test_names_that_one_instruction_lacks_are_one_finding() -> None:
    check_rule(
        undeclared_platform_arg,
        """
        FROM alpine
        RUN tool --os=$TARGETOS --arch $TARGETARCH
                       ^^^^^^^^ 💭 warning: `TARGETOS` and `TARGETARCH` are not declared in this stage: they expand to nothing
        FROM alpine AS other
        RUN tool --os=${TARGETOS:-linux} --arch $TARGETARCH
                                                 ^^^^^^^^^^ 💡 warning: `TARGETARCH` is not declared in stage `other`: it expands to nothing
        """,
    )


@every_case(
    "run, is_said",
    [
        ("tar -xf $TARGETARCH.tar", True),
        (". /etc/arch.env && tar -xf $TARGETARCH.tar", False),
        ('eval "$(./detect)" && tar -xf $TARGETARCH.tar', False),
        (". $HOME/.cargo/env && tar -xf $TARGETARCH.tar", True),
        ("source /opt/venv/bin/activate && tar -xf $TARGETARCH.tar", True),
    ],
)
def test_a_sourced_file_may_set_the_variable(run: str, is_said: bool) -> None:
    assert bool(findings(undeclared_platform_arg, context(f"FROM alpine\nRUN {run}\n"))) is is_said


@every_case(
    "command, copy, safety",
    [
        ("install example.com/tool@v1", "/go/bin/tool", None),
        ("install example.com/tool@v1", "/go/bin/*/tool /go/bin/tool", Safety.SAFE),
        ("build -o /go/bin/tool .", "/go/bin/tool", Safety.SAFE),
    ],
)
def test_a_declaration_that_moves_the_binary_is_no_fix(command: str, copy: str, safety: Safety | None) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go {command}\nFROM scratch\nCOPY --from=b {copy} /\n"
    (finding,) = findings(undeclared_platform_arg, context(text))
    assert [it.safety for it in finding.fixes] == ([] if safety is None else [safety])
    end = "; with a declaration, `go install` writes to `bin/$GOOS_$GOARCH`, from which nothing is copied"
    assert finding.message.endswith(end) is (safety is None)


def test_a_fix_in_a_stage_that_is_not_built_is_not_proved() -> None:
    (finding,) = findings(undeclared_platform_arg, context("FROM alpine AS a\nCOPY $TARGETARCH /\nFROM alpine\n"))
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION]


@pytest.mark.parametrize(
    ("flag", "safety"),
    [("", Safety.SUGGESTION), ("--platform=$BUILDPLATFORM ", Safety.SAFE)],
    ids=["emulated", "native"],
)
def test_the_name_of_the_build_machine_is_declared_safely_in_its_own_stage_only(flag: str, safety: Safety) -> None:
    """For other platforms, the file of the build machine would be in the image."""
    (finding,) = findings(
        undeclared_platform_arg,
        context(
            f"FROM {flag}alpine AS tools\nRUN wget -O /tool https://example.com/tool-$BUILDARCH\nFROM scratch\nCOPY --from=tools /tool /\n"
        ),
    )
    assert [it.safety for it in finding.fixes] == [safety]


def test_the_name_of_the_build_machine_repairs_no_compiler() -> None:
    build = "FROM --platform=$BUILDPLATFORM golang AS b\nRUN CGO_ENABLED=0 GOARCH=$BUILDARCH go build -o /a .\n"
    (finding,) = findings(undeclared_platform_arg, context(f"{build}FROM scratch\nCOPY --from=b /a /\n"))
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION]


@every_case(
    "before, after",
    [
        ("RUN tar -xf $TARGETARCH.tar\nARG TARGETARCH\n", "ARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\n"),
        # The comment of the line moves with it.
        (
            "# Unpack\nRUN tar -xf $TARGETARCH.tar\n\n# The target\nARG TARGETARCH\n\n# Link\nRUN ln -s a b\n",
            "# The target\nARG TARGETARCH\n# Unpack\nRUN tar -xf $TARGETARCH.tar\n\n# Link\nRUN ln -s a b\n",
        ),
        (
            "RUN tar -xf $TARGETOS-$TARGETARCH.tar\nARG TARGETARCH\nARG TARGETOS\n",
            "ARG TARGETARCH\nARG TARGETOS\nRUN tar -xf $TARGETOS-$TARGETARCH.tar\n",
        ),
        (
            "RUN tar -xf $TARGETARCH.tar\nARG VERSION=1 TARGETARCH\n",
            "ARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\nARG VERSION=1\n",
        ),
        (
            "RUN tar -xf $TARGETOS-$TARGETARCH.tar\r\nARG TARGETARCH\r\n",
            "ARG TARGETOS TARGETARCH\r\nRUN tar -xf $TARGETOS-$TARGETARCH.tar\r\n",
        ),
        # The comment of the argument moves with it.
        (
            "RUN tar -xf $TARGETARCH.tar\nARG V=1 \\\n  # The target\n  TARGETARCH \\\n  # Other\n  OTHER\n",
            "# The target\nARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\nARG V=1 \\\n  # Other\n  OTHER\n",
        ),
        # BuildKit expands a line before it declares anything.
        (
            "ARG TARGETARCH ARCH=$TARGETARCH\nRUN tar -xf $ARCH.tar\n",
            "ARG TARGETARCH\nARG ARCH=$TARGETARCH\nRUN tar -xf $ARCH.tar\n",
        ),
        (
            "ARG ARCH=$TARGETARCH \\\n  TARGETARCH\nRUN tar -xf $ARCH.tar\n",
            "ARG TARGETARCH\nARG ARCH=$TARGETARCH\nRUN tar -xf $ARCH.tar\n",
        ),
        # Another value.
        (
            "RUN tar -xf $TARGETARCH.tar\nENV TARGETARCH=x\nARG TARGETARCH\n",
            "ARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\nENV TARGETARCH=x\nARG TARGETARCH\n",
        ),
        # Another stage.
        (
            "RUN tar -xf $TARGETARCH.tar\nFROM alpine\nARG TARGETARCH\nCOPY --from=0 /a /a\n",
            "ARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\nFROM alpine\nARG TARGETARCH\nCOPY --from=0 /a /a\n",
        ),
    ],
)
def test_a_declaration_that_comes_too_late_moves(before: str, after: str) -> None:
    text = f"FROM alpine\n{before}"
    (finding,) = findings(undeclared_platform_arg, context(text))
    (fix,) = finding.fixes
    assert (fix.safety, apply_edits(text, fix.edits)) == (Safety.SAFE, f"FROM alpine\n{after}")


@every_case(
    "base, others, severity",
    [
        ("$BASE", {"Dockerfile.base": "FROM a\nENV TARGETARCH=amd64 X=1\n"}, Severity.WARNING),
        ("ghcr.io/acme/base", {"base.dockerfile": "FROM a\nenv TARGETARCH amd64\n"}, Severity.WARNING),
        ("alpine", {"Dockerfile.base": "FROM a\nENV TARGETARCH=amd64\n"}, None),
        # A name without an owner may be that of a named context, or of an image that is built before.
        ("base", {"Dockerfile.base": "FROM a\nENV TARGETARCH=amd64\n"}, Severity.WARNING),
        ("$BASE", {"Dockerfile.base": "FROM a\nARG TARGETARCH\nENV X=$TARGETARCH\n"}, None),
        ("$BASE", {"README": "ENV TARGETARCH=amd64\n"}, None),
        ("$BASE", {"app.dockerfile": "ENV TARGETARCH=amd64\n"}, None),
    ],
)
def test_an_image_of_the_same_directory_may_set_the_variable(
    base: str, others: dict[str, str], severity: Severity | None, tmp_path: Path
) -> None:
    place = tmp_path / str(len(others)) / base.strip("$").replace("/", "-") / next(iter(others))
    place.mkdir(parents=True, exist_ok=True)
    for name, text in others.items():
        (place / name).write_text(text)
    workspace = read_workspace(place)._replace(dockerfile="app.dockerfile")
    text = f"ARG BASE=acme/base\nFROM {base}\nRUN tar -xf $TARGETARCH.tar\n"
    assert severities(undeclared_platform_arg, context(text, workspace=workspace)) == [severity]


@every_case(
    "targets, run, severity",
    [
        # For amd64, the test is false with the declaration too.
        ("linux/amd64", 'if [ "$TARGETARCH" = arm64 ]; then echo a > /a; else echo b > /a; fi', Severity.WARNING),
        ("linux/amd64", 'if [ "$TARGETARCH" = amd64 ]; then echo a > /a; else echo b > /a; fi', None),
        ("linux/amd64", "tar -xf $TARGETARCH.tar", None),
        ("linux/amd64,linux/arm64", 'if [ "$TARGETARCH" = arm64 ]; then echo a > /a; else echo b > /a; fi', None),
    ],
)
def test_a_test_alone_changes_nothing(targets: str, run: str, severity: Severity | None) -> None:
    ctx = context(f"FROM alpine\nRUN {run}\n", targets)
    assert severities(undeclared_platform_arg, ctx) == [severity]


def test_what_one_declaration_repairs_is_one_finding_at_the_use_that_does_harm() -> None:
    check_rule(
        undeclared_platform_arg,
        """
        FROM alpine AS base
        RUN echo $TARGETARCH
        RUN wget x/$TARGETARCH
                    ^^^^^^^^^^ 💡 `TARGETARCH` is not declared in stage `base`: it expands to nothing
        RUN wget y/$TARGETARCH
        FROM base
        RUN wget z/$TARGETARCH
        FROM alpine AS other
        RUN wget z/$TARGETARCH
                    ^^^^^^^^^^ 💭 warning: `TARGETARCH` is not declared in stage `other`: it expands to nothing
        """,
        target_stage="base",
    )
    (first, *_) = findings(
        undeclared_platform_arg, context("FROM alpine\nRUN wget $TARGETARCH\nRUN wget y-$TARGETARCH\n")
    )
    assert [it.message for it in first.related] == ["`TARGETARCH` is used here"]


@every_case(
    "image, other, is_said",
    [
        ("example.org/team/base:builder", "COPY --chown=$BUILD_UID x /x", False),
        ("example.org/team/base:builder", "WORKDIR $GOPATH/src", True),
        ("example.org/team/base:builder", "ARG BUILD_UID=1\nCOPY --chown=$BUILD_UID x /x", True),
        ("golang", "COPY --chown=$BUILD_UID x /x", True),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "COPY --chown=$BUILD_UID x /x", True),
        ("scratch", "COPY --chown=$BUILD_UID x /x", True),
    ],
)
def test_an_image_that_is_made_for_the_file_may_declare_it(image: str, other: str, is_said: bool) -> None:
    text = f"FROM {image}\n{other}\nCOPY app-$TARGETARCH /app\n"
    assert bool(findings(undeclared_platform_arg, context(text))) is is_said


@every_case(
    "flag, run, copied, message",
    [
        ("--platform=$BUILDPLATFORM ", "npm run build", "/app/dist", "nothing needs it"),
        ("", "npm run build", "/app/dist", "expands to nothing"),
        # Packages may be for the machine that installs them.
        ("--platform=$BUILDPLATFORM ", "npm run build", "/app", "expands to nothing"),
        (
            "--platform=$BUILDPLATFORM ",
            "npm run build && curl -o dist/t x/$TARGETARCH",
            "/app/dist",
            "expands to nothing",
        ),
    ],
)
def test_a_value_that_nothing_needs_is_deleted(flag: str, run: str, copied: str, message: str) -> None:
    text = f"""FROM {flag}node AS build
WORKDIR /app
COPY . .
RUN npm_config_target_arch=$TARGETARCH npm ci
RUN npm_config_target_arch="${{TARGETARCH}}" {run}
FROM nginx
COPY --from=build {copied} /www
"""
    (finding,) = findings(undeclared_platform_arg, context(text))
    assert message in finding.message
    is_needless = message == "nothing needs it"
    assert (finding.severity is Severity.INFORMATION) is is_needless
    if is_needless:
        (fix,) = finding.fixes
        assert fix.safety is Safety.SUGGESTION
        assert "TARGETARCH" not in apply_edits(text, fix.edits)
        assert "\nRUN npm ci\nRUN npm run build\n" in apply_edits(text, fix.edits)


@every_case("build", ["npm run build -- --arch=$TARGETARCH", "APP_ARCH=$TARGETARCH npm run build"])
def test_a_value_that_the_project_may_read_is_not_deleted(build: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM node AS build\nWORKDIR /app\nRUN npm ci && {build}\nFROM nginx\nCOPY --from=build /app/dist /www\n"
    (finding,) = findings(undeclared_platform_arg, context(text))
    assert finding.message.endswith("it expands to nothing")
