"""The settings that users make, in an editor or on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform, PlatformError, parse_normalized, this_machine

DEFAULT_PLATFORMS: Final = (Platform("linux", "amd64"), Platform("linux", "arm64"))


class SettingError(ValueError):
    """A value that a setting does not accept; the message says what it expects."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set; every field has a default."""

    platforms: tuple[Platform, ...] | None = None
    """The target platforms; None where nobody has chosen, which means linux/amd64 and linux/arm64."""
    build_platform: Platform | None = None
    """The platform of the machine that builds; None for this machine."""
    inlay_hints: bool = True
    """Whether each RUN says how often it is executed, and where under emulation."""
    code_lens: bool = True
    """Whether each FROM says where its stage runs, and what that costs."""

    def request(self) -> BuildRequest:
        """The build that these settings ask for."""
        return BuildRequest(self.build_platform or this_machine(), self.platforms or DEFAULT_PLATFORMS)

    @property
    def asks_for_several(self) -> bool:
        """Whether somebody has asked for several platforms."""
        return self.platforms is not None and len(self.platforms) > 1


def read_settings(raw: object) -> tuple[Settings, tuple[str, ...]]:
    """Settings as an editor sends them, and a warning for each wrong one, whose default is kept."""
    if raw is None:
        return Settings(), ()
    if not isinstance(raw, Mapping):
        return Settings(), ("the settings of buildxray have to be an object",)
    settings = Settings()
    warnings: list[str] = []
    for name, value in raw.items():
        if value is None:
            continue
        try:
            match name:
                case "platforms":
                    settings = replace(settings, platforms=read_platforms(value))
                case "buildPlatform":
                    settings = replace(settings, build_platform=_read_platform(value))
                case "inlayHints":
                    settings = replace(settings, inlay_hints=_read_switch(value))
                case "codeLens":
                    settings = replace(settings, code_lens=_read_switch(value))
                case _ if name not in _OF_THE_CLIENT:
                    warnings.append(_unknown(str(name)))
        except SettingError as error:
            warnings.append(f"`buildxray.{name}` is ignored: {error}")
    return settings, tuple(warnings)


def read_platforms(value: object) -> tuple[Platform, ...] | None:
    """A list of platforms, or one text with commas between them, without duplicates; None where it is empty.

    Raises `SettingError`.
    """
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        raise SettingError('expected a list of platforms such as ["linux/amd64", "linux/arm64"]')
    platforms = dict.fromkeys(it for item in value if (it := _read_platform(item)) is not None)
    return tuple(platforms) or None


def _read_platform(value: object) -> Platform | None:
    """Raises `SettingError`."""
    if not isinstance(value, str):
        raise SettingError("expected a platform such as `linux/arm64`")
    if not value.strip():
        return None
    try:
        return parse_normalized(value.strip())
    except PlatformError as error:
        raise SettingError(f"{error}; expected a platform such as `linux/arm64`") from error


def _read_switch(value: object) -> bool:
    """Raises `SettingError`."""
    if not isinstance(value, bool):
        raise SettingError("expected true or false")
    return value


_OF_THE_SERVER: Final = ("buildPlatform", "codeLens", "inlayHints", "platforms")
_OF_THE_CLIENT: Final = ("interpreter", "trace")
"""What editors send along with the others, though only they use it."""


def _unknown(name: str) -> str:
    close = get_close_matches(name, _OF_THE_SERVER, n=1)
    hint = f"did you mean `buildxray.{close[0]}`?" if close else f"there are {_listed(_OF_THE_SERVER)}"
    return f"`buildxray.{name}` is no setting; {hint}"


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"`buildxray.{it}`" for it in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
