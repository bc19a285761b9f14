from __future__ import annotations

from buildxray.rules.architecture.constant_target import constant_target
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported

NATIVE = "FROM --platform=$BUILDPLATFORM x AS build\nWORKDIR /w\nCOPY . .\nARG TARGETARCH\nRUN {}\nFROM debian\nCOPY --from=build {} /app\n"


@every_case(
    "run, copied, place",
    [
        ("cargo build --release --target x86_64-unknown-linux-musl", "/w/target", "x86_64-unknown-linux-musl"),
        ("cargo build --release --target=aarch64-unknown-linux-gnu", "/w/target", "aarch64-unknown-linux-gnu"),
        ("CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu cargo build --release", "/w/target", "x86_64-unknown-linux-gnu"),
        ("dotnet publish -r linux-x64 --self-contained -o /out", "/out", "linux-x64"),
        ("bun build --compile --target=bun-linux-x64 --outfile /out/app a.ts", "/out/app", "bun-linux-x64"),
        ("x86_64-linux-gnu-gcc -o /app a.c", "/app", "x86_64-linux-gnu-gcc"),
        # The image has it under a name for every machine.
        ("x86_64-linux-gnu-gcc -o /app-linux-amd64 a.c", "/app-linux-amd64", "x86_64-linux-gnu-gcc"),
        ("npm ci --arch=x64", "/w/node_modules", "x64"),
        ("npm_config_arch=arm64 npm ci", "/w/node_modules", "arm64"),
        ("npm ci --cpu=x64 && cp -r node_modules /app", "/app", "x64"),
        ("npm install --target_arch=x64 && mv node_modules /m", "/m", "x64"),
        ("cross build --release --target aarch64-unknown-linux-gnu", "/w/target", "aarch64-unknown-linux-gnu"),
        ("t=x86_64-unknown-linux-musl && cargo build -r --target $t", "/w/target", "x86_64-unknown-linux-musl"),
        ("rustc --target x86_64-unknown-linux-musl -o /a a.rs", "/a", "x86_64-unknown-linux-musl"),
        ("dotnet publish -p:RuntimeIdentifier=linux-x64 -o /out", "/out", "linux-x64"),
        ("dotnet publish /p:RuntimeIdentifier=linux-x64 -o /out", "/out", "linux-x64"),
        ("./configure --host=aarch64-linux-gnu && make", "/w/a", "aarch64-linux-gnu"),
        ("cmake -B b -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc && cmake --build b", "/w/b/a", "aarch64-linux-gnu"),
        (
            "cargo zigbuild -r --target x86_64-unknown-linux-gnu.2.17",
            "/w/target/x86_64-unknown-linux-gnu/release/a",
            "x86_64-unknown-linux-gnu.2.17",
        ),
        ("cargo b -r --target x86_64-unknown-linux-gnu --target-dir /t", "/t", "x86_64-unknown-linux-gnu"),
        ("dotnet publish -r:linux-x64 -o /out", "/out", "linux-x64"),
        ("dotnet publish --arch:x64 -o /out", "/out", "x64"),
        ("pip install --platform manylinux2014_x86_64 --only-binary=:all: --target /o x", "/o", "x86_64"),
        ("pip download --platform manylinux2014_x86_64 -d /o x", "/o", "x86_64"),
        ("uv pip install --python-platform=aarch64-unknown-linux-gnu --target /o x", "/o", "aarch64"),
        (
            "case $TARGETARCH in s390x) t=s390x-unknown-linux-gnu;; *) t=x86_64-unknown-linux-gnu;; esac; cargo build -r --target $t",
            "/w/target",
            "x86_64-unknown-linux-gnu",
        ),
        ("dart compile exe --target-os linux --target-arch x64 a.dart -o /a", "/a", "x64"),
    ],
)
def test_constant_targets_of_compilers_and_installers_are_reported(run: str, copied: str, place: str) -> None:
    assert reported(constant_target, NATIVE.format(run, copied)) == [place]


