"""An image has an older .NET SDK than the project is for."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.old_images import of_roots, stopped_by_old_dotnet


@rule(Severity.WARNING, Severity.WARNING, about=[".NET"])
def old_dotnet_image(ctx: RuleContext) -> Iterator[Finding]:
    """An image has an older .NET SDK than the project is for.

    ## What it does
    Compares the version in the tag of `mcr.microsoft.com/dotnet/sdk` with the `TargetFramework` of the project that the first `dotnet restore`,
    `build` or `publish` of the stage names.

    ## Why it matters
    The build stops here with `NETSDK1045: The current .NET SDK does not support targeting .NET …`. An upgrade of the project is easily made
    without the Dockerfile, because the build on the own machine goes on.

    ## Example
    With `<TargetFramework>net9.0</TargetFramework>` in app.csproj:
    ```dockerfile
    FROM mcr.microsoft.com/dotnet/sdk:8.0
    WORKDIR /src
    COPY app.csproj ./
    RUN dotnet restore app.csproj
    ```

    Use instead, with a run-time image of the same version:
    ```dockerfile
    FROM mcr.microsoft.com/dotnet/sdk:9.0
    WORKDIR /src
    COPY app.csproj ./
    RUN dotnet restore app.csproj
    ```

    ## Limits
    Not reported if the command does not name the project, if the framework depends on a condition or a variable, if the stage may install
    another SDK or change the project, or if one of the directories that may be the build context has a project that the image accepts.

    ## References
    learn.microsoft.com, "NETSDK1045".
    """
    for from_, image, old in of_roots(ctx.build, stopped_by_old_dotnet):
        message = _(
            "the build stops at `{command}`: `{path}` is for .NET {needed}, and this image has an older SDK; use the images of version {needed}.0",
            command=old.command.title,
            path=old.path,
            needed=old.needed[0],
        )
        related = (Related(old.command.title_range, _("the build stops here")),)
        yield Finding(from_.range_of(image), message, related=related)
