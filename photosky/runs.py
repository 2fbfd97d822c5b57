"""One run of Reconcile: its time limit, its counters and its reports."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from photosky.aws import fault_of
from photosky.store.table import ConditionFailedError
from photosky.telemetry import logger, measure

MARGIN_MILLISECONDS: Final = 40_000
"""Time that a run reserves for the current record or ingest, so that it ends before Lambda's timeout."""

MAX_REPORTS: Final = 100
"""Reports in a result; the log has all of them."""

OUTCOMES: Final = (
    *("found", "ingested", "finished", "failed", "deleted", "swept", "relisted", "recounted"),
    *("reported", "waiting", "faults"),
)
"""The counters. Whatever was `found`, such as a record, is also counted by its outcome; `waiting` ones are not."""


class Context(Protocol):
    """The used part of Lambda's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""


@dataclass
class Run:
    """One run: its time limit, its counters and its reports."""

    context: Context
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    more: bool = False
    """Whether the time limit ended the run before it had seen everything."""
    overdue: int = 0
    """Records with an expired lease that a sweep has seen."""
    oldest_overdue_seconds: float = 0
    """Seconds since the earliest of these leases expired."""
    stopped: str | None = None
    """Why an audit removed nothing, or nothing more."""
    reports: list[dict[str, str]] = field(default_factory=list)

    @property
    def execution(self) -> str:
        """The execution name under which it takes photos over."""
        return f"reconcile-{self.context.aws_request_id}"

    def note_overdue(self, lease_until: int) -> None:
        """Count a record with an expired lease. `lease_until` is in Unix seconds."""
        self.overdue += 1
        self.oldest_overdue_seconds = max(self.oldest_overdue_seconds, time.time() - lease_until)

    def is_over(self) -> bool:
        """Whether the run has to stop because of its time limit."""
        self.more = self.context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS
        return self.more

    def count(self, outcome: str, photo_id: str) -> None:
        """Count and log one outcome."""
        self.counts["found"] += 1
        self.counts[outcome] += 1
        logger.info("Reconciled a photo", extra={"photo_id": photo_id, "outcome": outcome})

    def report(self, photo_id: str, reason: str) -> None:
        """Count, log and return something that needs manual inspection."""
        self.count("reported", photo_id)
        logger.warning("Manual inspection needed", extra={"photo_id": photo_id, "reason": reason})
        if len(self.reports) < MAX_REPORTS:
            self.reports.append({"photo_id": photo_id, "reason": reason})

    def stop(self, reason: str) -> None:
        """Log and measure that an audit stopped until an operator confirms the removal."""
        self.stopped = reason
        logger.warning("The audit stopped", extra={"reason": reason})
        measure({"StoppedAudits": 1})

    @contextmanager
    def isolated(self, photo_id: str) -> Iterator[None]:
        """Isolate failures per photo: count and log an error, and continue with the next photo."""
        try:
            yield
        except ConditionFailedError:
            return  # Another writer changed the record first. The next run handles what is left.
        except Exception as error:  # noqa: BLE001 - logged, counted, and raised at the run's end
            self.count("faults", photo_id)
            logger.exception("The photo could not be reconciled", extra={"photo_id": photo_id} | fault_of(error))
