from __future__ import annotations

from buildxray.rules.architecture.foreign_binary_copy import foreign_binary_copy
from buildxray.rules.base import Severity
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings


def test_a_copied_system_program_is_reported() -> None:
    check_rule(
        foreign_binary_copy,
        """
        FROM --platform=$BUILDPLATFORM debian AS tools
        RUN apt-get install -y jq
        FROM debian
        COPY --from=tools /usr/bin/jq /usr/bin/jq
                          ^^^^^^^^^^^ `apt-get install` installs for linux/amd64, and this copies the files into the image for linux/arm64 too
        """,
    )


def test_the_command_that_installs_is_named() -> None:
    check_rule(
        foreign_binary_copy,
        """
        FROM --platform=$BUILDPLATFORM debian AS tools
        RUN apt-get update && apt-get install -y jq && apt-get clean
        FROM debian
        COPY --from=tools /usr/bin/jq /usr/bin/jq
                          ^^^^^^^^^^^ `apt-get install` installs for linux/amd64, and this copies the files into the image for linux/arm64 too
        """,
    )


@every_case(
    "run, path, is_said",
    [
        ("apt-get update && apt-get install -y jq && cp /usr/bin/jq /jq", "/jq", True),
        ("apt-get install -y jq\nRUN install -m 755 /usr/bin/jq /o/jq", "/o/jq", True),
        ("apt-get install -y jq\nRUN mkdir /o && mv /usr/bin/jq /o/", "/o", True),
        ("apt-get install -y jq\nRUN ln /usr/bin/jq /jq", "/jq", True),
        ("apt-get install -y jq rsync\nRUN rsync -a /usr/bin/jq /o/", "/o", True),
        ("apt-get install -y jq && jq -n 1 > /jq", "/jq", False),
        ("apt-get install -y jq && install -d /usr/bin/jq /jq", "/jq", False),
        ("apt-get install -y jq && cp /etc/passwd /jq", "/jq", False),
        ("apt-get install -y curl && curl -fsSLo /usr/bin/a https://x.org/a && cp /usr/bin/a /jq", "/jq", False),
        ("apt-get install -y gcc && ./build.sh && cp /usr/bin/jq /jq", "/jq", False),
        ("apt-get update && cp /usr/share/zoneinfo/UTC /jq", "/jq", False),
    ],
)
def test_a_moved_system_program_is_reported(run: str, path: str, is_said: bool) -> None:
    assert bool(findings(foreign_binary_copy, context(TOOLS.format("RUN " + run, path)))) is is_said


TOOLS = "FROM --platform=$BUILDPLATFORM debian AS tools\nWORKDIR /w\n{}\nFROM debian\nCOPY --from=tools {} /x\n"


def test_a_copied_library_directory_is_reported() -> None:
    assert findings(foreign_binary_copy, context(TOOLS.format("COPY a b\nRUN apk add x && ./build.sh", "/usr/lib")))


@every_case(
    "run, path",
    [
        ("pip install --target=/deps x", "/deps"),
        ("python -m venv /venv && /venv/bin/pip install x", "/venv"),
        ("bundle install", "/usr/local/bundle"),
        ("npm ci", "node_modules"),
        ("npm ci", "/w/node_modules"),
        ("npm ci && npm run build", "/w"),
        ("npm ci --ignore-scripts && npm ci", "/w/node_modules"),
        ("npm install && npm install --ignore-scripts", "/w/node_modules"),
        ("uv sync --frozen", "/w"),
        ("dnf install --installroot /root -y x", "/root"),
        ("apk add --root /r --initdb x", "/r/usr"),
    ],
)
def test_packages_of_language_installers_are_reported(run: str, path: str) -> None:
    (finding,) = findings(
        foreign_binary_copy, context(TOOLS.format(f"RUN {run}", path if path[0] == "/" else f"/w/{path}"))
    )
    # Packages of languages may contain no native code.
    is_hint = not run.startswith(("apk", "dnf"))
    assert finding.severity is (Severity.INFORMATION if is_hint else None)


