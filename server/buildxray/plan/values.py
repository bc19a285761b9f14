"""Validate the values of EXPOSE and STOPSIGNAL.

BuildKit: dockerfile2llb/convert_expose.go; github.com/moby/sys/signal.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.suggestions import closest

_SIGNALS: Final = frozenset(
    [
        "ABRT",
        "ALRM",
        "BUS",
        "CHLD",
        "CLD",
        "CONT",
        "FPE",
        "HUP",
        "ILL",
        "INT",
        "IO",
        "IOT",
        "KILL",
        "PIPE",
        "POLL",
        "PROF",
        "PWR",
        "QUIT",
        "SEGV",
        "STKFLT",
        "STOP",
        "SYS",
        "TERM",
        "TRAP",
        "TSTP",
        "TTIN",
        "TTOU",
        "URG",
        "USR1",
        "USR2",
        "VTALRM",
        "WINCH",
        "XCPU",
        "XFSZ",
        "RTMIN",
        "RTMAX",
    ]
)
_REAL_TIME_SIGNAL: Final = lazy_regex(r"RTMIN\+(?:[1-9]|1[0-5])|RTMAX-(?:[1-9]|1[0-4])")
_HIGHEST_PORT: Final = 65535


def closest_signal(text: str) -> str | None:
    """The name of the signal that is most similar to `text`, with `SIG` if `text` has it; None if none is similar."""
    name = text.upper().removeprefix("SIG")
    close = closest(name, sorted(_SIGNALS))
    return None if close is None else ("SIG" if text.upper().startswith("SIG") else "") + close


def is_signal(text: str) -> bool:
    """True if STOPSIGNAL accepts `text`: a number other than 0, or a name with or without `SIG`."""
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text) != 0
    name = text.upper().removeprefix("SIG")
    return name in _SIGNALS or _REAL_TIME_SIGNAL.fullmatch(name) is not None


def port_problem(text: str) -> str | None:
    """The reason why EXPOSE refuses `text`, which should be `[[ip:]host:]port[-port][/protocol]`; None if it is valid."""
    *host_parts, container = text.split(":")
    port, __, protocol = container.partition("/")
    if protocol.lower() not in ("", "tcp", "udp", "sctp"):
        return _("`{protocol}` is not a protocol; expected tcp, udp or sctp", protocol=protocol)
    ports = _port_range(port)
    if ports is None and text.startswith("#"):
        return _("a comment has a line to itself: EXPOSE takes `{text}` for a port", text=text)
    if ports is None and "," in text:
        return _("ports are separated by blanks, not by commas: `{text}`", text=text.replace(",", " ").strip())
    if ports is None:
        return _("`{text}` is not a port such as `8080` or `8000-8010/udp`, at most 65535", text=text)
    address = ":".join(host_parts[:-1])
    if address and not _is_address(address):
        return _("`{address}` is not an IP address", address=address)
    host = host_parts[-1] if host_parts else ""
    host_ports = _port_range(host) if host else ports
    if host_ports is None or (host_ports[1] - host_ports[0] != ports[1] - ports[0] and ports[0] != ports[1]):
        return _("`{host}` does not fit the ports `{port}`", host=host, port=port)
    return None


def _port_range(text: str) -> tuple[int, int] | None:
    first, separator, last = text.partition("-")
    start, end = _port(first), _port(last) if separator else _port(first)
    return (start, end) if start is not None and end is not None and start <= end else None


def _port(text: str) -> int | None:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return None
    return int(text) if 0 <= int(text) <= _HIGHEST_PORT else None


def _is_address(text: str) -> bool:
    try:
        ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return False
    return True
