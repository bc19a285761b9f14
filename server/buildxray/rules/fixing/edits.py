"""Formatting-preserving edits.

Each function returns edits of the text of its instruction's build. All that an edit does not name is kept to the byte:
indentation, comments, line ends, case of keywords.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.semantics.build import Build, CacheMount, From, Instruction, KnownCommand, Run
from buildxray.semantics.frontends import FIRST_WITH_SEVERAL_ARGUMENTS, is_older
from buildxray.syntax.instructions import Arg, Env, Flag, Label, Span
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import mount_options
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import CrossCompilation

_ORDER = {name: position for position, name in enumerate(AUTOMATIC_ARGUMENTS)}


def set_platform(from_: From, value: str) -> Edit:
    """Set the `--platform` of a FROM: replace the existing one, or insert it after the keyword."""
    if from_.platform is not None:
        return Edit(from_.range_of(from_.platform), f"--platform={value}")
    end = from_.keyword_range.end
    return Edit(TextRange(end, end), f" --platform={value}")


def remove_flag(instruction: Instruction, flag: Flag) -> Edit:
    """Delete a flag with the blanks after it; on a line of its own, that line and the comments above it that the instruction has."""
    text, range_ = instruction.build.text, instruction.range_of(flag)
    line = text.rfind("\n", 0, range_.start) + 1
    rest = instruction.node.text[flag.span.end :]
    n_blanks = len(rest) - len(rest.lstrip(" \t"))
    end = instruction.range_of(Span(flag.span.start, flag.span.end + n_blanks)).end
    line_end = text.find("\n", range_.end, end) + 1
    if line <= instruction.range.start or not line_end or text[line : range_.start].strip():
        if "#" in text[range_.end : end]:
            # The comment is about what follows.
            end -= len(text[range_.end : end].lstrip(" \t"))
        return Edit(TextRange(range_.start, end), "")
    while text[:line].rpartition("\n")[0].rpartition("\n")[2].lstrip().startswith("#"):
        line = text.rfind("\n", 0, line - 1) + 1
    return Edit(TextRange(line, line_end), "")


def declare_arguments(instruction: Instruction, names: Iterable[str]) -> list[Edit]:
    """Declare the arguments that are not in scope, in one line directly before an instruction; no edit if all are in scope."""
    missing = [name for name in dict.fromkeys(names) if not instruction.sees(name)]
    return [declare(instruction, missing)] if missing else []


def bring_arguments(instruction: Instruction, names: Iterable[str]) -> list[Edit]:
    """Declare the arguments that are not in scope, as `declare_arguments` does, by moving declarations that come too late."""
    missing = frozenset(name for name in names if not instruction.sees(name))
    return bring_declarations(instruction, missing) if missing else []


def bring_declarations(place: Instruction, names: frozenset[str]) -> list[Edit]:
    """Declare arguments before an instruction; an `ARG name` that comes too late in the same stage moves there.

    If its line does not declare all of them, one line declares all in its place, unless it has a comment of its own.
    """
    late = _late(place, names)
    gone = {it for it, positions in late.items() if len(positions) == len(it.pairs)}
    moved = {it for it in gone if moving_start(it, gone) < it.syntax.start}
    if {pair.name.text for it in gone for pair in it.pairs} >= names:
        moved = gone
    missing = names - {pair.name.text for it in moved for pair in it.pairs}
    # A declaration that leaves a line with others takes its comments along.
    comments = [
        line for it, positions in late.items() if it not in gone for n in positions for line in comments_of_pair(it, n)
    ]
    edits = [declare(place, missing, comments)] if missing else []
    texts: list[str] = []
    for it, positions in late.items():
        if it in moved:
            texts.append(with_own_comments(it, gone))
        edits += remove_pairs(it, positions, gone)
    return merged([*edits, *([insert_lines(place, texts)] if texts else [])])


def _late(place: Instruction, names: frozenset[str]) -> dict[Instruction, list[int]]:
    """The ARGs that declare arguments of a stage for the first time in or after an instruction, with the positions of these in each."""
    late: dict[Instruction, list[int]] = {}
    unset = {*names}
    for it in () if place.stage is None else place.stage.instructions:
        if it.idx < place.idx or not isinstance(it.node, Arg | Env):
            continue
        positions = [n for n, pair in enumerate(it.pairs) if pair.name.text in unset]
        if it == place and len(positions) == len(it.pairs):
            continue
        if positions and isinstance(it.node, Arg) and all(it.pairs[n].value is None for n in positions):
            late[it] = positions
        unset -= {pair.name.text for pair in it.pairs}
    return late


def declare(instruction: Instruction, names: Iterable[str], comments: Iterable[str] = ()) -> Edit:
    """Add an ARG line directly before an instruction, in the case of its keyword, the names in BuildKit's order.

    A line for each name if the file asks for a frontend that knows no others.
    """
    keyword = "arg" if instruction.node.keyword.text.islower() else "ARG"
    ordered = in_order(names)
    is_separate = is_older(instruction.build.dockerfile, FIRST_WITH_SEVERAL_ARGUMENTS)
    lines = (*comments, *(f"{keyword} {it}" for it in (ordered if is_separate else [" ".join(ordered)])))
    return insert_lines(instruction, [f"{indentation(instruction)}{it}" for it in lines])


def in_order(names: Iterable[str]) -> list[str]:
    """The names of automatic arguments in BuildKit's order."""
    return sorted({*names}, key=lambda it: (_ORDER.get(it, len(_ORDER)), it))


