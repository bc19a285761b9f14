"""The law that every safe fix obeys, and randomly changed Dockerfiles to check it on.

A safe fix is applied without review. So the plan of the fixed text must show: no file of the image suits its platform less than before, no more
steps are emulated (unless the image was for the wrong platform), no program for another machine runs on the build machine, no new error is found, no file for the wrong machine ceases to be reported, the configuration of the image is the same apart from the instructions that the fix itself edits, no
RUN loses a variable that one of its programs may read, and no unknown program runs on another machine than before.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.ide.diagnostics import Diagnostic
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.rules.base import Fix, Severity
from buildxray.rules.fixing.proof import is_as_good
from buildxray.semantics.build import Build, Command, Effect, KnownCommand, Reading, Run
from buildxray.semantics.commands import is_nothing

BROUGHT_TO_LIGHT: Final = {
    "build-platform-image": {"wrong-arch-build"},
    "consistent-instruction-casing": {"from-as-casing"},
    "constant-goarch": {"missing-goarm"},
    "impossible-arch-value": {"wrong-arch-build"},
    "masked-platform-arg": {"missing-goarm"},
    "undeclared-platform-arg": {
        "hard-coded-arch",
        "masked-platform-arg",
        "missing-goarm",
        "unknown-machine-name",
        "wrong-arch-build",
    },
}
"""Findings that a fix may uncover: a compiler that now follows its target may lack GOARM, an argument that is declared now is empty all the same, a script takes
another branch, and `as` beside `FROM` has the wrong case."""
_CONFIGURING: Final = frozenset(
    {"CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)


def broken(before: Analysis, after: Analysis, diagnostic: Diagnostic, fix: Fix) -> Iterator[str]:
    """Yield the parts of the law that a safe fix breaks; `after` is the analysis of the fixed text."""
    if not is_as_good(before.build, after.build):
        yield "a file of the image suits its platform less, or more steps are emulated"
    old, new = (Counter(it.rule for it in one.diagnostics if it.severity is Severity.ERROR) for one in (before, after))
    errors = {rule for rule in new if new[rule] > old[rule]} - BROUGHT_TO_LIGHT.get(diagnostic.rule, set())
    if errors:
        yield f"new errors: {', '.join(sorted(errors))}"
    # The edit that removes an instruction may begin at the comment above it.
    edited = {
        it.idx
        for it in before.build.instructions
        for edit in fix.edits
        if it.range.contains(edit.range.start) or edit.range.start <= it.range.start < edit.range.end
    }
    if _configuration(before.build, edited) - _configuration(after.build, set()):
        yield "the configuration of the image changes"
    yield from _of_runs(before.build, after.build)
    yield from _silenced(before, after)


def _silenced(before: Analysis, after: Analysis) -> Iterator[str]:
    """Yield the commands whose files are for the wrong machine before and after, and that are reported only before."""
    if any(it.rule in _TOLD_ELSEWHERE for it in after.diagnostics):
        return
    reported, still = _reported(before), _reported(after)
    for place, line in reported.items():
        if line and not still.get(place, 1):
            yield f"line {line} makes a file for the wrong machine, which is not reported any more"


_TOLD_ELSEWHERE: Final = frozenset({"build-error", "masked-platform-arg"})
"""Findings at the cause of a file for the wrong machine: a default hides the platform from all that use it, or nothing is built at all."""


def _reported(analysis: Analysis) -> dict[tuple[int, int, int], int]:
    """The commands that make files for the wrong machine, by stage, RUN and place in it, with the line of those that are reported, else 0."""
    severe = [it for it in analysis.diagnostics if it.severity in (Severity.ERROR, Severity.WARNING)]
    places = [place.start for it in severe for place in (it.range, *(one.range for one in it.related))]
    return {
        (stage.idx, number, position): run.line if any(map(command.range.contains, places)) else 0
        for stage in analysis.build.needed_stages
        for number, run in enumerate(stage.runs)
        for position, command in enumerate(run.commands)
        if isinstance(command, KnownCommand) and command.use.architectures and command.wrong_images
    }


def _configuration(build: Build, left_out: set[int]) -> Counter[str]:
    """The instructions that configure the image, without those that are left out."""
    stages = () if build.target_stage is None else build.target_stage.ancestry
    written = (it for stage in stages for it in stage.instructions if it.idx not in left_out)
    return Counter(it.node.text for it in written if it.keyword in _CONFIGURING)


def _of_runs(before: Build, after: Build) -> Iterator[str]:
    """Yield the changes for unknown programs; no fix adds or removes a stage or a RUN."""
    runs = {(stage.idx, number): run for stage in after.stages for number, run in enumerate(stage.runs)}
    for stage in before.stages:
        for number, run in enumerate(stage.runs):
            other = runs.get((stage.idx, number))
            if other is None or not stage.is_needed:
                continue
            lost = [name for name in sorted(PER_TARGET_ARGUMENTS) if run.sees(name) and not other.sees(name)]
            for name in lost:
                if run.reading(name) is not Reading.NO:
                    yield f"line {run.line} may read {name}, which is not there any more"
            machines = [
                [dict(zip(it.invocation.targets, it.invocation.step_platforms, strict=True)) for it in one.commands]
                for one in (run, other)
            ]
            # A target whose condition no longer holds does not run the command at all.
            is_moved = len(machines[0]) != len(machines[1]) or any(
                old[target] != new[target]
                for old, new in zip(*machines, strict=True)
                for target in old.keys() & new.keys()
            )
            unknown = [
                it
                for it in run.commands
                if (it.use is None or it.use.effect is Effect.UNKNOWN) and not is_nothing(it.syntax)
            ]
            if unknown and is_moved and not _is_native_now(unknown, other):
                yield f"line {run.line} runs an unknown program on another machine"


def _is_native_now(unknown: Sequence[Command], run: Run) -> bool:
    """True if a RUN moved from the build machine to the target's, on which every program produces files for the image."""
    return bool(unknown) and all(it.invocation.step_platforms == it.invocation.targets for it in run.commands)


