"""Threads for calls that wait for AWS at the same time, as parts of one trace."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from photosky.telemetry import current_span, in_span

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A block in which functions run in threads. All of them have ended when it ends, also by an exception.

    Lambda freezes the sandbox when the handler returns (developer guide, "Understanding the Lambda execution
    environment lifecycle"): a call that is still in progress would continue during a later invocation, or never.

    Make the clients that the functions use before the block. They are thread-safe; the session that makes them is not
    (Boto3 guide, "Low-level clients", "Multithreading or multiprocessing with clients").
    """

    def __init__(self, max_threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_threads)
        self._span = current_span()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=error is not None)

    def start(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Start a function. Read each result: it raises a failure.

        Its spans and calls belong to the span in which the block began, because one that began within it may end first.
        """
        return self._pool.submit(in_span(self._span, run), *args, **kwargs)
