"""The contents of instructions that rules are about, so that a rule runs only on files in which it may find something.

Each node is searched once, and an edit changes the nodes of few instructions.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Final

from buildxray.platforms.aliases import IN_EVERY_NAME, named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.library_paths import architectures_in_paths
from buildxray.platforms.official_images import NAMES_OF_FROZEN
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Copying,
    Entrypoint,
    Env,
    From,
    Healthcheck,
    Label,
    Node,
    Onbuild,
    Run,
    Token,
    User,
    Volume,
    Workdir,
    of_node,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import BYTE_ORDER_MARK
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.whitespace import SPACE
from buildxray.toolchains.packages import ANY_NAME


class Mention(Enum):
    """A name, a program or a construct in an instruction or in its heredocs."""

    __hash__ = object.__hash__
    # Each member is one object; the hash of `Enum` is a function in Python.

    ARCHITECTURE = "the name of an architecture"
    ARCHITECTURE_IN_PATH = "a path that exists on one architecture alone"
    PLATFORM_ARGUMENT = "the name of an automatic argument about platforms"
    BUILD_MACHINE = "the name of an automatic argument about the build machine"
    TARGETSTAGE = "TARGETSTAGE"
    GOARCH = "GOARCH"
    CONDA_PLATFORM = "what conda calls a platform"
    PACKAGE_FOR_FEW = "a package that exists for some architectures only"
    # The members below depend on the class of the instruction.
    PLATFORM_FLAG = "a platform for the stage"
    ALIAS = "a name for the stage"
    VARIABLE_IMAGE = "an image or a stage that a variable names"
    IMAGE_OF_ARCHITECTURE = "an image whose name may tell an architecture, or a variable in its name"
    SOURCE = "a stage or an image to take files from"
    WHOLE_CONTEXT = "the whole build context as a source"
    NAMED_SOURCE = "a path of the build context, but for the whole of it"
    PARENT_DIRECTORY = "`..` in a path"
    SEVERAL_SOURCES = (
        "several files for one path that does not end as a directory, or files of one name in several directories"
    )
    MOUNT = "a mount"
    BRACKET = "arguments that begin like a JSON array, and are none"
    SEPARATOR = "an argument, not the last, that ends with a comma or a semicolon"
    HASH = "a `#` where no shell reads it"
    DASH = "a first argument that begins with a dash"
    LATE_FLAG = "what looks like a flag, after the first argument"
    KEYWORD = "a shell script on several lines, or with a pattern of file names, that has the name of an instruction"
    NOTHING_LASTING = "no command, an export, or a script that begins like those that only change the shell"
    SHELL_SYNTAX = "what a shell would understand, where none reads it"
    BLANK_IN_NAME = "a user with a blank"
    CHANGING_ARGUMENT = "an argument that has another value in each build, by its name"
    VARIABLE = "a variable, or a heredoc"
    # The members below are those of a file.
    GLOBAL_ARGUMENT = "an ARG, or another instruction, before the first FROM"
    CHECK_OPTIONS = "a directive or a comment that may set options of checks, or silence rules"
    ASSIGNING_COMMENT = "a comment with an equals sign"


_AUTOMATIC: Final = lazy_regex(rf"\b(?:{'|'.join(AUTOMATIC_ARGUMENTS)})\b")

_OF_THE_SHELL: Final = lazy_regex(
    r"""(?:\S*sh[ \t]+-l?c[ \t]+["'])?(?:\.[ \t]|alias|cd|conda[ \t]+activate|export|pushd|set|shopt|source|u(?:limit|mask|nalias|nset)|[A-Za-z_]\w*=)"""
)

_ASSIGNING_COMMENT: Final = lazy_regex(rf"^{BYTE_ORDER_MARK}?[{SPACE.replace(chr(10), '')}]*#[^\n=]*=", re.MULTILINE)
_OF_CONDA: Final = lazy_regex(r"\blinux-(?:32|64|aarch64|ppc64le|s390x)\b")
_KEYWORD: Final = lazy_regex(rf"\b(?:{'|'.join(INSTRUCTION_KINDS)})\b")
_FLAGS_OF_RUN: Final = ("--mount=type=", "--network=", "--security=")
_OPERATORS: Final = frozenset({"&&", "||", "|", ">>", "2>&1", ">"})
BUILTINS: Final = frozenset({".", "eval", "exec", "export", "set", "source", "unset"})
"""Builtins of shells that no system has as a program. Source: POSIX.1-2024, "Special Built-In Utilities", and Bash for `source`."""
_WORDS_FOR_SHELLS: Final = _OPERATORS | BUILTINS
_SHELL_PIECES: Final = ("&&", "|", ">", "~", "$(", "`")


@of_node
def mentions(node: Node) -> frozenset[Mention]:
    """The names, programs and constructs in an instruction."""
    mentioned = {*_of_class(node)}
    for text in (node.text, *(it.content for it in node.heredocs)):
        if named_architectures(text):
            mentioned.add(Mention.ARCHITECTURE)
        if architectures_in_paths(text):
            mentioned.add(Mention.ARCHITECTURE_IN_PATH)
        if "linux-" in text and _OF_CONDA.search(text):
            mentioned.add(Mention.CONDA_PLATFORM)
        if "GOARCH" in text:
            mentioned.add(Mention.GOARCH)
        if "TARGET" in text or "BUILD" in text:
            mentioned.update(map(_of_argument, _AUTOMATIC.findall(text)))
    if Mention.BUILD_MACHINE in mentioned:
        mentioned.add(Mention.PLATFORM_ARGUMENT)
    return frozenset(mentioned)


def _of_argument(name: str) -> Mention:
    if name == "TARGETSTAGE":
        # It has nothing to do with platforms.
        return Mention.TARGETSTAGE
    return Mention.BUILD_MACHINE if name.startswith("BUILD") else Mention.PLATFORM_ARGUMENT


def mentions_of_file(dockerfile: Dockerfile) -> Iterator[Mention]:
    """The constructs that are not in one instruction."""
    if dockerfile.instructions and not isinstance(dockerfile.instructions[0].node, From):
        yield Mention.GLOBAL_ARGUMENT
    if "buildxray" in dockerfile.text or any(it.name == "check" for it in dockerfile.directives):
        yield Mention.CHECK_OPTIONS
    # Reading the comments would take longer than the rules that are about them.
    if _ASSIGNING_COMMENT.search(dockerfile.text, max((it.range.end for it in dockerfile.directives), default=0)):
        yield Mention.ASSIGNING_COMMENT


@of_node
def sources_named(node: Node) -> tuple[Token, ...]:
    """The names in `--from` of COPY and in `from=` of mounts; for an ONBUILD, the names in its trigger."""
    if isinstance(node, Onbuild):
        return () if node.trigger is None else sources_named(node.trigger)
    if not node.flags:
        return ()
    if isinstance(node, Copy):
        flag = node.source_stage
        return () if flag is None or flag.value is None else (flag.value,)
    names: list[Token] = []
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            names += [it.value for it in mount_options(flag) if it.key == "from" and it.value is not None]
        except MountSyntaxError:
            continue
    return tuple(names)


def _of_class(node: Node) -> Iterator[Mention]:
    """The constructs that have a meaning only in instructions of this class."""
    arguments = node.arguments
    if "$" in node.text or node.heredocs:
        yield Mention.VARIABLE
    if sources_named(node):
        yield Mention.SOURCE
    if arguments and not node.is_json:
        first = arguments[-1] if isinstance(node, Healthcheck) else arguments[0]
        if isinstance(node, _WITH_ARRAY) and first.text.startswith("["):
            yield Mention.BRACKET
        if isinstance(node, _SEPARATED) and any(it.text.endswith((",", ";")) for it in arguments[:-1]):
            yield Mention.SEPARATOR
        if isinstance(node, _WITH_DASH) and arguments[0].text.startswith(("-", "\N{EN DASH}", "\N{EM DASH}")):
            yield Mention.DASH
    if "#" in node.text and isinstance(node, _WITHOUT_SHELL):
        yield Mention.HASH
    if _has_shell_syntax(node):
        yield Mention.SHELL_SYNTAX
    of_class = _OF_CLASS.get(node.__class__)
    if of_class is not None:
        yield from of_class(node)


def _of_run(node: Node) -> Iterator[Mention]:
    assert isinstance(node, Run), "the table has the class"
    text = node.arguments[0].text if node.arguments else ""
    if node.mounts:
        yield Mention.MOUNT
    if ANY_NAME.search(text) is not None:
        yield Mention.PACKAGE_FOR_FEW
    if any(it in text for it in _FLAGS_OF_RUN):
        yield Mention.LATE_FLAG
    if (len(node.logical.pieces) > 1 or "*" in text) and _KEYWORD.search(text):
        yield Mention.KEYWORD
    if not node.is_json and (not text or "export " in text or _OF_THE_SHELL.match(text)):
        yield Mention.NOTHING_LASTING


def _of_copying(node: Node) -> Iterator[Mention]:
    assert isinstance(node, Copying), "the table has the class"
    if any(sign in it.text for it in sources_named(node) for sign in IN_EVERY_NAME):
        yield Mention.IMAGE_OF_ARCHITECTURE
    if any(it.text.startswith("--") for it in node.arguments):
        yield Mention.LATE_FLAG
    if (len(node.arguments) > 2 and not node.arguments[-1].text.endswith(("/", ".", "\\"))) or any(
        map(names_in_directories, node.sources)
    ):
        yield Mention.SEVERAL_SOURCES
    if any(it.text.strip("./") for it in node.sources) and not (isinstance(node, Copy) and node.source_stage):
        yield Mention.NAMED_SOURCE
    if any(".." in it.text for it in node.arguments):
        yield Mention.PARENT_DIRECTORY
    if takes_whole_context(node):
        yield Mention.WHOLE_CONTEXT


def takes_whole_context(node: Copying) -> bool:
    """True if a COPY or ADD takes the whole build context."""
    return node.flag("from") is None and any(_is_root(it.text) for it in node.sources)


def names_in_directories(source: Token) -> bool:
    """True for a pattern for files of one name in several directories: `packages/*/package.json`."""
    directory, _slash, name = source.text.rpartition("/")
    return "*" in directory and bool(name.strip(".")) and not set(name) & set("*?[$")


def _is_root(path: str) -> bool:
    # BuildKit reads a path from the root of the context, above which there is nothing.
    return posixpath.normpath(f"/{path.lstrip('/')}") == "/"


def _of_from(node: Node) -> Iterator[Mention]:
    assert isinstance(node, From), "the table has the class"
    image = node.image
    if node.platform is not None:
        yield Mention.PLATFORM_FLAG
    if node.alias is not None:
        yield Mention.ALIAS
    if image is not None and "$" in image.text:
        yield Mention.VARIABLE_IMAGE
    if image is not None and ("$" in image.text or any(it in image.text for it in (*IN_EVERY_NAME, *NAMES_OF_FROZEN))):
        yield Mention.IMAGE_OF_ARCHITECTURE


def _of_healthcheck(node: Node) -> Iterator[Mention]:
    if any("--" in it.text for it in node.arguments):
        yield Mention.LATE_FLAG


def _of_user(node: Node) -> Iterator[Mention]:
    if node.arguments and any(map(str.isspace, node.arguments[0].text)):
        yield Mention.BLANK_IN_NAME


def _of_argument_instruction(node: Node) -> Iterator[Mention]:
    assert isinstance(node, Arg), "the table has the class"
    if any(CHANGING_NAME.fullmatch(it.name.text) is not None for it in node.pairs):
        yield Mention.CHANGING_ARGUMENT


CHANGING_NAME: Final = lazy_regex(
    r"(?i:(?:(?:app|build|ci|git|github|image|project|repo|source|src|vcs)_?)?(?:short_)?(?:commit|revision|sha1?)(?:_?(?:hash|id|ref|sha|short|short_sha))?"
    r"|(?:git|vcs)_?(?:hash|rev)|vcs_ref|(?:build|commit|git|image|vcs)_?(?:date|time|timestamp)|(?:build|ci_build|ci_pipeline|github_run)_?(?:id|number)"
    r"|built_?at|created|timestamp)"
)
"""The name of an argument whose value is the commit that is built, the time of the build or its number."""


def _has_shell_syntax(node: Node) -> bool:
    """True if there may be shell syntax in the JSON form, or in an instruction that no shell reads."""
    if isinstance(node, Run) and any(it.value is not None and "~" in it.value.text for it in node.mounts):
        return True
    if node.is_json:
        return any(
            " " in it.text or "$" in it.text or "~" in it.text or it.text in _WORDS_FOR_SHELLS for it in node.arguments
        )
    return isinstance(node, _WITHOUT_SHELL) and any(it in node.text for it in _SHELL_PIECES)


_WITH_ARRAY: Final = (Add, Cmd, Copy, Entrypoint, Healthcheck, Run, Volume)
_SEPARATED: Final = (Add, Arg, Copy, Env, Label, Volume)
_WITH_DASH: Final = (Add, Copy, Run)
_WITHOUT_SHELL: Final = (Add, Arg, Copy, Env, User, Volume, Workdir)
_OF_CLASS: Final[Mapping[type[Node], Callable[[Node], Iterator[Mention]]]] = {
    Add: _of_copying,
    Arg: _of_argument_instruction,
    Copy: _of_copying,
    From: _of_from,
    Healthcheck: _of_healthcheck,
    Run: _of_run,
    User: _of_user,
}
