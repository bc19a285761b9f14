from __future__ import annotations

from buildxray.rules.context import RuleContext
from buildxray.rules.scope.early_changing_arg import early_changing_arg
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, request

INSTALL = "RUN apt-get update && apt-get install -y libpq5"


def test_an_arg_above_installations_is_reported() -> None:
    check_rule(
        early_changing_arg,
        """
        FROM python
        ARG GIT_SHA=unknown
            ^^^^^^^ 💭 `apt-get install` and 2 other RUN steps run again with each new value of `GIT_SHA`, which they do not use
        RUN apt-get update && apt-get install -y libpq5
        RUN mkdir /out
        COPY requirements.txt ./
        RUN pip install -r requirements.txt
        COPY . .
        RUN echo $GIT_SHA > revision
        """,
    )


def test_one_step_is_named() -> None:
    check_rule(
        early_changing_arg,
        """
        FROM golang
        ARG VERSION
        ARG COMMIT
            ^^^^^^ 💭 `go mod download` runs again with each new value of `COMMIT`, which it does not use
        COPY go.mod go.sum ./
        RUN go mod download
        COPY . .
        RUN go build -ldflags "-X main.commit=$COMMIT" .
        """,
    )


def test_labels_and_variables_that_use_it_move_too() -> None:
    check_fix(
        early_changing_arg,
        """
        FROM debian
        # VCS_REF is the commit.
        ARG VCS_REF
        ARG BUILD_DATE VERSION
        LABEL created=$BUILD_DATE \\
              version=$VERSION
        ENV REVISION=$VCS_REF KIND=prod
        RUN apt-get install -y libpq5
        USER app
        CMD ["app"]
        """,
        """
        FROM debian
        ARG VERSION
        ENV KIND=prod
        RUN apt-get install -y libpq5
        # VCS_REF is the commit.
        ARG VCS_REF
        ARG BUILD_DATE
        LABEL created=$BUILD_DATE \\
              version=$VERSION
        ENV REVISION=$VCS_REF
        USER app
        CMD ["app"]
        """,
    )


def test_other_arguments_that_only_a_run_tells_move_with_it() -> None:
    check_fix(
        early_changing_arg,
        f"FROM golang\nARG FLAVOR\nARG VERSION\nARG BUILT_AT\n{INSTALL}\nCOPY . .\nRUN go build -ldflags $VERSION$BUILT_AT .\n",
        f"FROM golang\nARG FLAVOR\n{INSTALL}\nCOPY . .\nARG VERSION\nARG BUILT_AT\nRUN go build -ldflags $VERSION$BUILT_AT .\n",
        workspace=Workspace(has_build=True, changing_arguments=frozenset({"VERSION", "BUILT_AT"})),
    )


@every_case(
    "name, is_said",
    [
        ("GIT_COMMIT", True),
        ("commit", True),
        ("CI_COMMIT_SHORT_SHA", True),
        ("GITHUB_SHA", True),
        ("VCS_REF", True),
        ("BUILD_TIMESTAMP", True),
        ("BUILD_NUMBER", True),
        ("REVISION", True),
        ("VERSION", False),
        ("OPENSSL_COMMIT", False),
        ("NODE_SHA256", False),
        ("CACHEBUST", False),
        ("USER_ID", False),
    ],
)
def test_the_name_tells_if_the_value_changes(name: str, *, is_said: bool) -> None:
    text = f"FROM x\nARG {name}\n{INSTALL}\nLABEL l=${name}\nCMD a\n"
    assert bool(findings(early_changing_arg, context(text))) is is_said


@every_case(
    "default, is_said",
    [
        ("unknown", True),
        ("", True),
        ("$SOURCE_COMMIT", True),
        ("3f2a9c1", False),
        ("2024-05-01", False),
        ("1.2.3", False),
    ],
)
def test_a_default_that_is_a_value_is_the_one_that_is_built(default: str, *, is_said: bool) -> None:
    text = f"FROM x\nARG COMMIT={default}\n{INSTALL}\nLABEL l=$COMMIT\nCMD a\n"
    assert bool(findings(early_changing_arg, context(text))) is is_said


GIVEN = Workspace(has_build=True, changing_arguments=frozenset({"GIT_SHA"}))


@every_case(
    "workspace, is_said",
    [
        (GIVEN, True),
        (Workspace(has_build=True), False),
        (Workspace(has_build=True, given_arguments=frozenset({"GIT_SHA"})), False),
        (Workspace(is_automated=True), False),
    ],
)
def test_a_known_build_has_to_give_it(workspace: Workspace, *, is_said: bool) -> None:
    text = f"FROM x\nARG GIT_SHA\n{INSTALL}\nLABEL l=$GIT_SHA\nCMD a\n"
    assert bool(findings(early_changing_arg, context(text, workspace=workspace))) is is_said


def test_another_build_that_gives_it_does_not_count() -> None:
    text = f"FROM x\nARG GIT_SHA\n{INSTALL}\nLABEL l=$GIT_SHA\nCMD a\n"
    builder = Builder(request(), GIVEN)
    assert not findings(
        early_changing_arg, RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=False)
    )


