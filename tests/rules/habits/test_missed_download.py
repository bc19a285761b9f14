"""Downloads in a cache that a later RUN does not mount, or in the image where a later RUN mounts a cache over them."""

from __future__ import annotations

from buildxray.rules.base import Severity
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.rules.habits.missed_download import missed_download
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_rule, context, findings

MODULES = "--mount=type=cache,target=/go/pkg/mod"
CRATES = "--mount=type=cache,target=/usr/local/cargo/registry"
END = "\nFROM scratch\nCOPY --from=b /app /app\n"


def of(image: str, *lines: str) -> str:
    return "\n".join([f"FROM {image} AS b", "WORKDIR /w", *lines, END])


def said(text: str, workspace: Workspace | None = None) -> list[str]:
    return [it.message for it in findings(missed_download, context(text, workspace=workspace))]


def test_a_download_that_a_mount_hides() -> None:
    check_rule(
        missed_download,
        """
        FROM golang:1.26 AS b
        WORKDIR /w
        COPY go.mod go.sum ./
        RUN go mod download
        COPY . .
        RUN --mount=type=cache,target=/go/pkg/mod go build -o /app .
                                                  ^^^^^^^^ 💭 `go build` downloads the dependencies again if the cache is empty: its mount hides `/go/pkg/mod`, where `go mod download` has put them
        FROM scratch
        COPY --from=b /app /app
        """,
    )


def test_a_download_in_a_cache_that_a_later_run_does_not_mount() -> None:
    check_rule(
        missed_download,
        """
        FROM golang:1.26 AS b
        WORKDIR /w
        COPY go.mod go.sum ./
        RUN --mount=type=cache,target=/go/pkg/mod go mod download
        COPY . .
        RUN --mount=type=cache,target=/root/.cache/go-build go vet ./...
                                                            ^^^^^^ 💭 `go vet` downloads the dependencies again: `go mod download` has put them into the cache at `/go/pkg/mod`, which this RUN does not mount
        RUN go build -o /app .
        FROM scratch
        COPY --from=b /app /app
        """,
    )


