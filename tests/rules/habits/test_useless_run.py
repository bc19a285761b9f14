from __future__ import annotations

from buildxray.rules.base import Severity
from buildxray.rules.habits.useless_run import useless_run
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_rule, check_silent, context, findings


def test_a_cd_that_ends_with_its_run_is_reported() -> None:
    check_rule(
        useless_run,
        """
        FROM alpine
        RUN cd /srv
            ^^^^^^^ 💭 this `cd` ends with its RUN: the next instruction is in the old directory
        RUN
        ^^^ this RUN has no command
        """,
    )


def test_the_fix_keeps_the_case() -> None:
    check_fix(useless_run, "from alpine\nrun cd srv\n", "from alpine\nworkdir srv\n")


def test_a_directory_known_only_to_the_shell_has_no_fix() -> None:
    check_no_fix(useless_run, "FROM alpine\nRUN cd -\n")


def test_an_export_that_ends_with_its_run_is_reported() -> None:
    message = "what this `export` sets ends with its RUN: the next instruction does not see it"
    check_rule(useless_run, f"FROM alpine\nRUN export A=1\n    ^^^^^^^^^^ 💭 {message}\nRUN echo $A\n")
    check_fix(
        useless_run,
        "FROM alpine\nRUN export A=/opt/a/bin:/bin B=\nRUN echo $A\n",
        "FROM alpine\nENV A=/opt/a/bin:/bin B=\nRUN echo $A\n",
    )


@every_case(
    "run",
    [
        "cd /srv && make",
        "cd",
        "cd /srv; ls",
        "--mount=type=cache,target=/c cd /c",
        "mkdir /srv",
        "true",
        '["cd", "/srv"]',
        "export A=1 && make",
        "export",
        "A=1 make",
        "A=$(make version)",
        "export A=1 > /a",
        "set",
        "set -e; make",
        ". ./install.sh",
        "source /opt/venv/bin/activate && pip install flask",
        "conda install -y python",
        "export A=1 && bash scripts/build.sh $A",
        "cd /root make",
        "bash -c 'export A=1 && make'",
        'bash -c "$COMMANDS"',
        "A=1 > /a",
        "alias > /a",
        "umask 022 && touch /a",
        "echo export A=1",
        "cd /srv &&",
        "<<E\ncd /srv\nE",
        "cdx /srv",
    ],
)
def test_near_misses_are_not_reported(run: str) -> None:
    check_silent(useless_run, f"FROM alpine\nRUN {run}\n")


def test_another_shell_may_read_the_words_otherwise() -> None:
    check_silent(useless_run, 'FROM alpine\nSHELL ["pwsh", "-Command"]\nRUN pushd /srv; \\\n    Get-Item x\n')


def test_a_run_that_ends_a_stage_of_files_is_deleted() -> None:
    message = "this `cd` has no effect: its RUN is the last instruction of the stage"
    check_rule(
        useless_run,
        f"FROM alpine AS a\nRUN cd /srv\n    ^^^^^^^ 💭 {message}\nFROM alpine\nCOPY --from=a /srv /srv\n",
    )
    rest = "FROM alpine\nCOPY --from=a /srv /srv\n"
    check_fix(
        useless_run,
        f"FROM alpine AS a\n# in\nRUN cd /srv\n{rest}",
        f"FROM alpine AS a\n{rest}",
        title="Delete this RUN",
    )
    check_fix(useless_run, f"FROM alpine AS a\nRUN export A=1\n{rest}", f"FROM alpine AS a\n{rest}")


@every_case(
    "text",
    [
        # The directory in which the image starts, or in which a stage built on it goes on.
        "FROM alpine AS a\nRUN cd /srv\n",
        "FROM alpine AS a\nRUN cd /srv\nFROM a\nCOPY x /x\n",
        'FROM alpine AS a\nRUN cd /srv\nRUN apt-get update && mkdir -p /x\nCMD ["bash", "/x/run.sh"]\n',
        "FROM alpine AS a\nRUN cd /srv\nWORKDIR /app\nRUN make\n",
        "FROM alpine AS a\nRUN cd /srv\nFROM $BASE\nCOPY --from=a /x /x\n",
        # A stage that only `--target` builds.
        "FROM alpine AS a\nRUN cd /srv\nFROM alpine\nCOPY x /x\n",
    ],
)
def test_a_directory_that_matters_later_is_set(text: str) -> None:
    (finding,) = findings(useless_run, context(text))
    assert [it.title for it in finding.fixes] == ["Make it a WORKDIR"]


