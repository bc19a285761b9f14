from __future__ import annotations

from buildxray.rules.scope.undeclared_global_arg import undeclared_global_arg
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_rule, check_silent, reported


def test_a_global_argument_used_in_a_stage_is_reported() -> None:
    check_rule(
        undeclared_global_arg,
        """
        ARG VERSION=3.2
        FROM alpine:3.20
        RUN wget https://example.org/tool-$VERSION.tar.gz
                                           ^^^^^^^ 💭 `VERSION` is declared above the first FROM only: it is empty here unless the image `alpine:3.20` sets it
        RUN echo $VERSION
        """,
    )


def test_nothing_sets_it_in_scratch() -> None:
    check_rule(
        undeclared_global_arg,
        """
        ARG NAME=a
        FROM scratch
        RUN ["/bin/sh", "-c", "true"]
        RUN echo $NAME
                  ^^^^ 💭 `NAME` is declared above the first FROM only, so it is empty here
        """,
    )


def test_the_argument_is_declared_where_it_is_used_first() -> None:
    check_fix(
        undeclared_global_arg,
        "ARG V=1\nFROM alpine\nRUN true\n# why\nRUN get $V\nRUN rm $V\n",
        "ARG V=1\nFROM alpine\nRUN true\nARG V\n# why\nRUN get $V\nRUN rm $V\n",
    )


def test_stages_that_share_a_path_get_the_declaration_together() -> None:
    # With the value in one of them only, the path that the second stage reads would not exist.
    check_fix(
        undeclared_global_arg,
        "ARG V=1\nFROM alpine AS get\nRUN get -o /opt/$V/t\nFROM alpine\nCOPY --from=get /opt /opt\nRUN ln -s /opt/$V/t /t\n",
        "ARG V=1\nFROM alpine AS get\nARG V\nRUN get -o /opt/$V/t\n"
        "FROM alpine\nCOPY --from=get /opt /opt\nARG V\nRUN ln -s /opt/$V/t /t\n",
    )


def test_the_other_stage_may_use_it_in_an_instruction_that_buildkit_expands() -> None:
    check_fix(
        undeclared_global_arg,
        "ARG V=1\nFROM alpine AS get\nENV D=/opt/$V\nRUN mkdir -p $D\nFROM alpine\nCOPY --from=get /opt /opt\nRUN ls /opt/$V\n",
        "ARG V=1\nFROM alpine AS get\nARG V\nENV D=/opt/$V\nRUN mkdir -p $D\n"
        "FROM alpine\nCOPY --from=get /opt /opt\nARG V\nRUN ls /opt/$V\n",
    )


def test_a_stage_that_continues_another_one_sees_its_declaration() -> None:
    check_fix(
        undeclared_global_arg,
        "ARG V=1\nFROM alpine AS base\nRUN get $V\nFROM base\nRUN ls /opt/$V\n",
        "ARG V=1\nFROM alpine AS base\nARG V\nRUN get $V\nFROM base\nRUN ls /opt/$V\n",
    )


@every_case(
    "other",
    [
        "FROM alpine AS get\nRUN mkdir -p /opt/${V:-2}\n",
        "FROM alpine AS get\nRUN . ./versions && mkdir -p /opt/$V\n",
        "FROM example.org/v:2 AS get\nRUN mkdir -p /opt/$V\n",
        "FROM alpine AS get\nWORKDIR /opt/${V:-2}\n",
    ],
)
def test_no_fix_if_another_stage_may_have_its_own_value(other: str) -> None:
    text = f"ARG V=1\n{other}FROM alpine\nCOPY --from=get /opt /opt\nRUN ls /opt/$V\n"
    check_no_fix(undeclared_global_arg, text)


