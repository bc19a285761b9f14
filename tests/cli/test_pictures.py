"""`buildxray plan` with pictures."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.test_main import BUILD, GREET
from tests.support.command_line import Run
from tests.support.picture import SVG, Picture

pytestmark = pytest.mark.slow


ELSEWHERE = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#)[^\s"')]""")
"""A reference to another document."""


def test_one_file_is_one_svg(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "plan", *BUILD, "--format", "svg", GREET / "Dockerfile")
    assert (run.code, run.err) == (0, "")
    drawn = Picture(run.out)
    assert drawn.root.tag == f"{SVG}svg"
    assert drawn.states["emulated"] == 3
    assert drawn.totals["steps"] == 19
    assert ELSEWHERE.findall(run.out) == []
    assert [it for it in drawn.root.iter() if it.tag == f"{SVG}script"] == []


def test_several_files_cannot_be_one_svg(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "plan", "--format", "svg", GREET / "Dockerfile", GREET / "Dockerfile.cross")
    assert (run.code, run.out) == (2, "")
    assert run.err == ("buildxray: --format svg: a picture shows one file; --format html shows several in one page\n")


def test_several_files_are_one_html_page(capfd: pytest.CaptureFixture[str]) -> None:
    names = ["Dockerfile", "Dockerfile.cross", "Dockerfile.early-arg"]
    run = Run(capfd, "plan", *BUILD, "--format", "html", *(GREET / it for it in names))
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("<!DOCTYPE html>\n")
    svgs = re.findall(r"<svg.*?</svg>", run.out, re.DOTALL)
    assert [Picture(it).totals["steps"] for it in svgs] == [19, 13, 15]
    assert ELSEWHERE.findall(run.out) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", run.out) == []


def test_an_unreadable_file_is_an_error(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = Run(capfd, "plan", "--format", "html", tmp_path / "nothing", GREET / "Dockerfile")
    assert run.code == 2
    assert "nothing: cannot be read" in run.err
    assert run.out.count("<svg") == 1
    run = Run(capfd, "plan", "--format", "svg", tmp_path / "nothing")
    assert (run.code, run.out) == (2, "")


def test_a_broken_file_has_a_picture(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FRO alpine\n")
    run = Run(capfd, "plan", "--format", "svg", path)
    assert run.code == 0
    assert "BuildKit refuses this file" in "".join(ET.fromstring(run.out).itertext())  # noqa: S314 - our own
