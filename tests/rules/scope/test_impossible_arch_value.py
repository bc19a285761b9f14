from __future__ import annotations

import pytest

from buildxray.rules.base import Safety
from buildxray.rules.scope.impossible_arch_value import impossible_arch_value
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings


@every_case(
    "test, right",
    [
        ('[ "$TARGETOS" = Linux ]', "linux"),
        ("[[ Windows == $TARGETOS ]]", "windows"),
        ("[ $TARGETOS = macos ]", "darwin"),
        ("[ $TARGETOS = linux ]", None),
        ("[ $TARGETOS = plan9 ]", None),
        ("[ $TARGETOS = $OS ]", None),
    ],
)
def test_names_of_systems(test: str, right: str | None) -> None:
    found = findings(impossible_arch_value, context(f"FROM alpine\nARG TARGETOS\nRUN {test} && a\n"))
    assert [it.fixes[0].title for it in found] == ([f"Write `{right}`"] if right else [])


@every_case(
    "script, written, right",
    [
        ('[ "$TARGETOS-$TARGETARCH" = Linux-amd64 ]', "Linux", "linux-amd64"),
        ('[ "$TARGETOS/$TARGETARCH" = linux/x86_64 ]', "x86_64", "linux/amd64"),
        ("[[ ${TARGETOS}_$TARGETARCH == Linux_aarch64 ]]", "Linux", "linux_arm64"),
        ('[ "x$TARGETARCH" = xx86_64 ]', "x86_64", "xamd64"),
        ('[ "$TARGETARCH$TARGETVARIANT" = armv7l ]', "armv7l", "armv7"),
        ("case ${TARGETARCH}${TARGETVARIANT} in x86_64) a;; esac", "x86_64", "amd64"),
        ('arch="$TARGETARCH"; [ "$arch" = x64 ]', "x64", "amd64"),
        ("p=$TARGETPLATFORM; case $p in linux/aarch64) a;; esac", "linux/aarch64", "linux/arm64"),
        ('[ "$CPU" = aarch64 ]', "aarch64", "arm64"),
        ('[ "$TARGETARCH" = linux/amd64 ]', "linux/amd64", "amd64"),
        ("case $TARGETARCH in linux/aarch64) a;; esac", "linux/aarch64", "arm64"),
        ("case $CPU in aarch64) a;; esac", "aarch64", "arm64"),
    ],
)
def test_values_beside_others_and_copies_of_an_argument(script: str, written: str, right: str) -> None:
    head = "FROM alpine\nARG TARGETOS TARGETARCH TARGETVARIANT TARGETPLATFORM\nENV CPU=$TARGETARCH\n"
    text = f"{head}RUN {script}\n"
    (finding,) = findings(impossible_arch_value, context(text))
    assert (text[slice(*finding.range)], finding.fixes[0].title) == (written, f"Write `{right}`")
    assert finding.fixes[0].safety is Safety.SAFE


