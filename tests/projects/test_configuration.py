from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide.configuration import find_configuration
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import Platform
from tests.support.cases import every_case


def test_the_nearest_configuration_applies(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "buildxray.toml").write_text(
        'platforms = ["linux/386"]\nignore = ["missing-goarm"]\ncodeLens = false\n'
    )
    found = find_configuration(inner)
    assert found.path == tmp_path / "buildxray.toml"
    assert found.settings == Settings((Platform("linux", "386"),), ignore=("missing-goarm",), code_lens=False)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert find_configuration(inner).path == tmp_path / "buildxray.toml"
    (inner / "pyproject.toml").write_text('[tool.buildxray]\nplatforms = "linux/s390x"\n')
    assert find_configuration(inner).settings == Settings((Platform("linux", "s390x"),))


@every_case(
    "text, problem",
    [
        ("# c\nplatforms = @\n", ":2: invalid TOML: "),
        ('\nplatform = "linux/386"\n', ":2: unknown setting `platform`; did you mean `platforms`?"),
        ("x = [\n  1,\n", ":2: invalid TOML: "),
        ("x = " + "[" * 100_000, ":1: invalid TOML: "),
        ('# c\n"platform" = 1\n', ":2: unknown setting `platform`"),
        ("[other]\nplatform = 1\n[zzz.yyy]\nx = 1\n", ":1: unknown setting `other`"),
        ('platforms = "li nux"\n', ":1: `platforms` is ignored: "),
        ('select = ["emulated-biuld"]\n', "there is no rule `emulated-biuld`; did you mean `emulated-build`?"),
    ],
)
def test_problems_name_file_and_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "buildxray.toml"
    path.write_text(text)
    found = find_configuration(tmp_path)
    assert found.settings == Settings()
    assert found.problems[0].startswith(str(path))
    assert problem in found.problems[0]


@every_case(
    "text, line",
    [
        ("[tool.other]\nignoer = 1\n[tool.buildxray]\ncodeLens = true\nignoer = 2\n[tool.last]\nignoer = 1\n", 5),
        ("[tool]\nbuildxray.ignoer = 1\n", 2),
        ("tool.buildxray.ignoer = 1\n", 1),
        ("[ \"tool\" . buildxray ]\n'ignoer' = 1\n", 2),
        ("[tool.buildxray]\n[tool.buildxray.ignoer]\nx = 1\n", 2),
        ("[tool.other]\nx = 1 # tool.buildxray\n[tool]\nbuildxray = { ignoer = 1 }\n", 4),
    ],
)
def test_a_problem_in_pyproject_names_the_line_of_its_key(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert f":{line}: unknown setting `ignoer`" in find_configuration(tmp_path).problems[0]


@pytest.mark.parametrize("text", ["tool.buildxray = 3\n", "[tool.buildxray]\nzzz = 1\n", "tool = 3 # tool.buildxray\n"])
def test_a_pyproject_without_our_section_is_skipped(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_configuration(tmp_path).settings == Settings()