@every_case(
    "lines, is_reported",
    [
        (("RUN go mod download", f"RUN {MODULES} go build -o /app ."), True),
        (("RUN go mod download -x", f"RUN {MODULES} go test ./..."), True),
        (("RUN go mod download", f"RUN {MODULES} if [ $A ]; then go build -tags a .; else go build .; fi"), True),
        (("RUN go mod download", "RUN --mount=type=cache,target=/go go build ."), True),
        (("RUN go mod download && go version", f"RUN {MODULES} go build ."), True),
        (("ENV GOMODCACHE=/m", "RUN go mod download", "RUN --mount=type=cache,target=/m go build ."), True),
        (("ENV GOPATH=/p", "RUN go mod download", "RUN --mount=type=cache,target=/p/pkg/mod go build ."), True),
        (("RUN go mod download", f"RUN {MODULES} xx-go build ."), True),
        # The directory is another one, or unknown.
        (("ENV GOMODCACHE=/m", "RUN go mod download", f"RUN {MODULES} go build ."), False),
        (("RUN go env -w GOMODCACHE=/m", "RUN go mod download", f"RUN {MODULES} go build ."), False),
        (("ARG GOMODCACHE", "RUN go mod download", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download", "RUN --mount=type=cache,target=/root/.cache/go-build go build ."), False),
        (("RUN go mod download", "RUN --mount=type=cache,target=/go/pkg/mod/cache go build ."), False),
        (("RUN GOMODCACHE=/m go mod download", f"RUN {MODULES} go build ."), False),
        # The cache begins with the files of the image, or the mount is not a cache.
        (("RUN go mod download", f"RUN {MODULES},from=b2,source=/go/pkg/mod go build ."), False),
        (("RUN go mod download", "RUN --mount=type=bind,from=golang,target=/go/pkg/mod go build ."), False),
        (("RUN go mod download", f"RUN --mount=target=. {MODULES} go build ."), True),
        # Both have it, or none.
        ((f"RUN {MODULES} go mod download", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download", "RUN go build ."), False),
        # Another RUN finds the files in the image.
        (("RUN go mod download", "RUN go vet ./...", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download", f"RUN {MODULES} go build .", "RUN go test ./..."), False),
        (("RUN go mod download", "RUN make generate", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download", "RUN golangci-lint run", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download && go build ./tool", f"RUN {MODULES} go build ."), False),
        (("RUN go mod download", "RUN apk add git && mkdir /x", f"RUN {MODULES} go build ."), True),
        # The command needs no module of the project.
        (("RUN go mod download", f"RUN {MODULES} go install x.org/tool@v1"), False),
        (("RUN go mod download", f"RUN {MODULES} go run x.org/tool@v1"), False),
        (("RUN go mod download", f"RUN {MODULES} go build -mod=vendor ."), False),
        (("RUN go mod download", f"RUN {MODULES} go version"), False),
        (("RUN go mod download", f"RUN {MODULES} cd other && go build ."), False),
        (("RUN cd tools && go mod download", f"RUN {MODULES} go build ."), False),
        (("RUN cd a && go mod download", f"RUN {MODULES} cd a && go build ."), False),
        # What it downloads is another matter.
        (("RUN go mod download x.org/a@v1", f"RUN {MODULES} go build ."), False),
        (("RUN test -f go.mod && go mod download", f"RUN {MODULES} go build ."), False),
    ],
)  # fmt: skip
def test_modules_of_go_that_a_mount_hides(lines: tuple[str, ...], *, is_reported: bool) -> None:
    assert bool(said(of("golang:1.26", *lines))) is is_reported


@every_case(
    "lines, is_reported",
    [
        ((f"RUN {MODULES} go mod download", "RUN go build ."), True),
        ((f"RUN {MODULES},sharing=locked go mod download", "RUN apk add git", "RUN go build ."), True),
        ((f"RUN {MODULES},id=a go mod download", f"RUN {MODULES},id=b go build ."), True),
        ((f"RUN {MODULES},id=a go mod download", f"RUN {MODULES},id=a go build ."), False),
        (("RUN --mount=type=cache,target=/go,id=a go mod download", f"RUN {MODULES},id=a go build ."), False),
        # Another RUN may have downloaded them into the image.
        ((f"RUN {MODULES} go mod download", "RUN go generate ./...", "RUN go build ."), False),
        ((f"RUN {MODULES} go mod download", "RUN ./prepare.sh", "RUN go build ."), False),
        ((f"RUN {MODULES} go mod download", "RUN templ generate", "RUN go build ."), False),
        ((f"RUN {MODULES} go mod download", f"RUN {MODULES} go generate ./...", "RUN go build ."), True),
        (("RUN go mod download", f"RUN {MODULES} go mod download", "RUN go build ."), False),
        ((f"RUN {MODULES} go mod download", "RUN go mod download", f"RUN {MODULES} go build ."), False),
        ((f"RUN {MODULES} go mod download", "COPY --from=deps /go/pkg /go/pkg", "RUN go build ."), False),
        ((f"RUN {MODULES} go mod download", "COPY --from=tonistiigi/xx / /", "RUN xx-go build ."), True),
        ((f"RUN {MODULES} go mod download && cp -r /go/pkg/mod vendor", "RUN go build -mod vendor ."), False),
    ],
)
def test_modules_of_go_that_only_a_cache_has(lines: tuple[str, ...], *, is_reported: bool) -> None:
    assert bool(said(of("golang:1.26", *lines))) is is_reported


@every_case(
    "image, is_reported",
    [
        ("golang", True),
        ("golang:1.26-alpine@sha256:" + "0" * 64, True),
        ("public.ecr.aws/docker/library/golang:1.26", True),
        ("x.org/tools/golang:1.26", False),
        ("alpine", False),
    ],
)
def test_images_whose_directory_of_modules_is_known(image: str, *, is_reported: bool) -> None:
    assert bool(said(of(image, f"RUN {MODULES} go mod download", "RUN go build ."))) is is_reported


@every_case(
    "workspace, is_reported",
    [
        (Workspace(requires_modules=True, needed=lambda *_given: NeededFiles(("go.mod", "go.sum"), is_complete=True)), True),
        (Workspace(needed=lambda *_given: NeededFiles(("go.mod",), is_complete=True, requires_nothing=True)), False),
        (Workspace(requires_modules=False), False),
        (Workspace(requires_modules=True, has_vendored_modules=True), False),
    ],
)  # fmt: skip
def test_a_list_that_requires_nothing(workspace: Workspace, *, is_reported: bool) -> None:
    text = of("golang", "COPY . .", f"RUN {MODULES} go mod download", "RUN go build .")
    assert bool(said(text, workspace)) is is_reported


def of_crates(*, requires_crates: bool = True) -> Workspace:
    needed = NeededFiles(("Cargo.toml",), is_complete=True, requires_crates=requires_crates)
    return Workspace(needed=lambda *_given: needed)


@every_case(
    "lines, is_reported",
    [
        (("RUN cargo fetch", f"RUN {CRATES} cargo build --release"), True),
        ((f"RUN {CRATES} cargo fetch", "RUN cargo build --release"), True),
        ((f"RUN {CRATES} cargo build --release", "COPY src src", "RUN cargo build --release"), True),
        ((f"RUN {CRATES} cargo chef cook", "COPY src src", "RUN cargo build --release"), True),
        # What it compiles is of use.
        (("RUN cargo build --release", f"RUN {CRATES} cargo build --release"), False),
        ((f"RUN {CRATES} cargo install cargo-chef", "RUN cargo build --release"), False),
        (("ENV CARGO_HOME=/c", "RUN cargo fetch", f"RUN {CRATES} cargo build"), False),
    ],
)
def test_crates(lines: tuple[str, ...], *, is_reported: bool) -> None:
    text = of("rust:1.90", "COPY Cargo.toml ./", *lines)
    assert bool(said(text, of_crates())) is is_reported
    assert not said(text, of_crates(requires_crates=False))


@every_case(
    "lines, message",
    [
        (
            (f"RUN {CRATES} cargo fetch", "RUN cargo build --offline"),
            ("the build stops here: `--offline` forbids the download, and `cargo fetch` has put the files into the cache at "
            "`/usr/local/cargo/registry`, which this RUN does not mount"),
        ),
        (
            ("RUN cargo fetch", f"RUN {CRATES} cargo build --frozen"),
            ("the build stops here if the cache is empty: `--frozen` forbids the download, and the mount hides the files that "
            "`cargo fetch` has put into `/usr/local/cargo/registry`"),
        ),
    ],
)  # fmt: skip
def test_a_command_that_may_download_nothing(lines: tuple[str, ...], message: str) -> None:
    (finding,) = findings(
        missed_download, context(of("rust:1.90", "COPY Cargo.toml ./", *lines), workspace=of_crates())
    )
    assert (finding.message, finding.severity) == (message, Severity.WARNING)


SDK = "mcr.microsoft.com/dotnet/sdk:9.0"
PACKAGES = "--mount=type=cache,target=/root/.nuget/packages"


@every_case(
    "lines, is_reported",
    [
        ((f"RUN {PACKAGES} dotnet restore", "RUN dotnet publish -o /app"), True),
        ((f"RUN {PACKAGES} dotnet restore a/a.csproj", "WORKDIR /w/a", "RUN dotnet publish -o /app"), True),
        ((f"RUN {PACKAGES} dotnet restore w.sln", "RUN dotnet publish a/a.csproj -o /app --no-restore"), True),
        # The command before the mount also writes files that are not in the cache.
        (("RUN dotnet restore", f"RUN {PACKAGES} dotnet publish -o /app"), False),
        ((f"RUN {PACKAGES} dotnet restore a/a.csproj", "RUN dotnet publish b/b.csproj -o /app"), False),
        ((f"RUN {PACKAGES} dotnet restore", "USER app", "RUN dotnet publish -o /app"), False),
        ((f"RUN {PACKAGES} dotnet restore", "RUN dotnet publish --no-build -o /app"), False),
        (("ENV NUGET_PACKAGES=/n", f"RUN {PACKAGES} dotnet restore", "RUN dotnet publish -o /app"), False),
    ],
)
def test_packages_of_dotnet(lines: tuple[str, ...], *, is_reported: bool) -> None:
    workspace = Workspace(needed=lambda *_given: NeededFiles(("a.csproj",), is_complete=True))
    assert bool(said(of(SDK, "COPY . .", *lines), workspace)) is is_reported


REPOSITORY = "--mount=type=cache,target=/root/.m2"


@every_case(
    "lines, is_reported",
    [
        (("RUN mvn dependency:go-offline", f"RUN {REPOSITORY} mvn package"), True),
        ((f"RUN {REPOSITORY} mvn dependency:resolve", "RUN mvn -B package"), True),
        ((f"RUN {REPOSITORY} mvn dependency:go-offline", "RUN mvn -o package"), True),
        ((f"RUN {REPOSITORY} mvn dependency:go-offline", "RUN mvn -Dmaven.repo.local=/r package"), False),
        ((f"RUN {REPOSITORY} mvn dependency:go-offline", "USER 1000", "RUN mvn package"), False),
        ((f"RUN {REPOSITORY} mvn dependency:go-offline", f"RUN {REPOSITORY} mvn package"), False),
    ],
)
def test_artifacts_of_maven(lines: tuple[str, ...], *, is_reported: bool) -> None:
    workspace = Workspace(needed=lambda *_given: NeededFiles(("pom.xml",), is_complete=True))
    assert bool(said(of("maven:3-eclipse-temurin-21", "COPY . .", *lines), workspace)) is is_reported


@every_case(
    "text",
    [
        # The image has what the mount hides, and a program in it may need that.
        f"FROM golang\nWORKDIR /w\nRUN go mod download\nRUN {MODULES} go build -o /app .\n",
        # Another stage takes it, or is built on it.
        (f"FROM golang AS b\nRUN go mod download\nFROM b AS c\nRUN {MODULES} go build -o /app .\n"
        "FROM b AS d\nRUN go test ./...\nFROM scratch\nCOPY --from=c /app /app\nCOPY --from=d /x /x\n"),
        (f"FROM golang AS b\nRUN go mod download\nRUN {MODULES} go build -o /app .\n"
        "FROM golang AS d\nCOPY --from=b /go/pkg /go/pkg\nFROM scratch\nCOPY --from=b /app /app\nCOPY --from=d /x /x\n"),
        (f"FROM golang AS b\nRUN go mod download\nRUN {MODULES} go build -o /app .\n"
        "FROM golang AS d\nRUN --mount=from=b,source=/go/pkg/mod,target=/m ls /m\nFROM scratch\nCOPY --from=b /app /app\nCOPY --from=d /x /x\n"),
    ],
)  # fmt: skip
def test_hidden_files_that_are_of_use(text: str) -> None:
    assert not said(text)


def test_a_download_in_the_stage_below() -> None:
    text = f"FROM golang AS a\nRUN {MODULES} go mod download\nFROM a AS b\nCOPY . .\nRUN go build -o /app .\n{END}"
    assert len(said(text)) == 1


@every_case(
    "lines, after",
    [
        (
            ("RUN go mod download", f"RUN {MODULES},id=m go build -o /app ."),
            (f"RUN {MODULES},id=m go mod download", f"RUN {MODULES},id=m go build -o /app ."),
        ),
        (
            (f"RUN {MODULES} go mod download", "RUN go vet ./...", "RUN go build -o /app ."),
            (f"RUN {MODULES} go mod download", f"RUN {MODULES} go vet ./...", f"RUN {MODULES} go build -o /app ."),
        ),
        # No ARG gives the name there, the cache is another one, or the RUN deletes its files.
        (("ARG A=1", "RUN go mod download", f"RUN {MODULES},id=m$A go build -o /app ."), ()),
        ((f"RUN {MODULES},id=a go mod download", f"RUN {MODULES},id=b go build ."), ()),
        ((f"RUN {MODULES} go mod download", "RUN go build -o /app . && go clean -modcache"), ()),
    ],
)
def test_the_fix_mounts_the_cache(lines: tuple[str, ...], after: tuple[str, ...]) -> None:
    text = of("golang", *lines)
    (finding,) = findings(missed_download, context(text))
    assert [apply_edits(text, it.edits) for it in finding.fixes] == ([of("golang", *after)] if after else [])


@every_case(
    "lines, after",
    [
        (
            (f"RUN {CRATES} cargo fetch", "RUN cargo build"),
            (f"RUN {CRATES},sharing=locked cargo fetch", f"RUN {CRATES},sharing=locked cargo build"),
        ),
        (
            ("RUN cargo fetch", f"RUN {CRATES},sharing=shared,id=c cargo build", f"RUN {CRATES},id=c cargo doc"),
            (
                f"RUN {CRATES},sharing=locked,id=c cargo fetch",
                f"RUN {CRATES},sharing=locked,id=c cargo build",
                f"RUN {CRATES},sharing=locked,id=c cargo doc",
            ),
        ),
        # Two that run at once have two caches.
        (
            (f"RUN {CRATES},sharing=private cargo fetch", "RUN cargo build"),
            (f"RUN {CRATES},sharing=private cargo fetch", f"RUN {CRATES},sharing=private cargo build"),
        ),
    ],
)
def test_the_fix_locks_the_cache_of_cargo(lines: tuple[str, ...], after: tuple[str, ...]) -> None:
    before, fixed = (of("rust", "COPY Cargo.toml ./", *it) for it in (lines, after))
    (finding,) = findings(missed_download, context(before, workspace=of_crates()))
    # The lock of Cargo is outside of the mount.
    assert [apply_edits(before, it.edits) for it in finding.fixes] == [fixed]


@every_case(
    "end, is_offered",
    [
        ('CMD ["/app"]', True),
        ("FROM scratch\nCOPY --from=b /app /app", True),
        ('CMD ["go", "run", "."]', False),
        ("ENTRYPOINT ./start.sh", False),
        ('CMD ["air"]', False),
        ("", False),
        ("RUN ./more.sh\nCMD /app", False),
        ("FROM scratch\nCOPY --from=b /go /go\nCOPY --from=b /app /app", False),
    ],
)
def test_modules_that_something_may_need_later_stay_in_the_image(end: str, *, is_offered: bool) -> None:
    text = f"FROM golang AS b\nWORKDIR /w\nRUN {MODULES} go mod download\nRUN go build -o /app .\n{end}\n"
    (finding,) = findings(missed_download, context(text))
    assert len(finding.fixes) == is_offered


def test_a_hidden_download_is_not_late_too() -> None:
    text = of("golang", "COPY . .", "RUN go mod download", f"RUN {MODULES} go build -o /app .")
    assert len(said(text)) == 1
    assert not findings(late_module_download, context(text))
    assert findings(late_module_download, context(text.replace(MODULES, "")))


@every_case(
    "before, after",
    [
        (
            ("RUN go mod download", "COPY . .", f"RUN {MODULES} --mount=type=cache,target=/c go build .", f"RUN {MODULES} go vet ."),
            ("RUN go mod download", "COPY . .", "RUN --mount=type=cache,target=/c go build .", "RUN go vet ."),
        ),
        (
            ("RUN go mod download", "COPY . .", f"RUN --mount=type=cache,target=/c \\\n    {MODULES} \\\n    go build ."),
            ("RUN go mod download", "COPY . .", "RUN --mount=type=cache,target=/c \\\n    go build ."),
        ),
        (
            (f"RUN {MODULES} go mod download", "COPY . .", "RUN go build ."),
            ("RUN go mod download", "COPY . .", "RUN go build ."),
        ),
    ],
)  # fmt: skip
def test_on_new_machines_a_mount_that_hides_or_loses_the_downloads_goes(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    text = of("golang", "COPY go.mod go.sum ./", *before)
    workspace = Workspace(is_on_fresh_machines=lambda: True)
    (finding,) = findings(missed_download, context(text, workspace=workspace))
    (fix,) = finding.fixes
    assert fix.title == "Remove the mount: each build begins with an empty cache"
    assert apply_edits(text, fix.edits) == of("golang", "COPY go.mod go.sum ./", *after)
    assert said(apply_edits(text, fix.edits), workspace) == []
    assert "if the cache is empty" not in finding.message


def test_of_two_caches_on_new_machines_none_goes() -> None:
    lines = (f"RUN {MODULES},id=a go mod download", "COPY . .", f"RUN {MODULES},id=b go build .")
    workspace = Workspace(is_on_fresh_machines=lambda: True)
    (finding,) = findings(missed_download, context(of("golang", "COPY go.mod go.sum ./", *lines), workspace=workspace))
    assert finding.fixes == ()