def insert_lines(instruction: Instruction, lines: Iterable[str]) -> Edit:
    """Insert lines, given without line ends, before an instruction and the comment lines directly above it.

    If other comments are above these, an empty line separates the new lines from them.
    """
    start = start_with_comments(instruction)
    end = line_end(instruction)
    text = instruction.build.text
    separator = end if start < instruction.syntax.start and _is_after_empty_line(text, start) else ""
    return Edit(TextRange(start, start), "".join(line + end for line in lines) + separator)


def is_apart(instruction: Instruction) -> bool:
    """True if empty lines separate an instruction without comments above it from those around it."""
    text, start = instruction.build.text, instruction.syntax.start
    end = line_end(instruction)
    is_commented = start_with_comments(instruction) < start
    return not is_commented and _is_after_empty_line(text, start) and text.startswith(end * 2, instruction.syntax.end)


def insert_line_after(instruction: Instruction, line: str) -> Edit:
    """Insert a line, given without its end, after an instruction."""
    end = instruction.syntax.end
    return Edit(TextRange(end, end), f"{line_end(instruction)}{line}")


def indentation(instruction: Instruction) -> str:
    """The blanks before an instruction."""
    return instruction.build.text[instruction.syntax.start : instruction.range.start].removeprefix("\ufeff")


def line_end(instruction: Instruction) -> str:
    r"""The line end of the lines around an instruction: `\r\n` or `\n`."""
    text, start = instruction.build.text, instruction.syntax.start
    end = text.find("\n", start)
    if end < 0:
        end = text.rfind("\n", 0, start)
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def start_with_comments(instruction: Instruction) -> int:
    """The start of an instruction's first line, or of the comment lines directly above it."""
    return min(_starts_of_lines(instruction))


def is_named_above(instruction: Instruction, words: Iterable[str]) -> bool:
    """True if a comment directly above an instruction, in it or after it on its line contains one of these words, whatever their case.

    A fix that changes what such a comment says needs a review.
    """
    place = TextRange(start_with_comments(instruction), instruction.range.end)
    comments = [it.text for it in instruction.build.dockerfile.comments if place.contains(it.range.start)]
    comments += _COMMENT_BEHIND.findall(instruction.build.text[instruction.range.start : instruction.range.end])
    written = {word.lower() for it in comments for word in _WORD.findall(it)}
    return not written.isdisjoint(it.lower() for it in words)


