from __future__ import annotations

from buildxray.rules.architecture.runtime_platform_arg import runtime_platform_arg
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported, severities

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@every_case(
    "line, place",
    [
        ('ENTRYPOINT ["/tool-$TARGETARCH"]', "$TARGETARCH"),
        ("CMD /tool-${TARGETARCH}", "${TARGETARCH}"),
        ('HEALTHCHECK CMD ["/tool", "$TARGETPLATFORM"]', "$TARGETPLATFORM"),
        ('CMD ["sh", "-c", "exec /tool-$TARGETARCH"]', "$TARGETARCH"),
    ],
)
def test_platform_arguments_in_cmd_and_entrypoint_are_reported(line: str, place: str) -> None:
    assert reported(runtime_platform_arg, IMAGE.format(line)) == [place]


@every_case(
    "line",
    [
        "ENV TARGETARCH=$TARGETARCH\nCMD /tool-$TARGETARCH",
        "CMD /tool-$TARGETARCH\nENV TARGETARCH=$TARGETARCH",
        'CMD ["sh", "-c", "exec /tool-$ARCH"]',
        "CMD echo \\$TARGETARCH",
        "CMD /tool '$TARGETARCH'",
        "CMD awk '/$TARGETARCH/ {print}' /list",
        "CMD /tool-$TARGETARCHITECTURE",
    ],
)
def test_variables_that_exist_at_run_time_are_not_reported(line: str) -> None:
    assert reported(runtime_platform_arg, IMAGE.format(line)) == []


def test_the_fix_stores_the_argument_in_env() -> None:
    check_fix(
        runtime_platform_arg,
        "FROM alpine\nCMD /t-$TARGETARCH\n",
        "FROM alpine\nARG TARGETARCH\nENV TARGETARCH=$TARGETARCH\nCMD /t-$TARGETARCH\n",
    )


@every_case(
    "lines, says",
    [
        ('ENTRYPOINT ["/t-$TARGETARCH"]', "looks for a file"),
        ('CMD ["/t-$TARGETARCH"]', "looks for a file"),
        ('CMD ["/t", "--arch", "$TARGETARCH"]', "the program receives"),
        ('ENTRYPOINT ["/t"]\nCMD ["$TARGETARCH"]', "the program receives"),
        ('HEALTHCHECK CMD ["/t", "$TARGETARCH"]', "the program receives"),
    ],
)
def test_an_argument_of_the_program_is_no_file(lines: str, says: str) -> None:
    (finding,) = findings(runtime_platform_arg, context(IMAGE.format(lines)))
    assert says in finding.message


@every_case(
    "lines, expected",
    [
        ('ENTRYPOINT ["/app-$TARGETARCH"]', [None]),
        ("ENTRYPOINT : ${TARGETARCH:?} && /app-$TARGETARCH", [Severity.WARNING]),
        ("ENTRYPOINT : ${TARGETARCH:-x} && /app-$TARGETARCH", [None]),
        ("CMD ['sh', '-c', 'exec /app-$TARGETARCH']", [Severity.WARNING]),
        ('ENV TARGETARCH=$TARGETARCH\nENTRYPOINT ["/app-$TARGETARCH"]', [None]),
        ('ENTRYPOINT ["/app", "--arch=$TARGETARCH"]', [Severity.WARNING]),
        # A program may expand its arguments itself.
        ('ENV TARGETARCH=$TARGETARCH\nENTRYPOINT ["/app", "--arch=$TARGETARCH"]', []),
        ('ENTRYPOINT ["tini", "--", "sh", "-c", "exec app-$TARGETARCH"]', [None]),
        ('ENV TARGETARCH=$TARGETARCH\nENTRYPOINT ["tini", "--", "sh", "-c", "exec app-$TARGETARCH"]', []),
        ("CMD exec app-$TARGETARCH", [None]),
        ("CMD java -jar /opt/app-$TARGETARCH.jar", [None]),
        ("CMD cd /opt/$TARGETARCH && ./app", [None]),
        ("CMD if [ $TARGETARCH = arm64 ]; then exec a; else exec b; fi", [None]),
        # The program may do without the value.
        ("CMD app --arch=$TARGETARCH", [Severity.WARNING]),
        ("HEALTHCHECK CMD echo $TARGETARCH", [Severity.WARNING]),
        ('CMD echo "for /$TARGETARCH" && exec app', [Severity.WARNING]),
        ("CMD TARGETARCH=$(uname -m); exec app-$TARGETARCH", []),
        ("CMD . /etc/arch && exec app-$TARGETARCH", []),
    ],
)
def test_who_expands_the_variable(lines: str, expected: list[Severity | None]) -> None:
    text = f"FROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n{lines}\n"
    assert severities(runtime_platform_arg, context(text)) == expected
