"""Settings of the C library's heap for a server with many threads."""

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
_M_MMAP_THRESHOLD: Final = -3
"""The parameters' numbers in glibc's `malloc.h`; see `mallopt(3)`."""

ARENAS: Final = 2
MAPPED_BYTES: Final = 256 * 1024


def limit() -> None:
    """Let all threads share a few heaps, and map large blocks on their own. Only glibc supports it.

    By default, glibc gives each thread a heap of its own, up to eight per core, and each keeps free memory of the
    largest requests that its thread handled: 38 MiB after 100 photos, 70 after uploads of 50 MB. The threads hold
    Python's global lock while they allocate, so that they do not wait for each other longer. It also raises the size
    from which blocks are mapped, up to 32 MiB, after which parts of large uploads stay between small blocks.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
        mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
