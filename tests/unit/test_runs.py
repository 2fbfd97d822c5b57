"""A run of Reconcile: what its result and its log have."""

from collections.abc import Callable
from typing import Any

from photosky.runs import MAX_REPORTS, Run


class Context:
    """Lambda's context of an invocation with a minute left."""

    aws_request_id = "0198c2a0"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def test_result_has_the_first_reports_and_the_log_all(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    run = Run(Context())
    photo_ids = [str(number) for number in range(MAX_REPORTS + 2)]
    for photo_id in photo_ids:
        run.report(photo_id, "It has no record.")
    reports = [{"photo_id": photo_id, "reason": "It has no record."} for photo_id in photo_ids]
    assert run.reports == reports[:MAX_REPORTS]
    assert (run.counts["found"], run.counts["reported"]) == (len(photo_ids), len(photo_ids))
    logged = [line for line in log_lines() if line["level"] == "WARNING"]
    assert [{name: line[name] for name in ("photo_id", "reason")} for line in logged] == reports
