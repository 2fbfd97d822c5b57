"""`make reprocess`: run the deployed Reprocess state machine, show its progress, and print its report."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress

_MACHINE: Final = "ReprocessStateMachineArn"
_POLL_SECONDS: Final = 0.5

_TEXTS: Final[Mapping[str, str]] = {
    "renewed": "renewed",
    "current": "already current",
    "gone": "deleted since the count",
    "busy": "skipped, because another execution held them (start the reprocess again)",
    "damaged": "unchanged, because the original has changed",
    "broken": "failed and unchanged (start the reprocess again)",
}
"""How the terminal describes each outcome, in this order."""


def main(arguments: Sequence[str]) -> int:
    """Reprocess the running stack or an environment; the exit code is 1 if a photo failed."""
    parser = options.parser("reprocess", __doc__)
    parser.add_argument("--dry-run", action="store_true", help="only count the photos")
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    given = parser.parse_args(arguments)
    is_on_aws = bool(given.env)
    stack = Deployed.environment(given.env) if is_on_aws else Deployed.here(Connection.read(given.state), given.state)
    report = reprocess(stack, Progress(), dry_run=given.dry_run)
    print("\n".join(report.lines(dry_run=given.dry_run)))
    return 1 if report.faults else 0


@dataclass(frozen=True)
class Report:
    """A run's report, as the Plan step counts it."""

    counts: Mapping[str, int]
    missing: Mapping[str, int]
    """Photos without a preset's preview, by preset."""
    unneeded: Mapping[str, int]
    """Photos with a preview that no preset defines, by its name."""
    faults: int
    reports: list[Mapping[str, str]]

    def lines(self, *, dry_run: bool) -> list[str]:
        """Return the lines to print."""
        ready, outdated = self.counts["ready"], self.counts["outdated"]
        lines = [f"{outdated} of {ready} photos need other previews"]
        lines += [f"  {count} lack {name}" for name, count in sorted(self.missing.items())]
        lines += [f"  {count} have {name}, which no preset defines" for name, count in sorted(self.unneeded.items())]
        if dry_run:
            return lines
        lines += [f"{self.counts[name]} {text}" for name, text in _TEXTS.items() if self.counts.get(name)]
        return lines + [f"  {r['photo_id']}: {r['outcome']} {r.get('code', '')}".rstrip() for r in self.reports]


def reprocess(stack: Deployed, progress: Progress, *, dry_run: bool = False) -> Report:
    """Count the photos whose previews differ from the presets, and renew them. Raises CommandError."""
    arn = stack.outputs[_MACHINE]
    states = stack.clients.client("stepfunctions")
    counted = _run(states, arn, {"dry_run": True})
    total = counted.counts["outdated"]
    if dry_run or not total:
        return counted
    with progress.bar("Reprocessing", total) as advance_to:
        return _run(states, arn, {}, lambda execution: advance_to(_done(states, execution)))


def _run(
    states: Any, arn: str, given: Mapping[str, Any], on_poll: Callable[[str], None] = lambda _execution: None
) -> Report:
    """Run one execution until it ends."""
    execution = states.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        on_poll(execution)
        time.sleep(_POLL_SECONDS)
    on_poll(execution)
    if found["status"] == "SUCCEEDED":
        return Report(**json.loads(found["output"]))
    if found.get("error") == "Incomplete":
        return Report(**json.loads(found["cause"]))
    raise CommandError(f"Reprocess {found['status'].lower()}: {found.get('error')}: {found.get('cause')}")


def _done(states: Any, execution: str) -> int:
    """Return how many photos the run has finished."""
    runs = states.get_paginator("list_map_runs").paginate(executionArn=execution)
    return sum(
        counts["succeeded"] + counts["failed"]
        for page in runs
        for run in page["mapRuns"]
        for counts in [states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]]
    )
