"""A pool that runs each function at once, so that the order of concurrent calls is the same in each run."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

import pytest

P = ParamSpec("P")
T = TypeVar("T")


class InlinePool:
    """Takes the place of `ThreadPoolExecutor` in `photosky.concurrently`."""

    def __init__(self, max_workers: int) -> None:
        self.max_workers = max_workers

    def submit(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run the function. An exception that is no `Exception`, which ends the whole function, is raised at once."""
        ended: Future[T] = Future()
        try:
            ended.set_result(run(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the future raises it
            ended.set_exception(error)
        return ended

    def shutdown(self, *, cancel_futures: bool) -> None:
        """Do nothing: all functions have ended."""


def use_inline_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the functions of `Threads` one after the other, in the order in which they are started."""
    monkeypatch.setattr("photosky.concurrently.ThreadPoolExecutor", InlinePool)
