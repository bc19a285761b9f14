"""Memory of a session that lasts all day: when garbage is collected, and when free memory is returned to the system."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any, Final

from buildxray.caching import clear_caches

_GC_THRESHOLDS: Final = (700, 10, 4)
"""The thresholds of the garbage collector, as in `gc.set_threshold`.

A version that an edit has replaced is freed without it (`Analysis.release`); fixes that were tried and libraries leave
cycles of references. The higher thresholds of the command line would keep a million objects of these alive, and
scanning them takes longer than scanning few objects often.
"""
_EDITS: Final = 1_000
"""Edits after which memory is given back although no document was closed."""
_DELAY: Final = 1.0
"""Seconds after which memory is given back, so that closing many documents costs as much as closing one."""


def set_up_gc() -> None:
    """Effect: make the garbage collector free old versions of documents soon, and never scan what start-up has created.

    The garbage of start-up, 17,000 objects in cycles of classes, is not collected yet: that would take 70 ms or more, half of the time in which the
    first diagnostics come later than those of an empty server. `MemoryKeeper` collects it in an idle moment.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


class MemoryKeeper:
    """Gives free memory back to the system after a document was closed, and after many edits.

    The C library keeps the pages between allocated blocks, and Python keeps an arena of 1 MiB as long as one object is in it. Without this, a long
    session would keep the most memory that any document has needed. Caches of the process are cleared first, since their entries lie in many arenas.
    """

    def __init__(self) -> None:
        self._n_edits = 0
        self._pending: asyncio.TimerHandle | None = None
        self._has_garbage_of_start = True

    def edited(self) -> None:
        """Effect: count an edit."""
        self._n_edits += 1
        if self._n_edits >= _EDITS:
            self.closed()

    def closed(self) -> None:
        """Effect: give memory back soon."""
        if self._pending is None:
            self._n_edits = 0
            self._pending = asyncio.get_running_loop().call_later(_DELAY, self._give_back)

    def _give_back(self) -> None:
        self._pending = None
        clear_caches()
        if self._has_garbage_of_start:
            gc.unfreeze()
        gc.collect()
        if self._has_garbage_of_start:
            # The open documents are frozen too, which is harmless: `Document.close` breaks their cycles.
            gc.freeze()
            self._has_garbage_of_start = False
        trim = _trimmer()
        if trim is not None:
            trim(0)


def _trimmer() -> Any:  # noqa: ANN401 - a function of the C library has no type
    """`malloc_trim` of glibc, which gives free pages back to the system (malloc_trim(3)); None where the C library has none."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - slow to load, and not needed at start

    return getattr(ctypes.CDLL(None), "malloc_trim", None)
