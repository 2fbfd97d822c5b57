"""`make reconcile`: the deployed Reconcile function on demand, a sweep and then an audit, and what they found."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.config import Config

from local import deploy
from local.connection import Connection
from local.deploy import Target
from local.emulator.server import root_credentials
from photosky.store.leases import LEASE_SECONDS

_FUNCTION: Final = "ReconcileFunctionName"
_MARGIN_SECONDS: Final = 1

_SAID: Final[Mapping[str, str]] = {
    "finished": "ready after all: the execution had died before its last write",
    "failed": "failed: the execution died too early, the photo can be uploaded again",
    "deleted": "deleted: the deletion had died half-way",
    "swept": "cleared of objects and marks that nobody needed",
    "reported": "for a person to look at",
    "waiting": "still held by a running execution or deletion, or by one that died a moment ago",
}
"""What each count is called in the terminal, in this order."""


class ReconcileFailed(Exception):
    """The function failed; the message is for the terminal."""


@dataclass
class Findings:
    """What runs came to, together."""

    counts: Counter[str] = field(default_factory=Counter)
    reports: list[dict[str, str]] = field(default_factory=list)

    def add(self, answer: Mapping[str, Any]) -> None:
        """Take in one run's answer; what is waiting, or reported again, counts as the last run saw it."""
        self.counts.update({name: answer[name] for name in _SAID if name not in ("waiting", "reported")})
        self.counts["waiting"] = answer["waiting"]
        self.reports += [report for report in answer["reports"] if report not in self.reports]
        self.counts["reported"] = len(self.reports)

    def lines(self) -> list[str]:
        """What to print."""
        told = [f"{self.counts[name]} {said}" for name, said in _SAID.items() if self.counts[name]]
        reports = [f"  {report['photo_id'] or '(no photo)'}: {report['reason']}" for report in self.reports]
        return [*told, *reports] or ["Nothing to reconcile."]


def reconcile(live: Connection, state: Path, say: Callable[[str], None]) -> Findings:
    """Sweep and audit until all is seen, and once more when the leases that were still held have run out.

    Raises ReconcileFailed.
    """
    target = Target(live.endpoint_url, root_credentials(state / "root.json"))
    name = (deploy.stack_outputs(target, deploy.STACK) or {})[_FUNCTION]
    client = target.client("lambda", Config(read_timeout=900, retries={"max_attempts": 0}))
    found = Findings()
    _round(client, name, found)
    if found.counts["waiting"]:
        say(f"{found.counts['waiting']} {_SAID['waiting']}; waiting {LEASE_SECONDS} s for the leases to end ...")
        time.sleep(LEASE_SECONDS + _MARGIN_SECONDS)
        _round(client, name, found)
    return found


def _round(client: Any, name: str, found: Findings) -> None:
    for event in ({"audit": False}, {"audit": True}):
        for answer in _runs(client, name, event):
            found.add(answer)


def _runs(client: Any, name: str, event: Mapping[str, bool]) -> Iterable[Mapping[str, Any]]:
    """One run after another until there is no more."""
    more = True
    while more:
        invoked = client.invoke(FunctionName=name, Payload=json.dumps(event))
        answer = json.load(invoked["Payload"])
        if "FunctionError" in invoked:
            raise ReconcileFailed(f"Reconcile failed: {answer.get('errorMessage', answer)}")
        more = answer["more"]
        yield answer