_WORD: Final = lazy_regex(r"[\w/-]+")
_COMMENT_BEHIND: Final = lazy_regex(r"(?<=[^\S\n])#.*")
"""A comment of a shell, or what is meant as a comment after another instruction."""


def start_with_own_comments(instruction: Instruction) -> int:
    """The same, without comments above another instruction that is commented out: that one keeps its place in the file."""
    text, start = instruction.build.text, instruction.syntax.start
    names = {it.name.text for it in instruction.pairs}
    for line in _starts_of_lines(instruction)[1:]:
        disabled = _DISABLED.fullmatch(text[line : start - 1])
        if disabled is not None and disabled["name"] not in names:
            break
        start = line
    return start


def moving_start(instruction: Instruction, gone: Collection[Instruction] = ()) -> int:
    """The start of what moves with an instruction: its comment lines, of those that it shares only what tools read for the next instruction."""
    if not shares_comments(instruction, gone):
        return start_with_own_comments(instruction)
    text, start = instruction.build.text, instruction.syntax.start
    for line in _starts_of_lines(instruction)[1:]:
        if _FOR_TOOLS.match(text, line) is None:
            break
        start = line
    return start


_FOR_TOOLS: Final = lazy_regex(
    r"[ \t]*#\s*(?i:(?:buildxray|checkov|codeql|hadolint|kics-scan|renovate|shellcheck|snyk|terrascan|tfsec|trivy|x-release-please-\w+)\b|no(?:qa|sec|semgrep|sonar)\b)"
)
"""A comment line that a tool reads for the instruction below it: `# hadolint ignore=DL3008`."""


def with_own_comments(instruction: Instruction, gone: Collection[Instruction] = ()) -> str:
    """The lines of an instruction with those that move with it, without the last line end. `gone` are other instructions that move."""
    return instruction.build.text[moving_start(instruction, gone) : instruction.syntax.end].removesuffix("\r")


def _starts_of_lines(instruction: Instruction) -> list[int]:
    """The starts of an instruction's first line and of the comment lines directly above it, from the last to the first."""
    text, starts = instruction.build.text, [instruction.syntax.start]
    commented = {text.rfind("\n", 0, it.range.start) + 1 for it in instruction.build.dockerfile.comments}
    while starts[-1] > 0:
        line = text.rfind("\n", 0, starts[-1] - 1) + 1
        if line not in commented:
            break
        starts.append(line)
    return starts


_DISABLED: Final = lazy_regex(
    r"[ \t]*#[# \t]*(?:(?:ARG|ENV)[ \t]+(?P<name>\w+)(?:=.*)?|(?:ADD|CMD|COPY|ENTRYPOINT|FROM|LABEL|RUN|USER|WORKDIR)[ \t]+\S.*)\r?"
)
"""A comment line that is an instruction; `# ENV for tests` is prose."""


def shares_comments(instruction: Instruction, gone: Collection[Instruction] = ()) -> bool:
    """True if the comment lines above an instruction also describe one directly below it: of the same kind, and remaining; not above a RUN.

    Comments that name a variable of the instruction, and none of the one below, are its own.
    """
    below = _remaining_below(instruction, gone)
    if below is None or isinstance(instruction, Run):
        return False
    words = {*_NAME.findall(instruction.build.text[start_with_comments(instruction) : instruction.syntax.start])}
    return words.isdisjoint(_names(instruction)) or not words.isdisjoint(_names(below))


def _names(instruction: Instruction) -> set[str]:
    """The names that an ARG, an ENV or a LABEL sets, and for a LABEL the arguments in it, by which a comment may call it."""
    names = {it.name.text for it in instruction.pairs}
    return names | {*instruction.variable_names} if isinstance(instruction.node, Label) else names


_NAME: Final = lazy_regex(r"\w+")


