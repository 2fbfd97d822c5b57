"""States from which the rest of a journey has already run, so that it need not run again.

A simulation is deterministic: its clock, ids, execution names and schedule are its own. So equal requests after equal
states have equal outcomes.
"""

import hashlib
from typing import Final


class RestIsKnownError(Exception):
    """Raised to end a journey whose rest has already run from an equal state."""


class KnownStates:
    """The states that the journeys of one test had at their checkpoints.

    The name of a checkpoint determines which requests and checks follow it in this test. If they failed for an earlier
    journey, the test has reported that one.

    Attributes:
        ends: Journeys that ran to their end, or to a failure.
    """

    def __init__(self, *, is_skipping: bool = True) -> None:
        self.ends = 0
        self._is_skipping: Final = is_skipping
        self._seen: set[str] = set()
        self._next: dict[str, str] = {}
        self._last: str | None = None

    def begin(self) -> None:
        """Start a journey."""
        self.ends += 1
        self._last = None

    def pass_checkpoint(self, name: str, state: str | None) -> None:
        """Note a state; None cannot be compared. Raises RestIsKnownError if an earlier journey had an equal one.

        Without skipping, it verifies the premise: equal states have equal states at the next checkpoint.
        """
        if state is None:
            return
        key = f"{name}: {hashlib.sha256(state.encode()).hexdigest()}"
        if self._is_skipping and key in self._seen:
            self.ends -= 1
            raise RestIsKnownError
        self._seen.add(key)
        if self._last is not None and not self._is_skipping:
            assert self._next.setdefault(self._last, key) == key, "equal states led to different states"
        self._last = key
