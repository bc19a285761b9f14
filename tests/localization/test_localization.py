from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildxray import localization
from buildxray.localization import N_, _, gettext_lazy, language, localized, ngettext, use, use_environment
from tests.support.cases import every_case


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use("en")


@every_case("tag, expected", [("ja", "ja"), ("ja-JP", "ja"), ("ja_JP", "ja"), ("en", "en"), ("de", "en"), ("", "en")])
def test_a_tag_chooses_the_language(tag: str, expected: str) -> None:
    use(tag)
    assert language() == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    use_environment()
    assert language() == expected


def test_texts_with_fields() -> None:
    assert _("Write `{right}`", right="{x}") == "Write `{x}`"
    assert ngettext("{n} step", "{n} steps", 1) == "1 step"
    assert ngettext("{n} step", "{n} steps", 2) == "2 steps"
    use("ja")
    assert _("Write `{right}`", right="{x}") == "`{x}` と書く"
    assert ngettext("{n} step", "{n} steps", 1) == "1 ステップ"


def test_a_marked_text_is_translated_later() -> None:
    marked = N_("error")
    assert marked == "error"
    use("ja")
    assert _(marked) == "エラー"


def test_a_message_outlives_a_change_of_language() -> None:
    inner = gettext_lazy("`{stop}` is missing", stop="}")
    message = gettext_lazy("`{text}` cannot be expanded: {error}", text="${a", error=str(ValueError(inner)))
    assert message == "`${a` cannot be expanded: `}` is missing"
    use("ja")
    assert localized(message) == "`${a` を展開できません: `}` がありません"
    assert localized("as it is") == "as it is"
    of_error = gettext_lazy("`{text}` cannot be expanded: {error}", text="${a", error=ValueError(inner))
    assert localized(of_error) == localized(message)
    use("en")
    assert localized(message) == message


def test_every_language_has_a_catalogue() -> None:
    for tag in localization.LANGUAGES[1:]:
        assert (localization.DIRECTORY / tag / "LC_MESSAGES" / f"{localization.DOMAIN}.mo").is_file()
