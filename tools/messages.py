"""Update the catalogues of translations from the code.

With `--check`, it only lists missing and stale translations; with `--compile`, it only compiles the catalogues.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from buildxray.localization import DIRECTORY, DOMAIN, LANGUAGES
from buildxray.rules.registry import ALL

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.codegen import documented_settings  # noqa: E402 - scripts find only what is beside them

SERVER = ROOT / "server"
TRANSLATIONS = LANGUAGES[1:]
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None}
"""The functions whose first argument is a text, for Babel."""


def template() -> Catalog:
    """All texts in the code, the summaries of the rules' manual pages, and the descriptions of the settings."""
    catalog = Catalog()
    for file, _, texts, comments, _ in extract_from_dir(SERVER, keywords=KEYWORDS, strip_comment_tags=True):
        catalog.add(texts, locations=[(file, 0)], auto_comments=comments)
    for rule in ALL:
        catalog.add(rule.summary, locations=[(f"{rule.check.__module__.replace('.', '/')}.py", 0)])
    for text in documented_settings().values():
        catalog.add(text, locations=[("buildxray/ide/settings.py", 0)])
    return catalog


def po_file(language: str) -> Path:
    """The path of the catalogue that people edit."""
    return DIRECTORY / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The catalogue of a language, read from its file."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def written(catalog: Catalog) -> bytes:
    """A catalogue as the text of its file."""
    file = io.BytesIO()
    write_po(file, catalog, width=120, omit_header=False, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as programs read it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def problems(language: str) -> list[str]:
    """The problems of a catalogue: missing, stale and malformed translations."""
    catalog = read(language)
    found = []
    for expected in template():
        entry = catalog.get(expected.id) if expected.id else None
        if expected.id and (entry is None or entry.fuzzy or not all(_strings(entry))):
            found.append(f"not translated: {expected.id!r}")
        elif entry is not None and not _fields(entry).issuperset(*(_named(it) for it in _strings(entry))):
            found.append(f"other fields than in English: {entry.id!r}")
    known = {_key(it) for it in template()}
    found += [f"no longer in the code: {it.id!r}" for it in catalog if _key(it) not in known]
    return found


def _key(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def _strings(entry: Message) -> tuple[str, ...]:
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ("",))


def _fields(entry: Message) -> set[str]:
    ids = (entry.id,) if isinstance(entry.id, str) else entry.id
    return set().union(*(_named(it) for it in ids))


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def main() -> int:
    """Update and compile the catalogues, or list their problems."""
    for language in TRANSLATIONS:
        if "--compile" in sys.argv:
            po_file(language).with_suffix(".mo").write_bytes(compiled(read(language)))
        elif "--check" not in sys.argv:
            catalog = read(language)
            catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
            po_file(language).write_bytes(written(catalog))
            po_file(language).with_suffix(".mo").write_bytes(compiled(read(language)))
    if "--compile" in sys.argv:
        return 0
    found = [f"{language}: {it}" for language in TRANSLATIONS for it in problems(language)]
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
