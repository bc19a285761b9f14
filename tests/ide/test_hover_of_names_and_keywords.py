"""Hovers of variables, stages, flags and keywords."""

from __future__ import annotations

from dataclasses import replace

from buildxray.ide.analysis import Analyzer
from buildxray.ide.hover import hover
from tests.support.cases import every_case
from tests.support.ide import facts_at
from tests.support.markup import fixture
from tests.support.rules import request


@every_case(
    "markup, expected",
    [
        (
            "ARG V=1\nFROM x:$<|>V\n",
            (
                "**`V`**: a build argument\n\nValue here: `1`\n\n"
                "Declared above the first `FROM` (line 1); `--build-arg V=…` gives it another value."
            ),
        ),
        (
            "ARG V=1\nFROM x AS a\nARG <|>V\n",
            (
                "**`V`**: a build argument\n\nValue here: `1`\n\nDeclared in stage `a` (line 3), with the default of the `ARG` "
                "in line 1; `--build-arg V=…` gives it another value."
            ),
        ),
        (
            "FROM x AS a\nARG TARGETARCH\nENV V=$TARGETARCH\nFROM a\nRUN $<|>V\n",
            (
                "**`V`**: an environment variable\n\n| target platform | value here |\n| --- | --- |\n"
                "| `linux/amd64` | `amd64` |\n| `linux/arm64` | `arm64` |\n\n"
                "Inherited from stage `a` (line 3); it stays in the image."
            ),
        ),
        (
            "FROM x\nARG <|>V\n",
            (
                "**`V`**: a build argument\n\nValue here: *not known*\n\nDeclared in stage `stage-0` (line 2), without a default; "
                "`--build-arg V=…` gives it another value."
            ),
        ),
        (
            "FROM x\nENV V=dev\nARG V\nRUN $<|>V\n",
            (
                "**`V`**: a build argument\n\nValue here: `dev`\n\nDeclared in stage `stage-0` (line 3), with the value of the "
                "`ENV` in line 2; `--build-arg V=…` gives it another value.\n\n"
                "Another value re-runs 1 RUN step on each platform, 1 emulated."
            ),
        ),
        (
            "FROM x\nRUN echo $HTTP_<|>PROXY\n",
            (
                "**`HTTP_PROXY`**: a proxy for the build: every `RUN` sees it without an `ARG`, and it is neither in the cache "
                "key nor in the image. Predefined by BuildKit."
            ),
        ),
        (
            "FROM x\nENV <|>V=\n",
            "**`V`**: an environment variable\n\nValue here: *empty*\n\nDeclared in stage `stage-0` (line 2); it stays in the image.",
        ),
        (
            # A file without a FROM, such as a half-typed one.
            "# escape=`\nARG A=1\nENV V=$A.2\nRUN echo $<|>V\n",
            "**`V`**: an environment variable\n\nValue here: `1.2`\n\nDeclared in line 3; it stays in the image.",
        ),
    ],
)
def test_the_hover_of_a_variable_has_its_declaration_and_values(markup: str, expected: str) -> None:
    assert facts_at(markup) == expected


def test_the_hover_of_a_variable_has_its_build_argument() -> None:
    given = fixture("ARG V=1\nFROM x:$<|>V\n")
    build = replace(request(), build_arguments=(("V", "2"),))
    analysis = Analyzer(build, origin="docker-bake.hcl, target `app`").analyze(given.text)
    found = hover(analysis, given.cursor)
    assert found is not None
    assert "Value here: `2`" in found.markdown
    assert "its value is given by the build (docker-bake.hcl, target `app`)." in found.markdown
    assert found.markdown.endswith("Platforms: docker-bake.hcl, target `app`.")


@every_case(
    "markup, expected",
    [
        (
            "FROM --platform=$BUILD<|>OS/x golang AS a\n",
            None,
        ),
        (
            "FROM --plat<|>form=$BUILDPLATFORM golang AS a\nFROM a\n",
            (
                "**`--platform`**: the platform of this stage's image, and so of its `RUN` steps\n\n"
                "`$BUILDPLATFORM` is the machine that builds: nothing is emulated, and all targets can share the steps.\n\n"
                "| target platform | platform of this stage |\n| --- | --- |\n| `linux/amd64` | `linux/amd64` |\n"
                "| `linux/arm64` | `linux/amd64` |"
            ),
        ),
        (
            "FROM b AS a\nFROM --plat<|>form=linux/arm64 a\n",
            (
                "**`--platform`**: the platform of this stage's image, and so of its `RUN` steps\n\n"
                "A constant: the same for every target, and emulated where the build machine is another one.\n\n"
                "**Ignored here**: this stage is built on another one, and has its platform.\n\n"
                "| target platform | platform of this stage |\n| --- | --- |\n| `linux/amd64` | `linux/amd64` |\n"
                "| `linux/arm64` | `linux/arm64` |"
            ),
        ),
    ],
)
def test_the_hover_of_the_platform_flag_says_where_the_stage_runs(markup: str, expected: str | None) -> None:
    found = facts_at(markup)
    assert found == expected or (expected is None and found is not None and found.startswith("**`BUILDOS`**"))


