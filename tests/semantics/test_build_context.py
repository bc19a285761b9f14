"""A build context that BuildKit loads several times; the expected numbers come from BuildKit (`tools/oracle.py`, `split`)."""

from __future__ import annotations

from dataclasses import replace

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.semantics.build_context import SplitContext, split_context
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
BOTH = BuildRequest(AMD64, (AMD64, ARM64))
NATIVE = "FROM --platform=$BUILDPLATFORM alpine AS t\n{}\nRUN x\nFROM alpine\nARG TARGETARCH\nCOPY --from=t /a /a\n{}\n"


@every_case(
    "native, final, n_more",
    [
        ("COPY a /a", "COPY bin/$TARGETARCH/app /app", 3),
        ("COPY a /a", "COPY bin-${TARGETARCH} /app", 3),
        ("COPY a /a", "ADD https://example.com/y bin/$TARGETARCH /app/", 3),
        ("COPY --link a /a", "RUN --mount=target=/y,source=bin/$TARGETARCH true", 4),
        ("COPY --parents ./a/./b /a", "ADD git@github.com:a/b-$TARGETARCH.git /y", 3),
        # The whole context is loaded.
        ("COPY . /a", "COPY bin/$TARGETARCH/app /app", None),
        ("COPY a /a\nRUN --mount=type=tmpfs,target=/t y", "COPY bin/$TARGETARCH/app /app", None),
        ("COPY a /a\nRUN --mount=target=/src y", "COPY bin/$TARGETARCH/app /app", None),
        # The paths are equal, or belong to another source.
        ("COPY a /a", "COPY a /$TARGETARCH", None),
        ("COPY a /a", "COPY --from=t /bin/$TARGETARCH /", None),
        ("COPY a /a", "ADD https://example.com/$TARGETARCH /", None),
        ("COPY a /a", "RUN --mount=type=cache,target=/c,id=$TARGETARCH true", None),
        ("RUN a", "COPY <<EOF /a\n$TARGETARCH\nEOF", None),
    ],
)
def test_paths_of_each_target(native: str, final: str, n_more: int | None) -> None:
    text = NATIVE.format(native, final)
    split = split_context(plan(parse(text), BOTH))
    if n_more is None:
        assert split is None
        return
    idx = next(idx for idx, it in enumerate(parse(text).instructions) if "TARGETARCH" in it.node.text and idx > 4)
    assert split == SplitContext(2, n_more, idx)
    assert split_context(plan(parse(text), replace(BOTH, target_platforms=(ARM64,)))) is None


def test_stages_of_each_target() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM alpine AS t\nCOPY a /a\nFROM alpine AS u-amd64\nCOPY z z\n"
        "FROM alpine AS u-arm64\nCOPY y y\nFROM u-$TARGETARCH\nCOPY --from=t /a /a\n"
    )
    assert split_context(plan(parse(text), BOTH)) == SplitContext(2, 2, None)


def test_a_context_that_each_machine_loads_once_is_not_split() -> None:
    text = NATIVE.format("COPY a /a", "COPY bin/$TARGETARCH/app /app")
    assert split_context(plan(parse(text), replace(BOTH, nodes=((ARM64, ARM64),)))) is None
    assert split_context(plan(parse(text), replace(BOTH, is_separate=True))) is None


def test_separate_loads_add_no_steps_to_the_plan() -> None:
    text = NATIVE.format("COPY a /a", "COPY bin/$TARGETARCH/app /app")
    labels = [it.label for it in plan(parse(text), BOTH).steps]
    assert labels.count("[internal] load build context") == 1
    in_log = [it.label for it in plan(parse(text), replace(BOTH, splits_context=True)).steps]
    assert in_log.count("[internal] load build context") == 2
    assert set(in_log) == set(labels)
