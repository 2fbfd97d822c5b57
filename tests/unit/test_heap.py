"""The heap is trimmed now and then, and what is free on it goes back, whatever lies around it."""

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from photosky import heap

BLOCK_BYTES = 100_000  # less than gets pages of its own
BLOCKS = 512
PIN_EVERY = 4


def resident_bytes() -> int:
    """What this process has in memory, in bytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def test_every_so_many_invocations_end_with_a_trim_whether_they_raise_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(heap, "trim", lambda: happened.append("trim"))

    def handle(name: str, *, fails: bool = False) -> str:
        happened.append(name)
        if fails:
            raise LookupError(name)
        return name.upper()

    handler = heap.trimming(handle, invocations=2)
    assert [handler("a"), handler("b"), handler("c")] == ["A", "B", "C"]
    with pytest.raises(LookupError, match=r"^d$"):
        handler("d", fails=True)
    assert happened == ["a", "b", "trim", "c", "d", "trim"]


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc's heap is meant")
def test_free_pages_between_blocks_in_use_go_back() -> None:
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
    given_back = before - resident_bytes()
    for block in pins:
        c.free(block)
    assert given_back > BLOCKS * BLOCK_BYTES // 2


def test_a_c_library_without_a_trim_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[None] = []

    def other_library(name: None) -> SimpleNamespace:
        opened.append(name)
        return SimpleNamespace()

    monkeypatch.setattr(ctypes, "CDLL", other_library)
    heap.trim()
    assert opened == [None]
