"""A function's threads as actors: its concurrent calls are made in a reproducible order, and each can have a fault."""

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from tests.faults.scheduling import Actor, current_actor

P = ParamSpec("P")
T = TypeVar("T")


class ActorPool:
    """Takes the place of `ThreadPoolExecutor` in `photosky.concurrently`.

    The functions run while their owner waits for them. Control changes at each AWS call, as between concurrent
    requests; `Caller.order` selects the function that continues.
    """

    def __init__(self, _max_workers: int) -> None:
        owner = current_actor()
        assert owner is not None
        self._owner = owner
        self._threads: list[Actor[Any]] = []

    def submit(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Submitted[T]":
        """Start a function."""
        thread = Actor(lambda: run(*args, **kwargs), self._owner.caller)
        self._threads.append(thread)
        return Submitted(self, thread)

    def shutdown(self, *, cancel_futures: bool) -> None:  # noqa: ARG002 - there are as many threads as functions
        """Wait for all functions."""
        while self._running():
            self.step()

    def step(self) -> None:
        """Let one function continue to its next AWS call, or to its end.

        A crash ends the whole sandbox: the other calls are made before it, or never. A stalled call stalls all of it.
        """
        running, caller = self._running(), self._owner.caller
        thread = running[caller.order[caller.calls % len(caller.order)] % len(running)]
        try:
            thread.resume()
            if thread.is_terminated:
                thread.result()
            if not thread.is_finished:
                self._owner.is_stalled, thread.is_stalled = thread.is_stalled, False
                self._owner.pause()
        except BaseException:
            for other in running:
                other.cancel()
            self._threads.clear()
            raise

    def _running(self) -> list[Actor[Any]]:
        return [thread for thread in self._threads if not thread.is_finished]


class Submitted(Generic[T]):
    """Takes the place of `Future`."""

    def __init__(self, pool: ActorPool, thread: Actor[T]) -> None:
        self._pool = pool
        self._thread = thread

    def result(self) -> T:
        """Wait for the function, and return its result or raise its exception."""
        while not self._thread.is_finished:
            self._pool.step()
        return self._thread.result()