@every_case(
    "run, copied",
    [
        ("arm-none-eabi-gcc -o /fw.elf fw.c", "/fw.elf"),
        ("riscv64-unknown-elf-gcc -o /fw.elf fw.c", "/fw.elf"),
        ("if [ $TARGETARCH = arm64 ]; then ./configure --host=aarch64-linux-gnu; fi; make", "/w/a"),
        ("./configure --host=$(cat host) && make", "/w/a"),
        (
            "t=x86_64-unknown-linux-musl; [ $TARGETARCH = arm64 ] && t=aarch64-unknown-linux-musl; cargo build -r --target $t",
            "/w/target",
        ),
        (
            "cargo build --release --target $(case $TARGETARCH in amd64) echo x86_64-unknown-linux-musl;; *) echo $TARGETARCH;; esac)",
            "/w/target",
        ),
        ("if [ $TARGETARCH = amd64 ]; then cargo build --target x86_64-unknown-linux-musl; fi", "/w/target"),
        (
            "cargo build --target x86_64-unknown-linux-gnu && cargo build --target aarch64-unknown-linux-gnu",
            "/w/target",
        ),
        ("dotnet publish -a $TARGETARCH -o /out", "/out"),
        ("x86_64-linux-gnu-gcc -o /tool a.c", "/app"),
        ("npm ci", "/w/node_modules"),
        ("pip install --platform manylinux2014_x86_64 --platform manylinux2014_aarch64 --target /o x", "/o"),
        ("pip install --platform manylinux2014_x86_64 --target /o x", "/other"),
        (
            "case $BUILDARCH in arm64) t=aarch64-unknown-linux-gnu;; *) t=x86_64-unknown-linux-gnu;; esac; cargo build -r --target $t",
            "/w/target",
        ),
        ("pip install --platform any --target /o x", "/o"),
        (
            "case $TARGETARCH in arm64) t=aarch64-unknown-linux-gnu;; *) t=x86_64-unknown-linux-gnu;; esac; cargo build -r --target $t",
            "/w/target",
        ),
        ("x86_64-linux-gnu-gcc -o /app-linux-amd64 a.c", "/app-linux-amd64 /app-linux-amd64\nCOPY settings"),
    ],
)
def test_compilers_with_the_right_target_are_not_reported(run: str, copied: str) -> None:
    assert reported(constant_target, NATIVE.format(run, copied)) == []


@every_case(
    "image, option, written",
    [
        ("sdk:9.0", "-r linux-x64", "-a $TARGETARCH"),
        ("sdk:9.0", "-p:RuntimeIdentifier=linux-arm64", "-a $TARGETARCH"),
        ("sdk:9.0", "--runtime=linux-musl-x64", "--os linux-musl -a $TARGETARCH"),
        ("sdk:9.0-alpine", "--runtime linux-x64", "--os linux -a $TARGETARCH"),
        # A second option for the machine would stop the build.
        ("sdk:9.0", "-r:linux-musl-x64", "--os linux-musl -a $TARGETARCH"),
        ("sdk:9.0", "-a:x64", "-a:$TARGETARCH"),
    ],
)
def test_the_program_keeps_its_system(image: str, option: str, written: str) -> None:
    text = NATIVE.replace(" x AS", f" {image} AS").format(f"dotnet publish {option} --sc -o /out", "/out")
    check_fix(constant_target, text, text.replace(option, written))


def test_a_native_program_of_dotnet_needs_more_than_an_option() -> None:
    text = NATIVE.format("dotnet publish -r linux-x64 -p:PublishAot=true -o /out", "/out")
    (finding,) = findings(constant_target, context(text))
    assert not finding.fixes
    text = text.replace("--platform=$BUILDPLATFORM ", "")
    check_fix(constant_target, text, text.replace("-r linux-x64", "-a $TARGETARCH"))


def test_dotnet_takes_the_names_of_docker() -> None:
    check_fix(
        constant_target,
        NATIVE.format("dotnet publish --runtime linux-x64 --self-contained -o /out", "/out"),
        NATIVE.format("dotnet publish -a $TARGETARCH --self-contained -o /out", "/out"),
    )


