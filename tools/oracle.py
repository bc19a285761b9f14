r"""Compare plans with those of another program, the oracle, on Dockerfiles that are changed at random.

    .venv/bin/python tools/oracle.py --oracle COMMAND DIRECTORY [--rounds N] [--seed N]

DIRECTORY holds Dockerfiles to begin with. COMMAND is any program that plans Dockerfiles, such as one that is linked with BuildKit's own frontend;
it is started once per round. Prints every Dockerfile on which the two differ; the exit status is 1 if any does.

The protocol is one JSON object per line. The oracle reads requests from its standard input until the end:

    {"text": "FROM alpine\n", "build_platform": "linux/amd64", "target_platforms": ["linux/amd64", "linux/arm64"],
     "build_args": {"VERSION": "1"}, "target": "",
     "contexts": [["base", "target:other"]], "nodes": [["linux/arm64", "linux/arm64"]],
     "results": [{"target": "other", "platforms": ["linux/amd64", "linux/arm64"],
                  "config": {"env": ["A=1"], "user": "", "working_dir": "/", "shell": [], "on_build": ["RUN make"]}}],
     "checks": true, "split": true}

`contexts` are named contexts, `nodes` target platforms that another machine builds, with its platform, and `results` the platforms that each
target of a Bake file is built for, on the same machines. The step of a context that is a target has the label `[context NAME] target:OTHER` and
the platform of the files that it gives; `config` is the configuration of its image, an image with PATH only without it. `checks` is true if checks run as the text requests: with `# check=error=true` a
warning refuses the build. Otherwise all checks are skipped. With `split` the build context is loaded once for each set of paths that the targets use,
as in BuildKit; without it, once.

It writes one answer for each request, in their order:

    {"error": "", "steps": [{"kind": "source", "line": 1, "label": "...", "platform": "linux/amd64", "targets": ["linux/amd64"],
     "inputs": [], "env": ["NAME=value"]}]}

`error` is the reason why the build is refused, otherwise empty; only its presence is compared. `steps` has the fields of
`buildxray plan --format json`; `inputs` are positions among the steps, inputs before the steps that use them. Every image exists for every
platform, and its environment is PATH only.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from buildxray.plan.contexts import read_contexts
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest, ImageConfiguration, TargetResult
from buildxray.platforms.platform import parse_normalized
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.parser import parse

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
CONTEXTS = (
    "docker-image://debian:13",
    "docker-image://scratch",
    "https://example.com/files.tar",
    "oci-layout://layout@sha256:" + 64 * "0",
    "files",
    "target:all",
    "target:one",
    "target:two",
)
RESULTS: Mapping[str, tuple[str, ...]] = {
    "all": ("linux/386", "linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "windows/amd64"),
    "one": ("linux/amd64",),
    "two": ("linux/amd64", "linux/arm64"),
}
"""The targets that named contexts may refer to, with their platforms."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CONFIGURATIONS = {
    "one": ImageConfiguration(  # noqa: S604 - no process, but the SHELL of an image
        (("PATH", PATH, True), ("A", "of image", True), ("X", "x", True), ("VERSION", "7", True)),
        has_unknown_variables=False,
        working_directory="/of/image",
        user="somebody",
        shell=("/bin/bash", "-ec"),
        triggers=("WORKDIR sub", "RUN trigger $A", "COPY --from=build / /triggered", "ENV TRIGGERED=$X"),
    ),
    "two": ImageConfiguration((("B", "two", True),), has_unknown_variables=False),
}
"""The image configurations of these targets; the others only set PATH."""
MACHINES = ("linux/amd64", "linux/arm64", "linux/s390x")
STAGES = ("", "", "build", "BUILD", "builder", "base", "1", "0", "stage-1")
CHECKS = (
    "error=true",
    "skip=JSONArgsRecommended,LegacyKeyValueFormat,UndefinedVar;error=true",
    "skip=all;experimental=all;error=1",
    "skip=all;error=true",
)
PARTS = ("$", "${", "}", '"', "'", "\\", "`", "#", "=", "<<EOF", "--from=", "--platform=", "[", "é", "🐳")
"""Texts that are inserted into the middle of words."""


