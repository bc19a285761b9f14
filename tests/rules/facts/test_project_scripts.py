"""Scripts and Makefiles of the build context that a Dockerfile runs."""

from __future__ import annotations

from buildxray.rules.architecture.constant_goarch import constant_goarch
from buildxray.rules.architecture.hard_coded_arch import hard_coded_arch
from buildxray.rules.architecture.wrong_arch_build import wrong_arch_build
from buildxray.rules.base import Doubt, Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.project_scripts import project_script
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.semantics.build import Builder, Effect, KnownCommand
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import findings, request

HEAD = "FROM ubuntu AS b\nWORKDIR /w\nCOPY . .\n"


def asked(
    text: str, *, scripts: dict[str, str] | None = None, recipes: str | None = None, makefile: str = ""
) -> RuleContext:
    """The context of a text in a repository with these scripts, and a Makefile in its root with these recipes for `build` alone."""
    held = {**(scripts or {}), **({} if recipes is None else {"Makefile": makefile})}
    workspace = Workspace(
        holds=held.__contains__,
        texts=lambda path: (held[path],) if path in held else (),
        recipes=lambda path, goals, given: recipes if (path, goals, given) == ("Makefile", ("build",), ()) else None,
    )
    builder = Builder(request(), workspace)
    return RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)


def command_of(ctx: RuleContext) -> KnownCommand:
    (command,) = ctx.build.stages[0].commands(Effect.UNKNOWN)
    return command


@every_case(
    "run, script, compiles",
    [
        ("./x.sh", "go build -o o .", True),
        ("bash -e x.sh", "#!/bin/bash\nset -e\ncargo build", True),
        ("/w/x.sh", "npm ci && npm run build", True),
        ("./x.sh", "cp a b\ntouch c", False),
        ("./x.sh", "cp a b\nfrobnicate", None),
        ("./x.sh", "./configure\nmake -j4\nmake install", True),
        ("./x.sh", "cmake -B o .\ncmake --build o", True),
        ("./x.sh", "./configure --host=aarch64-linux-gnu\nmake", None),
        ("./x.sh", "make", None),
        # Only the first commands of a long script are read.
        ("./x.sh", "go build\n" + "true\n" * 400, True),
        ("./x.sh", "true\n" * 400, None),
        # Another machine is told, or only a condition leads to the compiler.
        ("./x.sh", "GOARCH=arm64 go build", None),
        ("./x.sh", "if [ $1 = x ]; then go build; fi", None),
        ("./x.sh", "f() { go build; }", None),
    ],
)
def test_what_a_script_compiles(run: str, script: str, compiles: bool | None) -> None:
    ctx = asked(f"{HEAD}RUN {run}\nFROM debian\nCOPY --from=b /w/o /o\n", scripts={"x.sh": script})
    found = project_script(command_of(ctx))
    assert found is not None
    assert found.compiles is compiles


@every_case(
    "script, recipes, compiles",
    [
        ("make build", "gcc -o o a.c", True),
        ("make -j4 build", "go build -o o .", True),
        ("set -e\nmake build", "cp a b", None),
        ("make other", "gcc -o o a.c", None),
        ("make -C lib build", "gcc -o o a.c", None),
        ("cd lib\nmake build", "gcc -o o a.c", None),
        ("if test -f x; then make build; fi", "gcc -o o a.c", None),
        ("make build", "if test -f x; then gcc -o o a.c; fi", None),
        ("GOARCH=arm64 make build", "go build", None),
        ("make other\n" * 5 + "make build", "gcc -o o a.c", None),
    ],
)
def test_a_script_that_runs_make(script: str, recipes: str, compiles: bool | None) -> None:
    ctx = asked(
        f"{HEAD}RUN sh -x x.sh\nFROM debian\nCOPY --from=b /w/o /o\n", scripts={"x.sh": script}, recipes=recipes
    )
    found = project_script(command_of(ctx))
    assert found is not None
    assert found.compiles is compiles


@every_case(
    "run, script, message",
    [
        ("sh -x x.sh", "gcc -o o a.c", "`sh x.sh: gcc` runs under emulation for linux/arm64, which takes 5 to 10 times as long;"),
        ("./x.sh", "go build\napt-get purge -y golang", "`x.sh: go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long;"),
        ("make build", "", "`make: gcc` runs under emulation for linux/arm64, which takes 5 to 10 times as long, and the compiler stays in the image;"),
        # What the Dockerfile itself calls is nearer.
        ("make build && sh x.sh", "go build", "`make: gcc` runs"),
        ("swift build && sh x.sh", "go build", "`swift build` runs"),
        ("sh -x x.sh", "cp a b", ""),
        ("sh -x x.sh", "frobnicate", ""),
        ("sh -c ./x.sh", "", ""),
    ],
)  # fmt: skip
def test_a_script_that_compiles_in_the_only_stage(run: str, script: str, message: str) -> None:
    text = f'FROM ubuntu\nRUN apt-get update && apt-get install -y gcc golang make\nWORKDIR /w\nCOPY . .\nRUN {run}\nCMD ["/w/o"]\n'
    ctx = asked(text, scripts={"x.sh": script}, recipes="gcc -o o a.c")
    messages = [it.message for it in findings(emulated_build, ctx)]
    assert [it[: len(message)] for it in messages] == ([message] if message else [])
    ctx.asks_for_several = False
    assert findings(emulated_build, ctx) == []