@every_case(
    "platform, option, written",
    [
        ("", " --arch=x64", ""),
        ("", " --cpu=x64", ""),
        (
            "--platform=$BUILDPLATFORM ",
            " --cpu=x64",
            " --cpu=$(case $TARGETARCH in amd64) echo x64;; arm64) echo arm64;; *) echo $TARGETARCH;; esac)",
        ),
        # without the option, all images would get the addons of the build machine
        ("--platform=$BUILDPLATFORM ", " --arch=x64", None),
    ],
)
def test_the_machine_of_native_addons(platform: str, option: str, written: str | None) -> None:
    text = NATIVE.replace("--platform=$BUILDPLATFORM ", platform).format(f"npm ci{option}", "/w/node_modules")
    if written is None:
        (finding,) = findings(constant_target, context(text))
        assert finding.fixes == ()
    else:
        check_fix(constant_target, text, text.replace(option, written))


def test_a_program_for_linux_does_not_run_on_windows() -> None:
    text = NATIVE.format("CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH go build -o /app .", "/app")
    assert reported(constant_target, text, "windows/amd64,windows/arm64") == ["linux"]
    assert reported(constant_target, text) == []


MADE = "FROM debian AS b\nWORKDIR /w\nCOPY . .\nARG TARGETARCH\n{}\nFROM debian\nCOPY --from=b /w/app /app\n"


@every_case(
    "lines, places",
    [
        ("RUN CC=x86_64-linux-gnu-gcc make", ["x86_64-linux-gnu-gcc"]),
        ("RUN make CROSS_COMPILE=aarch64-linux-gnu- all", ["CROSS_COMPILE=aarch64-linux-gnu-"]),
        ("RUN CC=gcc make", []),
        ("RUN CC=gcc-12 make", []),
        ("RUN CC=$TRIPLE-gcc make", []),
        ("RUN if [ $TARGETARCH = amd64 ]; then CC=x86_64-linux-gnu-gcc make; fi", []),
        ("RUN CC=x86_64-linux-gnu-gcc make && CC=aarch64-linux-gnu-gcc make", []),
        (
            "ARG target=x86_64-unknown-linux-musl\nRUN cargo build --target=$target && cp target/x86_64-unknown-linux-musl/release/a app",
            ["x86_64-unknown-linux-musl"],
        ),
        (
            "ENV T=x86_64-unknown-linux-musl\nRUN cargo build --target ${T} && cp target/$T/release/a app",
            ["x86_64-unknown-linux-musl"],
        ),
        ("ARG target\nRUN cargo build --target=$target && cp target/$target/release/a app", []),
        ("ARG RID=linux-x64\nRUN dotnet publish -r ${RID} --sc -o app", ["linux-x64"]),
        ("ENV CPU=arm64\nRUN dotnet publish -a $CPU --sc -o app", ["arm64"]),
        ("ARG RID\nRUN dotnet publish -r ${RID} --sc -o app", []),
        ("ARG RID=win-x64\nRUN dotnet publish -r ${RID} --sc -o app", []),
        ("ARG LIBC=musl\nARG RID=linux-$LIBC-x64\nRUN dotnet publish -r $RID --sc -o app", ["linux-$LIBC-x64"]),
        ("ARG CPU=$TARGETARCH\nARG RID=linux-$CPU\nRUN dotnet publish -r $RID --sc -o app", []),
        ("ARG CPU\nARG RID=linux-$CPU\nRUN dotnet publish -r $RID --sc -o app", []),
        ("ARG CONFIG=Release-x64\nRUN dotnet publish -c $CONFIG -a $TARGETARCH --sc -o app", []),
    ],
)
def test_constants_for_build_tools_and_in_variables(lines: str, places: list[str]) -> None:
    assert reported(constant_target, MADE.format(lines)) == places


OTHER_SYSTEM = "FROM --platform=$BUILDPLATFORM rust AS build\nWORKDIR /s\nCOPY . .\nRUN {}\nFROM nginx\nARG TARGETARCH\nCOPY --from=build /s /s\n"


