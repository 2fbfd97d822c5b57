"""The heap of a process that lives for thousands of invocations: its free pages go back to the system."""

import ctypes
from collections.abc import Callable
from itertools import count
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

INVOCATIONS: Final = 32
"""From one trim to the next, each of which costs 3 ms of CPU, and the next picture of 12 megapixels 14 ms."""


def trim() -> None:
    """Give back the heap's free pages, those between blocks in use too. Only glibc can (`malloc_trim(3)`)."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(ctypes.c_size_t(0))


def trimming(handler: Callable[P, T], invocations: int = INVOCATIONS) -> Callable[P, T]:
    """The handler, with the heap trimmed after every so many invocations, whether they raise or not.

    What Lambda's runtime leaves with each invocation (a new `_X_AMZN_TRACE_ID`: `setenv(3)` frees no value) cuts into
    the gaps between pictures, until none fits into any. In a loop over small pictures that took 60 kB an invocation;
    trimmed it takes 2, of the pages in which such values lie.
    """
    numbers = count(1)

    def trimmed(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return handler(*args, **kwargs)
        finally:
            if next(numbers) % invocations == 0:
                trim()

    return trimmed
