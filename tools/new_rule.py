"""Start a new rule: its module and its test.

.venv/bin/python tools/new_rule.py habits late-lunch "A stage has lunch after four o'clock."
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from buildxray.rules.registry import SUBJECTS

ROOT = Path(__file__).resolve().parents[1]
RULES = Path("server", "buildxray", "rules")
MODULE = '''\
"""{summary}"""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext


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
    for stage in ctx.build.needed_stages:
        for run in stage.runs:
            if "bad" in run.node.text:
                yield Finding(run.keyword_range, _("states the fact and its consequence"))
'''
TEST = '''\
from __future__ import annotations

from buildxray.rules.{subject}.{function} import {function}
from tests.support.rules import check_nothing, check_rule


def test_the_bad_pattern_is_reported() -> None:
    check_rule(
        {function},
        """
        FROM alpine
        RUN echo bad
        ^^^ states the fact and its consequence
        """,
    )


def test_a_near_miss_is_not_reported() -> None:
    check_nothing({function}, "FROM alpine\\nRUN echo good\\n")
'''


def main() -> int:
    """Write the files; exit code 2 where that would overwrite something."""
    parser = argparse.ArgumentParser(description="Start a new rule.")
    parser.add_argument("subject", choices=SUBJECTS, help="the folder of the rule")
    parser.add_argument("name", help="the bad pattern, not what to do: `late-lunch`")
    parser.add_argument("summary", help="one sentence, the heading of the manual page")
    options = parser.parse_args()
    try:
        paths = create(ROOT, options.subject, options.name, options.summary)
    except ValueError as error:
        print(f"new_rule: {error}", file=sys.stderr)
        return 2
    print(*paths, "next: .venv/bin/python tools/codegen.py && make test", sep="\n")
    return 0


def create(root: Path, subject: str, name: str, summary: str) -> list[Path]:
    """Write module and test below a root, and return their paths relative to it.

    Raises `ValueError` if the name is malformed or a file exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", name):
        raise ValueError(f"`{name}` is not the name of a rule: use lower case, with hyphens")
    function = name.replace("-", "_")
    module = RULES / subject / f"{function}.py"
    test = Path("tests", "rules", subject, f"test_{function}.py")
    for path in (module, test):
        if (root / path).exists():
            raise ValueError(f"{path} exists")
    fields = {"function": function, "subject": subject, "summary": summary.rstrip(".") + "."}
    (root / test).parent.mkdir(parents=True, exist_ok=True)
    (root / module).write_text(MODULE.format(**fields), encoding="utf-8")
    (root / test).write_text(TEST.format(**fields), encoding="utf-8")
    return [module, test]


if __name__ == "__main__":
    sys.exit(main())
