"""A limit on the processor time of one computation, wherever in it the time goes.

A timer interrupts the main thread, so no loop has to look at a clock, and none can be forgotten; the regular expressions of Python are
interrupted as well. What is interrupted may have computed half of something: throw away the objects that it worked on. Results of
`functools.cache` are complete or not there.
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
"""Processor seconds of one answer of the server: nothing else is answered meanwhile."""
SECONDS_OF_PROJECT: Final = 10.0
"""Seconds by the clock in which the server reads the files around one Dockerfile, in a thread of its own."""
SECONDS_IN_TERMINAL: Final = 30.0
"""Processor seconds of one file on the command line, where nobody types."""


_PAUSE: Final = 0.05
"""Processor seconds between two interruptions of one block."""


class OutOfTimeError(BaseException):
    """The budget is used up. Not an `Exception`, so that handlers of a rule's errors do not catch it."""


class _Limit:
    """The limit in force in this process; nested limits have no effect."""

    def __init__(self) -> None:
        self.is_active = False
        self._is_installed = False
        self._end = 0.0

    def start(self, seconds: float) -> bool:
        """Effect: start the timer; false where a limit is in force already, or none is possible in this thread."""
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
            # The next one leaves time to stop the timer: it would interrupt that, and then whatever comes after the block.
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
    """Raise `OutOfTimeError` in the block when this process has computed for that long; inside another budget that one counts."""
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
    """Raise `OutOfTimeError` in the block when it has taken that long by the clock; for a thread that is not the main one.

    One call into a library that is written in C ends first.
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
    """Let a block end whatever the time, such as one that writes a message to the client."""
    was_active, _limit.is_active = _limit.is_active, False
    try:
        yield
    finally:
        _limit.is_active = was_active