@every_case(
    "later, expected",
    [
        ("RUN apt-get update", ["Make it a WORKDIR"]),
        # These work in the directory of before.
        ("RUN make", ["Delete this RUN"]),
        ("RUN ls > /x", ["Delete this RUN"]),
        ("COPY . .", ["Delete this RUN"]),
        ('COPY x /x\nENTRYPOINT ["sh", "./run"]', ["Delete this RUN"]),
        ("RUN cd /srv && make", ["Delete this RUN"]),
        ("RUN cd app && make", ["Delete this RUN"]),
        ("RUN make\nRUN (cd ./app/; make)", ["Delete this RUN"]),
        # A WORKDIR would make this `app/lib`.
        ("RUN cd lib && make", ["Delete this RUN"]),
    ],
)
def test_a_workdir_takes_no_later_command_elsewhere(later: str, expected: list[str]) -> None:
    (finding,) = findings(useless_run, context(f"FROM alpine\nRUN cd app\n{later}\n"))
    assert [it.title for it in finding.fixes] == expected


@every_case(
    "later, title",
    [
        ("", "Delete this RUN"),
        ("EXPOSE 80\nUSER app\n", "Delete this RUN"),
        ("FROM a\nENV A=1\n", "Delete this RUN"),
        ('CMD ["npm", "start"]\n', "Make it a WORKDIR"),
        ('FROM a\nCMD ["npm", "start"]\n', "Make it a WORKDIR"),
    ],
)
def test_after_a_workdir_the_last_change_of_the_directory_is_for_nothing(later: str, title: str) -> None:
    text = f"FROM node AS a\nWORKDIR /usr/src\nCOPY . .\nRUN cd services/web\n{later}"
    (finding,) = findings(useless_run, context(text))
    assert [it.title for it in finding.fixes] == [title]


def test_the_last_instruction_of_an_image_tells_where_it_starts() -> None:
    (finding,) = findings(useless_run, context("FROM alpine\nRUN cd /srv\n"))
    assert finding.message == "this `cd` ends with its RUN: the image starts in the old directory"


def test_a_run_that_changes_to_the_directory_where_it_is_goes() -> None:
    (finding,) = findings(useless_run, context("FROM alpine\nWORKDIR /srv\nRUN cd /srv\nCOPY x /x\n"))
    assert [it.title for it in finding.fixes] == ["Delete this RUN"]


@every_case(
    "value, titles",
    [("A=b", ["Make it an ENV"]), ("PATH=/opt/bin:/bin", []), ("A=b LD_LIBRARY_PATH=/opt/lib", [])],
)
def test_a_path_of_the_whole_image_is_not_replaced(value: str, titles: list[str]) -> None:
    (finding,) = findings(useless_run, context(f"FROM alpine\nRUN export {value}\nRUN echo $A\n"))
    assert [it.title for it in finding.fixes] == titles


@every_case(
    "run, name",
    [
        ("export A=$B", "export"),
        ('export A="1 2"', "export"),
        ("export A=$(cat VERSION | tr -d v)", "export"),
        ("export A=1 && export B=2", "export"),
        ("ARCH=$(uname -m)", "ARCH=…"),
        ("alias ll='ls -l'", "alias"),
        ("set -ex", "set"),
        ("umask 022", "umask"),
        ("ulimit -n 65535", "ulimit"),
        ("source ~/.bashrc", "source"),
        (". /root/.nvm/nvm.sh", "."),
        ('. "$HOME/.cargo/env"', "."),
        ("source /opt/ros/jazzy/setup.bash", "source"),
        ("conda activate tools", "conda"),
        ("bash -c 'source ~/.bashrc'", "source"),
        ('/bin/bash -lc "export A=1"', "export"),
        ("set -e; \\\n  export A=1", "set"),
    ],
)
def test_what_only_a_shell_knows_is_reported(run: str, name: str) -> None:
    (finding,) = findings(useless_run, context(f"FROM debian\nRUN {run}\nRUN echo ${{A}} $ARCH\n"))
    assert finding.message == f"what this `{name}` sets ends with its RUN: the next instruction does not see it"