@every_case(
    "copy, run, is_known",
    [
        ("COPY x.sh /usr/local/bin/", "x.sh", True),
        ("COPY x.sh /bin/", "x.sh --all", True),
        ("COPY x.sh /opt/", "x.sh", False),
        ("COPY . /", "/x.sh", True),
        ("COPY x.sh /x.sh", "/x.sh", True),
    ],
)
def test_a_script_among_the_programs_of_the_image(copy: str, run: str, *, is_known: bool) -> None:
    text = f"FROM ubuntu AS b\n{copy}\nRUN {run}\nFROM debian\nCOPY --from=b /w/o /o\n"
    assert (project_script(command_of(asked(text, scripts={"x.sh": "go build"}))) is not None) is is_known


@every_case(
    "run, script, value",
    [
        ("GOARCH=arm64 ./x.sh", "go build", "arm64"),
        ("GOARCH=$TARGETARCH ./x.sh", "GOARCH=$GOARCH go build", "amd64 arm64"),
        ("env GOARCH=arm64 nice sh x.sh", "go build", "arm64"),
        ("export GOARCH=arm64 && ./x.sh", "go build", "arm64"),
        ("GOARCH=arm64 ./x.sh", "GOARCH=386 go build", "386"),
        ("GOARCH=arm64 ./x.sh", "GOARCH=386; go build", "386"),
        ("GOARCH=$(cat a) ./x.sh", "go build", "?"),
        # It is in the environment of another command, or of none.
        ("GOARCH=arm64 true; ./x.sh", "go build", ""),
        ("GOARCH=arm64; ./x.sh", "go build", ""),
    ],
)
def test_a_script_gets_what_is_assigned_before_it(run: str, script: str, value: str) -> None:
    text = f"{HEAD}ARG TARGETARCH\nRUN {run}\nFROM debian\nCOPY --from=b /w/o /o\n"
    found = project_script(command_of(asked(text, scripts={"x.sh": script})))
    assert found is not None
    (use,) = (it.use for it in found.commands if it.use is not None)
    values = use.invocation.setting("GOARCH").values
    assert " ".join(dict.fromkeys("?" if it is None else it for it in values)) == value
    assert (found.compiler is None) is (value != "")


def test_make_passes_on_the_variables_of_its_command_line() -> None:
    workspace = Workspace(
        holds="Makefile".__eq__,
        texts=lambda _path: ("",),
        recipes=lambda *_: "go build -o o .\nGOARM=7 go build -o p .",
    )
    builder = Builder(request(), workspace)
    text = f"{HEAD}ARG TARGETARCH\nRUN GOARM=6 make build GOARCH=$TARGETARCH\nFROM debian\nCOPY --from=b /w/o /o\n"
    found = project_script(command_of(RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)))
    assert found is not None
    settings = [it.use.invocation.setting for it in found.commands if it.use is not None]
    assert [it("GOARCH").values for it in settings] == [("amd64", "arm64")] * 2
    assert [it("GOARM").values for it in settings] == [("6", "6"), ("7", "7")]


@every_case(
    "run, script",
    [
        ("./y.sh", "go build"),
        ("./x.sh", "#!/usr/bin/env python3\nprint()"),
        ("./x.sh", "x" * 100_001),
    ],
)
def test_scripts_that_are_not_known(run: str, script: str) -> None:
    ctx = asked(f"{HEAD}RUN {run}\nFROM debian\nCOPY --from=b /w/o /o\n", scripts={"x.sh": script})
    assert all(
        (found := project_script(it)) is None or not found.commands
        for it in ctx.build.stages[0].commands(Effect.UNKNOWN)
    )


@every_case(
    "run, is_known",
    [
        ("make build", True),
        ("make -j4 build", True),
        ("make -j 4 build", True),
        ("make -C . build", True),
        ("make -C sub build", False),
        ("make", False),
        ("make build X=1", False),
        ("make -f other.mk build", False),
        ("make $GOAL", False),
    ],
)
def test_the_recipes_of_a_goal(run: str, *, is_known: bool) -> None:
    ctx = asked(f"{HEAD}RUN {run}\nFROM debian\nCOPY --from=b /w/o /o\n", recipes="go build -o o .")
    assert (project_script(command_of(ctx)) is not None) is is_known


