"""What ends a command, or the work on one file, with exit code 2."""

from __future__ import annotations


class CliError(Exception):
    """Something that the user has to change; the message names it and says what to do."""
