"""The shell text of RUN: its commands, the conditions under which each runs, and what its words become.

`model` has the values, `reader` makes them from a text, `wrappers` knows the programs that only run another
one, `evaluation` computes words and conditions for given values of the environment.
"""

from buildxray.syntax.shell.evaluation import UNKNOWN, Evaluator, Taken
from buildxray.syntax.shell.model import (
    Assignment,
    Command,
    Condition,
    Script,
    ShellVariable,
    ShellWord,
    sole_variable,
)
from buildxray.syntax.shell.reader import is_posix_shell, read_script

__all__ = [
    "UNKNOWN",
    "Assignment",
    "Command",
    "Condition",
    "Evaluator",
    "Script",
    "ShellVariable",
    "ShellWord",
    "Taken",
    "is_posix_shell",
    "read_script",
    "sole_variable",
]
