from __future__ import annotations

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.rules.base import Severity
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.rules.habits.old_rust_image import old_rust_image
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.toolchains.base import NeededFiles, RustAsking, RustNeed, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

EDITION = RustNeed("Cargo.toml", RustAsking.EDITION, (85, 0), "2024", "app")
COMPILER = RustNeed("Cargo.toml", RustAsking.COMPILER, (88, 0), "1.88", "app")
LOCK_FILE = RustNeed("Cargo.lock", RustAsking.LOCK_FILE, (78, 0), "4")
NONE: tuple[RustNeed, ...] = ()


def workspace(
    *needs: RustNeed, given: str = "", ignored: str = "", others: tuple[RustNeed, ...] | None = None
) -> Workspace:
    """Facts of a project that asks for these versions; `others` are what another directory that may be the context asks for."""

    def find(path: str) -> tuple[tuple[RustNeed, ...], ...]:
        directories = (needs,) if others is None else (needs, others)
        if path == "Cargo.toml":
            return tuple(tuple(it for it in one if it.asking is not RustAsking.LOCK_FILE) for one in directories)
        locks = (tuple(it for it in one if it.path == path) for one in directories)
        return tuple(it for it in locks if it)

    return Workspace(
        rust_needs=find,
        needed=lambda path, *_others: (
            NeededFiles((path,), is_complete=True, requires_crates=True) if path == "Cargo.toml" else None
        ),
        holds=lambda it: it in ("Cargo.toml", "Cargo.lock", "src/"),
        given_arguments=frozenset({given} - {""}),
        ignored=IgnorePatterns(ignored) if ignored else None,
    )


def test_an_edition_that_cargo_does_not_know() -> None:
    check_rule(
        old_rust_image,
        """
        FROM rust:1.82-alpine AS build
             ^^^^^^^^^^^^^^^^ 💭 the build stops at `cargo build`: `Cargo.toml` has edition 2024, which needs Rust 1.85, and this image has an older one
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        """,
        workspace=workspace(EDITION),
    )


@every_case(
    "needs, said",
    [
        ((COMPILER,), "`Cargo.toml` asks for Rust 1.88, and"),
        ((EDITION, COMPILER), "`Cargo.toml` asks for Rust 1.88, and"),
        ((EDITION, COMPILER._replace(version=(85, 1))), "`Cargo.toml` asks for Rust 1.85.1, and"),
        ((EDITION, COMPILER._replace(version=(85, 0))), "`Cargo.toml` has edition 2024, which needs Rust 1.85, and"),
        ((LOCK_FILE,), "`Cargo.lock` has version 4 of its format, which needs Rust 1.78, and"),
    ],
)
def test_what_the_build_refuses(needs: tuple[RustNeed, ...], said: str) -> None:
    text = "FROM rust:1.77\nWORKDIR /w\nCOPY . .\nRUN cargo build\n"
    (finding,) = findings(old_rust_image, context(text, workspace=workspace(*needs)))
    assert f"stops at `cargo build`: {said} this image has an older one" in finding.message


@every_case(
    "image, fixed",
    [
        ("rust:1.82", "rust:1.85"),
        ("rust:1.84.1", "rust:1.85"),
        ("docker.io/library/rust:1.60-slim", "docker.io/library/rust:1.85-slim"),
        ("rust:1.82-slim-bookworm", "rust:1.85-slim-bookworm"),
        ("rust:1.82-bookworm", "rust:1.85-bookworm"),
    ],
)
def test_the_fix_writes_the_version_of_the_project(image: str, fixed: str) -> None:
    text = "FROM {}\nWORKDIR /w\nCOPY . .\nRUN cargo build\n"
    check_fix(old_rust_image, text.format(image), text.format(fixed), workspace=workspace(EDITION))


def test_the_fix_is_enough_for_what_later_commands_ask_for() -> None:
    text = "FROM rust:{}\nWORKDIR /w\nCOPY . .\nRUN cargo fetch\nRUN cargo build\n"
    check_fix(old_rust_image, text.format("1.82"), text.format("1.88"), workspace=workspace(EDITION, COMPILER))


@every_case(
    "image",
    [
        "rust:1.82-buster",
        "rust:1.82-slim-bullseye",
        "rust:1.82.0-alpine3.20",
        "rust:1.82@sha256:0123456789012345678901234567890123456789012345678901234567890123",
        "rust:1.$MINOR",
        "lukemathwalker/cargo-chef:latest-rust-1.82",
        "lukemathwalker/cargo-chef:0.1.67-rust-1.82.0-slim-bookworm",
    ],
)
def test_no_fix_for_another_system(image: str) -> None:
    text = f"ARG MINOR=82\nFROM {image}\nWORKDIR /w\nCOPY . .\nRUN cargo test\n"
    (finding,) = findings(old_rust_image, context(text, workspace=workspace(EDITION)))
    assert not finding.fixes


