from __future__ import annotations

from buildxray.rules.habits.shell_syntax import shell_syntax
from tests.support.cases import every_case
from tests.support.rules import check_nothing, context, findings


@every_case(
    "line, where, message",
    [
        (
            "COPY a b || true",
            "||",
            "no shell reads COPY: the build looks for a file called `||`, and stops without one",
        ),
        (
            "COPY a b 2>/dev/null || true",
            "2>",
            "no shell reads COPY: the build looks for a file called `2>/dev/null`, and stops without one",
        ),
        ("COPY a 2>/dev/null", "2>", "no shell reads COPY: `2>` is an argument"),
        ("WORKDIR /app && npm ci", "&&", "no shell reads WORKDIR: `&&` is an argument"),
        ("COPY a ~/b", "~/b", "no shell reads COPY: `~` is a directory of that name, not the home"),
        ('ADD ["~/a", "/b"]', "~/a", "no shell reads ADD: `~` is a directory of that name, not the home"),
        ("WORKDIR /srv\nWORKDIR ~", "~", "no shell reads WORKDIR: `~` is a directory of that name, not the home"),
        ("VOLUME ~/x", "~/x", "no shell reads VOLUME: `~` is a directory of that name, not the home"),
        (
            "RUN --mount=type=cache,target=~/.cache make",
            "~/.cache",
            "no shell reads `--mount`: `~` is a directory of that name, not the home",
        ),
        ("ENV NOW=$(date)", "$(date)", "no shell reads ENV: the value is this text, no command is run"),
        ('ENV V="v-$(git log -1)"', "$(git log -1)", "no shell reads ENV: the value is this text, no command is run"),
        ("ARG CPU=$(uname -m)", "$(uname -m)", "no shell reads ARG: the value is this text, no command is run"),
        ("ENV NOW=`date`", "`date`", "no shell reads ENV: the value is this text, no command is run"),
        (
            'CMD ["npm start"]',
            '"npm start"',
            "the program is called `npm start`, blanks included: give each word its own string",
        ),
        (
            'SHELL ["/bin/bash -c"]',
            '"/bin/bash -c"',
            "the program is called `/bin/bash -c`, blanks included: give each word its own string",
        ),
        ('ENTRYPOINT ["$APP/run"]', '"$APP/run"', "no shell reads the JSON form: the program is called `$APP/run`"),
        ('CMD ["java", "-jar", "a.jar", ">", "log"]', '">"', "no shell reads the JSON form: `java` gets `>`"),
        (
            'RUN ["sh", "-c", "a", "|", "b"]',
            '"|"',
            "the shell reads the string after `-c` only: `|` is a parameter of it",
        ),
        (
            'CMD ["exec", "gunicorn", "app"]',
            '"exec"',
            "`exec` is a builtin of shells, not a program, and no shell reads the JSON form",
        ),
        (
            'RUN [".", "/env.sh"]',
            '"."',
            "`.` is a builtin of shells, not a program, and no shell reads the JSON form",
        ),
        (
            'ENTRYPOINT ["java", "$JAVA_OPTS", "-jar", "a.jar"]',
            '"$JAVA_OPTS"',
            "no shell reads the JSON form: `java` gets `$JAVA_OPTS`",
        ),
        (
            'CMD ["/usr/bin/python3.12", "app.py", "--bind=0.0.0.0:${PORT:-80}", "$X"]',
            '"--bind=0.0.0.0:${PORT:-80}"',
            "no shell reads the JSON form: `/usr/bin/python3.12` gets `--bind=0.0.0.0:${PORT:-80}`",
        ),
        ('HEALTHCHECK CMD ["curl", "x", "||", "exit", "1"]', '"||"', "no shell reads the JSON form: `curl` gets `||`"),
    ],
)
def test_shell_syntax_without_a_shell_is_reported(line: str, where: str, message: str) -> None:
    ctx = context(f"FROM alpine\n{line}\n")
    assert [(ctx.text[slice(*it.range)], it.message) for it in findings(shell_syntax, ctx)] == [(where, message)]


@every_case(
    "line",
    [
        "RUN a && b > c",
        "COPY a&&b /srv/",
        "COPY a~ b~/c",
        'COPY ["a && b", "/srv/"]',
        "COPY # && /srv/",
        "WORKDIR ~/app",
        "WORKDIR /a b",
        "RUN --mount=type=bind,source=a~,target=/x make",
        "ENV NOW='$(date)'",
        'ENV PS1="$(whoami) $"',
        "ENV ADDRESS=$(POD_IP)",
        "ENV NOW=\\$(date)",
        "ENV NOW=$(date)\nRUN eval echo $NOW",
        'ARG CODE=$(date)\nRUN sh -c "$CODE"',
        'LABEL run="docker run -v $(pwd):/x"',
        'CMD ["/opt/my app/run"]',
        'CMD ["sh", "-c", "a && b | c"]',
        # The interpreter of commands of Windows reads the whole line.
        r'ENTRYPOINT ["C:\\Tools\\Setup.BAT", "&&", "powershell.exe"]',
        'CMD ["cmd", "/S", "/C", "a", "&&", "b"]',
        'CMD ["pwsh", "-Command", "a", "|", "b"]',
        'CMD ["find", ".", "-exec", "ls", ";"]',
        'CMD ["expr", "1", "|", "2"]',
        'CMD ["echo", "$HOME"]',
        'CMD ["select", ">"]',
        'ENTRYPOINT ["/start.sh"]\nCMD ["exec", "app"]',
        'ENTRYPOINT ["/start.sh"]\nCMD ["java", "$JAVA_OPTS"]',
        'CMD ["run", "exec", "app"]',
        'CMD ["cd", "/srv"]',
        'CMD ["python", "-c", "print(1, $X)"]',
        'CMD ["sh", "-c", "java $JAVA_OPTS"]',
        'CMD ["java", "-Dserver.port=${PORT}", "-jar", "/a.jar"]',
        'CMD ["perl", "a.pl", "$NAME"]',
        'CMD ["java", "-jar", "a$b.jar", "\\\\$NAME", "$1", "$$PORT", "${PORT?}"]',
        "CMD npm start && $HOME/run",
        "COPY <<EOF /srv/\n$(date) && ~\nEOF",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(shell_syntax, f"FROM alpine\n{line}\n")


def test_a_backtick_may_be_the_escape_token() -> None:
    check_nothing(shell_syntax, "# escape=`\nFROM alpine\nENV A=`date`\n")


def test_a_platform_argument_in_the_name_of_the_program_is_reported_once() -> None:
    head = "FROM alpine\nARG TARGETARCH\n"
    check_nothing(shell_syntax, head + 'ENTRYPOINT ["/app-$TARGETARCH"]\n')
    assert len(findings(shell_syntax, context(head + 'RUN ["/app-$TARGETARCH"]\n'))) == 1


@every_case(
    "text",
    [
        'FROM alpine\nENTRYPOINT ["sh", "-c"]\nCMD ["npm start"]\n',
        'FROM alpine\nCMD ["a", "&&", "b"]\nENTRYPOINT ["/start"]\n',
        'FROM alpine AS base\nENTRYPOINT ["sh", "-c"]\nFROM base\nCMD ["$RUN"]\n',
    ],
)
def test_the_program_of_an_entrypoint_reads_the_cmd(text: str) -> None:
    check_nothing(shell_syntax, text)


def test_the_entrypoint_of_another_stage_reads_no_cmd() -> None:
    text = 'FROM alpine AS a\nENTRYPOINT ["sh", "-c"]\nFROM alpine\nCMD ["npm start"]\n'
    assert len(findings(shell_syntax, context(text))) == 1
