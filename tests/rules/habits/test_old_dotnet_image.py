from __future__ import annotations

from buildxray.rules.habits.old_dotnet_image import old_dotnet_image
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings


def workspace(*versions: int, path: str = "src/app/app.csproj", given: str = "") -> Workspace:
    """Facts of a project for these versions of .NET, one for each directory that may be the context."""
    return Workspace(
        dotnet_versions=lambda it: versions if it == path else (), given_arguments=frozenset({given} - {""})
    )


def test_a_project_for_a_newer_version() -> None:
    check_rule(
        old_dotnet_image,
        """
        FROM mcr.microsoft.com/dotnet/aspnet:8.0 AS base
        WORKDIR /app
        FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the build stops at `dotnet restore`: `src/app/app.csproj` is for .NET 9, and this image has an older SDK; use the images of version 9.0
        WORKDIR /src
        COPY ["src/app/app.csproj", "app/"]
        RUN dotnet restore "app/app.csproj"
        COPY . .
        FROM build AS publish
        RUN dotnet publish "app/app.csproj" -o /out
        FROM base
        COPY --from=publish /out .
        """,
        workspace=workspace(9),
    )


@every_case(
    "image, version",
    [
        ("mcr.microsoft.com/dotnet/sdk:9.0", 9),
        ("mcr.microsoft.com/dotnet/sdk:9.0.100-preview", 9),
        ("mcr.microsoft.com/dotnet/sdk:8.0", 0),
        ("mcr.microsoft.com/dotnet/sdk", 9),
        ("mcr.microsoft.com/dotnet/sdk:latest", 9),
        ("mcr.microsoft.com/dotnet/sdk:$TAG", 9),
        ("example/dotnet/sdk:8.0", 9),
    ],
)
def test_other_images(image: str, version: int) -> None:
    text = f"ARG TAG\nFROM {image}\nWORKDIR /src\nCOPY . .\nRUN dotnet build src/app/app.csproj\n"
    check_nothing(old_dotnet_image, text, workspace=workspace(version))


@every_case(
    "lines",
    [
        # The command names no project, or another one.
        "COPY . .\nRUN dotnet restore",
        "COPY . .\nRUN dotnet restore src/other/other.csproj",
        "COPY . .\nRUN dotnet restore app.sln",
        "ARG P\nCOPY . .\nRUN dotnet restore $P/app.csproj",
        "COPY . .\nRUN dotnet --info",
        # Another SDK, or another framework.
        "RUN curl -sSL https://example.com/dotnet-install.sh | bash\nCOPY . .\nRUN dotnet restore src/app/app.csproj",
        "COPY --from=mcr.microsoft.com/dotnet/sdk:9.0 /usr/share/dotnet /usr/share/dotnet\nCOPY . .\nRUN dotnet restore src/app/app.csproj",
        "COPY . .\nRUN sed -i s/net9.0/net8.0/ src/app/app.csproj\nRUN dotnet restore src/app/app.csproj",
        "COPY . .\nRUN dotnet build -p:TargetFramework=net8.0 src/app/app.csproj",
        # The build goes on.
        "COPY . .\nRUN dotnet restore src/app/app.csproj || true",
    ],
)
def test_near_misses(lines: str) -> None:
    text = f"FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\n{lines}\n"
    check_nothing(old_dotnet_image, text, workspace=workspace(9))


def test_each_directory_and_each_build_counts() -> None:
    text = (
        "ARG V=8.0\nFROM mcr.microsoft.com/dotnet/sdk:$V\nWORKDIR /src\nCOPY . .\nRUN dotnet build src/app/app.csproj\n"
    )
    assert len(findings(old_dotnet_image, context(text, workspace=workspace(9, 10)))) == 1
    check_nothing(old_dotnet_image, text, workspace=workspace(9, 8))
    check_nothing(old_dotnet_image, text, workspace=workspace(9, given="V"))


def test_nothing_else_is_said_of_a_build_that_stops() -> None:
    text = "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nWORKDIR /src\nCOPY . .\nRUN dotnet publish src/app/app.csproj -o /out\nFROM alpine\nCOPY --from=b /out /out\n"
    assert findings(emulated_build, context(text, workspace=workspace(8)))
    assert not findings(emulated_build, context(text, workspace=workspace(9)))
