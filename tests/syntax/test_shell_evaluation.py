"""Values of words and conditions; `go` is the command whose conditions are evaluated."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies

from buildxray.syntax.parser import parse
from buildxray.syntax.shell import UNKNOWN, Command, Evaluator, Script, read_script
from tests.support.cases import every_case

VALUES = {"ARCH": "arm64", "PLATFORM": "linux/arm/v7", "EMPTY": "", "V": UNKNOWN, "MIXED": f"a-{UNKNOWN}-b"}


def evaluated(script: str) -> tuple[Script, Evaluator]:
    read = read_script(parse(f"RUN {script}\n").instructions[0].node)
    answers = {"uname -m": "aarch64"}
    return read, Evaluator(VALUES.get, lambda it: answers.get(" ".join((it.name, *it.arguments))))


def go(script: Script) -> Command:
    return next(it for it in script.commands if it.name == "go")


@every_case(
    "script, taken",
    [
        ("go", True),
        ("a && go", True),
        ("a || go", None),
        ("a && b || go", None),
        ("a; go", True),
        ("false && go", False),
        ("true && go", True),
        ("! true && go", False),
        # arrays of bash
        ('a=(x $ARCH); [ "$(IFS=,; echo "${a[*]}")" = x,arm64 ] && go', True),
        ('a=(x y); a+=(z); [ "${a[*]}" = "x y z" ] && go', True),
        ('a=(x y); [ "$a" = x ] && [ "${a[0]}" = x ] && go', True),
        ('a=(x y); [ "${a[1]}" = y ] && go', None),
        ('a=(x y); b=("${a[@]}" z); [ "${b[*]}" = "x y z" ] && go', True),
        ('a=(x y); [ "$(printf ,%s "${a[@]}")" = ,x,y ] && go', True),
        ('a=(x y); [ "$(echo "${a[@]}" | tr " " ,)" = x,y ] && go', True),
        ("a=(x y); [ \"$(printf '%s,' ${a[@]} | sed 's/,$//')\" = x,y ] && go", True),
        ('a=(x $V); [ "${a[0]}" = x ] && go', True),
        ('a=(x $V); [ "${a[*]}" = x ] && go', None),
        ('a=([k]=x); [ "${a[k]}" = x ] && go', None),
        ('a=(x y); [ "${#a[@]}" = 2 ] && go', None),
        ('IFS=$V; a=(x y); [ "${a[*]}" = "x y" ] && go', None),
        ('s=x; s+=y; [ "$s" = xy ] && go', True),
        # test
        ("[ $ARCH = arm64 ] && go", True),
        ('[ "$ARCH" = "amd64" ] && go', False),
        ("[ $ARCH != arm64 ] && go", False),
        ("test $ARCH = amd64 || go", True),
        ("[ $ARCH = amd64 ] && x || go", True),
        ("[ $ARCH = arm64 ] && x || go", False),
        ("[ ! $ARCH = amd64 ] && go", True),
        ("! [ $ARCH = amd64 ] && go", True),
        ("[ $ARCH = amd64 -o $ARCH = arm64 ] && go", True),
        ("[ $ARCH = arm64 -a $V = x ] && go", None),
        ("[ $ARCH = amd64 -a $V = x ] && go", False),
        ("[ $ARCH = amd64 ] || [ $ARCH = arm64 ] && go", True),
        ("[ -n $ARCH ] && go", True),
        ('[ -z "$EMPTY" ] && go', True),
        ('[ -z "$UNSET" ] && go', True),
        ('[ -n "${UNSET}" ] && go', False),
        ('[ -n "x$V" ] && go', True),
        ('[ -n "$V" ] && go', None),
        ("[ $ARCH ] && go", True),
        ("[ -e /x ] && go", None),
        ("[ 2 -gt 1 ] && go", True),
        ("[[ $ARCH == arm* ]] && go", True),
        ('[[ $ARCH == "arm*" ]] && go', False),
        ("[[ $ARCH = amd64 || ( $ARCH = arm64 && ! -z $ARCH ) ]] && go", True),
        ("[[ $ARCH =~ ^arm ]] && go", True),
        ("[[ $ARCH =~ ^(amd|x86) ]] && go", False),
        # if
        ("if [ $ARCH = arm64 ]; then go; fi", True),
        ("if [ $ARCH = arm64 ]; then x; else go; fi", False),
        ("if [ $ARCH = amd64 ]; then x; elif [ $ARCH = arm64 ]; then go; else y; fi", True),
        ("if [ $ARCH = arm64 ]; then x; elif [ $V = y ]; then go; fi", False),
        ("if [ $V = x ]; then go; fi", None),
        ("if x; then go; fi", None),
        ("if echo $ARCH | grep -q arm; then go; fi", True),
        ("if echo $ARCH | grep -qE '^(amd64|x)$'; then go; fi", False),
        ("if grep -q arm /etc/x; then go; fi", None),
        ("if [ $ARCH = arm64 ] && [ -e x ]; then go; fi", None),
        ("if [ $ARCH = amd64 ] && [ -e x ]; then go; fi", False),
        # case
        ("case $ARCH in arm64) go;; esac", True),
        ("case $ARCH in amd64) go;; *) x;; esac", False),
        ("case $ARCH in amd64) x;; *) go;; esac", True),
        ("case $ARCH in a*64|x) x;; arm64) go;; esac", False),
        ("case \"$PLATFORM\" in 'linux/amd64') x;; linux/arm*) go;; esac", True),
        ("case $V in x) go;; esac", None),
        ("case $ARCH in $V) x;; arm64) go;; esac", None),
        ("case $(uname -m) in aarch64) go;; esac", True),
        # values computed from it
        ("A=$ARCH; [ $A = arm64 ] && go", True),
        ("A=x; A=$ARCH && [ $A = arm64 ] && go", True),
        ("case $ARCH in amd64) A=x86_64;; arm64) A=aarch64;; esac; [ $A = aarch64 ] && go", True),
        ('if [ $ARCH = amd64 ]; then A=1; fi; [ -n "$A" ] && go', False),
        ('if x; then A=1; fi; [ -n "$A" ] && go', None),
        ("if x; then A=1; [ $A = 1 ] && go; fi", None),
        ("for A in 1 2; do [ $A = 1 ] && go; done", None),
        ("for A in 1 2; do go; done", True),
        ("while x; do go; done", None),
        # leaving
        ("[ $ARCH = arm64 ] || exit 0; go", True),
        ("[ $ARCH = amd64 ] || exit 0; go", False),
        ("if [ $ARCH = arm64 ]; then exit 0; fi; go", False),
        ("case $ARCH in amd64) ;; *) exit 1;; esac; go", False),
        ("x || exit 1; go", True),
        ('[ -n "$V" ] || exit 1; go', True),
        ("(exit 1); go", True),
        ("([ $ARCH = arm64 ] && exit 0); go", True),
        # scripts in scripts
        ("sh -c '[ $ARCH = arm64 ] && go'", True),
        ('bash -ec "if [ ${ARCH} = amd64 ]; then go; fi"', False),
        ("A=1; sh -c '[ -z \"$A\" ] && go'", True),
        ("export A=1; sh -c '[ -z \"$A\" ] && go'", False),
        ('A=1; sh -c "[ $A = 1 ] && go"', True),
        ("eval '[ $ARCH = amd64 ] && go'", False),
        ("[ $ARCH = amd64 ] && eval 'go'", False),
        ("bash <<< 'go'", True),
        ("find . -exec sh -c 'go' \\;", True),
        ("ls | xargs -n 1 go", True),
    ],
)
def test_conditions_decide_whether_a_command_runs(script: str, taken: bool | None) -> None:
    read, evaluator = evaluated(script)
    assert evaluator.taken(go(read)) is taken


@every_case(
    "script, value",
    [
        ("go $ARCH", "arm64"),
        ('go "x $ARCH $ARCH y"', "x arm64 arm64 y"),
        ("go '$ARCH'$ARCH", "$ARCHarm64"),
        ('go "\\$ARCH"', "$ARCH"),
        ("go ${UNSET:-d}${EMPTY:-e}${EMPTY-f}", "de"),
        ("go ${ARCH:+y}${UNSET:+n}", "y"),
        ("go ${PLATFORM#*/}", "arm/v7"),
        ("go ${PLATFORM##*/}", "v7"),
        ("go ${PLATFORM%/*}", "linux/arm"),
        ("go ${PLATFORM%%/*}", "linux"),
        ("X='a:1 b'; go ${X%% *}", "a:1"),
        ("X='a:1 b c'; go ${X% *}", "a:1 b"),
        ('go "${NOTHING:- x}"', " x"),
        ("go ${PLATFORM/linux/x} ", "x/arm/v7"),
        ("go ${PLATFORM//\\//-}", UNKNOWN),
        ("go ${ARCH^^}", "ARM64"),
        ("go ${ARCH/arm64/aarch64}", "aarch64"),
        ("go x-$V-y", f"x-{UNKNOWN}-y"),
        ("go ${V:-x}", UNKNOWN),
        ("go ${MIXED:-x}", f"a-{UNKNOWN}-b"),
        ("go ${MIXED%-*}", UNKNOWN),
        ("go $(x)-y", f"{UNKNOWN}-y"),
        ("go $(echo $ARCH)", "arm64"),
        ("go `echo $ARCH`", "arm64"),
        ("go $(printf '%s-%s' a $ARCH)", "a-arm64"),
        ("go $(case $ARCH in amd64) echo x86_64;; arm64) echo aarch64;; esac)", "aarch64"),
        ("go $([ $ARCH = amd64 ] && echo x86_64 || echo aarch64)", "aarch64"),
        ("go $(if [ $ARCH = arm64 ]; then echo a; else echo b; fi)", "a"),
        ("go $(echo $ARCH | sed 's/arm64/aarch64/')", "aarch64"),
        ("go $(echo $ARCH | sed -e s/amd64/x/ -e s/arm64/y/)", "y"),
        ("go $(echo $PLATFORM | cut -d/ -f2)", "arm"),
        ("go $(echo $PLATFORM | cut -d / -f 2-)", "arm/v7"),
        ("go $(cut -d/ -f3 <<< $PLATFORM)", "v7"),
        ("go $(echo $PLATFORM | tr / -)", "linux-arm-v7"),
        ("go $(echo $PLATFORM | tr -d v | tr '[:lower:]' '[:upper:]')", "LINUX/ARM/7"),
        ("go $(echo $ARCH | awk '{print}')", UNKNOWN),
        ("go $(uname -m)", "aarch64"),
        ("A=${ARCH}x; A=${A}y; go $A", "arm64xy"),
        ("A=a; A+=b; go $A", "ab"),
        ("(A=b); go x$A", "x"),
        ("A=$(curl x); go https://h/$A/t_amd64", f"https://h/{UNKNOWN}/t_amd64"),
        ("read A <<< $ARCH; go $A", UNKNOWN),
        ("mapfile -t A < list; go $A", UNKNOWN),
        ("printf -v A %s x; go $A", UNKNOWN),
        ("while getopts a: A; do go $A; done", UNKNOWN),
        ("let A=1+1; go $A", UNKNOWN),
        ("case $ARCH in arm64) A=1;; *) A=2;; esac; go $A", "1"),
        ("export A=$ARCH; sh -c 'go $A'", "arm64"),
    ],
)
def test_the_value_of_a_word(script: str, value: str) -> None:
    read, evaluator = evaluated(script)
    command = go(read)
    assert evaluator.text(command.words[1], command) == value


@given(strategies.text(alphabet="if [ $ARCH=a]&|;\ncase)(esac\"'`{}fi then dodone<>\\#", max_size=120))
def test_half_typed_scripts_are_unknown_at_worst(script: str) -> None:
    read, evaluator = evaluated(f"x {script}")
    for command in read.commands:
        assert evaluator.taken(command) in (True, False, None)
        assert all(isinstance(evaluator.text(it, command), str) for it in command.words)


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        "[ $ARCH = " + "( " * 3000,
        "x " + "$(" * 500,
        " && ".join(["[ $ARCH = a ]"] * 1000),
        " || ".join(["a"] * 3000),
        "A=x; " + "A=$A$A; " * 500 + "go $A",
        "; ".join(f"A{i}=$A{i - 1}" for i in range(1, 2000)) + "; go $A1999",
        "; ".join("[ -n $V ] && A=$A1 || exit 1" for _ in range(500)) + "; go $A",
    ],
    ids=["parentheses", "substitutions", "tests", "alternatives", "doubling", "chain", "exits"],
)
def test_hostile_scripts(script: str) -> None:
    read, evaluator = evaluated(script)
    for command in read.commands[-5:]:
        evaluator.taken(command)
        assert all(len(evaluator.text(it, command)) <= 20_000 for it in command.words)


@every_case(
    "condition",
    ["$A =~ " + "(a|a)" * 200 + "b", "$A == " + "*a" * 200 + "b", "$(echo $A | sed s/" + "a/" * 2000 + ") = b"],
)
def test_patterns_of_conditions_are_bounded(condition: str) -> None:
    script = read_script(parse(f"RUN [[ {condition} ]] && go\n").instructions[0].node)
    start = time.process_time()
    Evaluator({"A": "a" * 4000}.get, lambda _: None).taken(go(script))
    assert time.process_time() - start < 10
