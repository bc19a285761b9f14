"""The settings of a client, in general and for each workspace folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildxray.ide.settings import Settings, read_settings
from buildxray.lsp import from_lsp


class ClientSettings:
    """The settings that the client has sent; later ones override earlier ones."""

    def __init__(self) -> None:
        self._options: dict[str, object] = {}
        self._common = Settings()
        self._folders: dict[str, Settings] = {}

    def begin(self, options: object) -> tuple[str, ...]:
        """Effect: take the options of `initialize`, which later settings override; returns warnings."""
        section = from_lsp.section(options)
        self._options = dict(section) if isinstance(section, Mapping) else {}
        return self.set_common(options)

    def set_common(self, raw: object) -> tuple[str, ...]:
        """Effect: apply settings for all documents; returns warnings."""
        self._common, problems = read_settings(self._merged(raw))
        return tuple(it.message for it in problems)

    def set_folders(self, raw: Iterable[tuple[str, object]]) -> tuple[str, ...]:
        """Effect: apply the settings of workspace folders, by URI; returns warnings."""
        self._folders = {}
        warnings: list[str] = []
        for uri, settings in raw:
            self._folders[uri.rstrip("/")], problems = read_settings(self._merged(settings))
            warnings += [it.message for it in problems]
        return tuple(warnings)

    @property
    def state(self) -> tuple[Settings, tuple[tuple[str, Settings], ...]]:
        """All settings, to compare with an earlier state."""
        return self._common, tuple(self._folders.items())

    @property
    def common(self) -> Settings:
        """The settings of documents outside of the workspace folders."""
        return self._common

    @property
    def locale(self) -> str:
        """The language that the user has set; empty for none. The words of a server are the same in all folders."""
        return self._common.locale

    def of(self, uri: str) -> Settings:
        """The settings of a document: those of the innermost folder that contains it."""
        inside = [it for it in self._folders if uri == it or uri.startswith(f"{it}/")]
        return self._folders[max(inside, key=len)] if inside else self._common

    def _merged(self, raw: object) -> object:
        section = from_lsp.section(raw)
        if not isinstance(section, Mapping):
            return section
        return {**self._options, **{name: value for name, value in section.items() if value is not None}}
