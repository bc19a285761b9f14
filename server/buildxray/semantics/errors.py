"""The errors for which BuildKit refuses a build, or would refuse builds of other stages of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.model import PlanError
from buildxray.plan.outline import Cause, StageRef, source_span
from buildxray.semantics.build import Build, Instruction, Run, Stage
from buildxray.syntax.instructions import Env, Label, Onbuild, Unknown
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import comment_after_escape, goes_on_above, parse
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import Edit, TextRange
from buildxray.syntax.validation import find_problems

__all__ = [
    "Cause",
    "array_above",
    "array_from",
    "comment_after_pairs",
    "comments_to_move",
    "end_of_heredoc",
    "errors_elsewhere",
    "errors_of_triggers",
    "foreign_frontend",
    "forgotten_run",
    "is_command",
    "is_refused",
    "missing_escape",
    "quotes_to_move",
    "template_mark",
]

_DOCKERS: Final = lazy_regex(r"(?:.*/)?dockerfile(?:-upstream)?(?:[:@].*)?")
"""The image of Docker's frontend, in its own repository or a mirror."""
_TEMPLATE_MARK: Final = lazy_regex(
    r"""@[A-Z][A-Z_]+@?(?=\s|$) | \{\{-? | \{%-? | \{\# | <%[=-]? | \[% | __[A-Z][A-Z0-9_]*
      | [@%](?:define|else|elseif|end|endfor|endif|for|foreach|if|ifdef|import|include|macro)\b
      | (?:m4_)?(?:change(?:com|quote)|define|divert|dnl|esyscmd|ifdef|ifelse|s?include|undefine|undivert)\( | dnl\b
      | (?<![^\n])\$(?:\w+|\{\w+\})[^\S\n]*$ | (?:\.{3}|\u2026|\[(?:\.{3}|\u2026)\])[^\S\n]*$""",
    re.VERBOSE | re.MULTILINE,
)
"""Beginnings of lines of templates, with which no instruction can begin.

They are of Go's templates, Jinja, ERB, Template Toolkit and m4, of scripts that replace `@WORDS` or variables that have a line of their own, and of
excerpts, whose dots keep the place of other lines.
"""
_OF_PREPROCESSOR: Final = lazy_regex(
    r"^\#(?:include[ \t]*[\"<]|if[ \t]+!?defined\b|ifn?def[ \t]+\w+[ \t]*$|endif[ \t]*$|undef[ \t]+\w+[ \t]*$)",
    re.MULTILINE,
)
"""Directives of the preprocessor of C, which are comments for BuildKit."""
_FRONT_MATTER: Final = lazy_regex(
    r"\s*(?P<mark>---)[^\S\n]*\n(?:(?:[^\S\n]*|[^\S\n]*(?:[\w.-]+:|#|-[ \t])[^\n]*)\n){0,50}?---[^\S\n]*(?:\n|\Z)"
)
"""Settings of a generator above the text, between two lines of `---`: `to: app/Dockerfile`."""
_PLACEHOLDER: Final = lazy_regex(
    r"__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__|@@?[A-Z][A-Z0-9_]*@@?|%%?[A-Z][A-Z0-9_]*%%?|%[A-Za-z]\w*%"
    r"|(?P<edge>[!#=^|~])[A-Z][A-Z0-9_]*(?P=edge)"
)
"""A word that a script replaces. No image, platform or option has one of these in its name."""
_WORD: Final = lazy_regex(r"\w+")
_EXPRESSION: Final = lazy_regex(
    r"\{\{[^{}\n]*\}\}|\{%[^%\n]*%\}|<%[^%\n]*%>|\[%[^%\n]*%\]|(?<!<)<[A-Za-z](?:[^<>\n]*[^<>\s])?>|#\{[^{}\n]*\}|(?<!\$)\{[A-Za-z_][\w.]*\}|%\([A-Za-z_]\w*\)s|\$\{[A-Za-z][\w-]*(?:\.[\w-]+)+\}"
    r"|(?<![{$])\{\d*\}|(?<!%)%[ds](?!\w)|\[\[[^\[\]\n]+\]\]|\(\([^()\n]+\)\)|\[[A-Z][A-Z0-9]*_[A-Z0-9_]+\]"
)
"""An expression that a template engine replaces, or a place for a name to fill in: `{{ version }}`, `<%= version %>`, `<your-image>`, `{version}`, `${project.version}`."""


def is_refused(build: Build) -> bool:
    """True if BuildKit refuses the text of a file, for whatever platforms and with whatever arguments it is built."""
    return any(it.cause is Cause.FILE for it in build.errors)


def foreign_frontend(build: Build) -> tuple[str, TextRange] | None:
    """The name of a frontend other than Docker's and the range of its directive; None if the file has none."""
    name = build.dockerfile.frontend
    if not name or _DOCKERS.fullmatch(name) or "$" in name:
        return None
    return name, next(it.range for it in build.dockerfile.directives if it.name == "syntax")


