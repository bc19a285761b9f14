"""Links: from images to their pages, from sources to files, and URLs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import is_file
from buildxray.ide.analysis import Analysis
from buildxray.syntax.instructions import Copy, Copying, From, Instruction, Node, Onbuild, Run, Span, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.text import TextRange

_NAME: Final = lazy_regex(r"(?P<name>[^\s:@$]+(?::[0-9]+/[^\s:@$]+)?)(?:[:@]\S*)?")
_URL: Final = lazy_regex(r"https?://[^\s$]+")


class Link(NamedTuple):
    """A link from a range to a page or a file."""

    range: TextRange
    target: str
    """A URL."""


FindFile = Callable[[str], Path | None]
"""Returns the file or directory of the build context that a source names; None if it does not exist."""


def document_links(analysis: Analysis, find_file: FindFile | None = None) -> Iterator[Link]:
    """All links of a document, in the order of the text, except that directives come first."""
    for directive in analysis.dockerfile.directives:
        if directive.name == "syntax":
            start = analysis.text.find(directive.value, directive.range.start)
            yield from _image(analysis.dockerfile.frontend, partial(_behind, start))
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        for token in _images(analysis, idx, instruction):
            yield from _image(token.text, _locate(instruction, token))
        for token in _sources(instruction.node):
            yield from _source(token, _locate(instruction, token), find_file)


def _behind(start: int, first: int, last: int) -> TextRange:
    return TextRange(start + first, start + last)


def _locate(instruction: Instruction, token: Token) -> Callable[[int, int], TextRange]:
    return lambda first, last: instruction.range_of(Span(token.span.start + first, token.span.start + last))


def _images(analysis: Analysis, idx: int, instruction: Instruction) -> Iterator[Token]:
    """The images that an instruction names, stages left out."""
    stage, stages_ = analysis.build.instructions[idx].stage, analysis.build.stages
    names = {it.name for it in stages_}
    earlier = {it.name for it in stages_[: 0 if stage is None else stage.idx]}
    node: Node | None = instruction.node
    node = node.trigger if isinstance(node, Onbuild) else node
    tokens: list[Token | None] = []
    # In a FROM, the name of a later stage means an image.
    stages = earlier if isinstance(node, From) else names
    if isinstance(node, From):
        tokens.append(node.image)
    elif isinstance(node, Copy) and node.source_stage is not None:
        tokens.append(node.source_stage.value)
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            tokens += [it.value for it in mount_options(flag) if it.key == "from"]
        except MountSyntaxError:
            continue
    for token in tokens:
        if token is not None and token.text.lower() not in (*stages, "scratch") and not token.text.isdigit():
            yield token


def _image(text: str, locate: Callable[[int, int], TextRange]) -> Iterator[Link]:
    match = _NAME.fullmatch(text)
    page = None if match is None else image_page(match["name"])
    if match is not None and page is not None:
        yield Link(locate(*match.span("name")), page)


def image_page(name: str) -> str | None:
    """The page about an image, given without tag and digest; None if none is known."""
    first, separator, rest = name.partition("/")
    has_registry = bool(separator) and (any(it in first for it in ".:") or first == "localhost")
    if not has_registry or first in ("docker.io", "index.docker.io"):
        path = (rest if has_registry else name).removeprefix("library/")
        if not re.fullmatch(r"[a-z0-9._-]+(?:/[a-z0-9._-]+)?", path):
            return None
        return f"https://hub.docker.com/r/{path}/" if "/" in path else f"https://hub.docker.com/_/{path}/"
    parts = rest.split("/")
    if first == "public.ecr.aws":
        return f"https://gallery.ecr.aws/{rest}"
    if first == "mcr.microsoft.com":
        return f"https://mcr.microsoft.com/artifact/mar/{rest}"
    if len(parts) < 2:
        return None
    match first:
        case "ghcr.io":
            package = "%2F".join(parts[1:])
            return f"https://github.com/{parts[0]}/{parts[1]}/pkgs/container/{package}"
        case "quay.io":
            return f"https://quay.io/repository/{rest}"
        case "registry.gitlab.com":
            return f"https://gitlab.com/{parts[0]}/{parts[1]}/container_registry"
        case _:
            return None


def _sources(node: Node | None) -> tuple[Token, ...]:
    if isinstance(node, Onbuild):
        node = node.trigger
    if isinstance(node, Copy) and node.source_stage is not None:
        return ()
    return node.sources if isinstance(node, Copying) and not node.is_json else ()


def _source(token: Token, locate: Callable[[int, int], TextRange], find_file: FindFile | None) -> Iterator[Link]:
    whole = locate(0, len(token.text))
    if _URL.fullmatch(token.text):
        yield Link(whole, token.text)
    elif find_file is not None and not re.search(r"[$*?\[]|^\.?/?$", token.text):
        path = find_file(token.text)
        if path is not None and is_file(path):
            yield Link(whole, path.as_uri())