@every_case(
    "stage",
    [
        "FROM alpine\nARG V\nRUN get $V\n",
        "FROM alpine\nENV V=2\nRUN get $V\n",
        "FROM alpine AS base\nARG V\nRUN true\nFROM base\nRUN get $V\n",
        "FROM alpine\nRUN get ${V:-2}\n",
        "FROM alpine\nRUN V=2; get $V\n",
        "FROM alpine\nRUN for V in 1 2; do get $V; done\n",
        "FROM alpine\nRUN read V < version && get $V\n",
        "FROM alpine\nRUN . ./versions && get $V\n",
        "FROM alpine\nRUN get '$V'\n",
        "FROM alpine\nRUN get \\$V\n",
        # The image has the name of the variable.
        "FROM example.org/v:2\nRUN get $V\n",
        # BuildKit expands these, and `undefined-var` reports them.
        "FROM alpine\nWORKDIR /$V\n",
        "FROM alpine:$V\nRUN true\n",
    ],
)
def test_near_misses_are_not_reported(stage: str) -> None:
    check_silent(undeclared_global_arg, f"ARG V=1\n{stage}")


def test_variables_that_the_base_image_may_set_are_not_reported() -> None:
    check_silent(undeclared_global_arg, "ARG NODE_VERSION=20\nFROM node:$NODE_VERSION\nRUN echo $NODE_VERSION\n")
    check_silent(undeclared_global_arg, "ARG GO_VERSION=1\nFROM golang:$GO_VERSION\nRUN echo $GO_VERSION\n")


def test_an_empty_word_in_the_log_of_an_image_that_may_set_it_is_not_reported() -> None:
    for image, n_findings in (("example.org/team/base", 0), ("$V", 0), ("alpine", 1)):
        text = f"ARG V=example.org/team/tools:1\nFROM {image}\nRUN echo for $V\n"
        assert len(reported(undeclared_global_arg, text)) == n_findings, image
    assert reported(undeclared_global_arg, "ARG V=1\nFROM example.org/team/base\nRUN get $V\n") == ["V"]


def test_arguments_that_one_run_lacks_are_one_finding() -> None:
    check_rule(
        undeclared_global_arg,
        """
        ARG V=1
        ARG W=2
        FROM alpine
        RUN make V=$V W=$W
                    ^ 💭 `V` and `W` are declared above the first FROM only: they are empty here unless the image `alpine` sets them
        RUN make W=$W
        """,
    )
    check_fix(
        undeclared_global_arg,
        "ARG V=1\nARG W=2\nFROM alpine\n# make\nRUN make $V $W\nFROM alpine\nRUN make $W\nCOPY --from=0 /x /x\n",
        "ARG V=1\nARG W=2\nFROM alpine\nARG V W\n# make\nRUN make $V $W\nFROM alpine\nARG W\nRUN make $W\nCOPY --from=0 /x /x\n",
    )


@every_case(
    "name, image, run, n_findings",
    [
        ("PG_MAJOR", "postgres:$PG_MAJOR", "apt-get install -y postgresql-server-dev-$PG_MAJOR", 0),
        ("PG_MAJOR", "debian", "apt-get install -y postgresql-server-dev-$PG_MAJOR", 1),
        ("JAVA_VERSION", "eclipse-temurin:$JAVA_VERSION", "wget https://example.org/$JAVA_VERSION", 0),
        ("OTP_VERSION", "docker.io/library/erlang:$OTP_VERSION", "wget https://example.org/$OTP_VERSION", 0),
        # BuildKit and the shell set these.
        ("HOME", "alpine", "ls $HOME", 0),
        ("USER", "alpine", "ls $USER", 1),
        ("VERSION_ID", "debian", ". /etc/os-release && wget https://example.org/$VERSION_ID", 0),
        ("TOOL", "debian", ". /etc/os-release && wget https://example.org/$TOOL", 1),
    ],
)
def test_variables_that_an_image_or_a_file_of_it_has(name: str, image: str, run: str, n_findings: int) -> None:
    text = f"ARG {name}=17\nFROM {image}\nRUN {run}\n"
    assert len(reported(undeclared_global_arg, text)) == n_findings