def template_mark(build: Build) -> TextRange | None:
    """The range of the first word that shows that a file is a template, from which a program makes the text that BuildKit reads; None for other files.

    A word counts only if BuildKit would refuse it: `RUN echo {{ a }}` is a command. `#include "base"` counts if BuildKit refuses anything.
    """
    head = _FRONT_MATTER.match(build.text)
    if head is not None:
        return TextRange(*head.span("mark"))
    mark = next((it for error in build.errors if (it := _template_mark(error, build)) is not None), None)
    if mark is None and is_refused(build):
        directive = _OF_PREPROCESSOR.search(build.text)
        return None if directive is None else TextRange(*directive.span())
    return mark


def _template_mark(error: PlanError, build: Build) -> TextRange | None:
    """The range of the mark of a template: where an instruction should begin, or in the words that are wrong; None for another error."""
    if error.cause is not Cause.FILE:
        return None
    text = build.text
    written = text[slice(*error.range)]
    if error.replacement == written.lower() and _is_to_replace(written) and not _is_argument(written, build):
        return error.range
    if error.replacement is None:
        placeholder = _PLACEHOLDER.search(text, *error.range)
        if placeholder is not None and "\n" not in written:
            return TextRange(*placeholder.span())
    if written in ("INCLUDE", "INCLUDE+") and _is_joined_elsewhere(build):
        return error.range
    mark = _TEMPLATE_MARK.match(text, error.range.start)
    line_start = text.rfind("\n", 0, error.range.start) + 1
    if mark is not None and not text[line_start : error.range.start].strip():
        return TextRange(*mark.span())
    return _expression_at(error.range, build) if error.replacement is None else None


def _is_joined_elsewhere(build: Build) -> bool:
    """True if the project builds images, but none from the text of the file: a program then writes the files that it includes in their places."""
    return build.workspace.is_automated and not build.workspace.has_build


def _expression_at(place: TextRange, build: Build) -> TextRange | None:
    """The range of an expression of a template that contains the end of a wrong word, which a blank in the expression may have split."""
    line_start = build.text.rfind("\n", 0, place.start) + 1
    line_end = build.text.find("\n", place.end)
    for it in _EXPRESSION.finditer(build.text, line_start, line_end if line_end >= 0 else len(build.text)):
        if it.start() < place.end and place.start < it.end():
            # `{VERSION}` of a declared ARG lacks its dollar sign.
            return None if _is_argument(it[0][1:-1], build) else TextRange(*it.span())
    return None


def _is_to_replace(image: str) -> bool:
    """True if the name of an image has words that a script replaces: `BASEIMAGE`, `BASE_IMAGE`, `ARG_REGISTRY/tool-ARG_ARCH:1`."""
    name = image.rpartition(":")[0] or image
    if _EXAMPLE_NAME.fullmatch(name) is not None:
        return True
    capitals = [it for it in _WORD.findall(name) if it != it.lower()]
    return all(map(str.isupper, capitals)) and any("_" in it or "BASE" in it or "IMAGE" in it for it in capitals)


_EXAMPLE_NAME: Final = lazy_regex(r"(?:base|your)Image(?:Name)?|imageName")
"""A name that stays where an editor completes FROM and nobody writes an image. Source: github.com/microsoft/vscode-docker, "snippets"."""


def _is_argument(name: str, build: Build) -> bool:
    """True if an ARG or ENV of the file has this name, so that only its dollar sign is missing."""
    return any(pair.name.text == name for one in build.instructions for pair in one.pairs)


def quotes_to_move(build: Build, error: PlanError) -> tuple[Edit, ...]:
    """The edits of an instruction that move quotes around `NAME=value` to the value: `NAME="value"`; empty for other errors.

    BuildKit splits the word at `=` before it looks at the quotes. Source: frontend/dockerfile/parser/line_parsers.go, parseNameVal.
    """
    instruction = build.instruction_at(error.range.start)
    if instruction is None:
        return ()
    edits: list[Edit] = []
    for pair in instruction.pairs:
        quote, name, value = pair.name.text[:1], pair.name.text[1:], "" if pair.value is None else pair.value.text
        is_quoted = quote in {'"', "'"} and value.endswith(quote) and value.count(quote) == 1
        if is_quoted and pair.separator and _WORD.fullmatch(name):
            edits.append(Edit(instruction.range_of(pair), f"{name}={quote}{value}"))
    return tuple(edits) if any(it.range.contains(error.range.start) for it in edits) else ()


