"""COPY --from names a file of the working directory of a stage by a relative path, which is relative to the root."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copy, Copying, Token, Workdir
from buildxray.syntax.text import Edit

_OF_IMAGES: Final = frozenset(
    [
        "app",
        "bin",
        "boot",
        "data",
        "dev",
        "docker-entrypoint.d",
        "etc",
        "go",
        "home",
        "lib",
        "lib32",
        "lib64",
        "media",
        "mnt",
        "opt",
        "proc",
        "root",
        "run",
        "sbin",
        "src",
        "srv",
        "sys",
        "tmp",
        "usr",
        "var",
        "work",
        "workspace",
    ]
)
"""Names in the root directory of images."""


_FREE: Final = (Effect.BUNDLE, Effect.EXECUTE, Effect.UNKNOWN)
"""Effects of commands that may write anywhere."""
_MOST_NAMES: Final = 40
"""Names that are looked for in one file, for each of which all instructions of a stage are read."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.SOURCE])
def relative_stage_source(ctx: RuleContext) -> Iterator[Finding]:
    """COPY --from names a file of the working directory of a stage by a relative path, which is relative to the root.

    ## What it does
    Looks for a relative source of a COPY from a stage that has no such file in its root directory, while one of its commands writes a file of that
    name into a working directory.

    ## Why it matters
    The WORKDIR of a stage has no effect on the sources of `COPY --from`: the build stops at this instruction, with `"/app": not found`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod main.go ./
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o server .

    FROM scratch
    COPY --from=build server /server
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod main.go ./
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o server .

    FROM scratch
    COPY --from=build /src/server /server
    ```

    ## Fix safety
    A suggestion: the stage may have other files of that name.

    ## Limits
    Only commands whose output files are known count, in stages on official images of which every command is known, and in which nothing is
    copied to the root directory but files with other names.
    """
    makers: dict[Stage, dict[str, KnownCommand]] = {}
    absent: dict[tuple[Stage, str], bool] = {}
    for stage in ctx.build.needed_stages:
        for instruction in stage.instructions:
            if len(absent) < _MOST_NAMES:
                yield from _of_copy(instruction, makers, absent)


def _of_copy(
    instruction: Instruction,
    makers: dict[Stage, dict[str, KnownCommand]],
    absent: dict[tuple[Stage, str], bool],
) -> Iterator[Finding]:
    node = instruction.node
    if not isinstance(node, Copy) or node.source_stage is None:
        return
    relative = [(it, path) for it in node.sources if (path := _relative(it)) is not None]
    stage = next(map(instruction.stage_named, instruction.sources_named), None) if relative else None
    if stage is None:
        return
    if stage not in makers:
        makers[stage] = _makers(stage)
    for source, path in relative:
        made = next((it for it in makers[stage] if it.endswith(f"/{path}")), None)
        if made is None:
            continue
        key = stage, path.partition("/")[0]
        if key not in absent:
            absent[key] = _is_absent(*key)
        if not absent[key]:
            continue
        command = makers[stage][made]
        place = instruction.range_of(source)
        yield Finding(
            place,
            _(
                "the build stops here: with `--from`, `{path}` is `/{path}`, and the stage has `{made}`",
                path=path,
                made=made,
            ),
            (Fix(_("Write `{name}`", name=made), (Edit(place, made),), Safety.SUGGESTION),),
            (Related(command.title_range, _("the file is made here")),),
        )


def _relative(source: Token) -> str | None:
    """A relative path of plain characters; None for other sources."""
    text = source.text.removeprefix("./")
    is_plain = re.fullmatch(r"[\w.+@-][\w./+@-]*", text) is not None
    path = posixpath.normpath(text)
    return path if is_plain and not path.startswith(".") and path.partition("/")[0] not in _OF_IMAGES else None


def _makers(stage: Stage) -> dict[str, KnownCommand]:
    """The files that commands of a stage and its ancestors write below a working directory; none if more may be written than the text tells."""
    if not stage.is_on_official_image:
        return {}
    known: dict[str, KnownCommand] = {}
    for above in stage.ancestry:
        for run in above.runs:
            if not run.is_read or any(
                not isinstance(it, KnownCommand) or it.use.effect in _FREE for it in run.commands
            ):
                return {}
            for it in run.known_commands:
                directories = {*it.invocation.directories}
                own = [path for path in it.use.outputs if not path.endswith("/") and _is_below(path, directories)]
                known.update(dict.fromkeys(own, it))
    return known


def _is_below(path: str, directories: set[str]) -> bool:
    return any(it != "/" and holds(it, path) and path != it for it in directories)


def _is_absent(stage: Stage, name: str) -> bool:
    """True if nothing in a stage and its ancestors can have made a file or directory of a name in the root directory."""
    root = f"/{name}"
    absolute = re.compile(rf"(?<![\w.}})/-]){re.escape(root)}(?![\w-])|\.\./")
    instructions = [it for above in stage.ancestry for it in above.instructions]
    if not any(
        isinstance(it.node, Workdir) and it.node.value and it.node.value.text.startswith("/") for it in instructions
    ):
        return False
    for it in instructions:
        node = it.node
        if any(holds(root, directory) for directory in (*it.directories, *_directories_after(it))):
            return False
        if isinstance(node, Copying):
            texts = () if node.destination is None else it.expanded(node.destination.text)
            places = [
                None if text is None else clean(posixpath.join(one, text)) for text in texts for one in it.directories
            ]
            is_other = all(_is_file_named_otherwise(it, source, name) for source in node.sources)
            if any(place is None or (place == "/" and not is_other) or holds(root, place) for place in places):
                return False
        elif isinstance(it, Run):
            is_at_root = any("/" in one.invocation.directories for one in it.commands)
            if absolute.search(node.text) or (is_at_root and name in node.text):
                return False
    return True


def _is_file_named_otherwise(instruction: Instruction, source: Token, name: str) -> bool:
    """True if a source is surely a file with a suffix and another name: `go.sum`. A directory would bring its contents."""
    known, base = instruction.build.workspace.holds, posixpath.basename(source.text)
    if base == name or re.fullmatch(r"[\w-][\w.-]*\.\w+", base) is None:
        return False
    return known is None or not known(f"{source.text}/")


def _directories_after(instruction: Instruction) -> tuple[str, ...]:
    return tuple(it.directory for it in instruction.scopes_after)