@every_case(
    "script",
    [
        '[ "$TARGETPLATFORM" = linux/amd64 ]',
        '[ "$TARGETOS/$TARGETARCH" = linux/amd64 ]',
        '[ "$TARGETARCH" = linux/amd64 ] || [ "$TARGETARCH" = amd64 ]',
        '[ "$TARGETARCH" = linux/frobnicate ]',
        '[ "$TARGETARCH" = tools/amd64 ]',
        '[ "$TARGETARCH$TARGETVARIANT" = armv7 ]',
        '[ "$TARGETARCH$TARGETVARIANT" = armhf ]',
        '[ "$TARGETOS$TARGETARCH" = linuxx64 ]',
        '[ "$TARGETOS-$TARGETARCH" = linux-amd64 ]',
        '[ "$TARGETOS-$TARGETARCH" = "linux-amd64" ] || [ "$TARGETOS-$TARGETARCH" = "linux-x64" ]',
        '[ "$TARGETOS-$1" = linux-x64 ]',
        '[ "${TARGETARCH/amd64/x64}" = x64 ]',
        'arch=$TARGETARCH; [ "$x" ] && arch=x64; [ "$arch" = x64 ]',
        'arch=$(map $TARGETARCH); [ "$arch" = x64 ]',
        '[ "$x" ] && arch=$TARGETARCH; [ "$arch" = x64 ]',
        'arch=$TARGETARCH; read arch; [ "$arch" = x64 ]',
        '[ "$ARCH" = x64 ]',
        '[ "$OTHER" = x64 ]',
        'CPU=x64; [ "$CPU" = x64 ]',
    ],
)
def test_other_texts_may_be_equal(script: str) -> None:
    head = "FROM alpine\nARG TARGETOS TARGETARCH TARGETVARIANT\nARG ARCH=$TARGETARCH\n"
    check_nothing(impossible_arch_value, f"{head}ENV CPU=$TARGETARCH OTHER=x$TARGETARCH\nRUN {script}\n")


def test_values_that_an_argument_never_has_are_reported() -> None:
    check_rule(
        impossible_arch_value,
        """
        FROM alpine
        ARG TARGETARCH TARGETPLATFORM TARGETVARIANT
        RUN [ "$TARGETARCH" = "x86_64" ] && a; \\
                               ^^^^^^ 💡 `TARGETARCH` is never `x86_64`; BuildKit's name is `amd64`
            if [[ aarch64 == ${TARGETARCH} ]]; then b; fi
                  ^^^^^^^ 💡 `TARGETARCH` is never `aarch64`; BuildKit's name is `arm64`
        RUN case "$TARGETPLATFORM" in linux/amd64) a;; linux/arm64/v8) b;; esac; \\
                                                       ^^^^^^^^^^^^^^ 💡 `TARGETPLATFORM` is never `linux/arm64/v8`; BuildKit's name is `linux/arm64`
            case $TARGETARCH in amd64) A=x86_64;; aarch64) A=aarch64;; esac; \\
                                                  ^^^^^^^ 💡 `TARGETARCH` is never `aarch64`; BuildKit's name is `arm64`
            [ "$TARGETVARIANT" = armv7 ]
                                 ^^^^^ 💡 `TARGETVARIANT` is never `armv7`; BuildKit's name is `v7`
        """,
    )
    check_fix(
        impossible_arch_value,
        "FROM alpine\nARG TARGETARCH\nRUN case $TARGETARCH in 'armv7l') a;; esac\n",
        "FROM alpine\nARG TARGETARCH\nRUN case $TARGETARCH in 'arm') a;; esac\n",
    )


@every_case(
    "run",
    [
        '[ "$TARGETARCH" = "amd64" ]',
        '[ "$(uname -m)" = "x86_64" ]',
        '[ "$ARCH" = "x86_64" ]',
        "case $TARGETARCH in amd64|x86_64) a;; esac",
        "case $TARGETARCH in amd64) a;; x86_64) a;; esac",
        "case $TARGETARCH in x86_64) a;; arm64) b;; 'amd64') a;; esac",
        "if [ $TARGETARCH = amd64 ]; then a; elif [ $TARGETARCH = x86_64 ]; then a; else b; fi",
        "if [ $TARGETARCH = x86_64 ]; then a; elif [ $TARGETARCH = arm64 ]; then b; elif [ $TARGETARCH = amd64 ]; then a; fi",
        "case $TARGETARCH in *) a;; esac",
        "case $TARGETPLATFORM in linux/arm*) a;; linux/arm/v7) b;; esac",
        '[ "$TARGETARCH" = "$x86_64" ]',
        '[ "$TARGETVARIANT" = v7 ]',
        '[ "$TARGETVARIANT" = "" ]',
    ],
)
def test_possible_values_are_not_reported(run: str) -> None:
    check_nothing(impossible_arch_value, f"FROM alpine\nARG TARGETARCH TARGETPLATFORM\nRUN {run}\n")


