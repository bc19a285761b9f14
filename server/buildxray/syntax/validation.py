"""Find what BuildKit refuses in a single instruction, before it considers the build.

BuildKit: frontend/dockerfile/instructions/parse.go, bflag.go and the files of RUN's flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS, Values
from buildxray.syntax.instruction_table import Flag as FlagKind
from buildxray.syntax.instructions import (
    Flag,
    From,
    Healthcheck,
    Node,
    Onbuild,
    Pair,
    Problem,
    Run,
    Span,
    Token,
    Unknown,
    WithPairs,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, csv_fields, mount_options
from buildxray.syntax.suggestions import closest, edit_distance
from buildxray.syntax.whitespace import SPACE

NETWORK_MODES: Final = ("default", "none", "host")
SECURITY_MODES: Final = ("insecure", "sandbox")
_STAGE_NAME: Final = lazy_regex(r"[a-z][a-z0-9-_.]*", re.ASCII)


def find_problems(node: Node) -> tuple[Problem, ...]:
    """All reasons why BuildKit refuses `node`, apart from those that follow from another; BuildKit's own error first."""
    return tuple(_problems(node))


def _problems(node: Node) -> Iterator[Problem]:
    name = node.name
    if isinstance(node, Unknown):
        yield _unknown_instruction(node)
        return
    if (missing := _missing_arguments(node)) is not None:
        yield missing
        yield from _flag_problems(node)
        return
    if isinstance(node, From):
        yield from _from_problems(node)
    yield from _flag_problems(node)
    if isinstance(node, WithPairs):
        for pair in node.pairs:
            if not pair.name.text:
                yield Problem(_without_name(node, pair), pair.span)
    if name in ("ADD", "COPY") and heredoc_marker(node.arguments[-1].text):
        yield Problem(_("{name} cannot have a heredoc for a destination", name=name), node.arguments[-1].span)
    if name == "VOLUME":
        yield from (Problem(_("VOLUME needs a path"), it.span) for it in node.arguments if not it.text.strip(SPACE))
    if name == "SHELL" and not node.is_json:
        message = _('SHELL takes a JSON array, as in `SHELL ["/bin/bash", "-c"]`')
        yield Problem(message, node.arguments[0].span)
    if isinstance(node, Run):
        yield from _run_problems(node)
    if isinstance(node, Healthcheck):
        yield from _healthcheck_problems(node)
    if isinstance(node, Onbuild) and node.trigger is not None and not _is_trigger(node.trigger):
        yield Problem(_("{name} is not allowed after ONBUILD", name=node.trigger.name), node.trigger.keyword.span)


def _unknown_instruction(node: Unknown) -> Problem:
    written, span = node.keyword.text, node.keyword.span
    close = closest(node.name, INSTRUCTION_KINDS)
    if close is not None and edit_distance(node.name, close, _FAR) < _FAR:
        message = _("unknown instruction `{name}`; did you mean `{close}`?", name=written, close=close)
        return Problem(message, span, _cased_like(written, close))
    if _CONFLICT_MARKER.fullmatch(written):
        return Problem(_("unknown instruction `{name}`: a conflict of a merge is not resolved", name=written), span)
    comment = _FOREIGN_COMMENT.match(written)
    if comment is not None:
        message = _("unknown instruction `{name}`: a comment begins with `#`", name=written)
        return Problem(
            message, Span(span.start, span.start + comment.end()), "# " if comment.end() < len(written) else "#"
        )
    return Problem(_("unknown instruction `{name}`", name=written), span)


_FAR: Final = 3
"""The edit distance from which a word is not a misspelling of an instruction: `assert`, `USER`."""
_CONFLICT_MARKER: Final = lazy_regex("<{7}|={7}|>{7}|[|]{7}")
_FOREIGN_COMMENT: Final = lazy_regex("//+|;+|--(?!\\S)")


def _without_name(node: Node, pair: Pair) -> str:
    text = node.text[: pair.span.start].rstrip(SPACE)
    before = text.split()[1:]
    if before and "=" not in before[-1]:
        return _("a blank comes before `=`: write `{name}=value`", name=before[-1])
    return _("{name} needs a name before `=`", name=node.name)


def _missing_arguments(node: Node) -> Problem | None:
    """The problem of an instruction with too few or too many arguments to validate them further."""
    name, n_arguments, whole = node.name, len(node.arguments), node.keyword.span
    kind = INSTRUCTION_KINDS[name]
    if kind.least <= n_arguments and (kind.most is None or n_arguments <= kind.most):
        return None
    match name:
        case "ADD" | "COPY":
            span = node.arguments[0].span if node.arguments else whole
            return Problem(_("{name} needs a source and a destination", name=name), span)
        case "FROM":
            return Problem(_("FROM takes an image, and optionally `AS name`"), whole)
        case "HEALTHCHECK":
            return Problem(_("HEALTHCHECK takes `CMD command` or `NONE`"), whole)
    if kind.most == 1:
        return Problem(_("{name} takes exactly one argument", name=name), whole)
    return Problem(_("{name} takes at least one argument", name=name), whole)