POOL: Final = (
    "RUN CGO_ENABLED=0 go build -o /out/app ./cmd/app",
    "RUN go build -o /out/tool .",
    "RUN GOARCH=$TARGETARCH go build -o /out/app .",
    "RUN go mod download",
    "RUN go generate ./... && go vet ./...",
    "RUN npm ci && npm run build",
    "RUN pnpm --filter web run build",
    "RUN dotnet publish -c Release -o /app",
    "RUN cargo build --release",
    "RUN mvn -B package",
    "RUN make all",
    "RUN ./build.sh",
    "RUN gcc -O2 -o /usr/local/bin/x x.c",
    "RUN apt-get update && apt-get install -y gcc libssl-dev",
    "RUN pip install -r requirements.txt",
    "RUN strip /out/app",
    "RUN upx /out/app || true",
    "RUN /out/app --version",
    "RUN . ./env.sh && echo done",
    "RUN envsubst < conf.in > conf",
    "RUN printenv",
    "RUN find . -name '*.sh' -exec sh -c {} +",
    'RUN ["sh", "-c", "echo $TARGETARCH > /etc/arch"]',
    "RUN curl -fsSL https://example.com/tool-$TARGETARCH.tgz | tar -xz -C /usr/local/bin",
    "RUN curl -fsSLo /tool https://example.com/tool_amd64",
    'RUN if [ "$TARGETARCH" = arm64 ]; then echo a; else echo b; fi',
    "RUN case $TARGETARCH in amd64) A=x86_64 ;; *) A=aarch64 ;; esac && echo $A",
    "RUN <<EOF\nset -e\necho $TARGETPLATFORM\nEOF",
    "ARG TARGETARCH",
    "ARG TARGETOS TARGETARCH",
    "ARG TARGETARCH=amd64",
    "ARG BUILDPLATFORM=linux/amd64",
    "ENV GOARCH=$TARGETARCH",
    "ENV CGO_ENABLED=0",
    "ENV GOARCH=amd64",
    "COPY --from=build /out/app /usr/bin/app",
    "COPY . .",
    "WORKDIR /opt/app",
    'CMD ["/out/app"]',
    "ONBUILD RUN echo $TARGETARCH",
)
"""Instructions to insert."""
_CHANGES: Final = (
    (r"--platform=\S+ ?", ""),
    (r"^FROM (?!--)", "FROM --platform=$BUILDPLATFORM "),
    (r"^FROM (?!--)", "FROM --platform=$TARGETPLATFORM "),
    (r"CGO_ENABLED=0", "CGO_ENABLED=1"),
    (r"CGO_ENABLED=\d ", ""),
    (r"GOARCH=\S+ ", ""),
    (r"\$\{?TARGETARCH\}?", "amd64"),
    (r"TARGETARCH", "TARGETOS"),
    (r"TARGETARCH", "BUILDARCH"),
    (r"TARGETARCH", "TARGETVARIANT"),
    (r"TARGETPLATFORM", "TARGETARCH"),
    (r"\bARCH\b", "TARGETARCH"),
    (r"amd64|x86_64", "arm64"),
    (r" -o \S+", ""),
    (r"/out\b", "/usr/local/bin"),
    (r"(?i)^RUN ", "RUN --mount=type=cache,target=/root/.cache "),
    (r"(?i)^RUN (.+[^\\])$", r"RUN (\1) || true"),
    (r"(?i)^RUN ([^\"\\]+)$", r'RUN ["sh", "-c", "\1"]'),
    (r"(?i)^RUN (.+[^\\])$", r"RUN env FOO=1 \1"),
    (r" && ", " ; "),
    (r"^(ARG \w+)$", r"\1="),
)
"""Patterns with the replacement of their first match in a line."""


def mutated(texts: Sequence[str], n: int, seed: int) -> Iterator[str]:
    """Yield `n` texts, each with one to four random changes; equal seeds give equal texts."""
    random_ = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(n):
        lines = random_.choice(texts).splitlines()
        for _change in range(random_.randint(1, 4)):
            _mutate(random_, lines)
        yield "\n".join(lines) + "\n"


def _mutate(random_: random.Random, lines: list[str]) -> None:
    """Effect: change one line, or two."""
    if not lines:
        return
    place = random_.randrange(len(lines))
    match random_.choice(("delete", "duplicate", "swap", "insert", "insert", "change", "change", "change")):
        case "delete":
            del lines[place]
        case "duplicate":
            lines.insert(random_.randint(place, len(lines)), lines[place])
        case "swap":
            other = random_.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        case "insert":
            lines.insert(_between_instructions(lines, place), random_.choice(POOL))
        case _:
            _change(random_, lines)


def _between_instructions(lines: Sequence[str], place: int) -> int:
    """The nearest line, at or above `place`, that does not continue an instruction."""
    while place > 0 and lines[place - 1].rstrip().endswith("\\"):
        place -= 1
    return place


def _change(random_: random.Random, lines: list[str]) -> None:
    """Effect: replace the match of a pattern in a random line that has one; none if no line does."""
    pattern, replacement = random_.choice(_CHANGES)
    matching: Iterable[int] = [idx for idx, line in enumerate(lines) if re.search(pattern, line)]
    if matching:
        idx = random_.choice([*matching])
        lines[idx] = re.sub(pattern, replacement, lines[idx], count=1)