def _remaining_below(instruction: Instruction, gone: Collection[Instruction]) -> Instruction | None:
    """The first instruction of the same kind in the lines directly below one that is not deleted; None if another line comes before."""
    text, above = instruction.build.text, instruction
    for it in instruction.build.instructions[instruction.idx + 1 :]:
        end = text.find("\n", above.syntax.end)
        if end < 0 or it.syntax.start != end + 1 or it.keyword != instruction.keyword:
            return None
        if it not in gone:
            return it
        above = it
    return None


def remove_line(instruction: Instruction, *, with_comments: bool, gone: Collection[Instruction] = ()) -> Edit:
    """Delete the lines of an instruction, with the comment lines directly above it if requested.

    Of two empty lines that would become adjacent, one is deleted too. `gone` are other instructions that are deleted.
    """
    start = start_with_own_comments(instruction) if with_comments else instruction.syntax.start
    return _remove_from(instruction, start, gone)


def remove_moved(instruction: Instruction, gone: Collection[Instruction] = ()) -> Edit:
    """Delete the lines of an instruction that moves, with what moves with it."""
    return _remove_from(instruction, moving_start(instruction, gone), gone)


def _remove_from(instruction: Instruction, start: int, gone: Collection[Instruction]) -> Edit:
    text = instruction.build.text
    end = text.find("\n", instruction.syntax.end)
    if end < 0:
        # The last line has no end, so the line before it loses its own.
        start = max(0, start - len(line_end(instruction)))
        return Edit(TextRange(start, len(text)), "")
    end += 1
    following = text.find("\n", end)
    if following >= 0 and not text[end:following].strip():
        start_of_all = _start_of_deleted(instruction, start, gone)
        end = following + 1 if _is_after_empty_line(text, start_of_all) else end
    return Edit(TextRange(start, end), "")


def _start_of_deleted(instruction: Instruction, start: int, gone: Collection[Instruction]) -> int:
    """The start of the lines directly above an instruction that are deleted too; its own start if there are none."""
    build = instruction.build
    above = instruction
    while above.idx and (above := build.instructions[above.idx - 1]) in gone:
        if build.text.find("\n", above.syntax.end) + 1 != start:
            break
        start = moving_start(above, gone) if shares_comments(above, gone) else start_with_comments(above)
    return start


def _is_after_empty_line(text: str, start: int) -> bool:
    """True if the line before the line that begins at an offset is empty."""
    return start > 0 and not text[text.rfind("\n", 0, start - 1) + 1 : start].strip()


def remove_pairs(instruction: Instruction, positions: Iterable[int], gone: Collection[Instruction] = ()) -> list[Edit]:
    """Delete pairs of an ARG or ENV; if none is left, the whole line with the comments directly above it.

    Comments that the next line shares are kept, unless that line is deleted too.
    """
    removed = {*positions}
    ranges = [instruction.range_of(it) for it in instruction.pairs]
    if len(removed) == len(ranges):
        return [remove_moved(instruction, gone)]
    # Each pair goes with its own comments and the blanks after it; the last ones go with the blanks before them.
    n_kept_to_end = max(position for position in range(len(ranges)) if position not in removed) + 1
    starts = [_start_of_comments(instruction, before, it.start) for before, it in _with_end_before(instruction, ranges)]
    edits = [Edit(TextRange(starts[it], starts[it + 1]), "") for it in sorted(removed) if it < n_kept_to_end]
    if n_kept_to_end < len(ranges):
        edits.append(Edit(TextRange(ranges[n_kept_to_end - 1].end, ranges[-1].end), ""))
    return edits


def comments_of_pair(instruction: Instruction, position: int) -> list[str]:
    """The comment lines above a pair, between the lines of its instruction, without blanks around them."""
    before = instruction.range_of(instruction.pairs[position - 1]).end if position else instruction.keyword_range.end
    gap = instruction.build.text[before : instruction.range_of(instruction.pairs[position]).start]
    return [it for line in gap.split("\n") if (it := line.strip()).startswith("#")]