class Build(NamedTuple):
    """A request to both programs."""

    build_platform: str
    target_platforms: tuple[str, ...]
    build_args: dict[str, str]
    target: str
    contexts: tuple[tuple[str, str], ...] = ()
    nodes: tuple[tuple[str, str], ...] = ()
    checks: bool = False
    """True if BuildKit's checks run as the Dockerfile requests."""
    split: bool = False
    """True if targets that use different paths of the build context load it separately."""

    @property
    def results(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The targets that the contexts refer to, with their platforms."""
        targets = dict.fromkeys(it.removeprefix("target:") for _name, it in self.contexts if it.startswith("target:"))
        return tuple((it, RESULTS[it]) for it in targets)

    @property
    def as_json(self) -> dict[str, Any]:
        """The fields of the request to the oracle, apart from the text."""
        results = [
            {"target": target, "platforms": platforms, "config": _config(CONFIGURATIONS.get(target))}
            for target, platforms in self.results
        ]
        return {**self._asdict(), "results": results}

    @property
    def request(self) -> BuildRequest:
        """The request to buildxray."""
        nodes = tuple((parse_normalized(target), parse_normalized(node)) for target, node in self.nodes)
        own, known = parse_normalized(self.build_platform), dict(nodes)
        results = ((target, tuple(map(parse_normalized, platforms))) for target, platforms in self.results)
        return BuildRequest(
            own,
            tuple(map(parse_normalized, self.target_platforms)),
            build_arguments=(
                *self.build_args.items(),
                *(() if self.checks else (("BUILDKIT_DOCKERFILE_CHECK", "skip=all"),)),
            ),
            target_stage=self.target,
            contexts=self.contexts,
            results=tuple(
                TargetResult(
                    target,
                    tuple((it, known.get(it, own)) for it in platforms),
                    configurations=tuple((it, CONFIGURATIONS[target]) for it in platforms if target in CONFIGURATIONS),
                )
                for target, platforms in results
            ),
            nodes=nodes,
            splits_context=self.split,
        )


def main() -> int:
    """Compare for a number of rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--oracle", type=shlex.split, required=True, metavar="COMMAND")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - the same seed gives the same Dockerfiles
    files = [it for it in sorted(options.directory.rglob("*")) if it.is_file()]
    seeds = [it.read_bytes().decode("utf-8", "replace") for it in files]
    n_differ = 0
    for number in range(options.rounds):
        build = random_build(chance, number)
        texts = [changed(chance.choice(seeds), seeds, chance) for _ in range(AT_ONCE)]
        if number % 4 >= 2:
            build = in_a_project(build, texts, chance)
        if number % 3 == 2:
            build = build._replace(checks=True)
            texts = [f"# check={chance.choice(CHECKS)}\n{it}" for it in texts]
        # Directories that are named contexts have paths of their own, which the plan does not tell apart.
        build = build._replace(split=not build.contexts and number % 8 in {1, 4})
        for text, theirs in zip(texts, answers(options.oracle, build, texts), strict=True):
            if difference := compared(text, build, theirs):
                n_differ += 1
                print(f"--- {build}\n{difference}\n{text}\n")
    print(f"{options.rounds * AT_ONCE} builds, {n_differ} differ")
    return int(n_differ > 0)


def random_build(chance: random.Random, number: int) -> Build:
    """A random request: every other round has build arguments, and perhaps a target stage."""
    machine, targets = BUILDS[number // 2 % len(BUILDS)]
    if number % 2 == 0:
        return Build(machine, targets, {}, "")
    given = {name: chance.choice(values) for name, values in ARGUMENTS.items() if chance.random() < 0.3}
    return Build(machine, targets, given, chance.choice(STAGES))


def in_a_project(build: Build, texts: Sequence[str], chance: random.Random) -> Build:
    """The build with random named contexts, and perhaps several machines."""
    targets = (*build.target_platforms, *chance.choice(((), ("linux/arm64",), ("linux/386", "linux/arm/v6"))))
    targets = tuple(dict.fromkeys(str(parse_normalized(it)) for it in targets))
    nodes = tuple((it, chance.choice(MACHINES)) for it in targets if chance.random() < 0.4)
    names = dict.fromkeys(it for it in STAGES if it)
    names |= dict.fromkeys(
        base for text in texts for base in re.findall(r"(?:FROM |AS |--from=|from=)([a-z][a-z0-9/.]*)\b", text)
    )
    contexts: dict[str, str] = {}
    for name in names:
        # The command line refuses invalid image names.
        if chance.random() < 0.3 and all(part[:1].isalnum() for part in name.split("/")):
            suffix = f"::{chance.choice(targets)}" if chance.random() < 0.2 else ""
            contexts[name.lower() + suffix] = chance.choice(CONTEXTS)
    changed = build._replace(target_platforms=targets, target="", contexts=tuple(contexts.items()), nodes=nodes)
    if chance.random() < 0.05:
        return changed
    # A target that Bake refuses would end the whole round.
    machines = [parse_normalized(it) for it in dict.fromkeys((build.build_platform, *dict(nodes).values()))]
    machines = [it for it in machines if it in changed.request.machines]
    refused = {
        it
        for it in changed.contexts
        if any(read_contexts(changed._replace(contexts=(it,)).request, one).problems for one in machines)
    }
    return changed._replace(contexts=tuple(it for it in changed.contexts if it not in refused))


def _config(configuration: ImageConfiguration | None) -> dict[str, Any] | None:
    """The configuration of an image in the protocol."""
    if configuration is None:
        return None
    return {
        "env": [f"{name}={value}" for name, value, _is_known in configuration.environment],
        "user": configuration.user,
        "working_dir": configuration.working_directory,
        "shell": configuration.shell,
        "on_build": configuration.triggers,
    }


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


def answers(oracle: Sequence[str], build: Build, texts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The answer of the oracle to each text."""
    requests = "\n".join(json.dumps({"text": it, **build.as_json}) for it in texts)
    done = subprocess.run(oracle, input=requests, capture_output=True, text=True, check=True)
    # Not `splitlines`: JSON strings may contain other line ends, such as U+2028.
    yield from map(json.loads, done.stdout.removesuffix("\n").split("\n"))


def compared(text: str, build: Build, theirs: Mapping[str, Any]) -> str:
    """The difference between two answers; empty if they agree."""
    ours = plan_as_json(plan(parse(text), build.request), "Dockerfile")
    if bool(ours["error"]) != bool(theirs["error"]):
        return f"oracle: {theirs['error'] or 'builds'}\nbuildxray: {ours['error'] or 'builds'}"
    if theirs["error"]:
        return ""
    expected, actual = signatures(theirs["steps"] or []), signatures(ours["steps"])
    missing, extra = [*(expected - actual)], [*(actual - expected)]
    return "\n".join([*(f"- {it}" for it in missing), *(f"+ {it}" for it in extra)])


def signatures(steps: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Each step as a value that includes its inputs."""
    found: list[str] = []
    for it in steps:
        inputs = sorted({found[idx] for idx in it["inputs"]})
        own = [
            it["kind"],
            it.get("line"),
            it.get("platform"),
            sorted(it["targets"]),
            # One result of a target may have several names.
            re.sub(r"^\[context [^]]*\] target:", "target:", it["label"]),
            sorted(it.get("env") or ()),
        ]
        found.append(json.dumps([*own, hash(tuple(inputs))]))
    return Counter(found)


if __name__ == "__main__":
    sys.exit(main())
