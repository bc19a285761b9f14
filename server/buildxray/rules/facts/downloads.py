"""The downloads of a stage, and the texts of which their URLs consist: the word itself, and the variables in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.rules.facts.shell_variables import SOLE_VARIABLE
from buildxray.semantics.build import Command, Effect, Instruction, Run, Stage
from buildxray.syntax.instructions import Add, Onbuild, Token
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import UNKNOWN, ShellWord, read_script
from buildxray.syntax.shell import Command as ShellCommand
from buildxray.syntax.text import TextRange

_INTERPRETERS: Final = frozenset({"node", "perl", "php", "python", "python3", "ruby"})
"""Programs that run scripts, which may download."""
_DOWNLOADING: Final = frozenset({"aria2c", "curl", "wget"})
_PARAMETER: Final = lazy_regex(r"\$\{?[1-9@*]")
_FUNCTION: Final = lazy_regex(r"(?:function\s+)?(?P<name>[\w.-]+)")
_SITE: Final = lazy_regex(r"""["']?\$\{?\w+\}?/""")
_CHECKS: Final = frozenset(
    {"b2sum", "b3sum", "cksum", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum"}
)
_OF_DIGESTS: Final = lazy_regex(r"(?<![a-z])(?:b[23]sum|blake2|dgst|hashlib|md5|sha(?:-?[1-5]|sum))", re.IGNORECASE)
"""Names of functions for checksums, and of programs and libraries with them."""
_DIGEST: Final = lazy_regex(r"(?<!\w)[0-9A-Fa-f]{32,128}(?!\w)")


class Piece(NamedTuple):
    """A part of a URL as written in the file."""

    text: str
    start: int
    """The offset in the document."""
    instruction: Instruction
    can_expand: bool
    """True if a variable inserted into it would be expanded."""


class Download(NamedTuple):
    """A file that is fetched from a URL, the same for every platform."""

    instruction: Instruction
    pieces: tuple[Piece, ...]
    targets: tuple[Platform, ...]
    """The target platforms that download it."""
    command: Command | None
    """The command that downloads it; None for ADD."""
    known: str = ""
    """The address with its variables expanded, with `UNKNOWN` for what the text does not tell; empty if it is not known at all."""

    @property
    def value(self) -> str:
        """The address with its variables expanded, without quotes and query; as written if that is not known."""
        return self.known.partition("?")[0] or self.address

    @property
    def address(self) -> str:
        """The address as written, without quotes and query; empty if no part of it is known."""
        return self.pieces[0].text.strip("\"'").partition("?")[0] if self.pieces else ""


def downloads(stage: Stage) -> Iterator[Download]:
    """The downloads of a stage whose URL is the same for every target: by ADD, and by programs such as `curl`."""
    for instruction in stage.instructions:
        if isinstance(instruction.node, Add):
            yield from _added(instruction, instruction.node)
        elif isinstance(instruction.node, Onbuild):
            yield from _triggered(stage, instruction, instruction.node)
    known = {id(it.invocation): it for it in stage.commands(Effect.DOWNLOAD)}
    checking = [it.idx for it in stage.runs if _compares(it)]
    for run in stage.runs:
        functions = _downloading_functions(run)
        is_checked = any(map(_makes_digest, run.commands)) or (bool(checking) and run.idx < checking[-1])
        for command in run.commands:
            download = known.get(id(command.invocation))
            if command.name in functions and not command.is_chosen_by_platform:
                yield from _fetched(command, is_checked=is_checked, is_call=True)
                continue
            is_program = download is None and command.name in _INTERPRETERS
            if (download is not None or is_program) and not command.is_chosen_by_platform:
                yield from _fetched(command if download is None else download, is_checked=is_checked)
            if _reads_addresses(command) and not command.is_chosen_by_platform:
                yield from _piped(command)
        yield from _by_programs(run)


def _compares(run: Run) -> bool:
    """True if a RUN compares files with checksums: by `sha256sum -c`, or by a program whose script contains a checksum."""
    if any(it.name in _CHECKS and any(map(_COMPARING.fullmatch, it.syntax.arguments)) for it in run.commands):
        return True
    text = run.node.whole_text
    return bool(run.commands) and _OF_DIGESTS.search(text) is not None and _DIGEST.search(text) is not None


def compares_with_one(run: Run) -> bool:
    """True if a RUN compares files with the same single checksum for each target, so that of the files for several architectures only one can pass."""
    if not _compares(run) and not any(map(_makes_digest, run.commands)):
        return False
    values = (value or "" for name in run.variable_names for value in run.values(name))
    return len({it.lower() for text in (run.node.whole_text, *values) for it in _DIGEST.findall(text)}) == 1


def _makes_digest(command: Command) -> bool:
    arguments = command.syntax.arguments
    return command.name in _CHECKS or (command.name == "openssl" and any(map(_OF_OPENSSL.fullmatch, arguments[:1])))


_OF_OPENSSL: Final = lazy_regex(r"dgst|md5|sha\d+")
"""The subcommands with which OpenSSL makes digests. Source: docs.openssl.org, openssl-dgst."""


_COMPARING: Final = lazy_regex(r"--check|-\w*c\w*")


def _triggered(stage: Stage, instruction: Instruction, node: Onbuild) -> Iterator[Download]:
    """The URLs in an ONBUILD trigger: those of ADD, and of programs such as `curl` that no condition guards."""
    trigger = node.trigger
    words: list[tuple[str, int]] = []
    if isinstance(trigger, Add):
        words = [(it.text, trigger.logical.range(*it.span).start) for it in trigger.sources]
    elif isinstance(trigger, RunNode):
        commands = (it for it in read_script(trigger).commands if it.name in _DOWNLOADING and not it.conditions)
        words = [(it.text, it.range.start) for command in commands for it in command.words[1:]]
    for text, start in words:
        if "://" in text and "$" not in text and "`" not in text:
            piece = Piece(text, instruction.syntax.start + start, instruction, can_expand=False)
            yield Download(instruction, (piece,), stage.targets, None)


def _by_programs(run: Run) -> Iterator[Download]:
    """The URLs in the heredoc of an interpreter, `RUN python3 <<EOF`, unless its program looks at the platform itself."""
    if run.node.is_json or not run.node.heredocs:
        return
    first = run.node.heredocs[0].content
    interpreter = _INTERPRETER.match(first)
    reading = {it.name for it in run.commands if all(one.startswith("-") for one in it.syntax.arguments)}
    if interpreter is not None:
        reading = {interpreter["name"]}
    if reading.isdisjoint(_INTERPRETERS) or any(it.is_chosen_by_platform for it in run.commands):
        return
    for heredoc in run.node.heredocs:
        if _LOOKS_AT_MACHINE.search(heredoc.content) is not None:
            continue
        start = run.syntax.body_range(heredoc).start
        for match in _URL.finditer(heredoc.content):
            piece = Piece(match[0], start + match.start(), run, can_expand=False)
            yield Download(run, (piece,), () if run.stage is None else run.stage.targets, None)


_INTERPRETER: Final = lazy_regex(r"#!\s*(?:\S*/)?(?:env\s+)?(?P<name>\w+)")
_URL: Final = lazy_regex(r"https?://[^\s'\"<>()\[\]{},;]+")
_LOOKS_AT_MACHINE: Final = lazy_regex(
    r"TARGET|BUILD(?:ARCH|PLATFORM)|uname|machine|arch\b|ARCH\b|RUBY_PLATFORM|process\.platform"
)


_REPOSITORY: Final = lazy_regex(r"\.git(?:[?#]\S*)?$")
"""A repository of git, whose sources are for every machine. BuildKit: util/gitutil/git_url.go."""


def _added(instruction: Instruction, node: Add) -> Iterator[Download]:
    can_expand = not node.flag_value("checksum")
    for token in node.sources:
        # `ADD $URL /tool`
        addresses = {it for it in instruction.expanded(token.text) if it is not None}
        if not any("://" in it and not _REPOSITORY.search(it) for it in (token.text, *addresses)):
            continue
        pieces = pieces_of_token(instruction, token, can_expand=can_expand)
        # The stage may continue another one for each platform, which sets a variable of the address.
        named = {frozenset(name for *_, name in named_architectures(it)) for it in addresses}
        if len(named) <= 1 and not any(_follows(it.text) for it in pieces):
            targets = () if instruction.stage is None else instruction.stage.targets
            yield Download(instruction, tuple(pieces), targets, None, "".join([*addresses][:1]))


def _downloading_functions(run: Run) -> frozenset[str]:
    """The functions of a script that download their arguments: `fetch() { curl -fsSL "https://example.com/$1"; }`."""
    names: set[str] = set()
    for command in run.commands:
        conditions = [it for it in command.syntax.conditions if it.kind == "function"]
        if not conditions or command.name not in _DOWNLOADING:
            continue
        if any(_PARAMETER.search(it.text) for it in command.syntax.words[1:]):
            written = run.build.text[slice(*run.shell_range(conditions[-1].range))]
            match = _FUNCTION.match(written)
            names |= set() if match is None else {match["name"]}
    return frozenset(names)


def _fetched(command: Command, *, is_checked: bool, is_call: bool = False) -> Iterator[Download]:
    invocation = command.invocation
    for position, word in enumerate(command.syntax.words[1:], 1):
        is_url = any("://" in it for it in (word.text, *invocation.evaluate_partly(word)))
        is_address = is_url or is_call or _begins_with_site(command, position) or _is_found(command, word)
        if not is_address or (command.depends_on_platform(word) and not _names_the_same(command, word)):
            continue
        pieces = pieces_of_word(command, word, can_expand=not is_checked and command.syntax.is_writable)
        if pieces:
            values = invocation.evaluate_partly(word)
            yield Download(command.run, tuple(pieces), invocation.targets, command, "".join(values[:1]))


def _names_the_same(command: Command, word: ShellWord) -> bool:
    """True if a URL names the same architecture for every target, though another part of it depends on the platform."""
    written = {name for *_, name in named_architectures(word.text)}
    values = command.invocation.evaluate_partly(word)
    named = ({name for *_, name in named_architectures(it)} for it in values)
    return len(written) == 1 and not any(UNKNOWN in it for it in values) and all(it == written for it in named)


def _begins_with_site(command: Command, position: int) -> bool:
    """True if a word of a download program is a URL that begins with a variable of unknown value: `$MIRROR/tool.tgz`."""
    word, before = command.syntax.words[position], command.syntax.words[position - 1]
    return (
        command.name in _DOWNLOADING
        and _SITE.match(word.text) is not None
        and not _may_take_value(command.name, before.text)
        and any(it.startswith(UNKNOWN) for it in command.invocation.evaluate_partly(word))
    )


def _is_found(command: Command, word: ShellWord) -> bool:
    """True if a word of a download program is a variable with an address that another download lists: `URL=$(curl … | grep linux-amd64)`."""
    is_whole = command.name in _DOWNLOADING and SOLE_VARIABLE.fullmatch(word.text) is not None
    values = command.syntax.variables.get(word.variables[0].name, ()) if is_whole and word.variables else ()
    text = values[0].value.text if len(values) == 1 else ""
    return "://" in text and _LEAVING_OUT.search(text) is None


def _reads_addresses(command: Command) -> bool:
    """True if a command downloads the addresses that it reads: `xargs curl -O`, `wget -i -`."""
    arguments = command.syntax.arguments
    if command.name == "xargs":
        return any(it in _DOWNLOADING for it in arguments)
    return command.name == "wget" and "-" in arguments and any(map(_READING_LIST.fullmatch, arguments))


_READING_LIST: Final = lazy_regex(r"-[a-zA-Z]*i|--input-file")


def _piped(command: Command) -> Iterator[Download]:
    """The addresses that a pipe gives a program, of which the words of `echo` and of programs that search tell parts."""
    run = command.run
    source = command.syntax.input
    words: list[ShellWord] = []
    while isinstance(source, ShellCommand) and len(words) < _MOST_WORDS:
        if source.name in _TELLING:
            words += source.words[1:]
        source = source.input
    if any(_LEAVING_OUT.search(it.text) for it in words):
        return
    pieces = [
        Piece(it.text, run.shell_range(it.range).start, run, can_expand=False)
        for it in words
        if it.value is not None and run.build.text.startswith(it.text, run.shell_range(it.range).start)
    ]
    # What other programs print may depend on the platform.
    if pieces and len(pieces) == len(words):
        yield Download(run, tuple(pieces), command.invocation.targets, command)


_TELLING: Final = frozenset({"awk", "echo", "egrep", "grep", "jq", "printf"})
"""Programs whose words are in what they print, or in what they let through."""
_MOST_WORDS: Final = 100
_LEAVING_OUT: Final = lazy_regex(r"(?<![\w-])-\w*v\w*(?![\w-])|--invert-match|\bnot\b|!")
"""Signs that a program which searches leaves out what it finds: `grep -v arm64`, `select(test("arm64") | not)`."""


_WITHOUT_VALUE: Final = {"curl": "#0123456BGIJLNOSVafgijklnpqsv", "wget": "46EFHKLNSVbcdhkmnpqrvx"}
"""The short options of download programs that take no value. Source: the manuals of curl and GNU Wget."""


def _may_take_value(program: str, option: str) -> bool:
    """True if a word may be an option whose value is the next word: `-o`, `-fsSLo`, `--output`; not `-fsSL`."""
    return option.startswith("-") and (option.startswith("--") or option[-1] not in _WITHOUT_VALUE.get(program, ""))


def pieces_of_word(command: Command, word: ShellWord, *, can_expand: bool) -> list[Piece]:
    """A word and the values of its variables."""
    run, text = command.run, command.run.build.text
    pieces: list[Piece] = []
    todo = [word]
    seen: set[str] = set()
    while todo:
        current = todo.pop()
        if "$(" in current.text or "`" in current.text:
            # The output of another command is unknown, but the rest of the address is known.
            can_expand = can_expand and "://" in current.text
        start = run.shell_range(current.range).start
        is_quoted = text[start : start + 1] == '"' != current.text[:1]
        if text.startswith(current.text, start + is_quoted):
            is_open = can_expand and not is_quoted and "'" not in current.text
            pieces.append(Piece(_without_answers(current.text), start + is_quoted, run, is_open))
        for variable in current.variables:
            if variable.name in seen:
                continue
            seen.add(variable.name)
            assigned = command.syntax.variables.get(variable.name, ())
            todo += [it.value for it in assigned]
            if not assigned:
                pieces += _declared(run, variable.name, can_expand=can_expand)
    return pieces


def pieces_of_token(instruction: Instruction, token: Token, *, can_expand: bool) -> list[Piece]:
    """A token of an instruction and the values of its variables."""
    range_ = instruction.range_of(token)
    return [
        Piece(token.text, range_.start, instruction, can_expand),
        *_named(instruction, range_, can_expand=can_expand),
    ]


def _without_answers(word: str) -> str:
    """A word with the calls of unknown programs in it made unknown, at the same length: what `$(arch-name --amd64 x86_64)` prints depends on the machine.

    The words of a command that searches or prints are in its output: `$(curl … | grep linux-amd64)`.
    """
    return _CALL.sub(lambda it: UNKNOWN * len(it[0]), word) if "$(" in word or "`" in word else word


_CALL: Final = lazy_regex(
    r"(?:\$\(|`)\s*(?!(?:awk|cat|curl|cut|echo|egrep|grep|head|jq|ls|printf|sed|tail|tr|wget)\b)[^()`|]*[)`]"
)


def _named(instruction: Instruction, range_: TextRange, *, can_expand: bool) -> Iterator[Piece]:
    """The values of the variables in a range of an instruction."""
    for reference in instruction.variable_references():
        if range_.contains(reference.range.start):
            yield from _declared(instruction, reference.name, can_expand=can_expand)


def _declared(instruction: Instruction, name: str, *, can_expand: bool) -> Iterator[Piece]:
    """The value of an ARG or ENV in the scope of an instruction, and the values of the variables in it."""
    declaration = instruction.declaration(name)
    if declaration is None:
        return
    pair = next(it for it in reversed(declaration.pairs) if it.name.text == name)
    if pair.value is None:
        yield from _declared_globally(instruction, name)
    else:
        range_ = declaration.range_of(pair.value)
        if instruction.build.text[slice(*range_)] == pair.value.text:
            yield Piece(pair.value.text, range_.start, declaration, can_expand and "'" not in pair.value.text)
            yield from _named(declaration, range_, can_expand=can_expand)


def _declared_globally(instruction: Instruction, name: str) -> Iterator[Piece]:
    """The default of a global ARG that an ARG of the stage repeats; no automatic argument is expanded there."""
    for declaration in reversed(instruction.build.global_instructions):
        for pair in declaration.pairs:
            if pair.name.text == name and pair.value is not None:
                range_ = declaration.range_of(pair.value)
                if instruction.build.text[slice(*range_)] == pair.value.text:
                    yield Piece(pair.value.text, range_.start, declaration, can_expand=False)
                return


def _follows(url: str) -> bool:
    return any(name in url for name in PER_TARGET_ARGUMENTS)
