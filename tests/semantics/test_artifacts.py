"""The makers of the files in the image, and the machines that the files are for."""

from __future__ import annotations

import textwrap

from buildxray.semantics.artifacts import Artifacts, Quality, artifacts_as_json, losses
from buildxray.semantics.origins import Machine
from buildxray.toolchains.base import PackagesOfNode, Workspace
from tests.support.cases import every_case
from tests.support.cost import n_calls
from tests.support.rules import TARGETS, context

IMAGE = "\nFROM alpine\nCOPY --from=build {path} /it\n"


def artifacts(text: str, targets: str = TARGETS, workspace: Workspace | None = None) -> Artifacts:
    return context(textwrap.dedent(text).lstrip(), targets, workspace=workspace).build.artifacts


def only(text: str, path: str, workspace: Workspace | None = None) -> tuple[Machine, list[str], list[str]]:
    """The machine of the only artifact, its makers, and whether it suits amd64 and arm64."""
    found = artifacts(text + IMAGE.format(path=path), workspace=workspace)
    (artifact,) = found.all
    makers = dict.fromkeys(it.maker for it in artifact.origins if not it.is_from_context)
    return artifact.machine, [*makers], [it.name for it in found.qualities().values()]


NATIVE_GO = "FROM --platform=$BUILDPLATFORM golang AS build\nWORKDIR /src\nCOPY . .\nARG TARGETARCH\n"


