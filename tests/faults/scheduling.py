"""Things that happen at once, in turns: only who has the turn runs, so that a run can be repeated and shrunk."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from tests.faults.plan import Fault

T = TypeVar("T")


@dataclass
class Caller:
    """A client's request on its way: its plan, how many AWS calls it made, and which photos were ready at its start."""

    plan: Mapping[int, Fault] = field(default_factory=dict)
    ready_before: frozenset[str] = frozenset()
    calls: int = 0


class Actor(Generic[T]):
    """A function that runs in turns: a thread, of which only one runs at a time.

    `resume` lets it run to its next `pause` or to its end.
    """

    def __init__(self, run: Callable[[], T], caller: Caller) -> None:
        self.caller = caller
        self.finished = False
        self.stalled = False
        self.fault: Fault | None = None
        self.attempts = 0
        self.local: dict[str, Any] = {}
        self._run = run
        self._doomed = False
        self._result: T
        self._raised: BaseException | None = None
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._body, daemon=True)

    def resume(self) -> bool:
        """Give it the turn until it pauses; whether it is finished."""
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.release()
        self._back.acquire()
        return self.finished

    def result(self) -> T:
        """What it returned. Raises what it raised."""
        if self._raised is not None:
            raise self._raised
        return self._result

    def pause(self) -> None:
        """Give the turn back; called by the actor itself."""
        self._back.release()
        self._go.acquire()
        if self._doomed:
            raise SystemExit

    def end(self) -> None:
        """Have it do nothing more."""
        self._doomed = True
        while self._thread.ident is not None and not self.finished:
            self.resume()

    def _body(self) -> None:
        _here.actor = self
        try:
            self._result = self._run()
        except BaseException as error:  # noqa: BLE001 - a killed function raises what no code may catch
            self._raised = error
        self.finished = True
        self._back.release()


_here: Final = threading.local()


def acting() -> Actor[Any] | None:
    """The actor that runs now, if one does."""
    return getattr(_here, "actor", None)
