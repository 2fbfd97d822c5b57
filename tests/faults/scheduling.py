"""Cooperative scheduling: only one function runs at a time, so that a concurrent run is reproducible."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from greenlet import getcurrent, greenlet

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
    """A function that runs only between `resume` and the next `pause`.

    It is a greenlet: control changes twice at each AWS call, which was a sixth of a journey's time with threads. Actors
    share the local variables of the thread. The code under test has none, because it is not traced.
    """

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
        self._greenlet: Any = greenlet(self._body)

    def resume(self) -> bool:
        """Run the function until it pauses or ends; return whether it has ended."""
        resumer = current_actor()
        self._greenlet.parent = getcurrent()
        _running[0] = self
        self._greenlet.switch()
        _running[0] = resumer
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
        self._greenlet.parent.switch()
        if self._is_cancelled:
            raise SystemExit

    def cancel(self) -> None:
        """End the function at its current pause, or before its start."""
        self._is_cancelled = True
        self.is_finished = self.is_finished or not self._greenlet
        while not self.is_finished:
            self.resume()

    def _body(self) -> None:
        try:
            self._result = self._run()
        except BaseException as error:  # noqa: BLE001 - a terminated function raises a BaseException
            self._error = error
        self.is_finished = True


_running: Final[list[Actor[Any] | None]] = [None]


def current_actor() -> Actor[Any] | None:
    """The actor that runs now, if any."""
    return _running[0]