@every_case(
    "stage, path",
    [
        ("RUN apt-get install -y ca-certificates", "/etc/ssl/certs"),
        ("RUN apt-get install -y tzdata", "/usr/share/zoneinfo"),
        ("RUN apt-get install -y jq", "/out"),
        ("RUN apk add curl && curl -o /usr/bin/tool https://x", "/usr/bin/tool"),
        ("RUN apk add go && go build -o /usr/bin/app .", "/usr/bin/app"),
        ("RUN apk add make && make install", "/usr/bin/app"),
        ("COPY app /usr/bin/app\nRUN apk add x", "/usr/bin/app"),
        ("RUN xx-apk add gcc", "/usr/lib/x"),
        ("RUN npm ci --cpu=$TARGETARCH --os=linux", "/w/node_modules"),
        ("RUN echo a", "/usr/bin/jq"),
        ("RUN npm ci && npm run build", "/w/dist"),
        # The last installation starts from nothing, and runs no script.
        ("WORKDIR /w\nRUN npm ci && npm run build && npm ci --omit=dev --ignore-scripts", "/w/node_modules"),
        ("WORKDIR /w\nRUN npm ci\nRUN npm ci --ignore-scripts", "/w/node_modules"),
        ("WORKDIR /w\nRUN npm ci && npm run build && rm -rf node_modules", "/w"),
        ("RUN dnf install --installroot /root --forcearch aarch64 -y x", "/root"),
        ("RUN apk add --root /r --arch aarch64 x", "/r"),
        ("RUN pip install --platform manylinux2014_aarch64 --target /d x", "/d"),
        ("RUN apk add 'unclosed", "/usr/bin/jq"),
    ],
)
def test_portable_files_and_files_of_other_makers_are_not_reported(stage: str, path: str) -> None:
    check_nothing(foreign_binary_copy, TOOLS.format(stage, path))


def test_a_stage_for_the_target_installs_the_right_programs() -> None:
    check_nothing(
        foreign_binary_copy, TOOLS.format("RUN apk add jq", "/usr/bin/jq").replace("--platform=$BUILDPLATFORM ", "")
    )
    check_nothing(foreign_binary_copy, TOOLS.format("RUN apk add jq", "/usr/bin/jq"), targets="linux/amd64")


def test_packages_in_a_deleted_directory_are_not_copied() -> None:
    text = "FROM --platform=$BUILDPLATFORM node AS b\nCOPY web web\nRUN yarn --cwd ./web/source install && rm -rf {}\nFROM node\nCOPY --from=b web /web\n"
    check_nothing(foreign_binary_copy, text.format("./web/source"))
    assert len(findings(foreign_binary_copy, context(text.format("./web/other")))) == 1


def test_the_package_of_the_project_itself_is_mostly_pure() -> None:
    wheel = "RUN pip wheel {} -w /wheels ."
    found = [
        findings(foreign_binary_copy, context(TOOLS.format(wheel.format(it), "/wheels"))) for it in ("", "--no-deps")
    ]
    assert [len(it) for it in found] == [1, 0]


