from __future__ import annotations

from dataclasses import replace

from buildxray.rules.architecture.dynamic_binary_in_scratch import dynamic_binary_in_scratch
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings, request

DYNAMIC = "FROM {} AS b\nRUN {}\nRUN {}\nFROM {}\nCOPY --from=b /o /o\n"


DEBIAN_GO = "golang:1.26"


def test_a_binary_that_needs_glibc_in_scratch_is_reported() -> None:
    check_rule(
        dynamic_binary_in_scratch,
        """
        FROM golang AS b
        RUN go build -o /o .
            ^^^^^^^^ 💭 `go build` compiles with cgo: a program that uses `net`, `os/user` or C links to glibc, and this one goes into an image with no C library
        FROM scratch
        COPY --from=b /o /o
        """,
    )
    check_fix(
        dynamic_binary_in_scratch,
        DYNAMIC.format(DEBIAN_GO, "a", "X=1 go build -o /o .", "scratch"),
        DYNAMIC.format(DEBIAN_GO, "a", "X=1 CGO_ENABLED=0 go build -o /o .", "scratch"),
        title="Compile with `CGO_ENABLED=0`",
    )


@every_case(
    "image, install, build, target",
    [
        (DEBIAN_GO, "a", "go build -o /o .", "gcr.io/distroless/static"),
        (DEBIAN_GO, "a", "go build -o /o . && . ./env.sh", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "alpine:3"),
        (DEBIAN_GO, "a", "go build -o /o .", "alpine:3\nRUN mkdir /lib64"),
        ("golang:alpine", "apk add build-base", "go build -o /o .", "scratch"),
        ("golang:alpine", "a", "CGO_ENABLED=1 go build -o /o .", "debian"),
        ("ubuntu", "apt-get install -y gcc golang", "go build -o /o .", "alpine"),
    ],
)
def test_a_binary_on_an_image_without_its_library_is_reported(
    image: str, install: str, build: str, target: str
) -> None:
    assert len(findings(dynamic_binary_in_scratch, context(DYNAMIC.format(image, install, build, target)))) == 1


