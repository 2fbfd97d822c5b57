"""What a smoke test has made, to be removed whatever happens."""

from collections.abc import Callable
from typing import Final

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from local.smoke.differences import Difference

_FAILURES: Final = (Difference, httpx.HTTPError, BotoCoreError, ClientError)


class Cleanup:
    """Removals in the reverse order of what they remove."""

    def __init__(self) -> None:
        self._removals: list[tuple[str, Callable[[], object]]] = []

    def add(self, name: str, remove: Callable[[], object]) -> None:
        """Remember how to remove something; `name` is for the operator, should that fail."""
        self._removals.append((name, remove))

    def run(self) -> list[str]:
        """Remove everything; return what remains, with the reason. Ctrl-C ends the removal."""
        remaining = []
        while self._removals:
            name, remove = self._removals[-1]
            try:
                remove()
            except _FAILURES as error:
                remaining.append(f"{name}: {error}")
            except KeyboardInterrupt:
                return remaining + [f"{name}: interrupted" for name, _ in reversed(self._removals)]
            self._removals.pop()
        return remaining
