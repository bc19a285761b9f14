"""Translate the messages for users: English in the code, other languages in gettext catalogues in this directory.

`_`, `ngettext` and `N_`, which marks a text that is translated later, have gettext's names, so that its tools find the
texts. Texts are templates of `str.format` with named fields, because other languages use another word order.
"""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).parent
DOMAIN: Final = "buildxray"
LANGUAGES: Final = ("en", "ja")
"""English, the language of the code, and the languages of the catalogues."""

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


class Message(str):
    """An English text that is translated when it is shown (`localized`), for values that remain when the language changes."""

    __slots__ = ("_template", "_values")
    _template: str
    _values: dict[str, object]

    def __str__(self) -> str:
        """Return the message itself, so that `str` of an error raised with it can still be translated."""
        return self


def gettext_lazy(template: str, /, **values: object) -> Message:
    """Mark a text for translation when it is shown. Its values may be messages too, or errors raised with one."""
    values = {name: str(it) if isinstance(it, Exception) else it for name, it in values.items()}
    message = Message(template.format(**values))
    message._template, message._values = template, values  # noqa: SLF001 - its own maker
    return message


def localized(text: str) -> str:
    """Translate a message to the current language; any other text is returned unchanged."""
    if not isinstance(text, Message):
        return text
    values = {name: localized(it) if isinstance(it, str) else it for name, it in text._values.items()}  # noqa: SLF001
    return _(text._template, **values)  # noqa: SLF001


def _(template: str, /, **values: object) -> str:
    """Translate a text to the current language."""
    return _catalogue.gettext(template).format(**values)


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    """Translate a text about `n` things to the current language; `n` is also a field of the text."""
    return _catalogue.ngettext(singular, plural, n).format(n=n, **values)


def N_(template: str) -> str:  # noqa: N802 - its name in gettext
    """Mark a text for the catalogues; it is translated where it is shown."""
    return template


def use(language: str) -> None:
    """Effect: set the current language by a tag such as `ja` or `ja-JP`; English if it has no catalogue."""
    _put(gettext.translation(DOMAIN, DIRECTORY, [language.replace("-", "_")], fallback=True))


def use_environment() -> None:
    """Effect: set the current language by `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` or `LANG`."""
    _put(gettext.translation(DOMAIN, DIRECTORY, fallback=True))
    # argparse translates its own texts by the domain of the process.
    gettext.bindtextdomain(DOMAIN, DIRECTORY)
    gettext.textdomain(DOMAIN)


def language() -> str:
    """The tag of the current language."""
    return _catalogue.info().get("language", "en")


def _put(catalogue: gettext.NullTranslations) -> None:
    global _catalogue  # noqa: PLW0603 - a process speaks to one user
    _catalogue = catalogue
