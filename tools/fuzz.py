"""Change Dockerfiles, project files, logs and messages at random, and report every broken promise.

`make fuzz`, or `tools/fuzz.py [SECONDS] [SEED]`. The corpus is tests/conformance/cases, tests/fuzz/corpus, tests/logs/recorded and `PROJECT_FILES`. A failing input is written to tests/fuzz/found with its seed; it becomes
a named test when it is repaired.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import math
import random
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

from buildxray.ide.analysis import Analyzer
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.fixes import fix_text
from buildxray.ide.formatting import format_text
from buildxray.ide.hover import hover
from buildxray.ide.outline import folds, symbols
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.logs.model import LogError
from buildxray.logs.reader import read_stream
from buildxray.lsp.main import create_server
from buildxray.lsp.protocol import Protocol
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.projects.ignoring import IgnoreFile
from buildxray.projects.search import search

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
    """Raise if a text breaks a promise."""
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
    formatted = format_text(text)
    assert format_text(formatted) == formatted, "formatting twice changes something"
    IgnoreFile(text[:2000]).says(("a", "b"), is_directory=False)


PROJECT_FILES = {
    "compose.yaml": "x: &x {a: b}\nservices:\n  a:\n    build:\n      context: .\n      platforms: [linux/amd64]\n      args: {<<: *x, V: '${A:-b}'}\n"
    "  b: {extends: {service: a}}\ninclude: [other.yaml]\n",
    "docker-bake.hcl": 'variable "A" { default = ["a", "b"] }\nfunction "f" { params = [x]\n result = upper(x) }\n'
    'target "default" { matrix = { m = A }\n name = "t-${m}"\n args = { X = f(m), Y = [for i in range(0, 3): i * 2] } }\n',
    "docker-bake.json": '{"target": {"default": {"platforms": ["linux/arm64"], "args": {"A": "${B}"}}}, "variable": {"B": {"default": "1"}}}',
    ".github/workflows/ci.yml": "on: push\nenv: {A: b}\njobs:\n  b:\n    strategy: {matrix: {p: [linux/amd64, linux/arm64]}}\n    steps:\n"
    "      - run: docker buildx build --platform ${{ matrix.p }} -t ${{ format('{0}', env.A) }} .\n",
    "buildxray.toml": 'platforms = ["linux/amd64"]\nignore = ["emulated-build"]\n',
    "Makefile": "A := $(shell date)\nall:\n\tdocker build --build-arg A=$(A) .\n",
    "build.sh": 'for p in amd64 arm64; do docker build --platform "linux/$p" .; done\nmake all\n',
    ".dockerignore": "**/*.md\n!a\n[a-z]*\n",
    ".gitignore": "*.log\n!/b/\n[[:alpha:]]\n",
    "go.mod": "module a\n\nrequire (\n\tb v1\n)\n",
    "package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "hasInstallScript": true}}}',
}


def examine_project(rng: random.Random) -> str:
    """Read a project of randomly changed files, and return them. Raises if a promise is broken."""
    contents = {name: mutate(it, [*PROJECT_FILES.values()], rng) for name, it in PROJECT_FILES.items()}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / ".git").mkdir()
        for file, content in {**contents, "Dockerfile": "FROM a\n"}.items():
            path = directory / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
        projects = Projects()
        projects.build(directory / "Dockerfile", Settings())
        projects.workspace(directory)
        [*search(directory, ())]
    return repr(contents)


METHODS = (
    *(
        "hover",
        "completion",
        "definition",
        "references",
        "documentHighlight",
        "rename",
        "prepareRename",
        "signatureHelp",
    ),
    *("codeAction", "inlayHint", "codeLens", "documentSymbol", "foldingRange", "semanticTokens/full", "documentLink"),
    *("formatting", "onTypeFormatting", "selectionRange", "linkedEditingRange", "diagnostic", "noSuchMethod"),
)
VALUES: tuple[object, ...] = (
    None,
    0,
    -1,
    1 << 31,
    1 << 70,
    0.5,
    "",
    "x",
    "\ud800",
    [],
    {},
    [[]],
    {"a": None},
    True,
    "fuzz:b",
)


class FuzzedServer:
    """A server in this process, and the identifiers of answered requests."""

    def __init__(self) -> None:
        server = create_server()
        assert isinstance(server.protocol, Protocol)
        self.protocol = server.protocol
        self.protocol.set_writer(self)
        self.answered: list[object] = []
        self._n_requests = 0
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})

    def write(self, data: bytes) -> None:
        """Effect: record a message of the server."""
        message = json.loads(data.partition(b"\r\n\r\n")[2])
        if "method" not in message:
            self.answered.append(message["id"])

    def close(self) -> None:
        """No-op: there is no stream."""

    def notify(self, method: str, params: object) -> None:
        """Effect: let the server handle a notification."""
        self.protocol.receive({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object) -> None:
        """Effect: let the server handle a request. Raises unless it answers exactly once."""
        self._n_requests += 1
        self.answered.clear()
        self.protocol.receive({"jsonrpc": "2.0", "id": self._n_requests, "method": method, "params": params})
        assert self.answered == [self._n_requests], f"{method} was answered {len(self.answered)} times"


def examine_message(server: FuzzedServer, texts: list[str], rng: random.Random) -> str:
    """Open a document, send a request with randomly changed parameters, and return these."""
    text = mutate(rng.choice(texts), texts, rng)[:5_000]
    item = {"uri": "fuzz:a", "languageId": "dockerfile", "version": 1, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": item})
    line = rng.randint(-1, text.count("\n") + 1)
    place = {"line": line, "character": rng.randint(-1, 90)}
    params: dict[str, object] = {
        "textDocument": {"uri": "fuzz:a"},
        "position": place,
        "positions": [place],
        "range": {"start": place, "end": {"line": line + rng.randint(-2, 9), "character": 3}},
        "context": {"diagnostics": [], "includeDeclaration": True},
        "newName": rng.choice(("x", "", "a b", "$")),
        "options": {"tabSize": 4, "insertSpaces": True},
        "ch": "\n",
    }
    for _ in range(rng.randint(0, 2)):
        part = rng.choice([it for it in (params, *params.values()) if isinstance(it, dict) and it])
        key = rng.choice([*part])
        if rng.random() < 0.3:
            del part[key]
        else:
            part[key] = rng.choice(VALUES)
        if not all(params.get(it) for it in ("range", "context")):
            break
    method = f"textDocument/{rng.choice(METHODS)}"
    server.request(method, params)
    server.notify(
        "textDocument/didChange",
        {
            "textDocument": {"uri": rng.choice(("fuzz:a", "fuzz:b")), "version": 2},
            "contentChanges": [rng.choice((*VALUES, {"text": text}))],
        },
    )
    return f"{method} {params!r}\n{text}"


def examine_log(logs: list[bytes], texts: list[str], rng: random.Random) -> str:
    """Read a randomly changed log, match its builds with a Dockerfile, and return both. Raises if a promise is broken."""
    content = rng.choice(logs)
    for _ in range(rng.randint(0, 6)):
        start = rng.randint(0, len(content))
        end = min(len(content), start + rng.randint(0, 400))
        other = rng.choice(logs)
        place = rng.randint(0, len(other))
        inserted = (
            content[start:end] * rng.randint(0, 20),
            other[place : place + rng.randint(0, 2_000)],
            rng.randbytes(3),
        )
        content = content[:start] + rng.choice(inserted) + content[end:]
    text = mutate(rng.choice(texts), texts, rng)
    with suppress(LogError):
        for build in read_stream(io.BufferedReader(io.BytesIO(content))).builds[:3]:
            analyzer = Analyzer(Settings().request())
            analyzer.measured = MeasuredBuild(text, build, Settings().request())
            analysis = analyzer.analyze(mutate(text, texts, rng))
            for times in analysis.times.values():
                assert times.seconds >= 0, "a negative time"
            assert math.isfinite(analysis.saved), "a sum of times that is not a number"
    return f"{content!r}\n{text}"


class _Raise(logging.Handler):
    """Raises the errors that the analysis only logs, such as a crashed rule."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(self.format(record))


