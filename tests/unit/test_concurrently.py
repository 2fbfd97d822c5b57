"""Functions in threads: they run at the same time, all of them end, and no failure is lost."""

import threading
from collections.abc import Callable

import pytest

from photosky.concurrently import Threads

TIMEOUT_SECONDS = 10


def test_functions_run_at_the_same_time() -> None:
    barrier = threading.Barrier(2)

    def meet(name: str) -> str:
        barrier.wait(TIMEOUT_SECONDS)
        return name

    with Threads(2) as threads:
        started = [threads.start(meet, name) for name in ("first", "second")]
    assert [future.result() for future in started] == ["first", "second"]


def ended_after(block: Callable[[Threads], object]) -> bool:
    """Run a block that starts a slow function and raises; return whether the function had ended when it was left."""
    release, ended = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait(TIMEOUT_SECONDS)
        ended.set()

    def run() -> None:
        with Threads(2) as threads:
            threads.start(slow)
            threading.Timer(0.05, release.set).start()
            block(threads)

    with pytest.raises(ValueError, match="broken"):
        run()
    return ended.is_set()


def fail() -> None:
    raise ValueError("broken")


def test_exception_leaves_the_block_after_every_function_has_ended() -> None:
    assert ended_after(lambda _threads: fail())


def test_failure_of_a_function_is_raised_by_its_result() -> None:
    assert ended_after(lambda threads: threads.start(fail).result())


def test_functions_that_wait_for_a_thread_are_not_started_after_an_exception() -> None:
    release = threading.Event()
    calls: list[str] = []

    def run() -> None:
        with Threads(1) as threads:
            threads.start(release.wait, TIMEOUT_SECONDS)
            threads.start(calls.append, "late")
            threading.Timer(0.05, release.set).start()
            fail()

    with pytest.raises(ValueError, match="broken"):
        run()
    assert calls == []