@every_case(
    "command, is_said",
    [
        ("cargo build --target x86_64-unknown-linux-musl", True),
        ("cargo build --target armv7-unknown-linux-gnueabihf", True),
        ("cargo build --target x86_64-pc-windows-gnu", False),
        ("cargo build --target aarch64-apple-darwin", False),
        ("cargo build --target x86_64-unknown-none", False),
        ("cargo build --target x86_64-linux-android", False),
        ("bun build a.ts --compile --target=bun-linux-x64", True),
        ("bun build a.ts --compile --target=bun-windows-x64", False),
        ("dotnet publish -r linux-x64 --self-contained -o out", True),
        ("dotnet publish -r win-x64 --self-contained -o out", False),
        ("x86_64-linux-gnu-gcc -o a a.c", True),
        ("arm-none-linux-gnueabihf-gcc -o a a.c", True),
        ("arm-none-eabi-gcc -o a a.c", False),
        ("x86_64-w64-mingw32-gcc -o a.exe a.c", False),
        ("make CROSS_COMPILE=aarch64-linux-gnu-", True),
        ("make CROSS_COMPILE=arm-none-eabi-", False),
        ("CC=x86_64-elf-gcc make", False),
    ],
)
def test_programs_for_another_system_are_not_meant_to_run_in_the_image(command: str, is_said: bool) -> None:
    assert bool(reported(constant_target, OTHER_SYSTEM.format(command))) is is_said


@every_case("base, n_findings", [("arm64v8/debian", 0), ("amd64/debian", 1), ("debian", 1)])
def test_an_image_on_a_base_of_one_machine_gets_a_program_for_that_machine(base: str, n_findings: int) -> None:
    run = "RUN cargo build --release --target aarch64-unknown-linux-gnu"
    text = f"FROM rust AS b\n{run}\nFROM {base}\nCOPY --from=b /target/aarch64-unknown-linux-gnu/release/a /a\n"
    assert len(findings(constant_target, context(text))) == n_findings


@every_case(
    "has_addons, message",
    [
        (True, "the image for linux/arm64 gets native addons for another machine"),
        (None, "native addons, if there are any, do not run in the image for linux/arm64"),
        (False, None),
    ],
)
def test_the_lock_file_tells_if_packages_have_native_addons(has_addons: bool | None, message: str | None) -> None:
    text = "FROM node:22\nARG TARGETARCH\nCOPY . .\nRUN npm ci --arch=x64\n"
    ctx = context(text, workspace=Workspace(has_native_packages=has_addons))
    all_findings = findings(constant_target, ctx)
    assert [it.message.partition(":")[0] for it in all_findings] == ([] if message is None else [message])
    assert all(it.doubt is None for it in all_findings)


@every_case(
    "run, is_certain",
    [
        ("npm install --cpu=x64 sharp", True),
        ("npm install sharp --cpu x64", True),
        ("npm install --cpu x64", False),
        ("npm ci --arch=x64 --omit=dev", False),
    ],
)
def test_packages_that_are_named_beside_an_architecture_have_native_code(run: str, *, is_certain: bool) -> None:
    (finding,) = findings(constant_target, context(f"FROM node:22\nARG TARGETARCH\nRUN {run}\n"))
    assert ("if there are any" not in finding.message) is is_certain


def test_a_variable_that_several_compilers_read_is_reported_once() -> None:
    text = "FROM rust\nARG TARGETARCH\nARG T=x86_64-unknown-linux-musl\nRUN cargo build --target $T\nRUN cargo build -r --target $T\n"
    assert reported(constant_target, text) == ["x86_64-unknown-linux-musl"]


def test_the_same_target_of_several_runs_is_one_finding() -> None:
    build = "RUN cargo build -r --target x86_64-unknown-linux-musl --bin {0}\n"
    copy = "COPY --from=b /target/x86_64-unknown-linux-musl/release/{0} /{0}\n"
    text = f"FROM rust AS b\n{build.format('a')}{build.format('b')}FROM alpine\n{copy.format('a')}{copy.format('b')}"
    (finding,) = findings(constant_target, context(text))
    assert finding.message.endswith("always compiles for `x86_64-unknown-linux-musl`; also in line 3")
    assert [text[slice(*it.range)] for it in finding.related] == ["x86_64-unknown-linux-musl"]


