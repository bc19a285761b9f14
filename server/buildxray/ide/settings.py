"""User settings: from an editor, `buildxray.toml`, `pyproject.toml` or the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from buildxray.caching import cached
from buildxray.ide import project_codes
from buildxray.localization import LANGUAGES, _
from buildxray.plan.request import BuildRequest
from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import (
    Platform,
    PlatformError,
    is_known,
    nearest_known,
    parse_normalized,
    this_machine,
)
from buildxray.projects.search import EXCLUDED_DIRECTORIES
from buildxray.records import dataclass, replace
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL, rule_names

DEFAULT_PLATFORMS: Final = (Platform("linux", "amd64"), Platform("linux", "arm64"))


class SettingError(ValueError):
    """A value that a setting does not accept; the message says what it expects."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; every field has a default."""

    platforms: tuple[Platform, ...] | None = None
    """The target platforms, as `docker buildx build --platform` takes them. Empty: those of the Bake file, Compose file
    or GitHub workflow that builds the Dockerfile, else `linux/amd64` and `linux/arm64`."""
    build_platform: Platform | Machines | None = None
    """The platform of the machine that builds, for example `linux/amd64`. Where a workflow of the project names the machine,
    that machine is used instead; an object such as `{"linux/arm64": "linux/arm64", "linux/arm/v7": "linux/arm64"}`, which names the
    machine of each target platform, overrides the workflow. Empty: the machine of the workflow, or else this one."""
    build: str = ""
    """The build that is shown and checked if the project's files declare several for a Dockerfile: its name, or
    its file and name such as `docker-bake.hcl:app`; `*` matches any text. Empty or `all`: all are checked,
    and the default build is shown, or else a published one, or else the one for the most platforms."""
    select: tuple[str, ...] = ()
    """The rules to check, by name. Empty: all."""
    ignore: tuple[str, ...] = ()
    """The rules to leave out, by name."""
    exclude: tuple[str, ...] = EXCLUDED_DIRECTORIES
    """The names of directories that a search for Dockerfiles skips. A directory on the command line is always
    searched."""
    buildkit_checks: bool = True
    """Whether to report the warnings of `docker build --check`. Switch it off where both run; in VS Code, it is
    off by default if Docker's extension is installed."""
    inlay_hints: bool = True
    """Whether to show after each RUN how often it is executed, and where under emulation."""
    code_lens: bool = True
    """Whether to show above each FROM the platforms and the cost of its stage."""
    navigation: bool = True
    """Whether to offer definitions, references, highlights, symbols and folding. Switch it off beside another language
    server for Dockerfiles in an editor that shows the answers of both; renaming and hovers remain."""
    general: bool = True
    """Whether to offer the features that are not about platforms: completion of instructions and flags, their documentation,
    signatures, links, semantic tokens, selection ranges, formatting. Switch it off beside another language server for Dockerfiles."""
    project_files: bool = True
    """Whether to check Bake files, Compose files and workflows too: missing Dockerfiles, stages and platforms, machines that must
    emulate, and above each build its cost."""
    log: str = ""
    """The build log whose times are shown: a path, relative to the Dockerfile's directory. Empty: none."""
    locale: str = ""
    """The language of messages and hovers: `en` or `ja`. Empty: that of the editor."""

    def request(self) -> BuildRequest:
        """The build request of these settings."""
        return _request(self.platforms or DEFAULT_PLATFORMS, self.machines)

    @property
    def machines(self) -> Machines:
        """The build machines of these settings."""
        given = self.build_platform
        return Machines() if given is None else given if isinstance(given, Machines) else Machines(given)

    @property
    def asks_for_several(self) -> bool:
        """True if the settings name several target platforms."""
        return self.platforms is not None and len(self.platforms) > 1

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules to check."""
        return _rules(self.select, self.ignore, buildkit_checks=self.buildkit_checks)

    def shows(self, name: str) -> bool:
        """True if diagnostics with this name are shown: that of a rule, or of `project_codes`."""
        return _is_shown(name, self.select, self.ignore)

    def over(self, base: Settings) -> Settings:
        """Merge: these settings, with the values of `base` for fields that have their default here."""
        return _merged(self, base)


# Thousands of files have the same settings; few of them have their own.


@cached(16)
def _merged(settings: Settings, base: Settings) -> Settings:
    default = Settings()
    changed = {
        it.name: getattr(settings, it.name)
        for it in fields(settings)
        if getattr(settings, it.name) != getattr(default, it.name)
    }
    return replace(base, **changed)


@cached(16)
def _request(targets: tuple[Platform, ...], machines: Machines) -> BuildRequest:
    return with_machines(BuildRequest(machines.own or this_machine(), targets), machines)


@cached(16)
def _rules(select: tuple[str, ...], ignore: tuple[str, ...], *, buildkit_checks: bool) -> tuple[Rule, ...]:
    return tuple(it for it in ALL if _is_shown(it.name, select, ignore) and (buildkit_checks or not it.buildkit_check))


def _is_shown(name: str, select: tuple[str, ...], ignore: tuple[str, ...]) -> bool:
    return (not select or name in select) and name not in ignore


def with_machines(request: BuildRequest, machines: Machines) -> BuildRequest:
    """The request with these machines; a machine for all platforms is the only one."""
    if machines.own is None:
        return request
    nodes = tuple((target, node) for target, node in machines.nodes(request.target_platforms) if node != machines.own)
    return replace(request, build_platform=machines.own, nodes=nodes)


def setting_name(field: str) -> str:
    """The name of a field in settings files: `buildPlatform` for `build_platform`."""
    first, *others = field.split("_")
    return first + "".join(it.capitalize() for it in others)


class SettingProblem(NamedTuple):
    """A setting that is not used, so that its default is kept, or one that is used but probably not what was meant."""

    name: str
    """The key as it is written; empty where the settings as a whole are wrong."""
    message: str


def read_settings(raw: object, prefix: str = "buildxray.") -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Read settings as a client sends them or a file holds them; a wrong one keeps its default and is a problem."""
    if raw is None:
        return Settings(), ()
    if not isinstance(raw, Mapping):
        return Settings(), (SettingProblem("", _("the settings of buildxray must be an object")),)
    values: dict[str, Any] = {}
    problems: list[SettingProblem] = []
    for name, value in raw.items():
        read = _READERS.get(name)
        if value is None:
            continue
        if read is None:
            if name not in _OF_THE_CLIENT and len(problems) < _MOST_UNKNOWN:
                problems.append(SettingProblem(str(name), _unknown(str(name), prefix)))
            continue
        field, reader = read
        try:
            values[field] = reader(value)
        except SettingError as error:
            message = _("`{name}` is ignored: {error}", name=f"{prefix}{name}", error=error)
            problems.append(SettingProblem(name, message))
    settings = Settings(**values)
    unknown = [it for it in settings.platforms or () if not is_known(it)]
    problems += [
        SettingProblem("platforms", f"`{prefix}platforms`: {unknown_platform(it)}") for it in unknown[:_MOST_UNKNOWN]
    ]
    return settings, tuple(problems)


