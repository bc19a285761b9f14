from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from buildxray.ide.time_budget import OutOfTimeError, thread_budget, time_budget, uninterrupted

# Python ignores an interruption in a callback of the garbage collector, such as that of hypothesis; the timer fires again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def loop_for_ever() -> None:
    while True:
        pass


def backtrack() -> None:
    re.match(r"(a*)*b", "a" * 40)


def survive_errors() -> None:
    while True:
        with suppress(Exception):
            loop_for_ever()


@pytest.mark.slow
@pytest.mark.parametrize("compute", [loop_for_ever, backtrack, survive_errors])
def test_a_computation_is_interrupted(compute: Callable[[], None]) -> None:
    start = time.process_time()
    with pytest.raises(OutOfTimeError), time_budget(0.1):
        compute()
    assert time.process_time() - start < 20


@pytest.mark.slow
def test_a_computation_within_its_budget_is_not_interrupted() -> None:
    with time_budget(0.05):
        total = sum(range(10))
    end = time.process_time() + 0.2
    while time.process_time() < end:
        total += 1
    assert total > 45


@pytest.mark.slow
def test_only_processor_time_counts() -> None:
    with time_budget(0.05):
        time.sleep(0.2)


@pytest.mark.slow
def test_the_handler_of_the_error_runs_without_a_limit() -> None:
    with time_budget(0.05):
        with pytest.raises(OutOfTimeError), time_budget(100):
            loop_for_ever()
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass


@pytest.mark.slow
def test_a_message_is_not_interrupted_while_it_is_written() -> None:
    written: list[bool] = []

    def write_and_go_on() -> None:
        with uninterrupted():
            end = time.process_time() + 0.2
            while time.process_time() < end:
                pass
            written.append(True)
        loop_for_ever()

    with pytest.raises(OutOfTimeError), time_budget(0.05):
        write_and_go_on()
    assert written


@pytest.mark.skipif(sys.platform == "win32", reason="the thread that watches is another one there")
def test_another_thread_has_no_limit() -> None:
    n_threads = []

    def work() -> None:
        with time_budget(0.0001):
            n_threads.append(sum(range(100_000)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert n_threads


@pytest.mark.slow
def test_a_thread_is_interrupted() -> None:
    raised: list[bool] = []

    def work() -> None:
        with thread_budget(10):
            pass
        with pytest.raises(OutOfTimeError), thread_budget(0.1):
            loop_for_ever()
        raised.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert raised == [True]
