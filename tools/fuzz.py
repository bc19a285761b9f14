"""Change Dockerfiles at random and look whether a promise breaks: `make fuzz`, or `tools/fuzz.py [SECONDS] [SEED]`.

The corpus is tests/conformance/cases and tests/fuzz/corpus. What breaks is written to tests/fuzz/found with its seed; it becomes
a named test when it is repaired.
"""

from __future__ import annotations

import logging
import random
import sys
import time
import traceback
from pathlib import Path

from buildxray.ide.analysis import Analyzer
from buildxray.ide.fixes import fix_text
from buildxray.ide.hover import hover
from buildxray.ide.outline import folds, symbols
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.projects.ignoring import IgnoreFile

ROOT = Path(__file__).resolve().parents[1]
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")
SLOW_SECONDS = 10.0
TOKENS = (
    *(
        "FROM ",
        "RUN ",
        "COPY --from=",
        "ARG ",
        "ENV ",
        "ONBUILD ",
        "HEALTHCHECK CMD ",
        "--platform=$BUILDPLATFORM ",
        " AS x",
        "\\\n",
        "\n",
        "\r\n",
    ),
    *(
        "$TARGETARCH",
        "${X:-",
        "${X//*a*b/",
        "}",
        "$(",
        ")",
        "`",
        "'",
        '"',
        "<<EOF",
        "EOF\n",
        "&& ",
        "| ",
        "; ",
        "if ",
        "then ",
        "fi ",
        "case ",
        "esac ",
    ),
    *(
        "\0",
        "\x0c",
        "\u2028",
        "\ud800",
        "\ufeff",
        "é",
        "🐳",
        "# syntax=",
        "# escape=`\n",
        "--mount=type=",
        "=",
        "\t",
        "{a,b}",
        "[a-",
        "*",
        "?",
    ),
)


def mutate(text: str, others: list[str], rng: random.Random) -> str:
    """Change a text in a few places: insert, remove, repeat, splice."""
    for _ in range(rng.randint(1, 8)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.randint(0, 40))
        match rng.randint(0, 4):
            case 0:
                text = text[:start] + rng.choice(TOKENS) + text[start:]
            case 1:
                text = text[:start] + text[end:]
            case 2:
                text = text[:end] + text[start:end] * rng.randint(1, 30) + text[end:]
            case 3:
                other = rng.choice(others)
                place = rng.randint(0, len(other))
                text = text[:start] + other[place : place + rng.randint(0, 200)] + text[end:]
            case _:
                lines = text.split("\n")
                rng.shuffle(lines)
                text = "\n".join(lines) if rng.random() < 0.2 else text
    return text[:100_000]


def examine(text: str, rng: random.Random, analyzer: Analyzer, request: BuildRequest) -> None:
    """Raise where a promise is broken."""
    analysis = analyzer.analyze(text)
    shown = analysis.diagnostics
    scratch = Analyzer(request).analyze(text).diagnostics
    assert [(it.rule, it.range) for it in shown] == [(it.rule, it.range) for it in scratch], (
        "incremental differs from scratch"
    )
    for found in shown:
        assert 0 <= found.range.start <= found.range.end <= len(text), "a range outside the text"
    for offset in [rng.randint(0, len(text)) for _ in range(4)]:
        hover(analysis, offset)
    [*symbols(analysis)]
    [*folds(analysis)]
    fixed = fix_text(Analyzer(request), text).text
    assert fix_text(Analyzer(request), fixed).text == fixed, "a second fix changes something"
    IgnoreFile(text[:2000]).says(("a", "b"), is_directory=False)


class _Raise(logging.Handler):
    """Raises what the analysis only logs: a rule that has failed."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(self.format(record))


def main() -> int:
    """Fuzz for the given number of seconds; 1 where something has been found."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    rng = random.Random(seed)  # noqa: S311 - nothing is kept secret
    logging.getLogger("buildxray").addHandler(_Raise(logging.ERROR))
    directories = (ROOT / "tests/conformance/cases", ROOT / "tests/fuzz/corpus")
    corpus = [
        it.read_text(encoding="utf-8", errors="replace")
        for directory in directories
        for it in sorted(directory.glob("*"))
    ]
    request = BuildRequest(parse_normalized("linux/amd64"), tuple(map(parse_normalized, PLATFORMS)))
    analyzer, n_texts, n_found, end = Analyzer(request), 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        text = mutate(rng.choice(corpus), corpus, rng)
        n_texts += 1
        start = time.process_time()
        try:
            examine(text, rng, analyzer, request)
            took = time.process_time() - start
            assert took < SLOW_SECONDS, f"{took:.1f} s of CPU"
        except Exception:  # noqa: BLE001 - whatever is raised has been found
            n_found += 1
            directory = ROOT / "tests/fuzz/found"
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / f"{seed}-{n_texts}.Dockerfile"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            sys.stdout.write(f"{path}\n{traceback.format_exc(limit=-4)}\n")
    sys.stdout.write(f"seed {seed}: {n_texts} texts, {n_found} found\n")
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
