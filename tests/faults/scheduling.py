"""Cooperative scheduling: only one function runs at a time, so that a concurrent run is reproducible."""

import _thread
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from tests.faults.plan import Fault

T = TypeVar("T")


@dataclass
class Caller:
    """A client's request in progress.

    Attributes:
        plan: The faults by the index of the AWS call.
        ready_before: Ids of the photos that were ready when the request started.
        order: Which of a function's threads makes the next call, by the number of calls so far: 0 for the first one
            that was started, -1 for the last one.
        calls: AWS calls so far.
    """

    plan: Mapping[int, Fault] = field(default_factory=dict)
    ready_before: frozenset[str] = frozenset()
    order: tuple[int, ...] = (0,)
    calls: int = 0


class Actor(Generic[T]):
    """A function in a thread that runs only between `resume` and the next `pause`."""

    def __init__(self, run: Callable[[], T], caller: Caller) -> None:
        self.caller = caller
        self.is_finished = False
        self.is_stalled = False
        self.fault: Fault | None = None
        self.attempts = 0
        self._run = run
        self._is_cancelled = False
        self._result: T
        self._error: BaseException | None = None
        self._is_started = False
        # Control changes twice at each AWS call: a lock takes a third of the time of a semaphore.
        self._resumed, self._paused = _thread.allocate_lock(), _thread.allocate_lock()
        self._resumed.acquire()
        self._paused.acquire()

    def resume(self) -> bool:
        """Run the function until it pauses or ends; return whether it has ended."""
        if self._is_started:
            self._resumed.release()
        else:
            self._is_started = True
            _thread.start_new_thread(self._body, ())
        self._paused.acquire()
        return self.is_finished

    @property
    def is_terminated(self) -> bool:
        """Whether the function ended without a result or an exception that it could have handled."""
        return self._error is not None and not isinstance(self._error, Exception)

    def result(self) -> T:
        """Return the function's result, or raise its exception."""
        if self._error is not None:
            raise self._error
        return self._result

    def pause(self) -> None:
        """Return control to `resume`; called by the function itself."""
        self._paused.release()
        self._resumed.acquire()
        if self._is_cancelled:
            raise SystemExit

    def cancel(self) -> None:
        """End the function at its current pause, or before its start."""
        self._is_cancelled = True
        self.is_finished = self.is_finished or not self._is_started
        while not self.is_finished:
            self.resume()

    def _body(self) -> None:
        _thread_local.actor = self
        try:
            self._result = self._run()
        except BaseException as error:  # noqa: BLE001 - a terminated function raises a BaseException
            self._error = error
        self.is_finished = True
        self._paused.release()


_thread_local: Final = threading.local()


def current_actor() -> Actor[Any] | None:
    """The actor that runs in this thread, if any."""
    return getattr(_thread_local, "actor", None)
