"""`make reconcile`: invoke the deployed Reconcile function, a sweep and then an audit, and print what they found."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.config import Config

from local import deploy
from local.commands import options
from local.connection import Connection
from local.deploy import Target
from local.emulator.server import root_credentials
from local.errors import CommandError
from photosky.store.leases import LEASE_SECONDS

_FUNCTION: Final = "ReconcileFunctionName"
_MARGIN_SECONDS: Final = 1

_TEXTS: Final[Mapping[str, str]] = {
    "ingested": "ingested: the upload was complete, but its ingest was lost or never requested",
    "finished": "made ready: the execution was lost before its last write",
    "failed": "failed: the ingest was lost without an upload, or again; the photo can be uploaded again",
    "deleted": "deleted: the deletion had been interrupted",
    "swept": "cleared of objects and marks that nothing refers to",
    "relisted": "listed again: the listings, the timeline or the changes did not have what the record says",
    "recounted": "counters corrected",
    "reported": "to be checked by an operator",
    "waiting": "with an active lease, of a running execution or deletion or of one that was just lost",
}
"""How the terminal describes each count, in this order."""

_STOPPED: Final = (
    "The audit stopped and changed nothing. {reason} Confirm the removal with `make reconcile ARGS=--confirm`, unless "
    "the table was restored."
)


@dataclass
class Findings:
    """The sum of several runs."""

    counts: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    """Why the last audit stopped before it removed anything."""
    reports: list[dict[str, str]] = field(default_factory=list)

    def add(self, result: Mapping[str, Any]) -> None:
        """Add one run's result; `waiting` and repeated reports count as the last run saw them."""
        self.counts.update({name: result[name] for name in _TEXTS if name not in ("waiting", "reported")})
        self.counts["waiting"] = result["waiting"]
        self.reports += [report for report in result["reports"] if report not in self.reports]
        self.counts["reported"] = len(self.reports)
        self.stopped = result.get("stopped")

    def lines(self) -> list[str]:
        """Return the lines to print."""
        counts = [f"{self.counts[name]} {text}" for name, text in _TEXTS.items() if self.counts[name]]
        reports = [f"  {report['photo_id'] or '(no photo)'}: {report['reason']}" for report in self.reports]
        stopped = [_STOPPED.format(reason=self.stopped)] if self.stopped else []
        return [*counts, *reports, *stopped] or ["Nothing to reconcile."]


def main(arguments: Sequence[str]) -> int:
    """Reconcile the running stack; the exit code is 1 if the audit stopped."""
    parser = options.parser("reconcile", __doc__)
    parser.add_argument("--confirm", action="store_true", help="remove what an audit stopped at")
    given = parser.parse_args(arguments)
    found = reconcile(Connection.read(given.state), given.state, print, is_confirmed=given.confirm)
    print("\n".join(found.lines()))
    return 1 if found.stopped else 0


def reconcile(live: Connection, state: Path, say: Callable[[str], None], *, is_confirmed: bool = False) -> Findings:
    """Sweep and audit everything, and once more after the leases that were active have expired.

    `is_confirmed` allows the audit to remove as many objects as it finds. Raises CommandError.
    """
    target = Target(live.endpoint_url, root_credentials(state / "root.json"))
    name = (deploy.stack_outputs(target, deploy.STACK) or {})[_FUNCTION]
    client = target.client("lambda", Config(read_timeout=900, retries={"max_attempts": 0}))
    found = Findings()
    _round(client, name, found, is_confirmed=is_confirmed)
    if found.counts["waiting"]:
        say(f"{found.counts['waiting']} {_TEXTS['waiting']}. Waiting {LEASE_SECONDS} s for the leases to expire ...")
        time.sleep(LEASE_SECONDS + _MARGIN_SECONDS)
        _round(client, name, found, is_confirmed=is_confirmed)
    return found


def _round(client: Any, name: str, found: Findings, *, is_confirmed: bool) -> None:
    for event in ({"audit": False, "ingest_after_seconds": 0}, {"audit": True, "confirm": is_confirmed}):
        for result in _runs(client, name, event):
            found.add(result)


def _runs(client: Any, name: str, event: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Invoke the function until it has seen everything."""
    has_more = True
    while has_more:
        invoked = client.invoke(FunctionName=name, Payload=json.dumps(event))
        result = json.load(invoked["Payload"])
        if "FunctionError" in invoked:
            raise CommandError(f"Reconcile failed: {result.get('errorMessage', result)}")
        has_more = result["more"]
        yield result