@every_case(
    "text",
    [
        # Used by the installation, or by what may read it.
        "ARG GIT_SHA\nRUN apt-get install -y app=$GIT_SHA",
        "ARG GIT_SHA\nENV SHA=$GIT_SHA\nRUN ./setup && apt-get install -y libpq5\nLABEL l=$SHA",
        # Nothing uses it: it may be there to install everything again.
        f"ARG BUILD_DATE\n{INSTALL}\nCMD a",
        # The steps run again with the sources.
        f"COPY . .\nARG GIT_SHA\n{INSTALL}\nLABEL l=$GIT_SHA\nCMD a",
        f"ARG GIT_SHA\nCOPY src src\n{INSTALL}\nLABEL l=$GIT_SHA\nCMD a",
        # In its place.
        f"{INSTALL}\nARG GIT_SHA\nLABEL l=$GIT_SHA\nCMD a",
        # Nothing slow is repeated.
        "ARG GIT_SHA\nRUN mkdir /out\nLABEL l=$GIT_SHA\nCMD a",
        "ARG GIT_SHA\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\nLABEL l=$GIT_SHA\nCMD a",
        # The revision of another project.
        f"ARG COMMIT\n{INSTALL}\nRUN git clone https://a.example/b && git -C b checkout $COMMIT\nCMD a",
        f"ARG COMMIT\n{INSTALL}\nADD https://a.example/$COMMIT.tgz /\nCMD a",
    ],
)
def test_arguments_in_their_place_are_not_reported(text: str) -> None:
    check_nothing(early_changing_arg, f"FROM x\nWORKDIR /w\n{text}\n")


def test_files_of_a_stage_that_changes_are_sources() -> None:
    changing = "FROM a AS build\nCOPY . .\nRUN go build -o /a .\nFROM b\n{}ARG GIT_SHA\n{}\nLABEL l=$GIT_SHA\nCMD a\n"
    assert findings(early_changing_arg, context(changing.format("", INSTALL)))
    check_nothing(early_changing_arg, changing.format("COPY --from=build /a /a\n", INSTALL))
    mounting = INSTALL.replace("RUN", "RUN --mount=from=build,target=/b")
    check_nothing(early_changing_arg, changing.format("", f"{mounting}\nRUN pip install flask"))


def test_an_argument_for_children_stays() -> None:
    check_nothing(early_changing_arg, f"FROM a AS b\nARG GIT_SHA\n{INSTALL}\nFROM b\nRUN echo $GIT_SHA > /r\n")


def test_a_label_stays_before_another_value_of_what_it_names() -> None:
    check_fix(
        early_changing_arg,
        f"""
        FROM x
        ARG GIT_SHA
        LABEL revision=$GIT_SHA kind=$KIND
        {INSTALL}
        ENV KIND=b GIT_SHA=v$GIT_SHA
        RUN apt-get install -y git
        CMD a
        """,
        f"""
        FROM x
        {INSTALL}
        ARG GIT_SHA
        LABEL revision=$GIT_SHA kind=$KIND
        ENV KIND=b
        RUN apt-get install -y git
        ENV GIT_SHA=v$GIT_SHA
        CMD a
        """,
    )


@every_case(
    "check, is_said",
    [
        ("", True),
        (" && node -e \"require('lightningcss')\"", True),
        (" && python3 -c 'import torch; print(torch)'", True),
        (" && node -e 'console.log(process.env)'", False),
        (" && node check.js", False),
        # A module of the project.
        (" && python3 -c 'import shop'", False),
    ],
)
def test_a_program_that_is_written_out(check: str, *, is_said: bool) -> None:
    workspace = Workspace(holds=lambda path: path in ("shop/", "package.json"))
    text = f"FROM node\nARG GIT_SHA\nCOPY package*.json ./\nRUN npm ci{check}\nCOPY . .\nRUN echo $GIT_SHA > a\n"
    assert bool(findings(early_changing_arg, context(text, workspace=workspace))) is is_said


@every_case(
    "kept, moved",
    [
        ("", "# hadolint ignore=DL3048\n"),
        ("# Labels of the image\n", "# hadolint ignore=DL3048\n"),
        ("", "# The version is that of the commit in VCS_REF.\n"),
        ("", "# version: set by the release\n"),
        ("# Labels of the image\n", ""),
        ("# VCS_REF and maintainer\n", ""),
        # An empty line ends what belongs to an instruction.
        ("# hadolint ignore=DL3048\n\n", ""),
    ],
)
def test_comments_that_a_label_shares_with_the_next_one(kept: str, moved: str) -> None:
    label = 'LABEL version="v $VCS_REF"\n'
    check_fix(
        early_changing_arg,
        f"FROM debian\nARG VCS_REF\nWORKDIR /w\n{kept}{moved}{label}LABEL maintainer=a\n{INSTALL}\nCMD a\n",
        f"FROM debian\nWORKDIR /w\n{kept}LABEL maintainer=a\n{INSTALL}\nARG VCS_REF\n{moved}{label}CMD a\n",
    )
