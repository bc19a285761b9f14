"""Completion of arguments: ports, signals, users, directories, shells, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.place import Place
from buildxray.ide.glossary import ENVIRONMENT, LABELS, PORTS, SIGNALS
from buildxray.localization import N_, _
from buildxray.syntax.instructions import Copying, Run, User, Workdir
from buildxray.syntax.shell import read_script

_SHELLS: Final = {
    '["/bin/bash", "-o", "pipefail", "-c"]': N_("a pipeline fails if one of its commands fails"),
    '["/bin/sh", "-c"]': N_("the default on Linux"),
    '["/bin/ash", "-eo", "pipefail", "-c"]': N_("a pipeline fails if one of its commands fails, in Alpine Linux"),
    '["powershell", "-Command"]': N_("PowerShell"),
    '["cmd", "/S", "/C"]': N_("the default on Windows"),
}
_DIRECTORIES: Final = ("/app", "/src", "/usr/local/bin", "/etc", "/out")


def ports(place: Place) -> Iterator[Completion]:
    """After `EXPOSE`: usual ports, and protocols after a slash."""
    number, slash, typed = place.typed.partition("/")
    if slash:
        for protocol in ("tcp", "udp", "sctp"):
            yield Completion(protocol, "value", f"{number}/{protocol}", place.edit(protocol, typed))
        return
    for port, service in PORTS.items():
        if port not in place.arguments:
            yield Completion(port, "value", service, place.edit(port))


def signals(place: Place) -> Iterator[Completion]:
    """The signals after `STOPSIGNAL`."""
    if not place.arguments:
        for name, meaning in SIGNALS.items():
            yield Completion(name, "value", _(meaning), place.edit(name))


def shells(place: Place) -> Iterator[Completion]:
    """The shells after `SHELL`."""
    if not place.words:
        for shell, meaning in _SHELLS.items():
            yield Completion(shell, "value", _(meaning), place.edit(shell))


def commands(place: Place) -> Iterator[Completion]:
    """After `CMD` and `ENTRYPOINT`: the form that needs no shell."""
    if not place.words and place.typed in ("", "[", '["'):
        meaning = _("the JSON form: the program gets signals itself, and no shell is needed")
        yield Completion('["program"]', "value", meaning, place.edit('["program"]'), snippet='["${1:program}"]')


def labels(place: Place) -> Iterator[Completion]:
    """After `LABEL`: the names that the OCI image specification defines."""
    if "=" not in place.typed and '"' not in place.typed:
        for name, meaning in LABELS.items():
            yield Completion(
                name, "value", _(meaning), place.edit(f"{name}="), snippet=f'{name}="$1"', documentation=""
            )


def users(place: Place) -> list[str]:
    """The users that the file names or creates, then common ones."""
    names: dict[str, None] = {}
    for instruction in place.analysis.dockerfile.instructions:
        node = instruction.node
        if isinstance(node, User) and node.value is not None and instruction.end < place.offset:
            names[node.value.text] = None
        for command in read_script(node).commands if isinstance(node, Run) else ():
            if command.name in ("useradd", "adduser") and command.arguments:
                accounts = [it for it in command.arguments if re.fullmatch(r"[a-z_][\w-]*", it)]
                names |= dict.fromkeys(accounts[-1:])
    for ancestor in place.stage.ancestry if place.stage is not None else ():
        for name in ancestor.base_names[:1]:
            names |= dict.fromkeys(it for key, it in (("distroless", "nonroot"), ("node", "node")) if key in name)
    return [*dict.fromkeys((*names, "root", "nobody", "1000:1000"))]


def user_names(place: Place) -> Iterator[Completion]:
    """The users after `USER`."""
    if not place.arguments:
        for name in users(place):
            yield Completion(name, "value", "", place.edit(name))


def directories(place: Place) -> Iterator[Completion]:
    """After `WORKDIR`, `VOLUME`, and as the destination of COPY: directories that the file names, then usual ones."""
    names: dict[str, None] = {}
    for instruction in reversed(place.analysis.dockerfile.instructions):
        node = instruction.node
        if instruction.end >= place.offset:
            continue
        if isinstance(node, Workdir) and node.value is not None:
            names[node.value.text] = None
        elif isinstance(node, Copying) and node.destination is not None and node.destination.text.endswith("/"):
            names[node.destination.text] = None
    for name in dict.fromkeys((*names, *_DIRECTORIES)):
        if name not in (".", "./"):
            yield Completion(name, "folder", "", place.edit(name))


def healthcheck(place: Place) -> Iterator[Completion]:
    """After `HEALTHCHECK` and its flags."""
    if not place.arguments:
        yield Completion("CMD", "keyword", _("the command that checks"), place.edit("CMD "))
        if not place.given_flags:
            yield Completion("NONE", "keyword", _("no check, not even that of the base image"), place.edit("NONE"))


def environment(place: Place) -> Iterator[Completion]:
    """The variables after `ENV` that tools read; only after a part of the name is typed."""
    if place.typed and "=" not in place.typed and '"' not in place.typed:
        for name, meaning in ENVIRONMENT.items():
            if not any(it.startswith(f"{name}=") for it in place.arguments):
                yield Completion(name, "variable", _(meaning), place.edit(f"{name}="), snippet=f"{name}=$1")