def missing_escape(build: Build, error: PlanError) -> Edit | None:
    """The escape token that the line above an unknown instruction lacks, or has too often; None for other errors.

    BuildKit: frontend/dockerfile/parser/parser.go, setEscapeToken: an escape token after another one continues no line.
    """
    unknown = build.instruction_at(error.range.start)
    if unknown is None or not unknown.idx or unknown.keyword_range != error.range:
        return None
    above = build.instructions[unknown.idx - 1]
    if not goes_on_above(build.text, above.syntax, unknown.syntax):
        return None
    escape, written = build.dockerfile.escape, above.written.rstrip()
    if not written.endswith(escape):
        return _escape_after(above)
    start = above.range.start
    return Edit(TextRange(start + len(written.rstrip(escape)), start + len(written)), escape)


_NAMES_OF_COMMANDS: Final = """
adduser addgroup apk apt apt-get awk bash bundle cargo cat chgrp chmod chown cmake composer corepack cp curl dd dnf dpkg echo find gem git go
groupadd gunzip gzip install ln ls make mkdir mv node npm pip pip3 pnpm poetry printf python python3 rm rmdir rsync sed sh tar tee touch unzip
useradd usermod wget yarn yum
"""
_COMMANDS: Final = frozenset(_NAMES_OF_COMMANDS.split())
"""Programs of scripts that change files, so that a line with one of them is a forgotten RUN and not a misspelt instruction."""
_FOR_THE_SHELL: Final = frozenset({"cd", "export", "set", "source", "unset"})
"""Commands that change the shell alone."""
_AND: Final = lazy_regex(r"(?:&&|;)[ \t]*(?=[\w./])")


def is_command(build: Build, error: PlanError) -> bool:
    """True if an unknown instruction is a line of a script, in lower case."""
    unknown = _unknown_at(build, error)
    return unknown is not None and unknown.node.keyword.text in _COMMANDS | _FOR_THE_SHELL


def forgotten_run(build: Build, error: PlanError) -> Edit | None:
    """The edit that gives a line of a script a RUN; None for other errors.

    The line begins with a known program, or with `&&` after the end of a heredoc, which ends the instruction above. None if the lines around it
    are others of a script, or if the script above is not complete: then more than a RUN is wrong.
    """
    unknown = _unknown_at(build, error)
    if unknown is None or not unknown.idx:
        return None
    above, *below = build.instructions[unknown.idx - 1 :][::2][:2]
    if any(isinstance(it.node, Unknown) and not _begins_command(it) for it in (above, *below)):
        return None
    if isinstance(above, Run) and above.script.has_errors:
        return None
    start = error.range.start
    operator = _AND.match(build.text, start) if above.node.heredocs else None
    begin = start if operator is None else operator.end()
    is_program = operator is not None or unknown.node.keyword.text in _COMMANDS
    run = parse(f"FROM scratch\nRUN {build.text[begin : unknown.range.end]}").instructions[-1]
    is_whole = is_program and not read_script(run.node).has_errors
    return Edit(TextRange(start, begin), "RUN ") if is_whole else None


def _begins_command(instruction: Instruction) -> bool:
    return instruction.node.keyword.text in _COMMANDS | _FOR_THE_SHELL


def end_of_heredoc(build: Build, error: PlanError) -> int | None:
    """The 1-based line in which the heredoc of the RUN directly above an unknown instruction ends; None without one."""
    unknown = _unknown_at(build, error)
    above = build.instructions[unknown.idx - 1] if unknown is not None and unknown.idx else None
    if above is None or not isinstance(above, Run) or not above.node.heredocs:
        return None
    return above.syntax.last_line


class LinesOfArray(NamedTuple):
    """A JSON array over several lines of which only the first belongs to its instruction."""

    opening: Instruction
    last: Instruction
    """The unknown instruction with the end of the array."""
    edits: tuple[Edit, ...]
    """The escape tokens that the lines lack."""


def array_above(build: Build, error: PlanError) -> LinesOfArray | None:
    """The array whose first line is directly above an unknown instruction, its second line; None for other errors, and for an array without an end."""
    unknown = _unknown_at(build, error)
    above = build.instructions[unknown.idx - 1] if unknown is not None and unknown.idx else None
    return None if above is None else array_from(above)


def array_from(opening: Instruction) -> LinesOfArray | None:
    """The array that begins in the last line of an instruction, and of which the further lines are unknown instructions; None if there is none.

    BuildKit ends an instruction with its line, also within brackets.
    """
    if isinstance(opening.node, Unknown) or not _OPEN_ARRAY.search(opening.written.rstrip()):
        return None
    edits = [_escape_after(opening)]
    for it in opening.build.instructions[opening.idx + 1 : opening.idx + _MOST_LINES]:
        written = it.written.rstrip()
        if not isinstance(it.node, Unknown) or not written.startswith(("[", "]", '"', "'")):
            break
        if written.endswith("]"):
            return LinesOfArray(opening, it, tuple(edits))
        edits.append(_escape_after(it))
    return None


