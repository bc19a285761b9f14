from __future__ import annotations

import textwrap

from buildxray.syntax.parser import parse
from buildxray.syntax.shell import Command, Script, read_script
from tests.support.cases import every_case


def script(run: str) -> tuple[str, Script]:
    """A Dockerfile with this RUN, and the script of the RUN; ranges refer to the Dockerfile."""
    text = textwrap.dedent(run).strip() + "\n"
    return text, read_script(parse(text).instructions[0].node)


def described(command: Command) -> str:
    assignments = "".join(f"{it.name}={it.value.text} " for it in command.assignments)
    return f"{assignments}{command.name} {' '.join(command.arguments)}".strip()


@every_case(
    "run, commands",
    [
        ("RUN a b && c || d; e | f & g", ["a b", "c", "d", "e", "f", "g"]),
        ("RUN (cd x; make) && { y; } && ! z", ["cd x", "make", "y", "z"]),
        ("RUN A=1 B=$C go build -o \"/x y\" './z'", ["A=1 B=$C go build -o /x y ./z"]),
        ("RUN x $(y `z`)", ["z", "y `z`", "x $(y `z`)"]),
        ("RUN x a`y`b/c d `z`", ["y", "z", "x a`y`b/c d `z`"]),
        ('RUN x "a"`y`"b"', ["y", 'x "a"`y`"b"']),
        ("RUN A=1 B=v`y`b x c", ["y", "A=1 B=v`y`b x c"]),
        ("RUN B=v`y`b && x $B", ["y", "x $B"]),
        ("RUN B=v `y`b x", ["y", "B=v  x"]),
        ("RUN if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("RUN for i in 1 2; do a $i; done", ["a $i"]),
        ("RUN while a; do b; done", ["a", "b"]),
        ("RUN case $X in a|b) c;; *) d;; esac", ["c", "d"]),
        ("RUN [ $A = b ] && [[ $C == d ]]", ["[ $A = b", "[[ $C == d"]),
        ("RUN f() { go build; }; f", ["go build", "f"]),
        ("RUN env -u X A=1 go build", ["X= A=1 go build"]),
        ("RUN exec time nice -n 5 go build", ["go build"]),
        ("RUN timeout -k 1 60 go test", ["go test"]),
        ("RUN opam exec --switch=5 -- dune build && opam install dune", ["dune build", "opam install dune"]),
        ("RUN conda run -n web --no-capture-output npm run b -- -x", ["npm run b -- -x"]),
        ("RUN mise exec node@22 go -- npm ci && mise x && mise install", ["npm ci", "mise x", "mise install"]),
        ("RUN scl enable gcc-toolset-13 -- make && asdf exec go build", ["make", "go build"]),
        ("RUN ccache gcc -c a.c && ccache --max-size 5G", ["gcc -c a.c", "ccache --max-size 5G"]),
        ("RUN fakeroot -s x make && eatmydata apt-get update", ["make", "apt-get update"]),
        ("RUN /usr/local/go/bin/go build", ["go build"]),
        ("RUN $JAVA_HOME/bin/jlink -v", ["jlink -v"]),
        ('RUN "$(go env GOPATH)/bin/gen" x', ["go env GOPATH", "gen x"]),
        ("RUN bash -euxo pipefail -c 'go build'", ["bash -euxo pipefail -c go build", "go build"]),
        ("RUN bash -o errexit -c 'go vet'", ["bash -o errexit -c go vet", "go vet"]),
        ("RUN bash -e x.sh -c 'go vet'", ["bash -e x.sh -c go vet"]),
        ("RUN sh -exc 'go build; go vet' x", ["sh -exc go build; go vet x", "go build", "go vet"]),
        ("RUN su app -c 'go build' -s /bin/sh", ["su app -c go build -s /bin/sh", "go build"]),
        ('RUN runuser -u app -c "go build"', ["runuser -u app -c go build", "go build"]),
        # A login replaces the environment.
        ("RUN su - app -c 'go build'", ["su - app -c go build"]),
        ("RUN su app", ["su app"]),
        ("RUN A=1 sh -e ./gradlew build && bash mvnw -v", ["A=1 gradlew build", "mvnw -v"]),
        ("RUN sh -c ./gradlew build && sh ./x.sh gradlew", ["sh -c ./gradlew build", "gradlew", "sh ./x.sh gradlew"]),
        ("RUN GO=go && $GO build", ["go build"]),
        ("RUN CMD='go build' && ${CMD} -o x", ["go build -o x"]),
        ('RUN ["go", "build"]', ["go build"]),
        ("RUN <<EOF\ngo build \\\n  -o x\nmake\nEOF", ["go build -o x", "make"]),
        ("RUN <<EOF\n#!/bin/bash -e\ngo build\nEOF", ["go build"]),
        ("RUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF", []),
        ("RUN bash -e <<EOF\ngo build\nEOF", ["bash -e", "go build"]),
        ("RUN python3 <<EOF\ngo build\nEOF", ["python3"]),
        ("HEALTHCHECK CMD curl x || exit 1", ["curl x", "exit 1"]),
        ("RUN a \\\n  # comment\n\n  b", ["a b"]),
        ("RUN a b > c -d e 2>&1 f && g > h", ["a b -d e f", "g"]),
        ("RUN > a b c | d", ["b c", "d"]),
        ("RUN a && b c > d -e || f | g > h -i", ["a", "b c -e", "f", "g -i"]),
        ("RUN sh -c 'a > b c' && ! d > e f", ["sh -c a > b c", "a c", "d f"]),
        ("RUN A=1 go build > log -o $(x) .", ["x", "A=1 go build -o $(x) ."]),
        # Two subshells, unless the two closing parentheses follow each other.
        ("RUN ((a && b) || c) && go build", ["a", "b", "c", "go build"]),
        ("RUN ((a $B-$C; b) | é) && go build", ["a $B-$C", "b", "é", "go build"]),
        ("RUN ((i++)); ((x = (1+2)*3)) && go build $(( (1) + 2 ))", ["go build $(( (1) + 2 ))"]),
        ("RUN echo '((a) b' && ((c) || d)", ["echo ((a) b", "c", "d"]),
        ("RUN case x in (a) ((b); c) ;; esac", ["b", "c"]),
        ("RUN scl enable x 'go build'", ["scl enable x go build", "go build"]),
        ('RUN nix-shell -p go --run "go build"', ["nix-shell -p go --run go build", "go build"]),
        ("RUN script -qec 'go build' /dev/null", ["script -qec go build /dev/null", "go build"]),
        ("RUN script -q log", ["script -q log"]),
        ("RUN direnv exec . go build && with-contenv make", ["go build", "make"]),
    ],
)
def test_commands(run: str, commands: list[str]) -> None:
    assert [described(it) for it in script(run)[1].commands] == commands


def test_ranges_refer_to_the_source_across_continuations_and_comments() -> None:
    text, read = script("""
        RUN é=1 go \\
            # こ
            build "🐳$X"
    """)
    (command,) = read.commands
    assert [text[slice(*it.range)] for it in command.words] == ["go", "build", '"🐳$X"']
    assert text[slice(*read.variables[0].range)] == "$X"
    assert text[command.insertion :].startswith("go ")


def test_ranges_in_heredocs_and_nested_scripts() -> None:
    text, read = script("RUN <<EOF\nsh -c 'go build $X'\nEOF")
    assert [text[slice(*it.range)] for it in read.commands] == ["sh -c 'go build $X'", "go build $X"]


@every_case(
    "run, ranges",
    [
        ('RUN su a -c "b \\\n  && c $D"', ["b", "c $D"]),
        ("RUN bash -c 'b \\\n  # é\n  && c $D'", ["b", "c $D"]),
        ('RUN sh -c "b \\\n && c \\"é\\" $D"', ["b", 'c \\"é\\" $D']),
        ("RUN sh -c \"b \\\n && sh -c 'c \\\n $D'\"", ["b", "sh -c 'c \\\n $D'", "c \\\n $D"]),
        ("RUN x \\\n && sh -c 'c $D'", ["x", "sh -c 'c $D'", "c $D"][1:]),
        ('RUN ["sh", "-c", "c $D"]', ["c $D"]),
    ],
)
def test_ranges_in_nested_scripts_of_several_lines(run: str, ranges: list[str]) -> None:
    text, read = script(run)
    assert [text[slice(*it.range)] for it in read.commands][-len(ranges) :] == ranges
    assert all(text[slice(*it.range)] == "$D" for it in read.variables)


def test_a_variable_whose_value_begins_before_a_backtick() -> None:
    _text, read = script("RUN B=v`y`b && x $B")
    (assigned,) = read.commands[-1].variables["B"]
    assert (assigned.value.text, assigned.value.value) == ("v`y`b", None)


@every_case(
    "run, at",
    [
        ("RUN A=1 go build", "go build"),
        ("RUN time go build", "time go build"),
        ("RUN env A=1 go build", "go build"),
        ("RUN exec go build", "exec go build"),
        ("RUN sh -c 'go build'", "go build'"),
    ],
)
def test_assignments_are_inserted_before_the_program(run: str, at: str) -> None:
    text, read = script(run)
    assert text.rstrip("\n")[read.commands[-1].insertion :] == at


def check_variable(run: str, *values: tuple[str, bool]) -> None:
    """The assignments of X in force at the last command: their values, and whether they are exported."""
    __tracebackhide__ = True
    last = script(run)[1].commands[-1]
    assert [(it.value.text, it.is_exported) for it in last.variables.get("X", ())] == list(values)


def test_assignments_are_visible_to_later_commands() -> None:
    check_variable("RUN X=1; X=2; go", ("2", False))
    check_variable("RUN export X=1 && go", ("1", True))
    check_variable("RUN X=1; export X; X=2; go", ("2", True))
    check_variable("RUN set -ea; X=1; go", ("1", True))
    check_variable("RUN (X=1); X=2 | true; go")
    check_variable("RUN X=1; export Y=2; sh -c 'go'")
    check_variable("RUN if a; then X=1; else X=2; fi; go", ("1", False), ("2", False))
    check_variable("RUN case $A in b) X=1;; c) X=2;; esac; X=3; go", ("3", False))
    check_variable("RUN export X; X=1; go", ("1", True))
    check_variable("RUN (export X); X=1; go", ("1", False))
    check_variable("RUN export X; (X=1; go)", ("1", True))


def test_assignments_before_a_shell_are_in_the_environment_of_its_script() -> None:
    check_variable("RUN X=1 sh -c 'go'", ("1", True))
    check_variable('RUN X=1 bash -ec "go"', ("1", True))
    check_variable("RUN env X=1 time su app -c 'a; go'", ("1", True))
    check_variable("RUN X=1 sh -c 'bash -c \"go\"'", ("1", True))
    check_variable("RUN X=1 sh -c 'X=2; go'", ("2", True))
    check_variable("RUN X=1 eval 'go'", ("1", True))
    check_variable("RUN X=1 sh <<EOF\ngo\nEOF", ("1", True))
    check_variable("RUN export X=1; sh <<'EOF'\ngo\nEOF", ("1", True))
    check_variable("RUN X=1; sh <<'EOF'\ngo\nEOF")
    check_variable("RUN X=1 sh -c 'a'; go")
    check_variable("RUN X=1 a; sh -c 'go'")


def test_the_outer_shell_expands_a_variable_before_the_inner_one_gets_it() -> None:
    last = script('RUN X=1 sh -c "go $X"')[1].commands[-1]
    assert [it.value.value for it in last.variables["X"]] == [None]
    last = script('RUN X=1 sh -c "go \\$X"')[1].commands[-1]
    assert [it.value.value for it in last.variables["X"]] == ["1"]


def test_a_function_may_see_what_is_assigned_after_it() -> None:
    for run in ("f() { go; }; X=1 f", "f() { go; }; export X=1; f", "X=0; f() { go; }; X=1; f"):
        commands = script(f"RUN {run}")[1].commands
        assert [it.value.value for it in commands[0].variables["X"]] == [None]
        assert not any(it.value.value is None for it in commands[-1].variables.get("X", ()))
    commands = script("RUN X=0; f() { go; }; f; Y=1 a; b")[1].commands
    assert [[*it.variables] for it in commands] == [["X", "Y"], ["X"], ["X"], ["X"]]


def test_a_loop_assigns_its_variable() -> None:
    check_variable("RUN for X in 1 2; do go; done", ("", False))
    check_variable("RUN for X in 1 2; do export X; go; done", ("", True))
    check_variable("RUN export X; for X in 1 2; do go; done", ("", True))
    check_variable("RUN for X in 1 2; do X=a$X; go; done", ("", False), ("a$X", False))
    check_variable("RUN for ((X = 1; X < 3; X++)); do go; done")


@every_case(
    "run, conditions",
    [
        ("RUN if [ $A = b ]; then go; fi", [("if", "[ $A = b ]", ("A",))]),
        ("RUN [ $A = b ] && go", [("and", "[ $A = b ]", ("A",))]),
        ("RUN test $A || go", [("or", "test $A", ("A",))]),
        ("RUN a && go", []),
        ("RUN [ $A = b ] && x || go", [("or", "[ $A = b ] && x", ("A",))]),
        ("RUN a && x || go", [("or", "a && x", ())]),
        ("RUN case $A in b) go;; esac", [("case", "$A", ("A",))]),
        ("RUN for A in b c; do go; done", [("for", "A", ("A",))]),
        ("RUN if a; then if b; then go; fi; fi", [("if", "a", ()), ("if", "b", ())]),
        ("RUN if [ $A = b ]; then x; else go; fi", [("if", "[ $A = b ]", ("A",))]),
    ],
)
def test_conditions(run: str, conditions: list[tuple[str, str, tuple[str, ...]]]) -> None:
    command = next(it for it in script(run)[1].commands if it.name == "go")
    assert [(it.kind, it.text, it.variables) for it in command.conditions] == conditions


def test_branches_of_a_case_without_commands() -> None:
    _, read = script("RUN case $A in x|y) B=1;; z) ;; esac; go $B")
    assert [[it.text for it in branch.patterns] for branch in read.branches] == [["x", "y"], ["z"]]


def test_conditions_of_an_assignment() -> None:
    text, read = script('RUN case "$(uname -m)" in x) A=1;; esac; go $A')
    (assignment,) = read.commands[-1].variables["A"]
    assert [text[slice(*it)] for it in assignment.decided_by] == ['"$(uname -m)"']


def test_patterns_of_a_case_and_values_of_a_loop() -> None:
    _, read = script("RUN case $A in x) go;; esac; for i in 1 2; do go; done")
    assert [[it.text for it in command.conditions[0].patterns] for command in read.commands] == [["x"], ["1", "2"]]


@every_case("run", ["RUN if", "RUN a && (", "RUN $(", "RUN 'x", "RUN ${X", "RUN " + "(" * 3000, "RUN"])
def test_half_typed_scripts_do_not_raise(run: str) -> None:
    script(run)


@every_case("sign", ["`", "$("])
def test_a_half_typed_substitution_ends_before_the_line_end(sign: str) -> None:
    text = f"RUN <<EOF\necho {sign}b\nEOF\n"
    node = parse(text).instructions[0].node
    echo = next(it for it in read_script(node).commands if it.name == "echo")
    assert text[slice(*echo.range)] == f"echo {sign}b"


def test_other_shells_are_not_read() -> None:
    node = parse("RUN Write-Host x; go build").instructions[0].node
    assert read_script(node, ("powershell", "-Command")).commands == ()
    assert read_script(node, ("/usr/bin/bash", "-c")).commands != ()


@every_case("shell", ["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "/bin/ash", "busybox sh", "/bin/busybox ash"])
def test_every_shell_reads_its_script(shell: str) -> None:
    words = ", ".join(f'"{it}"' for it in [*shell.split(), "-c"])
    for text in (f"RUN {shell} -c 'go build'", f'RUN [{words}, "go build"]', f"RUN {shell} <<EOF\ngo build\nEOF"):
        assert described(script(text)[1].commands[-1]) == "go build"
    _, read = script(f"RUN <<EOF\n#!/usr/bin/env {shell}\ngo build\nEOF")
    assert [described(it) for it in read.commands] == ["go build"]
    node = parse("RUN go build\n").instructions[0].node
    assert read_script(node, (*shell.split(), "-c")).commands


@every_case(
    "run, commands",
    [
        ("RUN busybox wget x", ["wget x"]),
        ("RUN busybox --install -s /bin", ["busybox --install -s /bin"]),
        ("RUN fish -c 'go build'", ["fish -c go build"]),
        ("RUN <<EOF\n#!/bin/busybox awk\ngo build\nEOF", []),
    ],
)
def test_programs_that_are_not_shells(run: str, commands: list[str]) -> None:
    assert [described(it) for it in script(run)[1].commands] == commands


def test_a_stage_whose_shell_is_unknown() -> None:
    node = parse("RUN go build\n").instructions[0].node
    for shell in (("powershell", "-Command"), ("busybox",), ("busybox", "awk"), ()):
        assert not read_script(node, shell).commands


@every_case(
    "run, words",
    [
        ("a $(ls | grep .whl$)", [["ls"], ["grep", ".whl$"], ["a", "$(ls | grep .whl$)"]]),
        ('a "$(grep é$)"', [["grep", "é$"], ["a", '"$(grep é$)"']]),
        ("(grep a$)", [["grep", "a$"]]),
        ("a `grep $B$`", [["grep", "$B$"], ["a", "`grep $B$`"]]),
        ("a $(echo $$)", [["echo", "$$"], ["a", "$(echo $$)"]]),
        ("a $(echo \\$)", [["echo", "\\$"], ["a", "$(echo \\$)"]]),
    ],
)
def test_a_dollar_sign_at_the_end_of_a_word_is_literal(run: str, words: list[list[str]]) -> None:
    _text, read = script(f"RUN {run}")
    assert not read.has_errors
    assert [[it.text for it in command.words] for command in read.commands] == words
