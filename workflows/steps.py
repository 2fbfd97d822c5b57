"""The steps of the ingest, and its timeout: functions, states, dashboard, smoke test and benchmarks follow from these.

It imports no CDK, so that the smoke test, the benchmarks and the tests read it without Node.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from infrastructure.packaging import Packages

TIMEOUT_SECONDS: Final = 27
"""The timeout of an execution, below API Gateway's integration timeout of 29 s.

It covers the longest path: the sum of the steps' timeouts and retry delays. A retry after a late failure may exceed it.
Then the execution ends as TIMED_OUT, the client receives IngestTimedOut, and the photo's lease expires.
"""

MAX_ATTEMPTS: Final = 1
MAX_DELAY_SECONDS: Final = 2
"""Limits of a step's retries, which count against `TIMEOUT_SECONDS`."""


class Step(NamedTuple):
    """One step: the comment of its state, its timeout, and what its function needs."""

    comment: str
    timeout_seconds: int
    outcome: str | None
    """The regular one, whose duration the dashboard shows. None for a step that only faults lead to."""
    packages: Packages = "runtime"
    """`imaging` for a step that decodes images; it has the environment's `imaging_memory_mib` too."""


STEPS: Final[Mapping[str, Step]] = {
    "Validate": Step("Claims the photo and checks the header of the upload", 4, "accepted"),
    "Previews": Step("Decodes the image, and stores its previews and facts", 12, "rendered", "imaging"),
    "Promote": Step("Copies the upload to the originals", 5, "promoted"),
    "Persist": Step("Completes the record, which makes the photo ready", 3, "ready"),
    "Reject": Step("Records why the upload is rejected, and deletes it", 3, "rejected"),
    "Fail": Step("Marks the photo as failed, and deletes what the execution stored", 3, None),
}
"""By name. The longest path is Validate, Previews, Persist or Reject, Fail; no timeout is retried.

Promote runs while Previews does, and ends earlier also if it is retried.
"""

STAGES: Final = (("Validate",), ("Previews", "Promote"), ("Persist",))
"""The steps of an ingest that succeeds, in order. Those of one stage run at the same time.

The outcome of the first step of a stage selects what follows.
"""

REGULAR: Final = tuple(name for stage in STAGES for name in stage)
"""The steps of an ingest that succeeds, without their stages."""


def module_of(step: str) -> str:
    """Return the module whose `handler` a step's function runs, of any workflow."""
    return f"tasks.{step.lower()}"
