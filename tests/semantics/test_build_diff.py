from __future__ import annotations

from buildxray.semantics.build_diff import BuildDiff, MovedRun, build_diff
from tests.support.rules import context

EMULATED = "FROM golang AS build\nCOPY . .\nRUN go build -o /app\nFROM scratch\nCOPY --from=build /app /\n"
NATIVE = EMULATED.replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang")


def diff(old: str, new: str) -> BuildDiff:
    return build_diff(context(old).build, context(new).build)


def test_equal_texts_differ_in_nothing() -> None:
    found = diff(EMULATED, f"# Why.\n{EMULATED}")
    assert (found.added, found.gone, found.moved, found.invalidated, found.broken_from) == ((), (), (), (), ())


def test_a_stage_that_becomes_native() -> None:
    found = diff(EMULATED, NATIVE)
    # Both targets share all steps: one of each pair is gone.
    assert [it.line for it in found.gone] == [1, 2, 3, 5]
    assert (found.added, found.moved) == ((), ())
    # The remaining step was executed before, on amd64.
    assert (found.invalidated, found.broken_from) == ((), ())


def test_a_run_that_changes_its_machine() -> None:
    pinned = "FROM --platform=linux/amd64 golang AS build\nRUN make\nFROM scratch\nCOPY --from=build /app /\n"
    found = diff(pinned, pinned.replace("linux/amd64", "linux/arm64"))
    assert [(it.line, it.before, it.after) for it in found.moved] == [(2, "native", "emulated")]
    assert isinstance(found.moved[0], MovedRun)
    assert found.broken_from == (("build", 1), ("stage-1", 4))


def test_a_new_instruction_and_those_after_it() -> None:
    found = diff(NATIVE, NATIVE.replace("COPY . .\n", "COPY . .\nRUN go vet ./...\n"))
    assert [it.line for it in found.added] == [3]
    assert found.gone == ()
    assert found.broken_from == (("build", 3), ("stage-1", 6))
    assert [it.line for it in found.invalidated] == [3, 4, 6]