@every_case(
    "run, path, machine, maker, arm64",
    [
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .", "/o", Machine.TARGET, "go build", "RIGHT"),
        ("CGO_ENABLED=0 go build -o /o .", "/o", Machine.BUILDER, "go build", "WRONG"),
        ("CGO_ENABLED=0 GOARCH=amd64 go build -o /o .", "/o", Machine.CONSTANT, "go build", "WRONG"),
        ("go build -o /o . && mkdir /out && cp /o /out/app", "/out", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o /o . && install -Dm755 /o /out/bin/app", "/out/bin/app", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o app . && tar -C /src -zcf /a.tgz app", "/a.tgz", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o app . && tar czf /a.tgz -C /src app", "/a.tgz", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o app . && zip -j /a.zip app", "/a.zip", Machine.BUILDER, "go build", "WRONG"),
        (
            "go build -o /d/app . && tar -C /d -cf - app | tar xf - -C /out",
            "/out",
            Machine.BUILDER,
            "go build",
            "WRONG",
        ),
        ("go build -o /out/app . && rm -rf /out/data", "/out", Machine.BUILDER, "go build", "WRONG"),
        ("rm -rf /out && go build -o /out/app .", "/out", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o /out/a . && mv /out/a /out/b", "/out", Machine.BUILDER, "go build", "WRONG"),
        ("go build -o /a . && cp /a /out/a && rm /a", "/out", Machine.BUILDER, "go build", "WRONG"),
        ("make", "/src/bin/app", Machine.UNKNOWN, "make", "UNKNOWN"),
        ("./build.sh", "/src/app", Machine.UNKNOWN, "build.sh", "UNKNOWN"),
        ("npm run build", "/src/dist", Machine.NEUTRAL, "npm run build", "RIGHT"),
        ("npm ci", "/src/dist", Machine.UNKNOWN, "", "RIGHT"),
        ("npm ci", "/src", Machine.BUILDER, "npm ci", "WRONG"),
        ("npm ci && cp -r node_modules dist /app/", "/app", Machine.BUILDER, "npm ci", "WRONG"),
        ("npm ci && npm run build", "/src/.next/standalone", Machine.BUILDER, "npm run build npm ci", "WRONG"),
        # The packages of a workspace are above the application; those beside it are of another one.
        ("npm ci && npm run build", "/src/apps/web/.next/standalone", Machine.BUILDER, "npm run build npm ci", "WRONG"),
        ("npm ci --prefix /src/apps/docs", "/src/apps/web/.next/standalone", Machine.UNKNOWN, "", "RIGHT"),
        ("apt-get install -y jq", "/usr/bin/jq", Machine.BUILDER, "apt-get install golang", "UNKNOWN"),
        ("true", "/usr/local/go", Machine.BUILDER, "golang", "WRONG"),
        ("true", "/usr/share/zoneinfo", Machine.UNKNOWN, "", "RIGHT"),
        ("curl -o /t https://x.org/t-linux-x86_64", "/t", Machine.CONSTANT, "curl", "WRONG"),
        ("curl -o /t https://x.org/t-linux-$TARGETARCH", "/t", Machine.TARGET, "curl", "RIGHT"),
        ("curl -o /t https://x.org/t-linux-$(uname -m)", "/t", Machine.BUILDER, "curl", "WRONG"),
        ("curl -o /t https://x.org/t.txt", "/t", Machine.UNKNOWN, "curl", "UNKNOWN"),
        ("curl https://x.org/t-amd64.tgz | tar xz -C /opt", "/opt/t", Machine.CONSTANT, "curl", "WRONG"),
        (
            "curl -o /t.tgz https://x.org/t-amd64.tgz && tar -xzf /t.tgz -C /opt",
            "/opt/t",
            Machine.CONSTANT,
            "curl",
            "WRONG",
        ),
    ],
)
def test_makers_of_files_of_a_native_stage(run: str, path: str, machine: Machine, maker: str, arm64: str) -> None:
    found, makers, qualities = only(f"{NATIVE_GO}RUN {run}\n", path)
    assert (found, " ".join(makers), qualities[-1]) == (machine, maker, arm64)


def test_a_stage_for_the_target_makes_files_for_the_target() -> None:
    stage = "FROM debian AS build\nWORKDIR /src\nCOPY . .\nRUN make && ./configure-more.sh\n"
    assert only(stage, "/src/bin/app") == (Machine.TARGET, ["configure-more.sh", "make"], ["RIGHT", "RIGHT"])


def test_lock_files_tell_that_packages_are_scripts_only() -> None:
    stage = f"{NATIVE_GO}RUN npm ci\n"
    assert only(stage, "/src/node_modules", Workspace(has_native_packages=False))[0] is Machine.NEUTRAL


@every_case(
    "lines, machine",
    [
        ("COPY package*.json ./", Machine.NEUTRAL),
        ("COPY ./package.json ./package-lock.json ./", Machine.NEUTRAL),
        ("COPY . .", Machine.NEUTRAL),
        ("COPY web web\nCOPY $LISTS ./", Machine.NEUTRAL),
        ("RUN --mount=type=bind,target=/src true\nCOPY web ./", Machine.NEUTRAL),
        # The lock file that was read is that of the root.
        ("COPY web/package.json web/package-lock.json ./", Machine.BUILDER),
        ("RUN --mount=type=cache,target=/root/.npm true\nCOPY web ./", Machine.BUILDER),
    ],
)
def test_lock_files_of_another_directory_tell_nothing(lines: str, machine: Machine) -> None:
    stage = f"FROM --platform=$BUILDPLATFORM node AS build\nWORKDIR /src\n{lines}\nRUN npm ci\n"
    assert only(stage, "/src/node_modules", Workspace(has_native_packages=False))[0] is machine


@every_case(
    "lines, machine",
    [
        ("COPY web/package.json web/package-lock.json ./", Machine.NEUTRAL),
        ("COPY web/package*.json web/.npmrc ./\nCOPY web ./", Machine.NEUTRAL),
        ("COPY web ./", Machine.NEUTRAL),
        ("COPY web ./\nCOPY notes notes", Machine.NEUTRAL),
        ("COPY api/package.json api/package-lock.json ./", Machine.BUILDER),
        # More than one list, or one of unknown place.
        ("COPY web ./\nCOPY api api", Machine.BUILDER),
        ("COPY web/package.json ./\nCOPY other/package.json other/", Machine.BUILDER),
        ("COPY web/package.json ./\nCOPY apps/$NAME ./", Machine.BUILDER),
        ("COPY */package.json ./", Machine.BUILDER),
        ("COPY web/*/package.json ./", Machine.BUILDER),
        ("COPY notes ./", Machine.BUILDER),
    ],
)
def test_the_lock_file_beside_a_list_of_another_directory_tells(lines: str, machine: Machine) -> None:
    stage = f"FROM --platform=$BUILDPLATFORM node AS build\nWORKDIR /src\n{lines}\nRUN npm ci\n"
    plain = PackagesOfNode(are_native=False, are_prebuilt=False, may_be_native=False)
    packages = {"web": plain, "api": plain._replace(are_native=True)}
    workspace = Workspace(has_native_packages=None, packages_in=packages.get)
    assert only(stage, "/src/node_modules", workspace)[0] is machine


def test_files_are_followed_through_stages_mounts_and_names_of_images() -> None:
    found = artifacts(
        """
        FROM node AS tools
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go build -o /o .
        FROM build AS named
        FROM scratch AS files
        COPY --from=named /o /bin/app
        COPY --from=tools /usr/local/bin/node /bin/node
        FROM --platform=$BUILDPLATFORM alpine AS packed
        RUN --mount=from=files,target=/m cp /m/bin/app /packed
        FROM alpine
        COPY --from=files /bin/app /one
        COPY --from=files /bin/node /two
        COPY --from=packed /packed /three
        COPY --from=busybox /bin/sh /four
        """
    )
    machines = {it.path: it.machine for it in found.all}
    assert machines == {
        "/one": Machine.BUILDER,
        "/two": Machine.TARGET,
        "/three": Machine.BUILDER,
        "/four": Machine.TARGET,
    }


def test_names_of_context_files_tell_architectures() -> None:
    found = artifacts(
        """
        FROM alpine
        ARG TARGETARCH
        COPY bin/app-$TARGETARCH /one
        COPY bin/app-amd64 /two
        COPY bin/app /three
        """
    )
    machines = {it.path: it.machine for it in found.all}
    assert machines == {"/one": Machine.TARGET, "/two": Machine.CONSTANT, "/three": Machine.UNKNOWN}
    assert [it.name for it in found.qualities().values()].count(Quality.WRONG.name) == 1


def test_an_edit_that_loses_a_file_is_detected() -> None:
    good = artifacts(
        "FROM golang AS build\nARG TARGETARCH\nRUN CGO_ENABLED=0 go build -o /o ." + IMAGE.format(path="/o")
    )
    native = NATIVE_GO + "RUN {} go build -o /o ." + IMAGE.format(path="/o")
    assert losses(good, good) == ()
    assert losses(good, artifacts(native.format("CGO_ENABLED=0"))) == ("/it",)
    assert losses(good, artifacts(native.format("CGO_ENABLED=0 GOARCH=$TARGETARCH"))) == ()
    assert losses(artifacts(native.format("CGO_ENABLED=0")), good) == ()
    assert losses(good, artifacts("FROM alpine\n")) == ("/it",)


def test_cgo_that_is_switched_off_is_a_loss() -> None:
    before = artifacts(
        "FROM golang AS build\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /o ." + IMAGE.format(path="/o")
    )
    after = artifacts(NATIVE_GO + "RUN GOARCH=$TARGETARCH go build -o /o ." + IMAGE.format(path="/o"))
    assert losses(before, after) == ("/it",)


def test_tracing_ends_in_circles_and_unknown_stages() -> None:
    assert artifacts("FROM a AS a\nCOPY --from=b / /\nFROM a AS b\nCOPY --from=a / /\nFROM b\nCOPY --from=c / /\n").all
    text = "FROM a AS s0\n" + "".join(f"FROM a AS s{n}\nCOPY --from=s{n - 1} /x /x\n" for n in range(1, 60))
    assert artifacts(f"{text}COPY --from=s59 /x /x\n").all


def test_the_json_of_a_plan_contains_artifacts() -> None:
    text = NATIVE_GO + "RUN go build -o /o ." + IMAGE.format(path="/o")
    assert artifacts_as_json(artifacts(text)) == [
        {
            "path": "/it",
            "source": "/o",
            "line": 7,
            "machine": "build machine",
            "targets": ["linux/amd64", "linux/arm64"],
            "makers": [
                {"maker": "go build", "machine": "build machine", "architecture": "amd64", "certain": True},
            ],
        }
    ]


def test_a_stage_that_takes_a_directory_from_itself() -> None:
    text = "FROM alpine AS a\nCOPY --from=a /x/out/app /x\nFROM scratch\nCOPY --from=a /x /x\n"
    assert {it.machine for it in artifacts(text).all} == {Machine.UNKNOWN}


@every_case(
    "text",
    [
        # each turn of a circle, which BuildKit refuses, finds two more paths
        "FROM a AS b\nCOPY --from=b /p/x .\nCOPY --from=b /p/y .\nCOPY --from=b /z .\n",
        "FROM a AS b\nCOPY --from=c /x ./\nCOPY --from=c /y ./\nFROM b AS c\nCOPY --from=b /p .\nCOPY --from=b /q .\n",
        # each stage doubles the number of paths
        "FROM a AS s0\nCOPY a /a\n"
        + "".join(
            f"FROM a AS s{n}\nCOPY --from=s{n - 1} /a/q .\nCOPY --from=s{n - 1} /b/r .\nRUN make\n"
            for n in range(1, 24)
        )
        + "FROM a\nCOPY --from=s23 /x/ /x\n",
    ],
)
def test_the_number_of_paths_that_are_followed_is_bounded(text: str) -> None:
    found = artifacts(text)
    n_calls(lambda: found.all, most=1_000_000)
    assert {it.machine for it in found.all} == {Machine.UNKNOWN}


@every_case(
    "run, makers",
    [
        ("go build -o /out/gen . && /out/gen > /out/data", ["go build"]),
        ("go build -o /out/gen . && /out/gen > /out/data && rm /out/gen", []),
        ("go build -o /out/gen . && /out/gen > /out/data\nRUN rm -f /out/gen", []),
        ("go build -o /out/bin/gen . && rm -rf /out/bin", []),
        ("go build -o /out/gen . && mv /out/gen /usr/local/bin/", []),
        ('go build -o /out/gen . && if [ -n "$X" ]; then rm /out/gen; fi', ["go build"]),
        ("go build -o /out/gen . && rm /out/gen.txt /out/*.map", ["go build"]),
        ("go build -o /out/gen . && rm /out/gen && go build -o /out/app ./app", ["go build"]),
        ("go build -o app . && tar czf /out/a.tgz docs", []),
        ("go build -o app . && zip -r /out/a.zip docs", []),
    ],
)
def test_a_program_that_the_stage_removes_is_not_in_the_image(run: str, makers: list[str]) -> None:
    (artifact,) = artifacts(f"{NATIVE_GO}RUN {run}{IMAGE.format(path='/out/')}").all
    assert [*dict.fromkeys(it.maker for it in artifact.origins if it.maker == "go build")] == makers