@every_case(
    "image, install, build, target",
    [
        (DEBIAN_GO, "a", "CGO_ENABLED=0 go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "debian"),
        (DEBIAN_GO, "a", "GOOS=windows GOARCH=amd64 go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", "GOOS=js GOARCH=wasm go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "gcr.io/distroless/base"),
        (DEBIAN_GO, "a", "go build -o /other .", "scratch"),
        (DEBIAN_GO, "a", "go build -tags netgo,osusergo -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -ldflags '-extldflags -static' -o /o .", "scratch"),
        (DEBIAN_GO, "a", "CGO_LDFLAGS='-lz -static' go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", ". ./env.sh && go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "frobnicate/base"),
        (DEBIAN_GO, "a", "go build -o /o .", "alpine\nRUN apk add gcompat"),
        (
            DEBIAN_GO,
            "a",
            "go build -o /o .",
            "alpine\nRUN mkdir /lib64 && ln -s /lib/libc.musl-x86_64.so.1 /lib64/ld-linux-x86-64.so.2",
        ),
        ("golang:alpine", "a", "go build -o /o .", "scratch"),
        ("golang:alpine", "apk add gcc", "go build -o /o .", "alpine"),
        ("frobnicate/go", "a", "go build -o /o .", "scratch"),
        ("golang-$TARGETARCH", "a", "go build -o /o .", "scratch"),
    ],
)
def test_binaries_that_start_are_not_reported(image: str, install: str, build: str, target: str) -> None:
    check_nothing(dynamic_binary_in_scratch, DYNAMIC.format(image, install, build, target))


def test_sources_without_cgo_are_not_reported() -> None:
    text = DYNAMIC.format(DEBIAN_GO, "a", "go build -o /o .", "scratch")
    assert findings(dynamic_binary_in_scratch, context(text, workspace=Workspace(may_use_libc=False))) == []


def test_an_explicit_cgo_enabled_has_no_fix() -> None:
    check_no_fix(dynamic_binary_in_scratch, DYNAMIC.format(DEBIAN_GO, "a", "CGO_ENABLED=1 go build -o /o .", "scratch"))
    check_no_fix(
        dynamic_binary_in_scratch, DYNAMIC.format(DEBIAN_GO, "a", "CGO_LDFLAGS=-lz go build -o /o .", "scratch")
    )
    check_nothing(dynamic_binary_in_scratch, "")


def test_sources_that_need_cgo_get_a_certain_message() -> None:
    text = DYNAMIC.format(DEBIAN_GO, "a", "go build -o /o .", "scratch")
    (finding,) = findings(dynamic_binary_in_scratch, context(text, workspace=Workspace(may_use_libc=True)))
    assert finding.message == "`go build` links to glibc, and the binary goes into an image with no C library"


def test_a_build_that_writes_files_is_not_reported() -> None:
    text = DYNAMIC.format(DEBIAN_GO, "a", "go build -o /o .", "scratch")
    builder = Builder(replace(request(), makes_files=True))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert findings(dynamic_binary_in_scratch, ctx) == []


@every_case(
    "before, is_said",
    [
        ("RUN go env -w CGO_ENABLED=0", False),
        ("RUN go env -w GO111MODULE=on GOPROXY=direct CGO_ENABLED=0", False),
        ('RUN go env -w "CGO_ENABLED=0"', False),
        ("RUN if a; then go env -w CGO_ENABLED=0; fi", False),
        ("RUN go env -w CGO_ENABLED=$B", False),
        ("RUN go env -w CGO_ENABLED=0\nFROM build AS own", False),
        ("RUN go env -w CGO_ENABLED=1", True),
        ("RUN go env -w GOPROXY=direct", True),
        ("RUN go env CGO_ENABLED=0", True),
        ("RUN go env -w CGO_ENABLED=0 && go env -u CGO_ENABLED", True),
        ("RUN go env -w CGO_ENABLED=0\nENV CGO_ENABLED=1", True),
        ("RUN go env -w CGO_ENABLED=0\nUSER app", True),
    ],
)
def test_settings_that_go_has_stored(before: str, *, is_said: bool) -> None:
    stage = "own" if "own" in before else "build"
    text = f"FROM golang:1.26 AS build\n{before}\nRUN go build -o /o .\nFROM scratch\nCOPY --from={stage} /o /o\n"
    assert bool(findings(dynamic_binary_in_scratch, context(text))) is is_said


def test_a_setting_is_stored_for_later_commands_only() -> None:
    text = "FROM golang:1.26 AS build\nRUN go build -o /o . && go env -w CGO_ENABLED=0\nFROM scratch\nCOPY --from=build /o /o\n"
    assert len(findings(dynamic_binary_in_scratch, context(text))) == 1


@every_case(
    "fill, copies, is_said",
    [
        ("true", "COPY --from=b / /", False),
        ("true", "COPY --from=b /lib /lib", False),
        ("true", "COPY --from=b /lib64/ /lib64/", False),
        ("true", "COPY --from=b /usr/lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu", False),
        ("true", "COPY --from=b /usr /usr", False),
        ("true", "COPY --from=b /lib64/ld-linux-x86-64.so.2 /lib64/", False),
        ("true", "COPY --from=debian:13 /lib/*-linux-gnu/libc.so.6 /lib/", False),
        ("true", "ADD system.tar.xz /", False),
        ("dnf install -y --installroot=/system glibc", "COPY --from=b /system /", False),
        ("debootstrap trixie /system", "COPY --from=b /system/ /", False),
        ("apk add --root /system musl", "WORKDIR /\nCOPY --from=b /system .", False),
        ("mkdir -p /system/lib && cp /lib/ld-* /system/lib/", "COPY --from=b /system /", False),
        ("ldd /bin/x | xargs cp -t /system/", "COPY --from=b /system /", False),
        ("true", "FROM scratch AS last\nCOPY --from=b / /\nFROM last\nCOPY --from=b /o /o", False),
        ("true", "COPY --from=b /etc/ssl/certs /etc/ssl/certs", True),
        ("true", "COPY --from=b /usr/lib/ssl /usr/lib/ssl", True),
        ("true", "COPY --from=b /usr/lib/libz.so.1 /usr/lib/", True),
        ("true", "COPY --from=b /usr/local/go/lib/time/zoneinfo.zip /", True),
        ("true", "COPY --from=b /usr/share/zoneinfo /usr/share/zoneinfo", True),
        ("true", "ADD settings.json /", True),
        ("mkdir -p /system/etc && cp /etc/passwd /system/etc/", "COPY --from=b /system /", True),
        ("dnf install -y --installroot=/system glibc", "COPY --from=b /system/etc/passwd /etc/", True),
        ("dnf install -y --installroot=/other glibc", "COPY --from=b /system /", True),
    ],
)
def test_an_image_into_which_a_library_is_copied_is_not_reported(fill: str, copies: str, *, is_said: bool) -> None:
    text = f"FROM golang:1.26 AS b\nRUN {fill}\nRUN go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n{copies}\n"
    assert bool(findings(dynamic_binary_in_scratch, context(text))) is is_said


def test_the_compilers_of_one_run_are_one_finding() -> None:
    text = (
        "FROM golang:1.26 AS b\nRUN {0}go build -o /o/a ./a && {0}go build -o /o/b ./b && {0}go build -o /p ./c\n"
        "RUN {0}go build -o /o/d ./d\nFROM scratch\nCOPY --from=b /o /o\n"
    )
    one, other = findings(dynamic_binary_in_scratch, context(text.format("")))
    assert one.message.endswith("no C library; the same holds for 1 more command of this RUN")
    assert "more" not in other.message
    (fix,) = one.fixes
    assert [it.new_text for it in fix.edits] == ["CGO_ENABLED=0 "] * 2