def _with_end_before(instruction: Instruction, ranges: list[TextRange]) -> Iterable[tuple[int, TextRange]]:
    """The ranges of pairs, each with the end of what is written before it."""
    return zip((instruction.keyword_range.end, *(it.end for it in ranges)), ranges, strict=False)


def _start_of_comments(instruction: Instruction, before: int, start: int) -> int:
    """The start of the comments above a pair, between the lines of its instruction; its own start without any."""
    comment = instruction.build.text.find("#", before, start)
    return start if comment < 0 else comment


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """Sort the edits by their place in the text, and join those that overlap.

    They overlap at the end of a text, where the last deletion includes the line end before it: with the deletion of the line
    before, and with lines that are inserted in place of the last one.
    """
    joined: list[Edit] = []
    for edit in sorted(edits, key=lambda it: it.range):
        _add(joined, edit)
    return joined


def _add(joined: list[Edit], edit: Edit) -> None:
    """Effect: append an edit to sorted ones, joined with the last one if they overlap."""
    last = joined[-1] if joined else None
    if last is None or last.range.end <= edit.range.start or (last.new_text and edit.new_text):
        joined.append(edit)
        return
    joined.pop()
    if not last.new_text and not edit.new_text:
        n_line_end = last.range.end - edit.range.start
        _add(joined, Edit(TextRange(max(0, last.range.start - n_line_end), edit.range.end), ""))
        return
    # Lines that are inserted in place of the last one get the line end that the deletion includes.
    inserted = last.new_text or edit.new_text
    line_end = "\r\n" if inserted.endswith("\r\n") else "\n"
    range_ = TextRange(min(last.range.start, edit.range.start), max(last.range.end, edit.range.end))
    joined.append(Edit(range_, f"{line_end}{inserted.removesuffix(line_end)}"))


def set_target(command: KnownCommand, crossing: CrossCompilation) -> list[Edit]:
    """Give a command its target: by variables directly before it, and by options after its title."""
    edits: list[Edit] = []
    if crossing.assignments:
        told = [f"{name}={value}" for name, value in crossing.assignments]
        system = command.syntax.assigned("GOOS")
        if system is not None and system.value.text and crossing.assignments[0][0] == "GOARCH":
            # If the operating system is set before the command, the architecture is added next to it.
            offset = command.run.shell_range(system.range).end
            edits.append(Edit(TextRange(offset, offset), f" {' '.join(told)}"))
        else:
            offset = command.run.syntax.start + command.syntax.insertion
            edits.append(Edit(TextRange(offset, offset), "".join(f"{it} " for it in told)))
    if crossing.options:
        offset = command.run.shell_range(command.syntax.words[command.use.title_words - 1].range).end
        edits.append(Edit(TextRange(offset, offset), f" {crossing.options}"))
    return edits


def add_mount(run: Run, mount: str) -> Edit:
    """The edit that gives a RUN a further `--mount` flag."""
    end = run.keyword_range.end
    return Edit(TextRange(end, end), f" {mount}")


def with_lock(instruction: Instruction, mount: CacheMount) -> Edit:
    """The edit that lets one step after the other use a cache: `sharing=locked`."""
    value = next((it.value for it in mount_options(mount.flag) if it.key == "sharing"), None)
    if value is not None:
        return Edit(instruction.range_of(value), "locked")
    target = instruction.target_of(mount.flag)
    end = instruction.range_of(mount.flag if target is None else target).end
    return Edit(TextRange(end, end), ",sharing=locked")


def lock_cache(build: Build, name: str) -> list[Edit]:
    """The edits that let one step after the other use the cache with an id, in each RUN that mounts it and lets several use it at once.

    All of them need it: for a step that does not wait, BuildKit makes an empty cache while another one is locked (solver/llbsolver/mounts/mount.go).
    """
    written = {(it.instruction, it.flag): it for it in build.cache_mounts if it.id == name and it.sharing == "shared"}
    return [with_lock(build.instructions[idx], it) for (idx, _flag), it in written.items()]
