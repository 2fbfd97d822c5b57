"""Stream records that a pipe has not sent yet. They are journaled with the change that they describe.

So an event exists exactly if the change does, also after `kill -9`. A record whose removal is not yet on disk is sent
again after the next start.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

Record = dict[str, Any]
"""A record of a DynamoDB stream, as a pipe passes it on."""

STATE: Final = "outbox"
"""The name of the state file, and of the service in the journal."""


class Outbox:
    """The records in the order of their changes. Thread-safe."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._lock = threading.Lock()

    def add(self, records: Iterable[Record]) -> None:
        """Add records."""
        with self._lock:
            self._records.update({record["eventID"]: record for record in records})

    def remove(self, ids: Iterable[str]) -> None:
        """Remove the records with these ids."""
        with self._lock:
            for one in ids:
                self._records.pop(one, None)

    def first(self, source: str, limit: int) -> list[Record]:
        """The oldest records of a stream, up to a number."""
        with self._lock:
            of_source = (record for record in self._records.values() if record["eventSourceARN"] == source)
            return [record for _, record in zip(range(limit), of_source, strict=False)]

    @property
    def is_empty(self) -> bool:
        """Whether all records were sent or given up."""
        with self._lock:
            return not self._records

    def state(self) -> dict[str, Any]:
        """The state, as its file has it."""
        with self._lock:
            return {"records": dict(self._records)}

    def restore(self, path: Path) -> None:
        """Read the state from its file, if there is one."""
        if path.exists():
            self.add(json.loads(path.read_text())["payload"]["records"].values())


def added(record: Record) -> Record:
    """The journal's change for a record to send."""
    return {"record": record}


def sent(ids: Iterable[str]) -> Record:
    """The journal's change for records that were sent or given up."""
    return {"sent": list(ids)}


def apply(payload: dict[str, Any], change: Mapping[str, Any]) -> None:
    """Apply a change of the journal to the state. A second time, it changes nothing more."""
    if "record" in change:
        payload["records"][change["record"]["eventID"]] = change["record"]
    for one in change.get("sent", ()):
        payload["records"].pop(one, None)


outbox: Final = Outbox()