@every_case(
    "test, right, safety",
    [
        ('[ "$TARGETARCH" = "arm/v7" ]', "arm", Safety.SUGGESTION),
        ('[ "$TARGETARCH" = "armv7" ]', "arm", Safety.SUGGESTION),
        ('[ "$TARGETARCH" = "arm64/v8" ]', "arm64", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "amd64" ]', "linux/amd64", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "aarch64" ]', "linux/arm64", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "armv7" ]', "linux/arm/v7", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "linux/armv7" ]', "linux/arm/v7", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "linux/arm32v6" ]', "linux/arm/v6", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "linux/arm" ]', "linux/arm/v7", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "linux/x64" ]', "linux/amd64", Safety.SAFE),
        ('[ "$TARGETPLATFORM" = "linux/arm64/v8" ]', "linux/arm64", Safety.SAFE),
    ],
)
def test_a_platform_for_an_architecture_and_the_other_way_round(test: str, right: str, safety: Safety) -> None:
    text = f"FROM alpine\nARG TARGETARCH TARGETPLATFORM\nRUN if {test}; then echo; fi\n"
    ((fix,),) = [it.fixes for it in findings(impossible_arch_value, context(text))]
    assert (fix.edits[0].new_text, fix.safety) == (right, safety)


def test_words_that_are_not_architectures() -> None:
    for value in ("linux", "all", ""):
        check_nothing(
            impossible_arch_value, f'FROM alpine\nARG TARGETPLATFORM\nRUN [ "$TARGETPLATFORM" = "{value}" ]\n'
        )


@every_case(
    "test, n_findings",
    [
        ("[ $TARGETARCH = amd64 ] || [ $TARGETARCH = x86_64 ]", 0),
        ("[ $TARGETARCH = x86_64 ] || [ $TARGETARCH = amd64 ]", 0),
        ("[[ $TARGETARCH == amd64 || $TARGETARCH == x86_64 ]]", 0),
        ("[ $TARGETARCH = arm64 ] || [ $TARGETARCH = x86_64 ]", 1),
        ("[ $TARGETARCH = amd64 ] && [ $TARGETARCH = x86_64 ]", 1),
        ("[ $BUILDARCH = amd64 ] || [ $TARGETARCH = x86_64 ]", 1),
        ("[ $TARGETARCH != x86_64 ] && [ $TARGETARCH != amd64 ]", 0),
        ("[[ $TARGETARCH != amd64 && $TARGETARCH != x86_64 ]]", 0),
        ("[ $TARGETARCH != x86_64 ] && [ $TARGETARCH != arm64 ]", 1),
        ("[ $TARGETARCH != x86_64 ] || [ $TARGETARCH != amd64 ]", 1),
        ("[ $TARGETARCH = amd64 ] && [ $TARGETARCH != x86_64 ]", 1),
    ],
)
def test_an_alternative_to_the_right_value_does_no_harm(test: str, n_findings: int) -> None:
    text = f"FROM alpine\nARG TARGETARCH BUILDARCH\nRUN if {test}; then echo; fi\n"
    assert len(findings(impossible_arch_value, context(text))) == n_findings


@every_case(
    "lines, is_said",
    [
        ("ARG TARGETARCH", True),
        ("ARG TARGETARCH=amd64", True),
        ("ARG TARGETARCH=x86_64", False),
        ("ARG TARGETARCH\nARG TARGETARCH=${TARGETARCH/amd64/x86_64}", False),
        ("ARG TARGETARCH\nENV TARGETARCH=${TARGETARCH/amd64/x86_64}", False),
        ("ARG TARGETARCH\nARG OTHER=${TARGETARCH/amd64/x86_64}", True),
    ],
)
def test_an_argument_that_the_file_changes_has_other_values(lines: str, is_said: bool) -> None:
    text = f"FROM alpine\n{lines}\nRUN [ $TARGETARCH = x86_64 ] && a; case $TARGETARCH in x86_64) b;; esac\n"
    assert len(findings(impossible_arch_value, context(text))) == 2 * is_said