def _cased_like(written: str, keyword: str) -> str:
    """The keyword in lower case if `written` is in lower case, else in upper case."""
    return keyword.lower() if written.islower() else keyword


def _from_problems(node: From) -> Iterator[Problem]:
    arguments = node.arguments
    if arguments[0].text.startswith("-"):
        message = _("a flag begins with two dashes: `-{text}`", text=arguments[0].text)
        yield Problem(message, arguments[0].span, f"-{arguments[0].text}")
    elif (flag := next((it for it in arguments if it.text.startswith("--")), None)) is not None:
        message = _(
            "a flag of FROM comes before the image: `FROM {flag} {image}`", flag=flag.text, image=arguments[0].text
        )
        yield Problem(message, flag.span)
    elif any(it.value is None for it in node.flags):
        # The next word is the value of a flag without `=`, so the image would be validated wrongly.
        return
    elif len(arguments) not in (1, 3) or (node.alias is None and len(arguments) == 3):
        yield _misplaced_alias(node)
    elif node.alias is not None and not _STAGE_NAME.fullmatch(node.alias.text.lower()):
        message = _(
            "`{text}` cannot name a stage: a letter comes first, then letters, digits, `-`, `_` and `.`",
            text=node.alias.text,
        )
        yield Problem(message, node.alias.span)


def _misplaced_alias(node: From) -> Problem:
    """The problem of a FROM whose image is followed by anything but `AS name`."""
    second, last = node.arguments[1], node.arguments[-1]
    as_ = _cased_like(node.keyword.text, "AS")
    if second.text.startswith("#"):
        message = _("a comment has a line to itself: FROM takes `{word}` for a part of it", word=second.text)
        return Problem(message, second.span)
    match len(node.arguments), second.text.upper() == "AS":
        case 2, True:
            return Problem(_("a name for the stage is missing after `{word}`", word=second.text), second.span)
        case 2, False if _STAGE_NAME.fullmatch(second.text.lower()):
            message = _("a name for the stage comes after `AS`: write `AS {name}`", name=second.text)
            return Problem(message, second.span, f"{as_} {second.text}")
        case 3, _:
            message = _("only `AS` comes between the image and the name of the stage, not `{word}`", word=second.text)
            return Problem(message, second.span, as_)
        case _, True:
            message = _("the name of a stage is one word")
            return Problem(message, Span(node.arguments[2].span.start, last.span.end))
    return Problem(_("FROM takes an image, and optionally `AS name`"), Span(second.span.start, last.span.end))


def _is_trigger(node: Node) -> bool:
    kind = INSTRUCTION_KINDS.get(node.name)
    return kind is None or kind.is_trigger


def _flag_problems(node: Node) -> Iterator[Problem]:
    known = INSTRUCTION_KINDS[node.name].flags
    is_checked = INSTRUCTION_KINDS[node.name].checks_flags
    if not is_checked or (isinstance(node, Healthcheck) and _first_upper(node) == "NONE"):
        return
    seen: set[str] = set()
    for flag in node.flags:
        name, value = flag.name.text, flag.value
        kind = known[name].values if name in known else None
        if kind is None:
            yield _unknown_flag(node, flag, known)
        elif name in seen and kind is not Values.MANY:
            yield Problem(_("`--{name}` is given twice", name=name), flag.span)
        elif kind is not Values.SWITCH and value is None:
            yield Problem(_without_value(node, name), flag.span)
        elif kind is Values.SWITCH and value is not None and value.text.lower() not in ("true", "false"):
            yield Problem(_("`--{name}` is true or false", name=name), value.span)
        seen.add(name)


def _without_value(node: Node, flag: str) -> str:
    first = node.arguments[0].text.split() if node.arguments else []
    if first and not node.is_json and len(node.flags) == 1:
        return _(
            "`--{name}` needs a value, after `=` and without a blank: `--{name}={value}`?", name=flag, value=first[0]
        )
    return _("`--{name}` needs a value", name=flag)


def _unknown_flag(node: Node, flag: Flag, known: Mapping[str, FlagKind]) -> Problem:
    name, span = flag.name.text, Span(flag.span.start, max(flag.name.span.end, flag.span.start + 2))
    close = closest(name.lower(), known)
    if close is not None:
        message = _("unknown flag `--{name}`; did you mean `--{close}`?", name=name, close=close)
        return Problem(message, span, f"--{close}")
    if known:
        all_known = ", ".join(f"`--{it}`" for it in known)
        return Problem(
            _("{keyword} has no flag `--{name}`; its flags are {known}", keyword=node.name, name=name, known=all_known),
            span,
        )
    return Problem(_("{keyword} has no flags, so `--{name}` is unknown", keyword=node.name, name=name), span)


def _first_upper(node: Node) -> str:
    return node.arguments[0].text.upper() if node.arguments else ""


