"""The entry point: reads the command line and hands over to a command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import buildxray
from buildxray.cli.build_options import add_build_options
from buildxray.cli.console import report
from buildxray.cli.errors import CliError
from buildxray.files.reading import discard_output
from buildxray.localization import _, use_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit code: 0 nothing found, 1 something found, 2 an error of the user's."""
    use_environment()
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CliError as error:
        report(error)
        return 2
    except BrokenPipeError:
        # Whoever reads has enough; Python would complain once more when it closes the stream.
        discard_output()
        return 0


def _run(options: argparse.Namespace) -> int:
    # Each command is imported on its own, so that none waits for what another one needs.
    match options.command:
        case "check":
            from buildxray.cli.check import check  # noqa: PLC0415

            return check(options)
        case "fix":
            from buildxray.cli.fix import fix  # noqa: PLC0415

            return fix(options)
        case "format":
            from buildxray.cli.format import format_files  # noqa: PLC0415

            return format_files(options)
        case "plan":
            from buildxray.cli.plan import plan  # noqa: PLC0415

            return plan(options)
        case "builds":
            from buildxray.cli.builds import builds  # noqa: PLC0415

            return builds(options)
        case "times":
            from buildxray.cli.times import times  # noqa: PLC0415

            return times(options)
        case "explain" | "rules":
            from buildxray.cli.explain import explain, list_rules  # noqa: PLC0415

            return explain(options.rule) if options.command == "explain" else list_rules()
        case _:
            from buildxray.cli.serve import serve  # noqa: PLC0415

            return serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="buildxray", description=_("Shows how BuildKit builds a Dockerfile for several platforms, and repairs it.")
    )
    parser.add_argument("--version", action="version", version=f"buildxray {buildxray.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", help=_("find what is emulated, repeated or wrong")))
    _add_fix(commands.add_parser("fix", help=_("apply the safe fixes")))
    format_ = commands.add_parser("format", help=_("tidy Dockerfiles without changing what is built"))
    format_.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help=_("a Dockerfile, a directory, or `-` for the standard input"),
    )
    format_.add_argument(
        "--check", action="store_true", help=_("write nothing, and exit with 1 if a file would change")
    )
    format_.add_argument("--diff", action="store_true", help=_("the same, and print what would change"))
    plan = commands.add_parser("plan", help=_("show the steps that BuildKit would execute"))
    plan.add_argument("paths", nargs="+", metavar="FILE", help=_("a Dockerfile; `-` is the standard input"))
    plan.add_argument("--format", choices=("text", "json", "svg", "html"), default="text")
    add_build_options(plan)
    builds = commands.add_parser("builds", help=_("list the builds that Bake files, Compose files and CI ask for"))
    builds.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help=_("a directory or a Dockerfile (default: `.`)")
    )
    builds.add_argument("--format", choices=("text", "json", "json-lines"), default="text")
    _add_times(commands.add_parser("times", help=_("show where the time of a logged build went")))
    explain = commands.add_parser("explain", help=_("print the manual page of a rule"))
    explain.add_argument("rule", metavar="RULE")
    commands.add_parser("rules", help=_("list the rules"))
    serve = commands.add_parser("lsp", help=_("serve an editor"))
    transport = serve.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help=_("over the standard streams (the default)"))
    transport.add_argument("--tcp", metavar="HOST:PORT", help=_("over TCP, for one client"))
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help=_("a Dockerfile, a directory, or `-` for the standard input")
    )
    parser.add_argument("--format", choices=("text", "json", "sarif", "github", "buildkit"), default="text")
    parser.add_argument("--select", metavar="RULE,…", help=_("only these rules"))
    parser.add_argument("--ignore", metavar="RULE,…", help=_("all rules but these"))
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "information"),
        default="warning",
        help=_("the least severity that makes the exit code 1 (default: warning)"),
    )
    parser.add_argument("--exit-zero", action="store_true", help=_("exit with 0 whatever is found"))
    add_build_options(parser)


def _add_fix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=_("a Dockerfile or a directory"))
    parser.add_argument("--diff", action="store_true", help=_("print what would change, and write nothing"))
    parser.add_argument("--unsafe", action="store_true", help=_("apply the fixes too that a human has to agree to"))
    add_build_options(parser)


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
        help=_("what was built (default: the text in the history record, else `Dockerfile`)"),
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument(
        "--max-minutes", type=float, metavar="N", help=_("exit with 1 where the build took more minutes than that")
    )
    add_build_options(parser)