def unknown_platform(platform: Platform) -> str:
    """The warning for a platform that no release of BuildKit builds for."""
    close = nearest_known(platform)
    if close is None:
        return _("unknown platform {platform}", platform=platform)
    return _("unknown platform {platform}; did you mean {close}?", platform=platform, close=close)


def read_platforms(value: object) -> tuple[Platform, ...] | None:
    """A list of platforms, or one text with commas between them, without duplicates; None if it is empty.

    Raises `SettingError`.
    """
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        raise SettingError(_('expected a list of platforms such as ["linux/amd64", "linux/arm64"]'))
    platforms = dict.fromkeys(it for item in value if (it := read_platform(item)) is not None)
    return tuple(platforms) or None


def read_platform(value: object) -> Platform | None:
    """One platform; None if it is empty. Raises `SettingError`."""
    if not isinstance(value, str):
        raise SettingError(_("expected a platform such as `linux/arm64`"))
    if not value.strip():
        return None
    try:
        return parse_normalized(value.strip())
    except PlatformError as error:
        raise SettingError(_("{error}; expected a platform such as `linux/arm64`", error=error)) from error


def read_machines(value: object) -> Platform | Machines | None:
    """One platform, or an object from target platforms to those of their machines; None if it is empty.

    Raises `SettingError`.
    """
    if not isinstance(value, Mapping):
        return read_platform(value)
    assigned: list[tuple[Platform, Platform]] = []
    for name, machine in value.items():
        target, node = read_platform(name), read_platform(machine)
        if target is None or node is None:
            raise SettingError(_('expected an object such as `{{"linux/arm64": "linux/arm64"}}`'))
        assigned.append((target, node))
    if not assigned:
        return None
    machines = tuple(dict.fromkeys(node for _target, node in assigned))
    return Machines(machines[0], machines[1:], tuple(assigned))


