from __future__ import annotations

from buildxray.rules.habits.swallowed_instruction import swallowed_instruction
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings


def message(keyword: str) -> str:
    return f"💭 this {keyword} is part of the RUN above, whose last line is continued"


@every_case(
    "markup",
    [
        f"FROM x\nRUN a && \\\nCOPY . .\n^^^^ {message('COPY')}\n",
        f"FROM x\nRUN a -y b \\\nENV A=1\n^^^ {message('ENV')}\n",
        f"FROM x\nRUN a; \\\n  RUN b\n  ^^^ {message('RUN')}\n",
        f"FROM x\nRUN a && b >> /c \\\n\nWORKDIR /b\n^^^^^^^ {message('WORKDIR')}\n",
        f"FROM x\nRUN a >> /b \\\nWORKDIR /b\n^^^^^^^ {message('WORKDIR')}\n",
        f"FROM x\nRUN a \\\n\n# b\n\nCOPY . .\n^^^^ {message('COPY')}\n",
        f"# escape=`\nFROM x\nRUN a `\nWORKDIR /b\n^^^^^^^ {message('WORKDIR')}\n",
    ],
)
def test_an_instruction_in_a_continued_run_is_reported(markup: str) -> None:
    check_rule(swallowed_instruction, markup)


@every_case(
    "text",
    [
        "FROM x\nRUN a\nCOPY . .\n",
        "FROM x\nRUN a && \\\n  b COPY\n",
        "FROM x\nRUN a && \\\n  copy b c\n",
        'FROM x\nRUN psql -c "SELECT a \\\nFROM b"\n',
        "FROM x\nRUN a \\\n  ENV=1 b\n",
        "FROM x\nRUN COPY a\n",
        "FROM x\nRUN <<EOF\na \\\nCOPY b\nEOF\n",
        "FROM x\nRUN a \\\n# COPY b\n  c\n",
        "FROM x\nRUN rm -rf /tmp/*USER\n",
        "FROM x\nRUN rm -rf /tmp/*.COPY x\n",
        "FROM x\nRUN rm -rf /tmp/*user app\n",
        "FROM x\nRUN rm -rf /tmp/* USER app\n",
        "FROM x\nRUN rm -rf /tmp/*USERS app\n",
        "FROM x\nRUN ls /tmp/*USER app\n",
        "FROM x\nRUN rm -rf '/tmp/*USER' app\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_nothing(swallowed_instruction, text)


@every_case("end", [" && \\", " \\", "; \\  ", " || \\"])
def test_the_fix_ends_the_run(end: str) -> None:
    check_fix(
        swallowed_instruction,
        f"FROM x\nRUN a{end}\nWORKDIR /b\n",
        f"FROM x\nRUN a{end[len(end.rstrip()) :]}\nWORKDIR /b\n",
    )


def test_an_instruction_whose_line_end_is_missing_is_reported() -> None:
    check_rule(
        swallowed_instruction,
        """
        FROM x
        RUN a && rm -rf /tmp/*USER app
                              ^^^^ 💭 this USER is not executed: `rm` gets it as a part of the path before it
        RUN a
        """,
    )
    check_fix(
        swallowed_instruction,
        "FROM x\nRUN a \\\n  && rm -rf /var/lib/apt/lists/*WORKDIR /app\nRUN b\n",
        "FROM x\nRUN a \\\n  && rm -rf /var/lib/apt/lists/*\nWORKDIR /app\nRUN b\n",
    )


@every_case(
    "last, has_fix",
    [
        ("COPY --from=web /docs /docs", False),
        ("RUN --mount=from=web,target=/w true", False),
        ("COPY --from=x /docs /docs", True),
        ("COPY docs /docs", True),
    ],
)
def test_a_stage_that_others_use_is_not_divided(last: str, *, has_fix: bool) -> None:
    text = f"FROM x AS web\nRUN npm ci && \\\nFROM node\nRUN npm run build\nFROM x\n{last}\n"
    (finding,) = findings(swallowed_instruction, context(text))
    assert bool(finding.fixes) == has_fix


@every_case(
    "lines, has_fix",
    [
        ("RUN cd /src; \\\nRUN ./configure; make", False),
        ("RUN cd /src \\\nRUN make", False),
        ("RUN export A=1 && \\\nRUN make", False),
        ("RUN A=1; \\\nRUN make $A", False),
        ("RUN apk add make && \\\nRUN make", True),
        ("RUN cd /src && \\\nCOPY a b", True),
    ],
)
def test_a_run_that_needs_what_is_set_before_is_not_divided(lines: str, *, has_fix: bool) -> None:
    (finding,) = findings(swallowed_instruction, context(f"FROM x\n{lines}\n"))
    assert bool(finding.fixes) == has_fix
