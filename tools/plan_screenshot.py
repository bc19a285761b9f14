"""Draw docs/images/plan.png, the output of `buildxray plan` in a terminal. Needs Chromium."""

from __future__ import annotations

import io
import math
import re
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from buildxray.cli.plan_text import plan_text
from buildxray.ide.analysis import Analyzer
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform

ROOT = Path(__file__).resolve().parents[1]
TARGETS = (Platform("linux", "amd64"), Platform("linux", "arm64"))


def main() -> None:
    """Effect: write the picture."""
    console = Console(record=True, width=112, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)
    for name in ("Dockerfile", "Dockerfile.early-arg"):
        path = f"examples/greet/{name}"
        analysis = Analyzer(BuildRequest(TARGETS[0], TARGETS)).analyze((ROOT / path).read_text("utf-8"))
        console.print(f"$ buildxray plan --platform linux/amd64,linux/arm64 {path}", style="dim")
        console.print(plan_text(analysis.build, path))
        console.print()
    picture = console.export_svg(title="buildxray plan")
    width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)[0])
    # The picture refers to a web font; it must not be fetched.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "plan.svg")
        source.write_text(picture, "utf-8")
        target = ROOT / "docs" / "images" / "plan.png"
        size = f"--window-size={math.ceil(width)},{math.ceil(height)}"
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1.5",
        ]
        subprocess.run(["chromium", *options, size, f"--screenshot={target}", source], check=True, capture_output=True)  # noqa: S607 - a tool for developers


if __name__ == "__main__":
    main()
