"""Read a file of an earlier commit, as raw bytes, so that no filter of the repository runs."""

from __future__ import annotations

import os
import subprocess
from typing import Final

from buildxray.cli.errors import CliError
from buildxray.files.reading import MOST_DOCKERFILE_BYTES
from buildxray.localization import _

_SECONDS: Final = 30


def read_revision(name: str) -> str:
    """The text of `REVISION:PATH`, from `git cat-file`. Raises `CliError`."""
    if name.startswith("-"):
        raise CliError(_("{name}: expected a file or REVISION:PATH", name=name))
    try:
        content = _ask(name)
    except FileNotFoundError as error:
        raise CliError(_("{name}: git is not installed", name=name)) from error
    except subprocess.TimeoutExpired as error:
        raise CliError(_("{name}: git does not answer", name=name)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CliError(_("{name}: not UTF-8; convert the file first", name=name)) from error


def _ask(name: str) -> bytes:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    command = ["git", "-c", "core.fsmonitor=false", "cat-file", "blob", name]
    with subprocess.Popen(  # noqa: S603 - a fixed command; the name is one argument and no option
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None, "it is piped"
        assert process.stderr is not None, "it is piped"
        content = process.stdout.read(MOST_DOCKERFILE_BYTES + 1)
        if len(content) > MOST_DOCKERFILE_BYTES:
            process.kill()
            raise CliError(_("{name}: larger than {n} MB", name=name, n=MOST_DOCKERFILE_BYTES // 1_000_000))
        reason = process.stderr.read(10_000).decode("utf-8", "replace").strip()
        if process.wait(_SECONDS):
            raise CliError(_("{name}: git cannot read it: {reason}", name=name, reason=reason.removeprefix("fatal: ")))
    return content