@every_case(
    "workdir, run, is_said",
    [
        ("/app", "cd /app", True),
        ('"/app"', "cd /app;", True),
        ("/app", "cd .", True),
        ("/app", "cd ../app/", True),
        ("/app", "cd /app/web", False),
        ("$HOME", "cd /app", False),
    ],
)
def test_a_cd_into_the_working_directory_is_information(workdir: str, run: str, *, is_said: bool) -> None:
    ctx = context(f"FROM debian\nWORKDIR {workdir}\nRUN {run}\nCOPY x /x\n")
    (finding,) = findings(useless_run, ctx)
    assert (finding.message == "the working directory is `/app` already: this `cd` does nothing") is is_said
    assert (finding.severity is Severity.INFORMATION) is is_said
    if is_said:
        assert [it.title for it in finding.fixes] == ["Delete this RUN"]


@every_case("run", ["cd ~", "cd $HOME", "cd `pwd`", "cd /a*", "cd /srv;", "cd /a && cd b"])
def test_a_cd_to_a_directory_that_is_not_plain_has_no_fix(run: str) -> None:
    (finding,) = findings(useless_run, context(f"FROM debian\nRUN {run}\nCOPY x /x\n"))
    assert finding.message == "this `cd` ends with its RUN: the next instruction is in the old directory"
    assert finding.fixes == ()


@every_case(
    "run, expected",
    [
        ("export PATH=$PATH:/opt/bin", "ENV PATH=$PATH:/opt/bin"),
        ('export PATH="/opt/bin:${PATH}"', 'ENV PATH="/opt/bin:${PATH}"'),
        ("export A=$B/c", "ENV A=$B/c"),
        ("source /opt/venv/bin/activate", "ENV PATH=/opt/venv/bin:$PATH"),
        # ENV knows neither the home nor a variable that only a shell has.
        ("export PATH=$PATH:$HOME/bin", None),
        ("export PATH=$PATH:~/bin", None),
        ("export A=$UNKNOWN", None),
        ("export A='$B'", None),
        ("source venv/bin/activate", None),
        ("export A=1; export B=2", None),
    ],
)
def test_a_variable_becomes_an_env_if_that_reads_it_alike(run: str, expected: str | None) -> None:
    text = f"FROM debian\nENV B=b\nRUN {run}\nRUN echo $A\n"
    (finding,) = findings(useless_run, context(text))
    assert [it.edits[0].new_text for it in finding.fixes] == ([] if expected is None else [expected])


@every_case(
    "run, later, is_said",
    [
        ("export V=1", "RUN curl $V", True),
        ("export V=1", "ENV A=${V}/b", True),
        ("export V=1", "CMD echo $V", True),
        ("V=$(cat v)", "COPY x /x\nRUN curl ${V}", True),
        ("export V=1 W=2", "RUN curl $W", True),
        ("export V=1", "FROM a\nRUN curl $V", True),
        # Nothing is lost: the line only makes the next steps run again.
        ("export LATEST=2024.1", "RUN dnf install -y git", False),
        ("V=1", "RUN make", False),
        ("export V=1", "ENV V=2\nRUN curl $V", False),
        ("export V=1", "RUN V=2 && curl $V", False),
        ("export V=1", "FROM x\nRUN curl $V", False),
        # Programs read these.
        ("export PATH=/a:$PATH", "RUN make", True),
        ("export JAVA_HOME=/a", "RUN make", True),
        ("export DEBIAN_FRONTEND=noninteractive", "RUN apt-get install -y git", True),
        ("export NODE_ENV=production", 'CMD ["node", "."]', True),
        ("export PYTHONPATH=/a", "COPY x /x", True),
        ("export JAVA_HOME=/a", "ENV JAVA_HOME=/b\nRUN make", False),
        ("export JAVA_HOME=/a", "RUN make\nENV JAVA_HOME=/b", True),
    ],
)
def test_a_variable_is_reported_if_something_reads_it(run: str, later: str, *, is_said: bool) -> None:
    assert bool(findings(useless_run, context(f"FROM debian AS a\nRUN {run}\n{later}\n"))) is is_said


def test_an_export_at_the_end_of_a_run_is_reported() -> None:
    check_rule(
        useless_run,
        """
        FROM debian
        RUN cd /opt; \\
            tar xf tool.tar; \\
            export PATH="$PATH:$(pwd)/tool/bin"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ what this `export` sets ends with its RUN: the next instruction does not see it
        RUN tool get
        RUN make && export JAVA_HOME=/opt/java
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^ what this `export` sets ends with its RUN: the image does not have it
        """.replace("\\\\", "\\"),
    )


def test_an_env_of_another_directory_does_not_help() -> None:
    text = "FROM debian\nENV PATH=$PATH:/opt/a/bin\nRUN make && export PATH=/opt/b/bin:$PATH\nRUN b\n"
    assert len(findings(useless_run, context(text))) == 1