def _run_problems(node: Run) -> Iterator[Problem]:
    for flag in node.flags:
        value = flag.value
        if value is None:
            continue
        match flag.name.text:
            case "mount":
                yield from _mount_problems(flag)
            case "network" if value.text not in NETWORK_MODES:
                close = closest(value.text.lower(), NETWORK_MODES)
                message = _("`{value}` is not a network mode; expected default, none or host", value=value.text)
                if close is not None:
                    message = _(
                        "`{value}` is not a network mode; did you mean `{close}`?", value=value.text, close=close
                    )
                yield Problem(message, value.span, close)
            case "security" if value.text not in SECURITY_MODES:
                close = closest(value.text.lower(), SECURITY_MODES)
                message = _("`{value}` is not a security mode; expected insecure or sandbox", value=value.text)
                if close is not None:
                    message = _(
                        "`{value}` is not a security mode; did you mean `{close}`?", value=value.text, close=close
                    )
                yield Problem(message, value.span, close)
            case "device":
                yield from _device_problems(value)


def _mount_problems(flag: Flag) -> Iterator[Problem]:
    try:
        options = mount_options(flag)
    except MountSyntaxError as error:
        empty = flag.span if flag.value is None or not flag.value.text else flag.value.span
        yield Problem(str(error), empty)
        return
    for option in options:
        if (
            option.key == "from"
            and option.value is not None
            and 0 <= option.value.text.find("$") < len(option.value.text) - 1
        ):
            yield Problem(
                _(
                    "`from` does not expand variables: add a stage `FROM image-$NAME AS source`, and write `from=source`"
                ),
                option.value.span,
            )


def _device_problems(value: Token) -> Iterator[Problem]:
    """The problems of the value of `--device`. BuildKit: instructions/commands_rundevice.go, ParseDevice."""
    name = ""
    try:
        fields = csv_fields(value.text)
    except MountSyntaxError as error:
        yield Problem(str(error), value.span)
        return
    for field in fields:
        key, separator, rest = field.partition("=")
        match key.lower(), separator:
            case "required", "":
                pass
            case "required", _:
                if not is_go_bool(rest):
                    yield Problem(_("`{rest}` is neither true nor false", rest=rest), value.span)
            case "name", "=":
                if name:
                    yield Problem(_("the device already has a name"), value.span)
                name = rest
            case _:
                if name:
                    yield Problem(
                        _("unknown device option `{field}`; expected name or required", field=field), value.span
                    )
                name = field


def is_go_bool(text: str) -> bool:
    """True if Go's strconv.ParseBool accepts `text`."""
    return text in GO_TRUE or text in GO_FALSE


GO_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
GO_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _healthcheck_problems(node: Healthcheck) -> Iterator[Problem]:
    """The problems of a HEALTHCHECK. BuildKit: instructions/parse.go, parseHealthcheck."""
    kind = _first_upper(node)
    if kind == "NONE":
        if len(node.arguments) > 1:
            yield Problem(_("HEALTHCHECK NONE takes no arguments"), node.arguments[1].span)
    elif kind != "CMD":
        first = node.arguments[0]
        yield Problem(
            _("HEALTHCHECK takes CMD or NONE, not `{text}`", text=first.text),
            first.span,
            closest(kind, ("CMD", "NONE")),
        )
    elif len(node.arguments) == 1:
        yield Problem(_("HEALTHCHECK CMD needs a command"), node.arguments[0].span)
    for flag in node.flags if kind != "NONE" else ():
        known = flag.name.text in INSTRUCTION_KINDS["HEALTHCHECK"].flags
        if known and flag.value is not None and (message := _healthcheck_option(flag.name.text, flag.value.text)):
            yield Problem(message, flag.value.span)


def _healthcheck_option(name: str, value: str) -> str | None:
    if not value:
        return None
    if name == "retries":
        match = re.fullmatch(r"(?:\+?0*(?P<digits>[0-9]{0,10})|-0+)", value)
        valid = match is not None and value[-1:].isdecimal() and int(match["digits"] or 0) < 2**31
        return None if valid else _("`--retries` takes a number, not `{value}`", value=value)
    nanoseconds = go_duration(value)
    if nanoseconds is None:
        return _("`--{name}` takes a duration such as `30s`, not `{value}`", name=name, value=value)
    return _("`--{name}` is at least 1ms", name=name) if nanoseconds != 0 and nanoseconds < 1_000_000 else None


_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DURATION_PART: Final = lazy_regex(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


def go_duration(text: str) -> int | None:
    """The nanoseconds of a Go duration such as `1m30s`; None if the text is not a duration (Go: time.ParseDuration)."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total = 0.0
    position = 0
    while position < len(rest):
        match = _DURATION_PART.match(rest, position)
        if match is None:
            return None
        total += float(match[1]) * _UNITS[match[2]]
        position = match.end()
    return None if not rest or total >= 2**63 else sign * int(total)