def main() -> int:
    """Fuzz in an event loop, which a server needs."""
    return asyncio.run(fuzz())


async def fuzz() -> int:
    """Fuzz for the given number of seconds; 1 if a promise was broken."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    rng = random.Random(seed)  # noqa: S311 - nothing is kept secret
    logging.getLogger("buildxray").addHandler(_Raise(logging.ERROR))
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    warnings.simplefilter("error")
    directories = (ROOT / "tests/conformance/cases", ROOT / "tests/fuzz/corpus")
    corpus = [
        it.read_text(encoding="utf-8", errors="replace")
        for directory in directories
        for it in sorted(directory.glob("*"))
    ]
    logs = [it.read_bytes() for it in sorted((ROOT / "tests/logs/recorded").glob("*.*")) if it.suffix != ".Dockerfile"]
    request = BuildRequest(parse_normalized("linux/amd64"), tuple(map(parse_normalized, PLATFORMS)))
    analyzer, n_texts, n_found, end = Analyzer(request), 0, 0, time.monotonic() + seconds
    server = FuzzedServer()
    while time.monotonic() < end:
        text = mutate(rng.choice(corpus), corpus, rng)
        n_texts += 1
        start = time.process_time()
        state = rng.getstate()
        try:
            match n_texts % 5:
                case 0:
                    examine_project(rng)
                case 1:
                    examine_message(server, corpus, rng)
                case 2:
                    examine_log(logs, corpus, rng)
                case _:
                    examine(text, rng, analyzer, request)
            took = time.process_time() - start
            assert took < SLOW_SECONDS, f"{took:.1f} s of CPU"
        except Exception:  # noqa: BLE001 - whatever is raised has been found
            n_found += 1
            directory = ROOT / "tests/fuzz/found"
            directory.mkdir(parents=True, exist_ok=True)
            if n_texts % 5 < 3:
                rng.setstate(state)
                with suppress(Exception):
                    # Run it again from the same random state, to get the text that failed.
                    again = (lambda: examine_project(rng), lambda: examine_message(FuzzedServer(), corpus, rng))
                    text = again[n_texts % 5]() if n_texts % 5 < 2 else examine_log(logs, corpus, rng)
            path = directory / f"{seed}-{n_texts}.Dockerfile"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            sys.stdout.write(f"{path}\n{traceback.format_exc(limit=-4)}\n")
    sys.stdout.write(f"seed {seed}: {n_texts} texts, {n_found} found\n")
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
