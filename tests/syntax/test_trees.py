from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from buildxray.syntax import trees
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import read_script


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a |", "|{", "function `", ")$", "a()\\\n", "a|& ", "&case ", "esac)", "$(($", "a=("])
def test_parsing_of_a_script_that_takes_quadratic_time_is_stopped(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "SECONDS", 0.1)
    node = parse(f"FROM a\nRUN {(unit * 20_000)[:60_000]}\n").instructions[1].node
    start = time.process_time()
    script = read_script(node)
    assert time.process_time() - start < 5, "0.1 s and what the rest takes"
    assert script.has_errors


@pytest.mark.slow
def test_the_next_script_is_parsed_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "SECONDS", 0.1)
    read_script(parse(f"FROM a\nRUN {'a()' * 20_000}\n").instructions[1].node)
    script = read_script(parse("FROM a\nRUN make all && make install\n").instructions[1].node)
    assert [it.text for command in script.commands for it in command.words] == ["make", "all", "make", "install"]


def test_a_parser_that_is_interrupted_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget of time raises an exception in whatever a thread does, also between two bytecodes of the callback."""
    long = "echo a && " * 2000 + "true"
    clock = time.thread_time

    def interrupted() -> float:
        raise TimeoutError

    monkeypatch.setattr(time, "thread_time", interrupted)
    with contextlib.suppress(TimeoutError, SystemError):
        read_script(parse(f"FROM a\nRUN {long}\n").instructions[1].node)
    monkeypatch.setattr(time, "thread_time", clock)
    script = read_script(parse(f"FROM a\nRUN {'make all && ' * 200}true\n").instructions[1].node)
    assert {it.name for it in script.commands} == {"make", "true"}


def test_the_work_of_other_threads_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(1_000_000))
    monkeypatch.setattr(time, "process_time", lambda: float(next(seconds)))
    script = read_script(parse(f"FROM a\nRUN {'echo $(uname) && ' * 2000}true\n").instructions[1].node)
    assert not script.has_errors


@pytest.mark.slow
def test_threads_parse_at_the_same_time() -> None:
    """Threads that share a parser crash the process; the server reads the files of several documents in threads."""
    commands = [[f"echo {n} {it} $A$(uname)" for it in range(60 + n % 7)] for n in range(120)]
    texts = [f"FROM a\nRUN {' && '.join(it)}\n" for it in commands]
    with ThreadPoolExecutor(4) as pool:
        scripts = [*pool.map(lambda it: read_script(parse(it).instructions[1].node), texts)]
    assert [sum(it.name == "echo" for it in script.commands) for script in scripts] == [len(it) for it in commands]