@pytest.mark.parametrize(
    ("script", "is_said"),
    [
        ("TARGETARCH=$(uname -m); [ $TARGETARCH = x86_64 ] && a", False),
        ("OTHER=$(uname -m); [ $TARGETARCH = x86_64 ] && a", True),
    ],
)
def test_an_argument_that_the_script_sets(script: str, is_said: bool) -> None:
    found = findings(impossible_arch_value, context(f"FROM alpine\nARG TARGETARCH\nRUN {script}\n"))
    assert bool(found) is is_said


@every_case(
    "labels, n_findings",
    [("i386|i686", 1), ("aarch64|x86_64", 2), ("386|i686", 0)],
)
def test_labels_of_one_meaning_are_one_finding(labels: str, n_findings: int) -> None:
    text = f"FROM alpine\nARG TARGETARCH\nRUN case $TARGETARCH in {labels}) a;; esac\n"
    assert len(findings(impossible_arch_value, context(text))) == n_findings


@every_case(
    "run, n_findings",
    [
        ("if [ $TARGETARCH = arm64 ]; then a; elif [ $TARGETARCH = x86_64 ]; then b; fi", 1),
        # Two statements may do two things.
        ("[ $TARGETARCH = amd64 ] && a; [ $TARGETARCH = x86_64 ] && b", 1),
        ("case $TARGETARCH in amd64) a;; esac; case $TARGETARCH in x86_64) b;; esac", 1),
        ("if [ $TARGETARCH != amd64 ]; then a; elif [ $TARGETARCH != x86_64 ]; then b; fi", 1),
    ],
)
def test_the_right_name_in_another_place_does_not_help(run: str, n_findings: int) -> None:
    assert len(findings(impossible_arch_value, context(f"FROM alpine\nARG TARGETARCH\nRUN {run}\n"))) == n_findings


def test_a_default_above_the_stages_may_be_the_value() -> None:
    text = "ARG TARGETARCH={}\nFROM alpine\nARG TARGETARCH\nRUN [ $TARGETARCH = x86_64 ] && a\n"
    assert not findings(impossible_arch_value, context(text.format("x86_64")))
    assert findings(impossible_arch_value, context(text.format("aarch64")))


@every_case("value, safety", [("armhf", Safety.SUGGESTION), ("armel", Safety.SUGGESTION), ("i386", Safety.SAFE)])
def test_a_name_of_one_variant_is_narrower(value: str, safety: Safety) -> None:
    (finding,) = findings(
        impossible_arch_value, context(f"FROM alpine\nARG TARGETARCH\nRUN [ $TARGETARCH = {value} ] && a\n")
    )
    assert [it.safety for it in finding.fixes] == [safety]


def test_another_run_may_be_the_same_with_the_right_name() -> None:
    text = "FROM alpine\nARG TARGETARCH\nRUN [ $TARGETARCH = {} ] && get a\nRUN [ $TARGETARCH = aarch64 ] && get {}\n"
    assert not findings(impossible_arch_value, context(text.format("arm64", "a")))
    assert findings(impossible_arch_value, context(text.format("arm64", "b")))
    assert findings(impossible_arch_value, context(text.format("amd64", "a")))


def test_the_fix_for_an_argument_that_is_not_declared_needs_a_review() -> None:
    text = 'FROM alpine\nARG {}\nRUN if [ "$TARGETARCH" = linux/amd64 ]; then apk add a; fi\n'
    for declared, safety in (("TARGETARCH", Safety.SAFE), ("TARGETPLATFORM", Safety.SUGGESTION)):
        (finding,) = findings(impossible_arch_value, context(text.format(declared)))
        assert [it.safety for it in finding.fixes] == [safety]
