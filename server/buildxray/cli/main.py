"""The entry point: parse the command line, run a command, and report errors in one line."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code: 0 without findings, 1 with findings, 2 after an error.

    Nothing is imported before the `try`, so that Ctrl-C prints one line at any time.
    """
    try:
        if arguments is None and sys.platform != "win32" and sys.argv[1:2] != ["lsp"]:
            signal.signal(signal.SIGINT, _interrupt)
        if arguments is not None:
            return _guarded(arguments)
        code = _guarded(sys.argv[1:])
        # At its end Python looks for garbage in all modules: a fortieth of the instructions of a check of one file.
        gc.freeze()
        return code  # noqa: TRY300 - an interruption of all of it is reported
    except KeyboardInterrupt:
        return _interrupted()


def _guarded(arguments: Sequence[str]) -> int:
    # Most objects of a command live until its end, or are freed without the collector (`Analysis.release`). With a threshold of 50,000 it takes a
    # twentieth of the time of `check` on 584 files, and a tenth of the start of the server, since it scans repeatedly what is imported.
    gc.set_threshold(1_000_000, 20, 50)
    from buildxray.cli.console import choose_output, close_output, report  # noqa: PLC0415
    from buildxray.cli.errors import CliError, internal_error, system_error  # noqa: PLC0415
    from buildxray.cli.named_paths import check_named_paths  # noqa: PLC0415
    from buildxray.cli.parser import parse  # noqa: PLC0415
    from buildxray.files.reading import discard_output  # noqa: PLC0415
    from buildxray.localization import use_environment  # noqa: PLC0415

    use_environment()
    options = parse(arguments)
    given = vars(options)
    try:
        check_named_paths(options)
        choose_output(given.get("color") or "auto", given.get("output_file"))
        code = run(options)
        close_output()
    except CliError as error:
        report(error)
        return 2
    except BrokenPipeError:
        # The reader has closed the pipe; Python would report that again when it closes the stream.
        discard_output(sys.stdout)
        return 0
    except OSError as error:
        report(system_error(error))
        if error.filename is None:
            discard_output(sys.stdout)
        return 2
    except Exception as error:  # noqa: BLE001 - a traceback would tell users nothing, and exit with 1: "found"
        report(internal_error(error))
        return 2
    return code


def run(options: object) -> int:
    """Run the command of the options, and import only what that command needs."""
    match options.command:  # type: ignore[attr-defined]
        case "check":
            from buildxray.cli.check import check as command  # noqa: PLC0415
        case "fix":
            from buildxray.cli.fix import fix as command  # noqa: PLC0415
        case "format":
            from buildxray.cli.format import format_files as command  # noqa: PLC0415
        case "plan":
            from buildxray.cli.plan import plan as command  # noqa: PLC0415
        case "builds":
            from buildxray.cli.builds import builds as command  # noqa: PLC0415
        case "times":
            from buildxray.cli.times import times as command  # noqa: PLC0415
        case "reruns":
            from buildxray.cli.reruns import list_reruns as command  # noqa: PLC0415
        case "diff":
            from buildxray.cli.diff import diff as command  # noqa: PLC0415
        case "explain":
            from buildxray.cli.explain import explain as command  # noqa: PLC0415
        case "rules":
            from buildxray.cli.explain import list_rules as command  # noqa: PLC0415
        case "completion":
            from buildxray.cli.completion import completion as command  # noqa: PLC0415
        case _:
            from buildxray.cli.serve import serve as command  # noqa: PLC0415
    return command(options)  # type: ignore[arg-type]


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    """Effect: raise `KeyboardInterrupt`; if Python ignores it, as in a finalizer, end the process a second later."""
    signal.signal(signal.SIGALRM, lambda *_: _interrupted())
    signal.setitimer(signal.ITIMER_REAL, 1)
    raise KeyboardInterrupt


def _interrupted() -> int:
    """Effect: end the worker processes and this one at once, because waiting for them would take seconds."""
    from multiprocessing import active_children  # noqa: PLC0415

    for child in active_children():
        child.kill()
    if sys.stderr is not None:
        sys.stderr.write("buildxray: interrupted\n")
        sys.stderr.flush()
    os._exit(130)
