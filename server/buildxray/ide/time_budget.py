"""Limit the processor time of a computation.

A timer interrupts the main thread, so that loops need not read a clock and none can be forgotten; Python's regular
expressions are interrupted as well. An interrupted computation may leave objects half computed, so they must be
discarded. Entries of `functools.cache` are complete or missing.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SECONDS_IN_EDITOR: Final = 2.0
"""Processor seconds for one answer of the server, during which it answers nothing else."""
SECONDS_OF_PROJECT: Final = 10.0
"""Wall-clock seconds in which the server reads the files around one Dockerfile, in a separate thread."""
SECONDS_IN_TERMINAL: Final = 30.0
"""Processor seconds for one file on the command line, where no one is typing."""


_PAUSE: Final = 0.05
"""Processor seconds between two interruptions of one block."""


class OutOfTimeError(BaseException):
    """Raised when the budget is used up. Not an `Exception`, so that handlers of a rule's errors do not catch it."""


class _Limit:
    """The limit in force in this process; nested limits have no effect."""

    def __init__(self) -> None:
        self.is_active = False
        self._is_installed = False
        self._end = 0.0

    def start(self, seconds: float) -> bool:
        """Effect: start the timer; False if a limit is already in force, or if none is possible in this thread."""
        if self.is_active or threading.current_thread() is not threading.main_thread():
            return False
        if not self._is_installed:
            self._is_installed = True
            signal.signal(_SIGNAL, self._interrupt)
            if sys.platform == "win32":
                threading.Thread(target=self._watch, daemon=True).start()
        self._end = time.process_time() + seconds
        self.is_active = True
        if sys.platform != "win32":
            # It repeats: the first interruption may come where Python ignores exceptions, such as in a finalizer.
            signal.setitimer(signal.ITIMER_PROF, seconds, seconds / 10)
        return True

    def stop(self) -> None:
        """Effect: stop the timer."""
        self.is_active = False
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        # A signal that comes late does nothing.
        if self.is_active and (now := time.process_time()) >= self._end:
            # A longer interval until the next signal, so that it does not interrupt the code that stops the timer.
            self._end = now + _PAUSE
            raise OutOfTimeError

    def _watch(self) -> None:
        """Effect: interrupt the main thread on a system without such timers."""
        while True:
            time.sleep(0.2)
            if self.is_active and time.process_time() >= self._end:
                _thread.interrupt_main(_SIGNAL)


_SIGNAL: Final = signal.SIGTERM if sys.platform == "win32" else signal.SIGPROF
_limit: Final = _Limit()


@contextmanager
def time_budget(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in the block after that much processor time; inside another budget, the outer one applies."""
    if not _limit.start(seconds):
        try:
            yield
        except OutOfTimeError:
            # The handler of the error runs without a limit.
            _limit.stop()
            raise
        return
    try:
        yield
    finally:
        _limit.stop()


@contextmanager
def thread_budget(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in the block after that much wall-clock time; for threads other than the main one.

    A call of a library written in C is not interrupted.
    """
    import ctypes  # noqa: PLC0415 - slow to load, and the command line has no need of it

    ident, lock, is_over = threading.get_ident(), threading.Lock(), False

    def interrupt() -> None:
        with lock:
            if not is_over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(OutOfTimeError))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            is_over = True
        timer.cancel()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do not interrupt the block, for example while it writes a message to the client."""
    was_active, _limit.is_active = _limit.is_active, False
    try:
        yield
    finally:
        _limit.is_active = was_active
