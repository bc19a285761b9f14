"""The shell text of RUN: its commands, the conditions under which they run, and the values of their words.

`model` defines the values. `script` finds the script of an instruction, and `reader` reads it, with `source` (the text
for the grammar), `grammar` (the names of its nodes), `place` (the context of a statement), `words` and `statuses`.
`wrappers` knows programs that only run another program, and `copying` the operands of programs that copy files.
`evaluation` computes words and conditions for given values of the environment, with the programs of `text_programs`.
"""

from buildxray.syntax.shell.copying import COPYING, copied_words
from buildxray.syntax.shell.evaluation import Evaluator, Taken, array_of, elements_of
from buildxray.syntax.shell.model import (
    NOTHING,
    Assignment,
    Command,
    Condition,
    Script,
    ShellVariable,
    ShellWord,
    sole_variable,
)
from buildxray.syntax.shell.programs import SHELLS, is_posix_shell
from buildxray.syntax.shell.script import read_script
from buildxray.syntax.shell.text_programs import UNKNOWN
from buildxray.syntax.shell.wrappers import TESTS, USER_CHANGERS, awaits_program, has_read_script, reads_script

__all__ = [
    "COPYING",
    "NOTHING",
    "SHELLS",
    "TESTS",
    "UNKNOWN",
    "USER_CHANGERS",
    "Assignment",
    "Command",
    "Condition",
    "Evaluator",
    "Script",
    "ShellVariable",
    "ShellWord",
    "Taken",
    "array_of",
    "awaits_program",
    "copied_words",
    "elements_of",
    "has_read_script",
    "is_posix_shell",
    "read_script",
    "reads_script",
    "sole_variable",
]
