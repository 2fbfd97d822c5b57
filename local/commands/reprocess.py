"""`make reprocess`: the deployed Reprocess state machine on demand, its progress, and what it came to."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.deployed import Deployed
from local.progress import Progress

_MACHINE: Final = "ReprocessStateMachineArn"
_POLL_SECONDS: Final = 0.5

_SAID: Final[Mapping[str, str]] = {
    "renewed": "have the previews that the presets ask for, now",
    "current": "had them meanwhile",
    "gone": "were deleted meanwhile",
    "busy": "were held by somebody else; start it again",
    "damaged": "stay as they are, because the original is not what it was",
    "broken": "stay as they are, because something broke; start it again",
}
"""What each outcome is called in the terminal, in this order."""


class ReprocessFailed(Exception):
    """The state machine broke; the message is for the terminal."""


@dataclass(frozen=True)
class Report:
    """What a run came to, as Plan counts it."""

    counts: Mapping[str, int]
    missing: Mapping[str, int]
    """Photos that lack a preset's preview, by the preset."""
    unneeded: Mapping[str, int]
    """Photos that have a preview of no preset, by its name."""
    faults: int
    reports: list[Mapping[str, str]]

    def lines(self, *, dry_run: bool) -> list[str]:
        """What to print."""
        ready, outdated = self.counts["ready"], self.counts["outdated"]
        told = [f"{outdated} of {ready} photos need other previews"]
        told += [f"  {count} lack {name}" for name, count in sorted(self.missing.items())]
        told += [f"  {count} have {name}, which no preset asks for" for name, count in sorted(self.unneeded.items())]
        if dry_run:
            return told
        told += [f"{self.counts[name]} {said}" for name, said in _SAID.items() if self.counts.get(name)]
        return told + [f"  {r['photo_id']}: {r['outcome']} {r.get('code', '')}".rstrip() for r in self.reports]


def reprocess(stack: Deployed, progress: Progress, *, dry_run: bool = False) -> Report:
    """Count, and then renew every photo whose previews are not what the presets ask for. Raises ReprocessFailed."""
    arn = stack.outputs[_MACHINE]
    states = stack.clients.client("stepfunctions")
    counted = _run(states, arn, {"dry_run": True})
    total = counted.counts["outdated"]
    if dry_run or not total:
        return counted
    with progress.bar("Reprocessing", total) as advance_to:
        return _run(states, arn, {}, lambda execution: advance_to(_done(states, execution)))


def _run(states: Any, arn: str, given: Mapping[str, Any], look: Any = None) -> Report:
    """One execution, watched until it ends."""
    execution = states.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        if look:
            look(execution)
        time.sleep(_POLL_SECONDS)
    if look:
        look(execution)
    if found["status"] == "SUCCEEDED":
        return Report(**json.loads(found["output"]))
    if found.get("error") == "Incomplete":
        return Report(**json.loads(found["cause"]))
    raise ReprocessFailed(f"Reprocess {found['status'].lower()}: {found.get('error')}: {found.get('cause')}")


def _done(states: Any, execution: str) -> int:
    """How many photos the run has come to an end with."""
    runs = states.get_paginator("list_map_runs").paginate(executionArn=execution)
    return sum(
        counts["succeeded"] + counts["failed"]
        for page in runs
        for run in page["mapRuns"]
        for counts in [states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]]
    )