def read_text(value: object) -> str:
    """Return a text. Raises `SettingError`."""
    if not isinstance(value, str):
        raise SettingError(_("expected a string such as `docker-bake.hcl:app`"))
    return value.strip()


def read_rules(value: object) -> tuple[str, ...]:
    """A list of names of rules, or one text with commas between them. Raises `SettingError`."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(it, str) for it in value):
        raise SettingError(_('expected a list of rules such as ["emulated-build"]'))
    names = [it.strip() for it in value if it.strip()]
    for name in names:
        if name not in rule_names() and name not in project_codes.PAGES:
            raise SettingError(no_rule(name))
    return tuple(names)


def read_directory_names(value: object) -> tuple[str, ...]:
    """Return a list of names of directories. Raises `SettingError`."""
    if not isinstance(value, list | tuple) or not all(isinstance(it, str) and it and "/" not in it for it in value):
        raise SettingError(_('expected a list of names of directories such as ["vendor"]'))
    return tuple(dict.fromkeys(value))


def no_rule(name: str) -> str:
    """The message for an unknown rule."""
    close = get_close_matches(name, [*rule_names(), *project_codes.PAGES], n=1, cutoff=0.5)
    if close:
        return _("there is no rule `{name}`; did you mean `{close}`?", name=name, close=close[0])
    return _("there is no rule `{name}`; `buildxray rules` lists all", name=name)


def _read_switch(value: object) -> bool:
    """Read a boolean. Raises `SettingError`."""
    if not isinstance(value, bool):
        raise SettingError(_("expected true or false"))
    return value


def _read_locale(value: object) -> str:
    """Read a language. Raises `SettingError`."""
    if value != "" and value not in LANGUAGES:
        raise SettingError(_("expected one of {known}", known=_(", ").join(f"`{it}`" for it in LANGUAGES)))
    return str(value)


def _read_path(value: object) -> str:
    """Read a path. Raises `SettingError`."""
    if not isinstance(value, str):
        raise SettingError(_("expected a path such as `build.log`"))
    return value.strip()


_READERS: Final[dict[str, tuple[str, Callable[[object], object]]]] = {
    "platforms": ("platforms", read_platforms),
    "buildPlatform": ("build_platform", read_machines),
    "build": ("build", read_text),
    "select": ("select", read_rules),
    "ignore": ("ignore", read_rules),
    "exclude": ("exclude", read_directory_names),
    "buildkitChecks": ("buildkit_checks", _read_switch),
    "inlayHints": ("inlay_hints", _read_switch),
    "codeLens": ("code_lens", _read_switch),
    "navigation": ("navigation", _read_switch),
    "general": ("general", _read_switch),
    "projectFiles": ("project_files", _read_switch),
    "log": ("log", _read_path),
    "locale": ("locale", _read_locale),
}
_OF_THE_CLIENT: Final = ("interpreter", "trace")
"""Settings that only editors use, but send with the others."""
_MOST_UNKNOWN: Final = 20
"""Messages about unknown settings, and about unknown platforms; each name is compared with all known ones."""


def _unknown(name: str, prefix: str) -> str:
    close = get_close_matches(name, _READERS, n=1)
    quoted = [f"`{prefix}{it}`" for it in sorted(_READERS)]
    if close:
        return _("unknown setting `{name}`; did you mean `{close}`?", name=prefix + name, close=prefix + close[0])
    known = _("{items} and {last}", items=_(", ").join(quoted[:-1]), last=quoted[-1])
    return _("unknown setting `{name}`; the settings are {known}", name=prefix + name, known=known)
