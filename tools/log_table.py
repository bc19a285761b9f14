"""Print a table of the build logs in a directory: vertices, matched vertices, total and self-check of each build.

`NAME.…` is a log of `NAME.Dockerfile` beside it; a history record contains its own Dockerfile. An argument such as
`bake=small` maps the logs `bake.…` to `small.Dockerfile`. The self-check compares the critical path of plan and times with the total of the log.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from buildxray.logs.model import LogError
from buildxray.logs.reader import read_log
from buildxray.logs.times import Times, measure
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform

_ENDINGS = (".log", ".rawjson", ".dockerbuild")
_REQUEST = BuildRequest(Platform("linux", "amd64"), (Platform("linux", "amd64"), Platform("linux", "arm64")))


def rows(directory: Path, others: dict[str, str]) -> Iterator[str]:
    """A line of Markdown for each build of each log."""
    for path in sorted(it for it in directory.iterdir() if it.name.endswith(_ENDINGS)):
        try:
            log = read_log(path)
        except LogError as error:
            yield f"| {path.name} | | | | {error.message} |"
            continue
        for build in log.builds:
            text = build.dockerfile or _dockerfile(path, others)
            if text is None:
                yield f"| {path.name} | {len(build.vertices)} | | | no Dockerfile beside it |"
            else:
                yield _row(path.name, measure(text, build, _REQUEST))


def _dockerfile(path: Path, others: dict[str, str]) -> str | None:
    """The text of the Dockerfile whose name is the longest prefix of the name of a log."""
    known = sorted(path.parent.glob("*.Dockerfile"), key=lambda it: -len(it.name))
    stem = path.name.partition(".")[0]
    stem = others.get(stem, stem)
    found = next((it for it in known if stem == it.name.removesuffix(".Dockerfile")), None)
    found = found or next((it for it in known if stem.startswith(it.name.removesuffix(".Dockerfile"))), None)
    return None if found is None else found.read_text("utf-8")


def _row(name: str, times: Times) -> str:
    n_steps = len(times.matching.times) + len(times.matching.unmatched)
    target = f" ({times.build.name})" if times.build.name else ""
    deviation = times.deviation
    check = "the log has no total" if deviation is None else f"{100 * deviation:+.1f} %"
    if times.build.is_failed:
        check = "the build failed"
    return (
        f"| {name}{target} | {len(times.build.vertices)} | {len(times.matching.times)} of {n_steps} "
        f"| {times.total:.1f} s | {check} |"
    )


def main(arguments: list[str]) -> int:
    """Print the table of a directory; further arguments are `LOG=DOCKERFILE`, both without extensions."""
    print("| log | vertices | matched steps | total | self-check |")
    print("|---|---:|---:|---:|---:|")
    others = dict(it.split("=", 1) for it in arguments[1:])
    for row in rows(Path(arguments[0] if arguments else "tests/logs/recorded"), others):
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
