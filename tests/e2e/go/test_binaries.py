"""The compile steps of a plan, executed by a real Go: each binary is for the machine that the plan predicts."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.fixes import fix_text
from buildxray.plan.model import Step
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform, parse_normalized
from buildxray.toolchains.base import Effect

GREET = Path(__file__).parents[3] / "examples" / "greet"
TARGETS = tuple(map(parse_normalized, ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/riscv64"]))
BUILDER = Platform("linux", "amd64")
ELF_MACHINES = {3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64"}
"""Source: the generic ELF specification, e_machine."""


def analyzer() -> Analyzer:
    return Analyzer(BuildRequest(BUILDER, TARGETS), asks_for_several=True)


def compile_step(analysis: Analysis, target: Platform) -> Step:
    """The step that compiles for a target."""
    context = analysis.context
    (use,) = context.build.stages[0].commands(Effect.COMPILE)
    (step,) = [it for it in use.run.steps if target in it.targets]
    return step


def machine_of(step: Step, directory: Path) -> str:
    """Execute a compile step in an empty directory; returns the architecture of the binary."""
    source, output = directory / "src", directory / "out"
    shutil.copytree(GREET, source)
    assert step.environment is not None
    environment = {it.name: it.value for it in step.environment.in_order()}
    environment |= {"PATH": os.environ["PATH"], "HOME": str(directory), "GOTOOLCHAIN": "local"}
    environment["GOCACHE"] = os.environ.get("GOCACHE", str(directory.parent / "cache"))
    arguments = [it.replace("/out/", f"{output}/") for it in step.arguments]
    subprocess.run(arguments, cwd=source, env=environment, check=True)
    header = (output / "greet").read_bytes()[:20]
    assert header[:4] == b"\x7fELF"
    return ELF_MACHINES[struct.unpack_from("<H", header, 18)[0]]


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.early-arg", "Dockerfile.cross"])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_repaired_file_compiles_for_every_target(name: str, target: Platform, tmp_path: Path) -> None:
    fixed = fix_text(analyzer(), (GREET / name).read_text())
    analysis = analyzer().analyze(fixed.text)
    assert analysis.diagnostics == ()
    step = compile_step(analysis, target)
    assert not step.is_emulated
    assert machine_of(step, tmp_path / "build") == target.architecture


SINGLE_STAGE = """\
FROM golang:1.26-alpine
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /out/greet ./cmd/greet
CMD ["/out/greet"]
"""


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_stage_that_is_split_compiles_what_the_run_stage_starts(target: Platform, tmp_path: Path) -> None:
    fixed = fix_text(analyzer(), SINGLE_STAGE, with_suggestions=True)
    assert "COPY --from=build /out/greet /out/greet\n" in fixed.text
    step = compile_step(analyzer().analyze(fixed.text), target)
    assert not step.is_emulated
    assert machine_of(step, tmp_path / "build") == target.architecture
    if target == BUILDER:
        run = subprocess.run(
            [tmp_path / "build" / "out" / "greet"], capture_output=True, text=True, timeout=10, check=True
        )
        assert run.stdout


def test_a_native_stage_without_goarch_compiles_for_the_build_machine(tmp_path: Path) -> None:
    text = (GREET / "Dockerfile").read_text().replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang")
    analysis = analyzer().analyze(text)
    (finding,) = analysis.diagnostics
    assert finding.rule == "wrong-arch-build"
    claimed_wrong = finding.message.partition(" into the image for ")[2]
    assert "linux/arm64" in claimed_wrong
    assert str(BUILDER) not in claimed_wrong
    (step,) = {compile_step(analysis, it) for it in TARGETS}
    assert machine_of(step, tmp_path / "build") == BUILDER.architecture