@every_case(
    "markup, expected",
    [
        (
            "FROM --platform=$BUILDPLATFORM golang AS a\nRUN b\nFROM scratch\nCOPY --from=<|>a / /\n",
            "**stage `a`** on `linux/amd64` (`--platform=$BUILDPLATFORM`)\n\n2 steps, 1 of them `RUN`, 0 under emulation.\n\nUsed in line 4.",
        ),
        (
            "FR<|>OM golang AS a\nRUN b\nFROM scratch\nCOPY --from=a / /\nCOPY --from=a / /\n",
            (
                "**stage `a`** on `linux/amd64`, `linux/arm64` (target platform)\n\n4 steps, 2 of them `RUN`, 1 under emulation.\n\n"
                "Used in lines 4, 5."
            ),
        ),
        (
            "FROM a AS <|>x\nFROM y\n",
            "**stage `x`** on `linux/amd64`, `linux/arm64` (target platform)\n\nNot needed for the image: BuildKit skips it.",
        ),
        (
            "FROM al<|>pine\n",
            "**stage `stage-0`** on `linux/amd64`, `linux/arm64` (target platform)\n\n2 steps, none of them `RUN`.\n\nIt becomes the image.",
        ),
    ],
)
def test_the_hover_of_a_stage_has_its_platforms_and_cost(markup: str, expected: str) -> None:
    assert facts_at(markup) == expected


@every_case(
    "markup, expected",
    [
        (
            "FROM --platform=$BUILDPLATFORM x AS a\nARG TARGETARCH\nR<|>UN b\nFROM scratch\nCOPY --from=a / /\n",
            (
                "**`RUN`** runs 2 times\n\n- on `linux/amd64`, native, for `linux/amd64`\n- on `linux/amd64`, native, for `linux/arm64`\n\n"
                "Executed 2 times: `TARGETARCH` (line 2) is in its environment and has a value per platform."
            ),
        ),
        (
            "FROM x\nR<|>UN b\n",
            (
                "**`RUN`** runs 2 times\n\n- on `linux/amd64`, native, for `linux/amd64`\n- on `linux/arm64`, **emulated**, for `linux/arm64`\n\n"
                "Executed 2 times: its stage has the platform of each target."
            ),
        ),
        (
            "FROM --platform=$BUILDPLATFORM x AS a\nWORK<|>DIR /b\nFROM scratch\nCOPY --from=a / /\n",
            "**`WORKDIR`** runs once for all 2 platforms\n\n- for `linux/amd64`, `linux/arm64`",
        ),
        ("FROM x AS a\nCO<|>PY b c\nFROM y\n", "**`COPY`** makes no step: no target needs it."),
    ],
)
def test_the_hover_of_a_keyword_has_its_executions(markup: str, expected: str) -> None:
    assert facts_at(markup) == expected


@every_case(
    "markup, value",
    [
        ("FROM x AS tools\nENV V=1\nRUN echo $<|>V\nFROM x\n", "`1`"),
        ("FROM x AS tools\nARG V=1\nRUN echo $<|>V\nFROM x\n", "`1`"),
        ("ARG V=1\nFROM x AS tools\nARG V\nRUN echo $<|>V\nFROM x\n", "`1`"),
        ("FROM x AS base\nENV V=1\nFROM base AS dev\nRUN $<|>V\nFROM base AS prod\n", "`1`"),
        ("FROM x AS base\nENV V=1\nFROM base AS dev\nFROM dev AS test\nENV W=2\nRUN ${<|>V}\nFROM y\n", "`1`"),
        # Triggers of the base image may set it too.
        ("FROM x AS base\nENV V=1\nONBUILD ENV V=2\nFROM base AS dev\nRUN $<|>V\nFROM y\n", "*not known*"),
        ("FROM x\nENV V=$PATH\nRUN $<|>V\n", "*not known*"),
    ],
)
def test_variables_of_unneeded_stages_have_values(markup: str, value: str) -> None:
    assert f"\n\nValue here: {value}\n\n" in (facts_at(markup) or "")


def test_the_hover_of_a_copy_says_which_machine_its_files_are_for() -> None:
    stage = "FROM --platform=$BUILDPLATFORM golang AS a\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCO<|>PY --from=a /o /o\n"
    found = facts_at(stage)
    assert found is not None
    assert "- `/o`: **for the build machine**, whatever the target is (made by `go build`)" in found
