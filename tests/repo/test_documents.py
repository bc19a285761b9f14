"""The paths and names in backticks in the documents exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.cases import every_case
from tests.support.code import modules, source

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "RELEASING.md", "SECURITY.md")
TOPS = {it.name for it in ROOT.iterdir()}
LAYERS = {it.name for it in (ROOT / "server" / "buildxray").iterdir() if it.is_dir()}
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:\.?[\w-]+/)+[\w.-]*")
_MADE_BY_BUILDS = (".venv/",)


def code_in(document: str) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", (ROOT / document).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return _CODE.findall(text)


@every_case("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    missing = []
    for code in code_in(document):
        for word in code.split():
            head = word.partition("/")[0]
            if not _PATH.fullmatch(word) or word.startswith(_MADE_BY_BUILDS) or head not in TOPS | LAYERS:
                continue
            if not (ROOT / word).exists() and not (ROOT / "server" / "buildxray" / word).exists():
                missing.append(word)
    assert missing == []


@every_case("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    links = [it for it in re.findall(r"\]\(([^)#]+)", text) if "://" not in it]
    links += re.findall(r'src(?:set)?="([^"]+)"', text)
    assert [it for it in links if not (ROOT / it).exists()] == []


@pytest.mark.slow  # reads every module
@pytest.mark.parametrize("document", DOCUMENTS)
def test_names_exist(document: str) -> None:
    """Names such as `RuleContext`, `Document.turn` or `did_change` are somewhere in the code."""
    names = [
        it for it in code_in(document) if re.fullmatch(r"[A-Z][a-z]+[A-Za-z]*(?:\.[a-z_]+)?|[a-z]+(?:_[a-z]+)+", it)
    ]
    assert [it for it in names if not {*it.split(".")} <= words_of_the_code() and it != "Dockerfile"] == []


@cache
def words_of_the_code() -> frozenset[str]:
    return frozenset(word for it in modules() for word in re.findall(r"\w+", source(it)))


def test_make_targets_exist() -> None:
    targets = {*re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)}
    named = {
        name
        for it in DOCUMENTS
        for name in re.findall(r"(?:^|`)make ([a-z0-9-]+)", (ROOT / it).read_text("utf-8"), re.MULTILINE)
    }
    assert named <= targets


def test_the_two_versions_are_equal() -> None:
    server = re.search(r'__version__ = "(.+)"', (ROOT / "server" / "buildxray" / "__init__.py").read_text("utf-8"))
    client = re.search(r'"version": "(.+)"', (ROOT / "client-vscode" / "package.json").read_text("utf-8"))
    assert server is not None
    assert client is not None
    assert server[1] == client[1]
