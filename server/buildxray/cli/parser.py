"""The options of all commands. Shell completions and the manual page are generated from this parser."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, NoReturn

import buildxray
from buildxray.localization import N_, _

_OF_ARGPARSE: Final = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("expected one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ignored explicit argument %r"),
    N_("not allowed with argument %s"),
)
"""The texts of argparse that users see, for the catalogues, in which `use_environment` makes argparse look them up."""


class _Parser(argparse.ArgumentParser):
    """A parser that suggests similar names in its errors, and exits with 2."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - what argparse takes
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - as argparse has it
        """Parse; unknown options are reported by the parser of the command, which knows similar ones."""
        options, left = super().parse_known_args(args, namespace)
        if left:
            known = [option for action in self._actions for option in action.option_strings]
            name = left[0].partition("=")[0]
            close = get_close_matches(name, known, n=1) if name.startswith("-") else []
            if close:
                self.error(_("unknown option {name}; did you mean {close}?", name=name, close=close[0]))
            self.error(_("unknown argument {name}", name=left[0]))
        return options, left

    def error(self, message: str) -> NoReturn:
        """Print the usage, and the message on one line."""
        from buildxray.cli.console import on_one_line  # noqa: PLC0415 - a command without errors need not escape them here

        self.exit(2, f"{self.format_usage()}{self.prog}: {on_one_line(message)}\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line. Exits with 0 after `--help` or `--version`, and with 2 if it is wrong."""
    command = arguments[0] if arguments and not arguments[0].startswith("-") else None
    if command in COMMANDS:
        return parser(command).parse_args(arguments)
    main = parser()
    if command is not None:
        close = get_close_matches(command, COMMANDS, n=1)
        if close:
            main.error(_("there is no command `{command}`; did you mean `{close}`?", command=command, close=close[0]))
        listed = ", ".join(COMMANDS)
        main.error(_("there is no command `{command}`; the commands are {listed}", command=command, listed=listed))
    return main.parse_args(arguments)


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the program, with all commands or with only one.

    Creating all of them takes several milliseconds, a tenth of the check of a small file.
    """
    main = _Parser(
        prog="buildxray", description=_("Shows how BuildKit builds a Dockerfile for several platforms, and repairs it.")
    )
    main.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"buildxray {buildxray.__version__}",
        help=_("show program's version number and exit"),
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name in COMMANDS if command is None else (command,):
        it = COMMANDS[name]
        it.add_options(commands.add_parser(name, help=_(it.summary)))
    return main


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument(
        "--format", choices=("text", "json", "json-lines", "sarif", "github", "buildkit"), default="text"
    )
    _add_selection(parser)
    parser.add_argument("--fix", action="store_true", help=_("apply the safe fixes first"))
    parser.add_argument("--unsafe", action="store_true", help=_("with --fix: apply the suggestions too"))
    parser.add_argument(
        "--no-emulation", action="store_true", help=_("exit with 1 if a step of the build needs an emulator")
    )
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "information"),
        default="warning",
        help=_("the lowest severity that exits with 1 (default: warning)"),
    )
    _add_gates(parser)
    parser.add_argument("--exit-zero", action="store_true", help=_("exit with 0 even if there are findings"))
    parser.add_argument("--statistics", action="store_true", help=_("print the number of findings of each rule"))
    parser.add_argument("-q", "--quiet", action="store_true", help=_("print findings only, without a summary"))
    _add_log(parser)
    _add_stdin_filename(parser)
    _add_output(parser)
    _add_build(parser)


def _add_fix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help=_("a Dockerfile, a directory, or `-` for the standard input")
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help=_("print the changes instead of writing them, and exit with 1 if there are any"),
    )
    parser.add_argument("--unsafe", action="store_true", help=_("apply the suggested fixes too, which need a review"))
    _add_selection(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help=_("print errors only"))
    _add_log(parser)
    _add_stdin_filename(parser)
    _add_output(parser)
    _add_build(parser)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument("--format", choices=("text", "json", "json-lines", "svg", "html"), default="text")
    _add_log(parser)
    _add_gates(parser)
    _add_stdin_filename(parser)
    _add_output(parser)
    _add_build(parser)


def _add_times(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "log",
        metavar="LOG",
        help=_("the output of a build, or a history record (.dockerbuild); `-` is the standard input"),
    )
    parser.add_argument(
        "dockerfile",
        nargs="?",
        metavar="DOCKERFILE",
        help=_("the Dockerfile that was built (default: the one in the history record, else `Dockerfile`)"),
    )
    parser.add_argument("--format", choices=("text", "json", "json-lines", "markdown"), default="text")
    _add_gates(parser)
    _add_output(parser)
    _add_build(parser)


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log",
        metavar="LOG",
        help=_("a log of the build, or a history record (.dockerbuild), for seconds; `-` is the standard input"),
    )


def _add_gates(parser: argparse.ArgumentParser) -> None:
    _add_limits(
        parser,
        emulated=_("exit with 1 if more than N RUN steps are emulated"),
        minutes=_("exit with 1 if the logged build took more than N minutes (with --log)"),
    )


def _add_limits(parser: argparse.ArgumentParser, *, emulated: str, minutes: str) -> None:
    parser.add_argument("--max-emulated", type=_count, metavar="N", help=emulated)
    parser.add_argument("--max-minutes", type=_minutes, metavar="N", help=minutes)


def _count(text: str) -> int:
    """A number of steps. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(_("expected a whole number from 0 on, not {value}", value=text))
    return int(text)


def _minutes(text: str) -> float:
    """A number of minutes. Raises `ArgumentTypeError`; no limit is ever above `nan`."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes < math.inf:
        raise argparse.ArgumentTypeError(_("expected a number of minutes from 0 on, not {value}", value=text))
    return minutes


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help=_("a Dockerfile, a directory, or `-` for the standard input (default: `.`)"),
    )


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--select", metavar="RULE,…", help=_("only these rules"))
    parser.add_argument("--ignore", metavar="RULE,…", help=_("all rules but these"))


def _add_stdin_filename(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdin-filename",
        metavar="PATH",
        help=_("the path to assume for `-`: its project is used, and its name is shown"),
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("output"))
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help=_("whether to use colours (default: auto)")
    )
    group.add_argument("-o", "--output-file", metavar="FILE", help=_("write to a file instead of the standard output"))


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help=_("the settings to use, instead of those of the project"))
    group = parser.add_argument_group(_("the build"))
    group.add_argument(
        "--platform",
        action="append",
        metavar="P,P…",
        help=_(
            "the target platforms (default: those of the project's Bake file, Compose file or workflow, else linux/amd64,linux/arm64)"
        ),
    )
    group.add_argument(
        "--build",
        metavar="NAME",
        help=_("the build to use, by its name, or `all` (`buildxray builds` lists those of the project)"),
    )
    group.add_argument(
        "--build-platform",
        metavar="P,P…",
        help=_(
            "the machine that builds, if no workflow of the project names one (default: this machine);"
            " several machines override the workflow, and each builds the platforms that it can run"
        ),
    )
    group.add_argument(
        "--build-context",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=_("a replacement for a stage or an image: a directory, `docker-image://…`, `target:…`"),
    )
    group.add_argument(
        "--build-arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=_("a build argument; a NAME alone takes the value of that environment variable"),
    )
    group.add_argument("--target", default="", metavar="STAGE", help=_("the stage to build (default: the last one)"))


def _add_reruns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", default="Dockerfile", metavar="DOCKERFILE", help=_("the Dockerfile (default: `Dockerfile`)")
    )
    parser.add_argument("--log", metavar="LOG", help=_("a log of its build, for seconds"))
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    _add_output(parser)
    _add_build(parser)


def _add_diff(parser: argparse.ArgumentParser) -> None:
    what = _("a file, REVISION:PATH of Git, or a REVISION of the other file")
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help=what)
    parser.add_argument("--log", metavar="LOG", help=_("a log of the old version, for seconds"))
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    _add_limits(
        parser,
        emulated=_("exit with 1 if the new version emulates more than N RUN steps"),
        minutes=_("exit with 1 if the new version takes more than N minutes (with --log)"),
    )
    _add_output(parser)
    _add_build(parser)


def _add_format(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument("--check", action="store_true", help=_("write nothing, and exit with 1 if a file would change"))
    parser.add_argument("--diff", action="store_true", help=_("like --check, and print the changes"))
    _add_output(parser)


def _add_builds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help=_("a Dockerfile or a directory (default: `.`)")
    )
    parser.add_argument("--format", choices=("text", "json", "json-lines"), default="text")
    _add_output(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    _add_output(parser)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json", "json-lines"), default="text")
    _add_output(parser)


def _add_lsp(parser: argparse.ArgumentParser) -> None:
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help=_("over the standard streams (the default)"))
    transport.add_argument("--tcp", metavar="HOST:PORT", help=_("over TCP, for one client"))


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


class _Command(NamedTuple):
    """The declaration of a command."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]


COMMANDS: Final[Mapping[str, _Command]] = {
    "check": _Command(N_("find what is emulated, repeated or wrong"), _add_check),
    "fix": _Command(N_("apply the safe fixes"), _add_fix),
    "format": _Command(N_("format Dockerfiles without changing the build"), _add_format),
    "plan": _Command(N_("show the steps that BuildKit would execute"), _add_plan),
    "builds": _Command(N_("list the builds in Bake files, Compose files and CI files"), _add_builds),
    "times": _Command(N_("show where the time of a logged build went"), _add_times),
    "reruns": _Command(N_("list what runs again when files or arguments change"), _add_reruns),
    "diff": _Command(N_("compare the builds of two versions of a Dockerfile"), _add_diff),
    "explain": _Command(N_("print the manual page of a rule"), _add_explain),
    "rules": _Command(N_("list the rules"), _add_rules),
    "lsp": _Command(N_("serve an editor"), _add_lsp),
    "completion": _Command(N_("print a script that completes commands in a shell"), _add_completion),
}
"""All commands, in the order of the help."""
