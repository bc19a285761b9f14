"""Starts a new rule: its module, its test, its line in the registry.

.venv/bin/python tools/new_rule.py late-lunch "A stage has lunch after four o'clock."
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = Path("server", "buildxray", "rules")
MODULE = '''\
"""{summary}"""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Run


@rule(Severity.WARNING, Severity.INFORMATION)
def {function}(ctx: RuleContext) -> Iterator[Finding]:
    """{summary}

    ## What it does
    Looks for …

    ## Why it matters
    …

    ## Example
    ```dockerfile
    FROM alpine
    RUN echo bad
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN echo good
    ```
    """
    for stage in sorted(ctx.facts.needed_stages):
        for idx in ctx.runs(stage):
            node = ctx.node(idx)
            if isinstance(node, Run) and "bad" in node.text:
                yield Finding(ctx.keyword_range(idx), "states the fact and its consequence")
'''
TEST = '''\
from __future__ import annotations

from buildxray.rules.{function} import {function}
from tests.support.rules import check_nothing, check_rule


def test_what_it_finds() -> None:
    check_rule(
        {function},
        """
        FROM alpine
        RUN echo bad
        ^^^ states the fact and its consequence
        """,
    )


def test_what_it_leaves_alone() -> None:
    check_nothing({function}, "FROM alpine\\nRUN echo good\\n")
'''


def main() -> int:
    """Write the files; exit code 2 where that would overwrite something."""
    parser = argparse.ArgumentParser(description="Start a new rule.")
    parser.add_argument("name", help="what is wrong, not what to do: `late-lunch`")
    parser.add_argument("summary", help="one sentence, which heads the manual page")
    options = parser.parse_args()
    try:
        paths = create(ROOT, options.name, options.summary)
    except ValueError as error:
        print(f"new_rule: {error}", file=sys.stderr)
        return 2
    print(*paths, "now: .venv/bin/python tools/codegen.py && make test", sep="\n")
    return 0


def create(root: Path, name: str, summary: str) -> list[Path]:
    """Write module, test and registry line below a root; the paths relative to it. Raises `ValueError`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", name):
        raise ValueError(f"`{name}` is no name for a rule; it is lower case, with hyphens")
    function = name.replace("-", "_")
    module, test = RULES / f"{function}.py", Path("tests", "rules", f"test_{function}.py")
    for path in (module, test):
        if (root / path).exists():
            raise ValueError(f"{path} exists")
    registry = root / RULES / "registry.py"
    text = registered(registry.read_text(encoding="utf-8"), function)
    fields = {"function": function, "summary": summary.rstrip(".") + "."}
    (root / module).write_text(MODULE.format(**fields), encoding="utf-8")
    (root / test).write_text(TEST.format(**fields), encoding="utf-8")
    registry.write_text(text, encoding="utf-8")
    return [module, test, RULES / "registry.py"]


def registered(registry: str, function: str) -> str:
    """The text of the registry with one more rule, in its place in the order."""
    for prefix, line in (
        ("from buildxray.rules.", f"from buildxray.rules.{function} import {function}\n"),
        ("    ", f"    {function},\n"),
    ):
        lines = registry.splitlines(keepends=True)
        own = [
            it for it in lines if re.fullmatch(re.escape(prefix) + r"(?!base)[a-z0-9_]+(?: import [a-z0-9_]+|,)\n", it)
        ]
        behind = next((it for it in own if it > line), None)
        at = lines.index(behind) if behind is not None else lines.index(own[-1]) + 1
        registry = "".join([*lines[:at], line, *lines[at:]])
    return registry


if __name__ == "__main__":
    sys.exit(main())