@every_case(
    "run",
    [
        "make && export VERSION=1",
        "export PATH=/a:$PATH && make",
        "make && export PATH=/a:$PATH && make install",
        "(make && export PATH=/a:$PATH)",
        "if test -e /a; then make; export PATH=/a:$PATH; fi",
        "make && bash -c 'x; export PATH=/a'",
        "echo 'a; export PATH=/a'",
        "echo a; echo export PATH=/a",
        "make && export PATH=/a >> /etc/profile",
        "make && export -p",
        "make\nENV PATH=/a:$PATH",
        "make && export PATH=/a:$PATH\nENV PATH=/a:$PATH\nRUN make",
        "<<E\nmake\nexport PATH=/a\nE",
        'true\nENV PATH="$PATH:/opt/a/bin"\nRUN make && export PATH="$(pwd)/a/bin:$PATH"',
    ],
)
def test_other_exports_in_a_longer_run_are_not_reported(run: str) -> None:
    check_silent(useless_run, f"FROM debian\nRUN {run}\nRUN make\n")


def test_exports_without_values_in_a_row_are_one_finding() -> None:
    check_rule(
        useless_run,
        """
        FROM debian
        ENV JAVA_HOME=/opt/java
        RUN export JAVA_HOME
            ^^^^^^^^^^^^^^^^ 💭 information: this `export` changes nothing: each RUN exports the variables of ENV and ARG by itself
        RUN export PATH JAVA_HOME;
        RUN make
        """,
    )
    check_fix(
        useless_run,
        "FROM debian\nENV A=1\n# For the tests.\nRUN export A\nRUN export PATH\nRUN make\n",
        "FROM debian\nENV A=1\nRUN make\n",
    )


@every_case("run", ["export A && make", "A=1; export A; make", "export -p", "export A | tee a"])
def test_an_export_beside_other_commands_changes_something(run: str) -> None:
    check_silent(useless_run, f"FROM debian\nENV A=1\nRUN {run}\nRUN make\n")


@every_case(
    "env, run, fixed",
    [
        ("ENV A=b", "export A=b", "ENV A=b"),
        ("ENV A b", 'export A="b"', "ENV A b"),
        ("ENV A=b C=d", "export A=b C=d", "ENV A=b C=d"),
        ("ENV JAVA_HOME=/opt/java", "export JAVA_HOME=/opt/java", "ENV JAVA_HOME=/opt/java"),
        ("ENV B=/opt\nENV A=$B", "export A=/opt", "ENV B=/opt\nENV A=$B"),
        ("ENV PATH=$PATH:/opt/bin", 'export PATH="$PATH:/opt/bin"', "ENV PATH=$PATH:/opt/bin"),
        ("ENV A=b\nFROM a", "export A=b", "ENV A=b\nFROM a"),
        # Only what is new becomes an ENV.
        ("ENV A=b", "export A=b C=d", "ENV A=b\nENV C=d"),
        ("ENV A=b", "export A=c", "ENV A=b\nENV A=c"),
        ("ENV A=b\nENV A=c", "export A=b", "ENV A=b\nENV A=c\nENV A=b"),
        ("ENV A=b A=c", "export A=b", "ENV A=b A=c\nENV A=b"),
        # The image does not have an ARG, and a build may give it another value.
        ("ARG A=b", "export A=b", "ARG A=b\nENV A=b"),
        ("ENV PATH=/opt/bin:$PATH", "export PATH=$PATH:/opt/bin", "ENV PATH=/opt/bin:$PATH\nENV PATH=$PATH:/opt/bin"),
    ],
)
def test_an_env_that_is_there_already_is_not_written_again(env: str, run: str, fixed: str) -> None:
    later = "RUN echo $A $C $PATH\n"
    text = f"FROM debian AS a\n{env}\n# Set\nRUN {run}\n{later}"
    (finding,) = findings(useless_run, context(text))
    is_deleted = fixed == env
    assert ("changes nothing" in finding.message) is is_deleted
    comment = "" if is_deleted else "# Set\n"
    expected = f"FROM debian AS a\n{env}\n{comment}{fixed.removeprefix(env).lstrip()}"
    check_fix(useless_run, text, f"{expected.rstrip()}\n{later}")


@every_case("run", ["export A=b && make", "A=b make", "make && export A=b", 'export A="b c"'])
def test_a_value_of_an_env_beside_other_commands_is_not_reported(run: str) -> None:
    check_silent(useless_run, f"FROM debian\nENV A=b\nRUN {run}\nRUN make\n")