@every_case(
    "image, recipes, expected",
    [
        ("ubuntu", "go build -o o .", [(None, "`make: go build` runs under emulation for linux/arm64")]),
        ("golang", "go build -o o .", [(None, "`make: go build` runs under emulation for linux/arm64")]),
        ("golang", "./tool", [(Severity.INFORMATION, "`make` may compile under emulation for linux/arm64")]),
        ("golang", "cp a o", []),
        ("ubuntu", "./tool", []),
    ],
)
def test_recipes_decide_on_emulation(image: str, recipes: str, expected: list[tuple[Severity | None, str]]) -> None:
    text = f"FROM {image} AS b\nWORKDIR /w\nCOPY . .\nRUN make build\nFROM debian\nCOPY --from=b /w/o /o\n"
    found = findings(emulated_build, asked(text, recipes=recipes))
    assert [(it.severity, it.message.partition(",")[0]) for it in found] == expected
    assert not any(it.fixes for it in found)


@every_case(
    "run, script, is_said",
    [
        ("sh x.sh", "curl -o /bin/t https://x.org/t-linux-amd64", True),
        ("./x.sh", "V=1\ncurl -o /bin/t https://x.org/$V/t-linux-amd64", True),
        ("./x.sh", "curl -o /bin/t https://x.org/t-$(uname -m)", False),
        ("./x.sh", "A=$1\ncurl -o /bin/t https://x.org/t-amd64", False),
        ("./x.sh $TARGETARCH", "curl -o /bin/t https://x.org/t-amd64", False),
        ("./x.sh", "curl -O https://x.org/t-amd64\ncurl -O https://x.org/t-arm64", False),
        ("./x.sh", "curl -O https://x.org/t-amd64.sha256", False),
        ("./x.sh", "curl -O https://x.org/t-amd64.exe", False),
        ("./x.sh", "if x; then curl -O https://x.org/t-amd64; fi", False),
        ("./x.sh", "curl -O https://x.org/t-amd64\n" + "true\n" * 400, False),
        ("[ $(uname -m) != x86_64 ] || ./x.sh", "curl -O https://x.org/t-amd64", False),
    ],
)
def test_a_script_that_downloads_for_one_machine(run: str, script: str, *, is_said: bool) -> None:
    found = findings(hard_coded_arch, asked(f"{HEAD}RUN {run}\n", scripts={"x.sh": script}))
    messages = ["this script downloads the file for amd64 for linux/arm64 too"] * is_said
    assert [it.message for it in found] == messages


@every_case(
    "mount, run, is_known",
    [
        ("type=bind,target=.", "make build", True),
        ("target=/src,rw", "make -C /src build", True),
        ("type=bind,source=.,dst=/src", "make -C /src build", True),
        ("type=bind,source=other,target=/src", "make -C /src build", False),
        ("type=bind,from=x,target=/src", "make -C /src build", False),
        ("type=cache,target=/src", "make -C /src build", False),
        ("type=bind,source=$DIR,target=/src", "make -C /src build", False),
    ],
)
def test_files_that_a_run_mounts(mount: str, run: str, *, is_known: bool) -> None:
    text = f"FROM ubuntu AS b\nWORKDIR /w\nRUN --mount={mount} {run}\nFROM debian\nCOPY --from=b /o /o\n"
    assert (project_script(command_of(asked(text, recipes="go build -o /o ."))) is not None) is is_known