@every_case(
    "image, need",
    [
        ("rust:1.85", EDITION),
        ("rust:1.85.0", EDITION),
        ("rust:1.95", COMPILER),
        ("rust:1.88", COMPILER._replace(version=(88, 9))),
        ("rust:1.78", LOCK_FILE),
        ("rust:1", EDITION),
        ("rust", EDITION),
        ("rust:slim", EDITION),
        ("rust:slim-bookworm", EDITION),
        # Older ones do not compare it.
        ("rust:1.55", COMPILER),
        # Other images may have another version.
        ("rustlang/rust:nightly", EDITION),
        ("example/rust:1.82", EDITION),
        ("lukemathwalker/cargo-chef:latest", EDITION),
        ("debian:12", EDITION),
    ],
)
def test_other_images(image: str, need: RustNeed) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY . .\nRUN cargo build\n"
    check_nothing(old_rust_image, text, workspace=workspace(need))


@every_case(
    "lines",
    [
        "COPY Cargo.toml Cargo.lock ./\nRUN cargo fetch",
        "COPY Cargo.* ./\nRUN mkdir src && touch src/lib.rs && cargo build",
        "RUN cargo new --bin app\nWORKDIR /w/app\nCOPY Cargo.toml .\nRUN cargo build",
        "RUN rustup target add x86_64-unknown-linux-musl\nCOPY . .\nRUN cargo build --target x86_64-unknown-linux-musl",
        "RUN rustup component add clippy\nCOPY . .\nRUN cargo clippy",
        "RUN cargo install cargo-deny\nCOPY . .\nRUN cargo build",
        "COPY . .\nRUN cargo install --path .",
        "COPY . src/\nRUN cargo install --path src",
        "COPY . src/\nRUN cargo build --manifest-path src/Cargo.toml",
        "COPY . src/\nRUN cd src && cargo build && cp target/debug/app /app",
        "COPY . .\nRUN cargo metadata || true\nRUN cargo build -p app",
        "COPY . .\nRUN cargo build --ignore-rust-version",
    ],
)
def test_commands_that_read_the_edition(lines: str) -> None:
    text = f"FROM rust:1.82\nWORKDIR /w\n{lines}\n"
    assert len(findings(old_rust_image, context(text, workspace=workspace(EDITION)))) == 1


@every_case(
    "lines",
    [
        "ENV RUSTUP_TOOLCHAIN=1.85\nCOPY . .\nRUN cargo build",
        "RUN rustup toolchain install 1.85 && rustup default 1.85\nCOPY . .\nRUN cargo build",
        "RUN rustup update\nCOPY . .\nRUN cargo build",
        "COPY . .\nRUN cargo +1.85 build",
        "COPY . .\nRUN cargo +nightly build",
        "COPY rust-toolchain.toml .\nCOPY . .\nRUN cargo build",
        "RUN curl https://sh.rustup.rs | sh -s -- -y\nCOPY . .\nRUN cargo build",
        "COPY --from=other /usr/local/cargo/bin /usr/local/cargo/bin\nCOPY . .\nRUN cargo build",
        "ENV PATH=/root/.cargo/bin:$PATH\nCOPY . .\nRUN cargo build",
        "COPY . .\nRUN sed -i s/2024/2021/ Cargo.toml && cargo build",
        "COPY . .\nRUN sed -i \\\n  s/2024/2021/ \\\n  Cargo.toml && cargo build",
        "COPY . .\nRUN rm -rf Cargo* && cargo init && cargo build",
        # Another package, or none.
        "COPY other.toml Cargo.toml\nWORKDIR /x\nRUN cargo build",
        "RUN cargo install cargo-deny",
        "COPY . .\nRUN cargo --version",
        "COPY . .\nRUN cargo build --manifest-path sub/Cargo.toml",
        "COPY . .\nRUN cargo build --manifest-path $LIST",
        "COPY . .\nRUN cargo install --path sub",
        "COPY . .\nRUN cargo build --config x.toml",
        "COPY . .\nRUN cross build",
        "COPY . .\nRUN if [ -d a ]; then cargo build; fi",
        "COPY . .\nRUN cargo build || true",
        "COPY . .\nRUN cargo build; echo done",
        "COPY . .\nWORKDIR /w/sub\nRUN cargo build",
        "RUN cargo new a && cd a && cargo build\nCOPY . .",
    ],
)
def test_near_misses(lines: str) -> None:
    text = f"FROM rust:1.85 AS other\nFROM rust:1.82\nWORKDIR /w\n{lines}\n"
    check_nothing(old_rust_image, text, workspace=workspace(EDITION))


