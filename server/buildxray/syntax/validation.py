"""What BuildKit refuses in a single instruction, before it looks at the build.

BuildKit: frontend/dockerfile/instructions/parse.go, bflag.go and the files of RUN's flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import (
    NODE_TYPES,
    Flag,
    From,
    Healthcheck,
    Node,
    Onbuild,
    Problem,
    Run,
    Unknown,
    WithPairs,
)
from buildxray.syntax.mounts import MountSyntaxError, csv_fields, mount_options
from buildxray.syntax.whitespace import SPACE

_SWITCH, _VALUE, _VALUES = "switch", "value", "values"
FLAGS: Final[Mapping[str, Mapping[str, str]]] = {
    "ADD": {
        "chown": _VALUE,
        "chmod": _VALUE,
        "link": _SWITCH,
        "keep-git-dir": _SWITCH,
        "checksum": _VALUE,
        "unpack": _SWITCH,
        "exclude": _VALUES,
    },
    "COPY": {
        "chown": _VALUE,
        "from": _VALUE,
        "chmod": _VALUE,
        "link": _SWITCH,
        "exclude": _VALUES,
        "parents": _SWITCH,
    },
    "FROM": {"platform": _VALUE},
    "HEALTHCHECK": {
        "interval": _VALUE,
        "timeout": _VALUE,
        "start-period": _VALUE,
        "start-interval": _VALUE,
        "retries": _VALUE,
    },
    "RUN": {"mount": _VALUES, "network": _VALUE, "security": _VALUE, "device": _VALUES},
}
"""The flags of each instruction, by name, and how they take values."""

_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9-_.]*", re.ASCII)
_EXACTLY_ONE: Final = frozenset({"MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"})
_AT_LEAST_ONE: Final = frozenset({"ARG", "ENV", "EXPOSE", "LABEL", "ONBUILD", "SHELL", "VOLUME"})
_FLAGS_UNCHECKED: Final = frozenset({"ARG", "STOPSIGNAL"})
_NO_TRIGGERS: Final = frozenset({"FROM", "MAINTAINER", "ONBUILD"})


def first_problem(node: Node) -> Problem | None:
    """The first reason for which BuildKit refuses `node`, if it does."""
    return next(_problems(node), None)


def _problems(node: Node) -> Iterator[Problem]:
    name = node.name
    whole = node.keyword.span
    if isinstance(node, Unknown):
        yield Problem(_unknown_instruction(name), whole)
        return
    if name in _EXACTLY_ONE and len(node.arguments) != 1:
        yield Problem(_("{name} takes exactly one argument", name=name), whole)
    if name in _AT_LEAST_ONE and not node.arguments:
        yield Problem(_("{name} takes at least one argument", name=name), whole)
    if isinstance(node, From):
        yield from _from_problems(node)
    if name in ("ADD", "COPY") and len(node.arguments) < 2:
        yield Problem(_("{name} needs a source and a destination", name=name), whole)
    if name not in _FLAGS_UNCHECKED:
        yield from _flag_problems(node, FLAGS.get(name, {}))
    if isinstance(node, WithPairs):
        yield from (
            Problem(_("{name} needs a name before `=`", name=name), it.span) for it in node.pairs if not it.name.text
        )
    if name in ("ADD", "COPY") and heredoc_marker(node.arguments[-1].text):
        yield Problem(_("{name} cannot have a heredoc for a destination", name=name), node.arguments[-1].span)
    if name == "VOLUME":
        yield from (Problem(_("VOLUME needs a path"), it.span) for it in node.arguments if not it.text.strip(SPACE))
    if name == "SHELL" and not node.is_json:
        yield Problem(_('SHELL takes a JSON array, as in `SHELL ["/bin/bash", "-c"]`'), whole)
    if isinstance(node, Run):
        yield from _run_problems(node)
    if isinstance(node, Healthcheck):
        yield from _healthcheck_problems(node)
    if isinstance(node, Onbuild) and node.trigger is not None and node.trigger.name in _NO_TRIGGERS:
        yield Problem(_("{name} is not allowed behind ONBUILD", name=node.trigger.name), node.trigger.keyword.span)


def _unknown_instruction(name: str) -> str:
    close = get_close_matches(name, NODE_TYPES, n=1)
    if close:
        return _("unknown instruction `{name}`; did you mean `{close}`?", name=name, close=close[0])
    return _("unknown instruction `{name}`", name=name)


def _unknown_flag(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return _("unknown flag `--{name}`; did you mean `--{close}`?", name=name, close=close[0])
    return _("unknown flag `--{name}`", name=name)


def _from_problems(node: From) -> Iterator[Problem]:
    if len(node.arguments) not in (1, 3) or (len(node.arguments) == 3 and node.alias is None):
        yield Problem(_("FROM takes an image, and perhaps `AS name`"), node.keyword.span)
    elif node.alias is not None and not _STAGE_NAME.fullmatch(node.alias.text.lower()):
        yield Problem(
            _(
                "`{text}` is no name for a stage: letters, digits, `-`, `_` and `.`, a letter first",
                text=node.alias.text,
            ),
            node.alias.span,
        )


def _flag_problems(node: Node, known: Mapping[str, str]) -> Iterator[Problem]:
    if isinstance(node, Healthcheck) and _first_upper(node) == "NONE":
        return
    seen: set[str] = set()
    for flag in node.flags:
        name, value = flag.name.text, flag.value
        kind = known.get(name)
        if kind is None:
            yield Problem(_unknown_flag(name, known), flag.span)
        elif name in seen and kind != _VALUES:
            yield Problem(_("`--{name}` is given twice", name=name), flag.span)
        elif kind != _SWITCH and value is None:
            yield Problem(_("`--{name}` needs a value", name=name), flag.span)
        elif kind == _SWITCH and value is not None and value.text.lower() not in ("true", "false"):
            yield Problem(_("`--{name}` is true or false", name=name), flag.span)
        seen.add(name)


def _first_upper(node: Node) -> str:
    return node.arguments[0].text.upper() if node.arguments else ""


def _run_problems(node: Run) -> Iterator[Problem]:
    for flag in node.flags:
        value = flag.value.text if flag.value is not None else ""
        match flag.name.text:
            case "mount":
                yield from _mount_problems(flag)
            case "network" if value not in ("default", "none", "host"):
                yield Problem(_("`{value}` is no network mode: default, none or host", value=value), flag.span)
            case "security" if value not in ("insecure", "sandbox"):
                yield Problem(_("`{value}` is no security mode: insecure or sandbox", value=value), flag.span)
            case "device":
                yield from _device_problems(flag, value)


def _mount_problems(flag: Flag) -> Iterator[Problem]:
    try:
        options = mount_options(flag)
    except MountSyntaxError as error:
        yield Problem(str(error), flag.span)
        return
    for option in options:
        if (
            option.key == "from"
            and option.value is not None
            and 0 <= option.value.text.find("$") < len(option.value.text) - 1
        ):
            yield Problem(
                _("`from` takes no variables; name a stage that does: `FROM image-$NAME AS …`"), option.value.span
            )


def _device_problems(flag: Flag, value: str) -> Iterator[Problem]:
    """BuildKit: instructions/commands_rundevice.go, ParseDevice."""
    name = ""
    try:
        fields = csv_fields(value)
    except MountSyntaxError as error:
        yield Problem(str(error), flag.span)
        return
    for field in fields:
        key, separator, rest = field.partition("=")
        match key.lower(), separator:
            case "required", "":
                pass
            case "required", _:
                if not is_go_bool(rest):
                    yield Problem(_("`{rest}` is neither true nor false", rest=rest), flag.span)
            case "name", "=":
                if name:
                    yield Problem(_("the device already has a name"), flag.span)
                name = rest
            case _:
                if name:
                    yield Problem(_("`{field}` is no option of a device: name or required", field=field), flag.span)
                name = field


def is_go_bool(text: str) -> bool:
    """Whether Go's strconv.ParseBool takes `text`."""
    return text in GO_TRUE or text in GO_FALSE


GO_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
GO_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _healthcheck_problems(node: Healthcheck) -> Iterator[Problem]:
    """BuildKit: instructions/parse.go, parseHealthcheck."""
    kind = _first_upper(node)
    if not node.arguments:
        yield Problem(_("HEALTHCHECK takes `CMD command` or `NONE`"), node.keyword.span)
    elif kind == "NONE":
        if len(node.arguments) > 1:
            yield Problem(_("HEALTHCHECK NONE takes no arguments"), node.arguments[1].span)
    elif kind != "CMD":
        yield Problem(
            _("HEALTHCHECK takes CMD or NONE, not `{text}`", text=node.arguments[0].text), node.arguments[0].span
        )
    elif len(node.arguments) == 1:
        yield Problem(_("HEALTHCHECK CMD needs a command"), node.arguments[0].span)
    else:
        for flag in node.flags:
            if flag.value is not None and (message := _healthcheck_option(flag.name.text, flag.value.text)):
                yield Problem(message, flag.span)


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
_DURATION_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


def go_duration(text: str) -> int | None:
    """Nanoseconds of a Go duration such as `1m30s`, or None where it is none (Go: time.ParseDuration)."""
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