@every_case(
    "run, script, copied, is_said",
    [
        ("./x.sh", "CGO_ENABLED=0 go build -o bin/x .", "/w/bin/x", True),
        ("./x.sh", "go build -o bin/x .", "/w/bin/", True),
        ("./x.sh", "cargo build --release", "/w/target/release/x", True),
        ("./x.sh", "go build -o bin/x .", "/w/other", False),
        ("./x.sh", "cd src\ngo build -o bin/x .", "/w/bin/x", False),
        ("./x.sh", "case $(uname -m) in x) ;; esac\ngo build -o bin/x .", "/w/bin/x", False),
        ("GOARCH=$TARGETARCH ./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("export GOARCH=$TARGETARCH; ./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("./x.sh A=1", "go build -o bin/x .", "/w/bin/x", False),
        ("./x.sh", "npm run build", "/w/dist", False),
        ("[ $TARGETARCH != amd64 ] || ./x.sh", "go build -o bin/x .", "/w/bin/x", False),
    ],
)
def test_a_script_that_compiles_for_the_build_machine(run: str, script: str, copied: str, *, is_said: bool) -> None:
    head = "FROM --platform=$BUILDPLATFORM ubuntu AS b\nARG TARGETARCH\nWORKDIR /w\nCOPY . .\n"
    text = f"{head}RUN {run}\nFROM debian\nCOPY --from=b {copied} /x\n"
    found = findings(wrong_arch_build, asked(text, scripts={"x.sh": script}))
    assert [it.message.partition(" compiles for ")[2] for it in found] == [
        "linux/amd64, and the binary goes into the image for linux/arm64 too"
    ] * is_said
    assert not any(it.fixes for it in found)


@every_case(
    "before, run, script, copied, is_said",
    [
        ("ENV CGO_ENABLED=0 GOARCH=amd64", "./x.sh", "go build -o bin/x .", "/w/bin/x", True),
        ("ENV GOARCH=amd64", "sh x.sh", "go build -o bin/x .", "/w/bin", True),
        ("ENV GOARCH=amd64", "./x.sh ./main", 'O=${1:-"./x"}\ngo build -o $O x.go', "/w/main", True),
        ("ENV GOARCH=amd64", "./x.sh", "set -e\ngo test ./...\ngo build -o bin/x .", "/w/bin/x", True),
        ("ARG A=amd64\nENV GOARCH=$A", "./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=$TARGETARCH", "./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("ENV GOOS=darwin GOARCH=amd64", "./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=x", "./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        # The script says for what it compiles, or chooses it.
        ("ENV GOARCH=amd64", "./x.sh", "GOARCH=arm64 go build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=amd64", "./x.sh", "unset GOARCH\ngo build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=amd64", "./x.sh", "A=$(uname -m)\ngo build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=amd64", "GOARCH=$TARGETARCH ./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        ("ENV GOARCH=amd64", "[ $TARGETARCH != amd64 ] || ./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        # It compiles nothing with Go, or only on a condition, or with C code.
        ("ENV GOARCH=amd64", "./x.sh", "go vet ./...", "/w/bin/x", False),
        ("ENV GOARCH=amd64", "./x.sh", "cargo build", "/w/target/debug/x", False),
        ("ENV GOARCH=amd64", "./x.sh", "if a; then go build -o bin/x .; fi", "/w/bin/x", False),
        ("ENV GOARCH=amd64 CGO_ENABLED=1", "./x.sh", "go build -o bin/x .", "/w/bin/x", False),
        # The image takes something else.
        ("ENV GOARCH=amd64", "./x.sh", "go build -o bin/x .", "/w/other", False),
        ("ENV GOARCH=amd64", "./x.sh ./main", "go build -o ${1:-x} .", "/w/x", False),
        ("ENV GOARCH=amd64", "./x.sh", "cd src\ngo build -o bin/x .", "/w/bin/x", False),
    ],
)
def test_a_script_that_gets_a_constant(before: str, run: str, script: str, copied: str, *, is_said: bool) -> None:
    text = (
        f"FROM golang AS b\nARG TARGETARCH\nWORKDIR /w\n{before}\nCOPY . .\nRUN {run}\n"
        f"FROM debian\nCOPY --from=b {copied} /x\nCMD /x\n"
    )
    ctx = asked(text, scripts={"x.sh": script})
    found = findings(constant_goarch, ctx)
    assert [it.message.removeprefix("`sh ").removeprefix("`") for it in found] == [
        "x.sh: go build` compiles for amd64, and the binary goes into the image for linux/arm64 too"
    ] * is_said
    for it in found:
        (fix,) = it.fixes
        assert fix.safety is Safety.SUGGESTION
        assert it.doubt is Doubt.PROGRAM
        fixed = apply_edits(ctx.text, fix.edits)
        assert "GOARCH=$TARGETARCH" in fixed
        assert findings(constant_goarch, asked(fixed, scripts={"x.sh": script})) == []


def test_a_script_in_the_image_gets_a_constant() -> None:
    text = "FROM golang\nWORKDIR /w\nENV GOARCH=amd64\nCOPY . .\nRUN ./x.sh\nCMD /w/x\n"
    assert len(findings(constant_goarch, asked(text, scripts={"x.sh": "go build -o x ."}))) == 1
    assert findings(constant_goarch, asked(text)) == []


def test_a_makefile_that_names_a_machine_is_left_alone() -> None:
    text = "FROM --platform=$BUILDPLATFORM ubuntu AS b\nWORKDIR /w\nCOPY . .\nRUN make build\nFROM debian\nCOPY --from=b /w/x /x\n"
    assert len(findings(wrong_arch_build, asked(text, recipes="go build -o x ."))) == 1
    ctx = asked(text, recipes="go build -o x .", makefile="export GOARCH = $(TARGETARCH)")
    assert not findings(wrong_arch_build, ctx)