@every_case(
    "run, package, is_said",
    [
        ("cargo build", "", True),
        ("cargo run", "", True),
        ("cargo build --bin app", "", True),
        ("cargo build -p app", "", True),
        ("cargo build --workspace", "", True),
        ("cargo build --workspace", "member", True),
        ("cargo build", "member", True),
        ("cargo build --package=member", "member", True),
        # What is compiled asks for less.
        ("cargo build -p other", "", False),
        ("cargo build -p other", "member", False),
        ("cargo build --workspace --exclude member", "member", False),
        ("cargo build --bin app", "member", False),
        ("cargo run", "member", False),
        ("cargo fetch", "", False),
        ("cargo build --ignore-rust-version", "", False),
    ],
)
def test_the_compiler_is_compared_for_what_is_compiled(run: str, package: str, is_said: bool) -> None:
    need = COMPILER._replace(path=f"{package}/Cargo.toml", package=package) if package else COMPILER
    text = f"FROM rust:1.82\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    assert bool(findings(old_rust_image, context(text, workspace=workspace(need)))) is is_said


def test_a_member_of_a_workspace_counts_if_it_is_copied() -> None:
    text = "FROM rust:1.82\nWORKDIR /w\nCOPY Cargo.toml ./\nCOPY {0} {0}\nRUN cargo build\n"
    project = workspace(EDITION._replace(path="crates/b/Cargo.toml"))
    assert findings(old_rust_image, context(text.format("crates"), workspace=project))
    assert findings(old_rust_image, context(text.format("crates/b"), workspace=project))
    check_nothing(old_rust_image, text.format("crates/a"), workspace=project)
    left_out = project._replace(ignored=IgnorePatterns("crates/b"))
    check_nothing(old_rust_image, text.format("crates"), workspace=left_out)


@every_case(
    "lines, is_said",
    [
        ("COPY . .\nRUN cargo build", True),
        ("COPY Cargo.toml Cargo.lock ./\nRUN cargo fetch", True),
        ("COPY . .\nRUN cargo install --locked --path .", True),
        ("COPY Cargo.toml ./\nCOPY src src\nRUN cargo build", False),
        ("COPY . .\nRUN cargo install --path .", False),
        ("COPY . .\nRUN cargo generate-lockfile && cargo build", False),
        ("COPY . .\nRUN rm Cargo.lock && cargo build", False),
    ],
)
def test_a_lock_file(lines: str, is_said: bool) -> None:
    text = f"FROM rust:1.70\nWORKDIR /w\n{lines}\n"
    assert bool(findings(old_rust_image, context(text, workspace=workspace(LOCK_FILE)))) is is_said
    check_nothing(old_rust_image, text, workspace=workspace(LOCK_FILE, ignored="Cargo.lock"))


@every_case(
    "need, others, is_said",
    [
        (EDITION, (EDITION,), True),
        (EDITION, NONE, False),
        (LOCK_FILE, (LOCK_FILE,), True),
        (LOCK_FILE, NONE, False),
    ],
)
def test_each_directory_that_may_be_the_context_counts(
    need: RustNeed, others: tuple[RustNeed, ...], is_said: bool
) -> None:
    text = "FROM rust:1.70\nWORKDIR /w\nCOPY . .\nRUN cargo build\n"
    assert bool(findings(old_rust_image, context(text, workspace=workspace(need, others=others)))) is is_said


def test_a_build_argument_may_choose_the_image() -> None:
    text = "ARG VERSION=1.82\nFROM rust:$VERSION\nWORKDIR /w\nCOPY . .\nRUN cargo build\n"
    assert findings(old_rust_image, context(text, workspace=workspace(EDITION)))
    check_nothing(old_rust_image, text, workspace=workspace(EDITION, given="VERSION"))


def test_stages_on_one_image_are_one_finding() -> None:
    text = "FROM rust:1.82 AS a\nWORKDIR /w\nFROM a AS b\nCOPY . .\nRUN cargo build\nFROM a\nCOPY . .\nRUN cargo test\nCOPY --from=b /b /b\n"
    (finding,) = findings(old_rust_image, context(text, workspace=workspace(EDITION)))
    assert finding.severity in (None, Severity.WARNING)


def test_nothing_else_is_said_of_a_build_that_stops() -> None:
    text = "FROM rust:1.82 AS b\nWORKDIR /w\nCOPY . .\nRUN cargo build --release\nFROM scratch\nCOPY --from=b /w/target/release/app /\n"
    for rule in (late_module_download, emulated_build):
        assert findings(rule, context(text, workspace=workspace()))
        assert not findings(rule, context(text, workspace=workspace(EDITION)))