NET = "FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nCOPY . .\nARG TARGETARCH\n{}\nFROM debian\nCOPY --from=b /a /a\nCOPY --from=b /b /b\n"


@every_case(
    "one, other, separator, n_findings",
    [
        ("-r linux-x64", "-r linux-x64", " && ", 1),
        ("-r linux-x64", "-r linux-x64", "\nRUN ", 1),
        # A compiler that follows the target says nothing about the other one.
        ("-r linux-x64", "-a $TARGETARCH", " && ", 1),
        ("-a $TARGETARCH", "-r linux-x64", "\nRUN ", 1),
        ("-r linux-x64", "-r linux-arm64", " && ", 0),
        ("-a $TARGETARCH", "-a $TARGETARCH", " && ", 0),
    ],
)
def test_constants_beside_others(one: str, other: str, separator: str, n_findings: int) -> None:
    run = f"RUN dotnet publish a {one} --self-contained -o /a{separator}dotnet publish b {other} --self-contained -o /b"
    text = NET.format(run)
    assert len(findings(constant_target, context(text))) == n_findings
    if n_findings:
        check_fix(constant_target, text, text.replace("-r linux-x64", "-a $TARGETARCH"))


@every_case(
    "restore, publish, is_fixed",
    [
        ("dotnet restore -r linux-x64", "--no-restore -r linux-x64", True),
        ("dotnet restore --arch x64", "--no-restore --arch x64", True),
        ("dotnet restore", "--no-restore -r linux-x64", False),
        ("dotnet restore -r $RID", "--no-restore -r linux-x64", False),
        ("dotnet restore", "-r linux-x64", True),
        ("dotnet restore -r linux-x64 && mv bin/linux-x64/a /b", "--no-restore -r linux-x64", False),
    ],
)
def test_packages_are_restored_for_the_published_machine(restore: str, publish: str, *, is_fixed: bool) -> None:
    before = NATIVE.format(f"{restore} && dotnet publish {publish} --sc -o /out", "/out")
    found = [it for it in findings(constant_target, context(before)) if it.fixes]
    assert bool(found) is is_fixed
    if "--no-restore" in publish and is_fixed:
        after = before.replace("-r linux-x64", "-a $TARGETARCH").replace("--arch x64", "--arch $TARGETARCH")
        check_fix(constant_target, before, after)


@every_case(
    "from_, run, is_stopping",
    [
        # rustc calls the C compiler of the stage as linker.
        ("rust", "cargo build --release --target x86_64-unknown-linux-musl", True),
        ("rust", "cargo install --path . --target=x86_64-unknown-linux-gnu", True),
        ("--platform=linux/arm64 rust", "cargo build --target x86_64-unknown-linux-musl", True),
        ("debian", "x86_64-linux-gnu-gcc -o /out/a a.c", True),
        # Every image gets what the build machine compiles for itself.
        ("--platform=$BUILDPLATFORM rust", "cargo build --target x86_64-unknown-linux-musl", False),
        # Compilers with their own linkers.
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish --self-contained -r linux-x64 -o /out", False),
        ("oven/bun", "bun build --compile --target=bun-linux-x64 --outfile=/out/a a.ts", False),
    ],
)
def test_a_linker_of_another_machine_may_stop_the_build(from_: str, run: str, *, is_stopping: bool) -> None:
    text = f'FROM {from_} AS b\nWORKDIR /w\nCOPY . .\nRUN {run}\nFROM debian\nCOPY --from=b / /\nCMD ["/out/a"]\n'
    (finding,) = findings(constant_target, context(text))
    assert finding.message.startswith(
        "the build for linux/arm64 stops, or gives a program for another machine: "
        if is_stopping
        else "the image for linux/arm64 gets a program for another machine: "
    )
