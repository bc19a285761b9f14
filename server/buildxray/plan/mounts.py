"""Interpret the `--mount` flags of a RUN.

BuildKit: instructions/commands_runmount.go, dockerfile2llb/convert_runmount.go, convert_secrets.go and convert_ssh.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import field
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.operations import CommandSource, Input, Operation, Origin, internal_operation
from buildxray.plan.paths import clean, join
from buildxray.records import dataclass
from buildxray.syntax.instructions import Flag, Span
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountOption, mount_options
from buildxray.syntax.suggestions import closest
from buildxray.syntax.validation import GO_TRUE, is_go_bool

Expander = Callable[[str], str]

MOUNT_TYPES: Final = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARING_MODES: Final = ("shared", "private", "locked")
MOUNT_KEYS: Final = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
]

_SWITCHES: Final = ("required", "readonly", "readwrite")
"""The keys of more than two letters that need no value."""


class MountError(ValueError):
    """Raised for a mount that BuildKit refuses; the message gives the reason."""

    def __init__(self, message: str, replacement: str | None = None, *, is_key: bool = False) -> None:
        super().__init__(message)
        self.replacement = replacement
        """The text that was probably meant instead of the text of `span`."""
        self.is_key = is_key
        """True if the key of an option is wrong, False if its value is."""
        self.needs_directory = False
        """True if the mount would be valid in another working directory."""
        self.span: Span | None = None
        """The span of the wrong option; None if the whole mount is wrong."""


@dataclass(slots=True)
class Mount:
    """One `--mount` with its variables expanded."""

    type: str = "bind"
    source_stage: str = ""
    """The value of `from`: a stage or an image."""
    source: str = ""
    target: str = ""
    is_read_only: bool = True
    size: int = 0
    id: str = ""
    sharing: str = ""
    is_required: bool = False
    env: str | None = None
    permissions: dict[str, int] = field(default_factory=dict)
    """The given values of `mode`, `uid` and `gid`."""


class MountPoint(NamedTuple):
    """A mount in the container of a RUN."""

    target: str
    input: Input | None
    """None for an empty directory."""
    identity: Hashable


class Mounts:
    """Collects the mounts of a RUN."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        """The working directory, to which targets may be relative."""
        self.points: list[MountPoint] = []
        self.context_sources: list[str] = []
        """The paths in the build context that BuildKit sends for the mounts."""
        self.secrets: list[Hashable] = []
        self.secret_variables: list[str] = []
        """The environment variables that hold secrets."""
        self.agents: list[Hashable] = []
        self.agent_sockets: list[str] = []
        """The paths of the sockets of SSH agents, in the order of the mounts."""

    def add(self, mount: Mount, idx: int) -> None:
        """Add the mount of the flag with index `idx`; raises `MountError`."""
        match mount.type:
            case "secret":
                self.secrets.append(_secret(mount))
                if mount.env is not None:
                    self.secret_variables.append(mount.env)
            case "ssh":
                if mount.source:
                    raise MountError(_("an SSH agent has no `source`"))
                self.agent_sockets.append(mount.target or f"/run/buildkit/ssh_agent.{len(self.agents)}")
                self.agents.append((mount.id, self.agent_sockets[-1], mount.is_required, *_permissions(mount)))
            case _:
                self.points.append(_mount_point(mount, idx, self.directory))
                if not mount.source_stage and mount.type != "cache":
                    self.context_sources.append(mount.source)


def source_stages(flags: tuple[Flag, ...]) -> list[str]:
    """The `from` of each mount as written; `scratch` if a mount has none.

    BuildKit resolves the stages before it expands variables (detectRunMount).
    """
    names: list[str] = []
    for flag in flags:
        values = [it.value.text for it in mount_options(flag) if it.key == "from" and it.value is not None]
        names.append((values[-1] if values else "") or "scratch")
    return names


def parse_mount(flag: Flag, expand: Expander) -> Mount:
    """Read one `--mount`; raises `MountError`, or the exceptions of `expand`."""
    mount = Mount()
    is_read_only: bool | None = None
    for option in mount_options(flag):
        try:
            if option.key in ("readonly", "ro", "readwrite", "rw"):
                is_on = option.value is None or _bool(option, expand(option.value.text))
                is_read_only = is_on == (option.key in ("readonly", "ro"))
            else:
                _apply(mount, option, expand)
        except MountError as error:
            error.span = option.key_span if error.is_key or option.value is None else option.value.span
            raise
    _check(mount)
    mount.is_read_only = mount.type not in ("cache", "tmpfs") if is_read_only is None else is_read_only
    return mount


def _apply(mount: Mount, option: MountOption, expand: Expander) -> None:
    key = option.key
    if option.value is None:
        if key != "required":
            raise _without_value(option)
        _require(mount, key, "secret", "ssh")
        mount.is_required = True
        return
    value = expand(option.value.text)
    match key:
        case "type":
            mount.type = _one_of(value, MOUNT_TYPES, _("type of mount"))
        case "from":
            mount.source_stage = value
        case "source" | "src":
            mount.source = value
        case "target" | "dst" | "destination":
            mount.target = value
        case "required":
            _require(mount, key, "secret", "ssh")
            mount.is_required = _bool(option, value)
        case "size":
            _require(mount, key, "tmpfs")
            mount.size = _size(value)
        case "id":
            mount.id = value
        case "sharing":
            mount.sharing = _one_of(value, SHARING_MODES, _("sharing mode"))
        case "mode" | "uid" | "gid":
            mount.permissions[key] = _number(key, value)
        case "env":
            mount.env = value
        case _:
            close = closest(key, MOUNT_KEYS)
            if close is not None:
                message = _("a mount has no `{key}`; did you mean `{close}`?", key=key, close=close)
                raise MountError(message, close, is_key=True)
            raise MountError(_("a mount has no `{key}`", key=key), is_key=True)


def _without_value(option: MountOption) -> MountError:
    close = None if option.key in MOUNT_KEYS else closest(option.key, _SWITCHES)
    if not option.field.strip():
        return MountError(_("an option is missing at a comma: a mount is one word, without blanks"), is_key=True)
    if close is None:
        return MountError(_("`{field}` needs a value", field=option.field))
    message = _("a mount has no `{key}`; did you mean `{close}`?", key=option.key, close=close)
    return MountError(message, close, is_key=True)


def _check(mount: Mount) -> None:
    if mount.permissions and mount.type not in ("secret", "ssh", "cache"):
        raise MountError(
            _("`{key}` is not for mounts of type {type}", key=next(iter(mount.permissions)), type=mount.type)
        )
    if mount.type == "secret":
        if mount.source_stage:
            raise MountError(_("a secret has no `from`"))
        if not (mount.source or mount.target or mount.id):
            raise MountError(_("a secret needs an `id`"))
        if mount.source and mount.id:
            raise MountError(_("a secret has either `source` or `id`"))
    if mount.sharing and mount.type != "cache":
        raise MountError(_("`sharing` is for caches, not for mounts of type {type}", type=mount.type))


def _require(mount: Mount, key: str, *types: str) -> None:
    if mount.type not in types:
        raise MountError(_("`{key}` is not for mounts of type {type}", key=key, type=mount.type), is_key=True)


def _one_of(value: str, known: tuple[str, ...], what: str) -> str:
    if value.lower() not in known:
        close = closest(value.lower(), known)
        if close is not None:
            raise MountError(
                _("`{value}` is not a {what}; did you mean `{close}`?", value=value, what=what, close=close), close
            )
        raise MountError(
            _("`{value}` is not a {what}; expected {known}", value=value, what=what, known=", ".join(known))
        )
    return value.lower()


def _bool(option: MountOption, value: str) -> bool:
    if not is_go_bool(value):
        raise MountError(_("`{key}` is true or false, not `{value}`", key=option.key, value=value))
    return value in GO_TRUE


def _number(key: str, value: str) -> int:
    base = 8 if key == "mode" else 10
    digits = "[0-7]+" if key == "mode" else "[0-9]+"
    if not re.fullmatch(digits, value) or len(value.lstrip("0")) > 11 or int(value, base) >= 2**32:
        if key == "mode":
            raise MountError(_("`{value}` is not a mode such as `0755`", value=value))
        raise MountError(_("`{key}` is a number, not `{value}`", key=key, value=value))
    return int(value, base)


_SIZE: Final = lazy_regex(r"(?P<number>[0-9]*\.?[0-9]*) ?(?P<suffix>b|[kmgtp](?:i?b)?)?", re.IGNORECASE)


def _size(value: str) -> int:
    """The number of bytes (docker/go-units, RAMInBytes)."""
    match = _SIZE.fullmatch(value)
    if match is None or not any(it.isdigit() for it in match["number"]):
        raise MountError(_("`{value}` is not a size such as `64m`", value=value))
    power = "bkmgtp".index((match["suffix"] or "b")[0].lower())
    return int(float(match["number"][:300]) * 1024**power)


def _secret(mount: Mount) -> Hashable:
    name = mount.source or mount.id or mount.target.rstrip("/").rpartition("/")[2]
    target: str | None = mount.target or None
    if mount.env is None:
        target = mount.target or "/run/secrets/" + name.rstrip("/").rpartition("/")[2]
    return (name, target, mount.is_required, mount.env, *_permissions(mount))


def _permissions(mount: Mount) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(mount.permissions.items()))


def _mount_point(mount: Mount, idx: int, directory: str) -> MountPoint:
    source: Input | None = CommandSource(idx) if mount.source_stage or mount.type == "cache" else Origin.CONTEXT
    details: tuple[Hashable, ...] = (mount.type, mount.is_read_only)
    if mount.type == "tmpfs":
        source = None
        details += (mount.size,)
    if mount.type == "cache":
        details += (mount.id or clean(mount.target), mount.sharing or "shared")
    target = mount.target
    if not clean(target).startswith("/"):
        target = join("/", directory, target)
    if target == "/":
        error = MountError(
            _("a mount cannot replace `/`; give its `target`")
            if mount.target
            else _(
                "a mount needs a `target`, in one word with its other options: `type={type},target=…`", type=mount.type
            )
        )
        error.needs_directory = mount.target not in ("", "/")
        raise error
    selector = join("/", mount.source)
    if selector == "/":
        selector = ""
        if mount.permissions:
            source = _owned_directory(mount, source)
            selector = "/cache"
    return MountPoint(target, source, (target, *details, selector))


def _owned_directory(mount: Mount, source: Input | None) -> Operation:
    permissions = {"uid": 0, "gid": 0, "mode": 0o755} | mount.permissions
    identity = ("make directory", "/cache", tuple(sorted(permissions.items())))
    return internal_operation(identity, (source,), "setting cache mount permissions")
