from __future__ import annotations

from buildxray.toolchains.machine_names import refused_names
from tests.support.cases import every_case
from tests.support.rules import context


@every_case(
    "command, image, names",
    [
        ("GOARCH=x86_64 go build .", "golang", [("Go", "x86_64", "amd64", "linux/amd64,linux/arm64")]),
        ("GOARCH=$TARGETARCH go build .", "golang", []),
        ("GOARCH=$UNKNOWN go build .", "golang", []),
        (
            "GOOS=$TARGETARCH GOARCH=linux go build .",
            "golang",
            [("Go", "amd64", "", "linux/amd64,linux/arm64"), ("Go", "linux", "", "linux/amd64,linux/arm64")],
        ),
        (
            "cargo build --target amd64-unknown-linux-gnu --target arm64-unknown-linux-gnu",
            "rust",
            [
                ("Rust", "amd64", "x86_64", "linux/amd64,linux/arm64"),
                ("Rust", "arm64", "aarch64", "linux/amd64,linux/arm64"),
            ],
        ),
        ("cargo build --target $TARGETARCH", "rust", [("Rust", "amd64", "", "linux/amd64,linux/arm64")]),
        ("dotnet publish -r linux-$TARGETARCH", "sdk", [(".NET", "amd64", "x64", "linux/amd64")]),
        ("dotnet publish -a $TARGETARCH", "mcr.microsoft.com/dotnet/sdk:10.0", []),
        # Docker's names are known since 7.0.300.
        ("dotnet publish -a $TARGETARCH", "mcr.microsoft.com/dotnet/sdk:7.0-alpine", []),
        *(
            (
                "dotnet publish -a $TARGETARCH",
                f"mcr.microsoft.com/dotnet/sdk:{tag}",
                [(".NET", "amd64", "x64", "linux/amd64")],
            )
            for tag in ("6.0", "7.0.203-alpine3.17")
        ),
        ("dotnet test -r linux-amd64", "sdk", []),
        (
            "deno compile --target=arm64-x a.ts",
            "deno",
            [("Deno", "arm64", "aarch64", "linux/amd64,linux/arm64")],
        ),
        ("make GOARCH=x86_64", "golang", []),
    ],
)
def test_the_names_that_a_program_refuses(command: str, image: str, names: list[tuple[str, ...]]) -> None:
    stage = context(f"FROM {image}\nARG TARGETARCH\nRUN {command}\n").build.stages[0]
    (known,) = stage.runs[0].known_commands
    assert [
        (it.known.program, it.part, it.right, ",".join(map(str, it.targets)))
        for it in refused_names(known.use, stage.image_name)
    ] == names
