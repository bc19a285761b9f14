"""Holds plans against BuildKit's own code, on Dockerfiles that were changed at random.

.venv/bin/python tools/buildkit/compare.py BUILDKIT DIRECTORY [--rounds N] [--seed N]

BUILDKIT is a checkout of github.com/moby/buildkit (with its vendor directory), at the commit that ARCHITECTURE.md names; Go builds
plan.go in it, without writing there. DIRECTORY holds Dockerfiles to begin with. Prints every Dockerfile on which the two differ.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.parser import parse

HERE = Path(__file__).resolve().parent
AT_ONCE = 400
BUILDS = (
    ("linux/amd64", ("linux/amd64", "linux/arm64")),
    ("linux/arm64", ("linux/arm/v7", "linux/amd64", "linux/386")),
    ("linux/amd64", ("linux/arm64/v8",)),
    ("linux/amd64", ("windows/amd64", "linux/amd64", "linux/arm/v6")),
)
ARGUMENTS = {
    "A": ("b",),
    "BASE": ("alpine", "scratch", "a"),
    "BUILDPLATFORM": ("linux/s390x",),
    "HTTP_PROXY": ("p",),
    "PATH": ("/x",),
    "SOURCE_DATE_EPOCH": ("0", "17"),
    "TARGETARCH": ("odd", "arm"),
    "TARGETPLATFORM": ("linux/386", "bad"),
    "VERSION": ("1", "v2 x", ""),
    "X": ("x", "a=b", "$Y"),
}
STAGES = ("", "", "build", "BUILD", "builder", "base", "1", "0", "stage-1")
PARTS = ("$", "${", "}", '"', "'", "\\", "`", "#", "=", "<<EOF", "--from=", "--platform=", "[", "é", "🐳")
"""What breaks words in the middle."""


class Build(NamedTuple):
    """What is asked of both."""

    build_platform: str
    target_platforms: tuple[str, ...]
    build_args: dict[str, str]
    target: str


def main() -> int:
    """Compare until the rounds are over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("buildkit", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - the same seed gives the same Dockerfiles
    files = [it for it in sorted(options.directory.rglob("*")) if it.is_file()]
    seeds = [it.read_bytes().decode("utf-8", "replace") for it in files]
    n_differ = 0
    with tempfile.TemporaryDirectory() as scratch:
        program = build_program(options.buildkit.resolve(), Path(scratch))
        for number in range(options.rounds):
            build = random_build(chance, number)
            texts = [changed(chance.choice(seeds), seeds, chance) for _ in range(AT_ONCE)]
            for text, theirs in zip(texts, answers(program, build, texts), strict=True):
                if difference := compared(text, build, theirs):
                    n_differ += 1
                    print(f"--- {build}\n{difference}\n{text}\n")
    print(f"{options.rounds * AT_ONCE} builds, {n_differ} differ")
    return int(n_differ > 0)


def build_program(buildkit: Path, scratch: Path) -> Path:
    """Effect: build plan.go as a part of BuildKit; the checkout stays as it is."""
    overlay, program = scratch / "overlay.json", scratch / "plan"
    place = buildkit / "cmd" / "plan-of-dockerfiles"
    overlay.write_text(json.dumps({"Replace": {str(place / "main.go"): str(HERE / "plan.go")}}), "utf-8")
    command = ["go", "build", "-mod=vendor", f"-overlay={overlay}", "-o", str(program), f"./cmd/{place.name}"]
    subprocess.run(command, cwd=buildkit, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
    return program


def random_build(chance: random.Random, number: int) -> Build:
    """Every other round has build arguments, and perhaps a target stage."""
    machine, targets = BUILDS[number // 2 % len(BUILDS)]
    if number % 2 == 0:
        return Build(machine, targets, {}, "")
    given = {name: chance.choice(values) for name, values in ARGUMENTS.items() if chance.random() < 0.3}
    return Build(machine, targets, given, chance.choice(STAGES))


def changed(text: str, seeds: Sequence[str], chance: random.Random) -> str:
    """The text after some random edits."""
    lines = text.split("\n")
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        edit(lines, seeds, chance)
    return "\n".join(lines)


def edit(lines: list[str], seeds: Sequence[str], chance: random.Random) -> None:
    """Effect: change one of the lines, or their order."""
    at = chance.randrange(len(lines))
    words = lines[at].split(" ")
    place = chance.randrange(len(words))
    match chance.randrange(8):
        case 0:
            del lines[at : at + (len(lines) > 1)]
        case 1 | 2:
            lines.insert(at, chance.choice(chance.choice(seeds).split("\n")))
        case 3:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case 4:
            words.insert(place, chance.choice(chance.choice(seeds).split(" ")))
            lines[at] = " ".join(words)
        case 5:
            words[place] = chance.choice(chance.choice(seeds).split(" "))
            lines[at] = " ".join(words)
        case 6:
            column = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:column] + chance.choice(PARTS) + lines[at][column:]
        case _:
            column = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:column] + lines[at][column + 1 :]


def answers(program: Path, build: Build, texts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """What BuildKit makes of each text."""
    requests = "\n".join(json.dumps({"text": it, **build._asdict()}) for it in texts)
    done = subprocess.run([program], input=requests, capture_output=True, text=True, check=True)
    yield from map(json.loads, done.stdout.splitlines())


def compared(text: str, build: Build, theirs: Mapping[str, Any]) -> str:
    """What differs; empty where nothing does."""
    request = BuildRequest(
        parse_normalized(build.build_platform),
        tuple(map(parse_normalized, build.target_platforms)),
        build_arguments=tuple(build.build_args.items()),
        target_stage=build.target,
    )
    ours = plan_as_json(plan(parse(text), request), "Dockerfile")
    if bool(ours["error"]) != bool(theirs["error"]):
        return f"BuildKit: {theirs['error'] or 'builds'}\nbuildxray: {ours['error'] or 'builds'}"
    if theirs["error"]:
        return ""
    expected, actual = signatures(theirs["steps"] or []), signatures(ours["steps"])
    missing, extra = [*(expected - actual)], [*(actual - expected)]
    return "\n".join([*(f"- {it}" for it in missing), *(f"+ {it}" for it in extra)])


def signatures(steps: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Each step by all that it is, its inputs included."""
    found: list[str] = []
    for it in steps:
        inputs = sorted({found[idx] for idx in it["inputs"]})
        own = [
            it["kind"],
            it.get("line"),
            it.get("platform"),
            sorted(it["targets"]),
            it["label"],
            sorted(it.get("env") or ()),
        ]
        found.append(json.dumps([*own, hash(tuple(inputs))]))
    return Counter(found)


if __name__ == "__main__":
    sys.exit(main())