def _escape_after(instruction: Instruction) -> Edit:
    end = instruction.range.start + len(instruction.written.rstrip())
    return Edit(TextRange(end, end), f" {instruction.build.dockerfile.escape}")


_OPEN_ARRAY: Final = lazy_regex(r"\[[\s\\`]*(?:\"[^\"\n]*\"\s*,[\s\\`]*)*\Z")
"""The beginning of an array; its first lines may be joined."""
_MOST_LINES: Final = 100
"""The most lines of an array that are looked at."""


def _unknown_at(build: Build, error: PlanError) -> Instruction | None:
    """The instruction whose keyword is an error because it is unknown."""
    unknown = build.instruction_at(error.range.start)
    is_unknown = unknown is not None and isinstance(unknown.node, Unknown) and unknown.keyword_range == error.range
    return unknown if is_unknown else None


def comments_to_move(build: Build, error: PlanError) -> tuple[Edit, ...]:
    """The edits that put the comments which end an instruction above an unknown one, and the lines after it, on lines of their own; none for other errors."""
    unknown = build.instruction_at(error.range.start)
    if unknown is None or not unknown.idx or unknown.keyword_range != error.range:
        return ()
    edits: list[Edit] = []
    text, escape = build.text, build.dockerfile.escape
    for it in build.instructions[unknown.idx - 1 :]:
        comment = comment_after_escape(text, it.syntax, escape)
        if comment is None or (it.idx >= unknown.idx and not isinstance(it.node, Unknown)):
            break
        start = text.rfind("\n", 0, comment.start) + 1
        indented = text[start : comment.start]
        indentation = indented[: len(indented) - len(indented.lstrip())]
        line_end = text[comment.end : text.find("\n", comment.end) + 1]
        edits.append(Edit(TextRange(start, start), f"{indentation}{text[slice(*comment)].lstrip()}{line_end}"))
        edits.append(Edit(comment, ""))
    return tuple(edits)


def comment_after_pairs(build: Build, error: PlanError) -> tuple[Edit, ...]:
    """The edits that put a comment after the pairs of an ENV or LABEL on a line of its own; none for other errors and instructions of several lines."""
    instruction = build.instruction_at(error.range.start)
    text = build.text
    if instruction is None or not isinstance(instruction.node, Env | Label) or text[error.range.start] != "#":
        return ()
    start, end = instruction.range
    if "\n" in text[start:end]:
        return ()
    line = text.rfind("\n", 0, start) + 1
    before = len(text[: error.range.start].rstrip(" \t"))
    line_end = text[end : text.find("\n", end) + 1] or "\n"
    comment = f"{text[line:start]}{text[error.range.start : end].rstrip()}{line_end}"
    return Edit(TextRange(line, line), comment), Edit(TextRange(before, end), "")


def errors_elsewhere(build: Build) -> Iterator[tuple[str, PlanError]]:
    """The errors in stages that no target needs, each with the name of its stage."""
    if not build.plan.targets:
        return
    conversion = build.plan.targets[0].conversion
    for stage in build.stages:
        recipe = None if stage.is_needed else conversion.recipe(stage.outline.idx)
        if recipe is None:
            continue
        yield from _late_sources(stage)
        for position, problem in recipe.problems:
            instruction = build.instructions[stage.outline.from_idx + 1 + position]
            place = instruction.range_of(problem)
            if not problem.depends_on_image:
                error = PlanError(problem.message, instruction.line, place, problem.replacement)
                yield stage.outline.display_name, error


def errors_of_triggers(build: Build) -> Iterator[PlanError]:
    """The errors in ONBUILD triggers, which BuildKit reports only when another stage or image is built on this one."""
    for idx, syntax in enumerate(build.dockerfile.instructions):
        node = syntax.node
        if isinstance(node, Onbuild) and node.trigger is not None and not node.problems:
            instruction = build.instructions[idx]
            for problem in find_problems(node.trigger):
                place = instruction.range_of(problem)
                yield PlanError(problem.message, instruction.line, place, problem.replacement)


def _late_sources(stage: Stage) -> Iterator[tuple[str, PlanError]]:
    """The errors of instructions that use files of a later stage, each with the name of its stage.

    An instruction that uses files of its own stage is refused anyway.
    """
    outline, stages = stage.outline, stage.build.stages
    for position, sources in outline.sources.items():
        for source in sources:
            if not isinstance(source, StageRef) or source.idx <= outline.idx:
                continue
            instruction = stage.build.instructions[outline.from_idx + 1 + position]
            span = source_span(outline, position, source)
            place = instruction.range if span is None else instruction.range_of(span)
            name = stages[source.idx].display_name
            message = _("the stage `{name}` comes later in the file: move it above this one", name=name)
            yield outline.display_name, PlanError(message, instruction.line, place)