@every_case(
    "lines, is_said",
    [
        ("RUN dnf install -y --installroot /c curl", True),
        ("ARG TARGETARCH\nRUN set-arch $TARGETARCH && dnf install -y --installroot /c curl", False),
        ("RUN dnf install -y --installroot /c curl && xx-verify /c/usr/bin/curl", False),
        ("RUN dnf install -y --installroot /c curl && xx-verify /other", True),
    ],
)
def test_the_root_of_another_system(lines: str, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM fedora AS b\n{lines}\nFROM scratch\nCOPY --from=b /c/usr/bin /usr/bin\n"
    assert bool(findings(foreign_binary_copy, context(text))) is is_said


@every_case(
    "run, workspace, severity",
    [
        ("npm ci", Workspace(has_native_packages=True), None),
        ("npm ci", Workspace(has_native_packages=None), Severity.INFORMATION),
        ("npm ci", Workspace(has_native_packages=False), "silent"),
        # Without scripts, packages that are published for each machine are installed all the same.
        ("npm ci --ignore-scripts", Workspace(has_native_packages=True, has_prebuilt_packages=True), None),
        ("npm ci --ignore-scripts", Workspace(has_native_packages=True, has_prebuilt_packages=False), "silent"),
        ("npm ci --ignore-scripts", Workspace(has_native_packages=True), "silent"),
        ("npm ci --ignore-scripts=false", Workspace(has_native_packages=True), None),
        ("yarn install --mode=skip-build", Workspace(has_native_packages=True), "silent"),
        ("npm ci --ignore-scripts --cpu=arm64", Workspace(has_native_packages=True, has_prebuilt_packages=True), "silent"),
        # The last `npm ci` deletes what the first one installed.
        ("npm ci && npm run build && npm ci --omit=dev --ignore-scripts", Workspace(has_native_packages=True), "silent"),
        ("npm ci --ignore-scripts && npm ci --omit=dev", Workspace(has_native_packages=True), None),
        ("npm ci && npm install --ignore-scripts", Workspace(has_native_packages=True), None),
        ("npm ci && npm --prefix other ci --ignore-scripts", Workspace(has_native_packages=True), None),
        ("npm ci; test -e x && npm ci --ignore-scripts", Workspace(has_native_packages=True), None),
    ],
)  # fmt: skip
def test_the_last_installation_and_its_scripts_decide(run: str, workspace: Workspace, severity: object) -> None:
    for text in (
        f"RUN {run}",
        *([f"RUN {it}" for it in (run.replace(" && ", "\nRUN "),)] if "test" not in run else ()),
    ):
        reported = findings(foreign_binary_copy, context(TOOLS.format(text, "/w/node_modules"), workspace=workspace))
        assert [it.severity for it in reported] == ([] if severity == "silent" else [severity])


def test_packages_that_were_moved_before_the_next_installation_are_copied() -> None:
    run = "RUN npm ci --omit=dev && mv node_modules /kept && npm ci --ignore-scripts"
    ctx = context(TOOLS.format(run, "/kept"), workspace=Workspace(has_native_packages=True))
    assert len(findings(foreign_binary_copy, ctx)) == 1


@every_case(
    "image, path, is_said",
    [
        ("golang:1.25", "/usr/local/go", True),
        ("golang:1.25", "/usr/local/go/bin/go", True),
        ("debian:13", "/usr/lib/jvm/java-21-openjdk-amd64", True),
        ("node:22", "/usr/local/bin/node", True),
        ("node:22", "/usr/local/bin/npm", False),
        ("node:22", "/usr/local/lib/node_modules", False),
        ("debian:13", "/usr/lib/x/libz.so.1", True),
        ("example.org/x/tool:v1", "/usr/bin/tool", True),
        # These run on every machine.
        ("composer:2", "/usr/bin/composer", False),
        ("example.org/x/tool:v1", "/usr/bin/tool.sh", False),
        ("example.org/x/tool:v1", "/usr/share/tool", False),
        ("debian:13", "/etc/ssl/certs", False),
    ],
)
def test_programs_of_the_image_of_a_native_stage(image: str, path: str, *, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM {image} AS b\nFROM debian\nCOPY --from=b {path} /x\n"
    assert [it.message.partition(" is for")[0] for it in findings(foreign_binary_copy, context(text))] == [
        f"`{path}` of `{image}`"
    ] * is_said
    assert not findings(foreign_binary_copy, context(text.replace("--platform=$BUILDPLATFORM ", "")))
    assert not findings(foreign_binary_copy, context(text.replace("AS b\n", f"AS b\nRUN x -o {path}\n")))
