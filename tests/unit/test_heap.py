"""The heap is trimmed regularly, and its free pages are returned to the system."""

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from photosky import heap

BLOCK_BYTES = 100_000  # below the threshold above which malloc maps pages of its own
BLOCKS = 512
PIN_EVERY = 4


def resident_bytes() -> int:
    """The resident memory of this process."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def test_heap_is_trimmed_also_after_invocations_that_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr(heap, "trim", lambda: events.append("trim"))

    def handle(name: str, *, fails: bool = False) -> str:
        events.append(name)
        if fails:
            raise LookupError(name)
        return name.upper()

    handler = heap.trimming(handle, invocations=2)
    assert [handler("a"), handler("b"), handler("c")] == ["A", "B", "C"]
    with pytest.raises(LookupError, match=r"^d$"):
        handler("d", fails=True)
    assert events == ["a", "b", "trim", "c", "d", "trim"]


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_free_pages_between_used_blocks_are_returned() -> None:
    c = ctypes.CDLL(None)
    c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [c.malloc(ctypes.c_size_t(BLOCK_BYTES)) for _ in range(BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, BLOCK_BYTES)
    pins = blocks[PIN_EVERY - 1 :: PIN_EVERY]
    for block in set(blocks) - set(pins):
        c.free(block)
    before = resident_bytes()
    heap.trim()
    returned_bytes = before - resident_bytes()
    for block in pins:
        c.free(block)
    assert returned_bytes > BLOCKS * BLOCK_BYTES // 2


def test_other_c_libraries_are_not_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[None] = []

    def other_library(name: None) -> SimpleNamespace:
        opened.append(name)
        return SimpleNamespace()

    monkeypatch.setattr(ctypes, "CDLL", other_library)
    heap.trim()
    assert opened == [None]
