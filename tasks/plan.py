"""Plan: read all records in batches, and name the ready photos whose previews differ from the presets.

It also adds the outcomes of the previous batch to the report, so that the last result of the state machine is complete.
No state is kept between two executions: a new one reports what is still outdated.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store import keys
from photosky.store.items import Record
from photosky.store.photos import photos_table
from photosky.telemetry import logger, span

PHOTOS_PER_BATCH: Final = 500
"""50 KB of ids and 50 KB of outcomes, within the 256 KiB of a state (Step Functions guide, "Service quotas")."""

RECORDS_PER_PAGE: Final = 500

MARGIN_MILLISECONDS: Final = 15_000
"""Time that an invocation reserves for the current page."""

MAX_REPORTS: Final = 100
"""Photos that the report names with their outcome; the log has all of them."""

EXPECTED_OUTCOMES: Final = ("renewed", "current", "gone")
"""The outcomes that need no inspection."""


class Context(Protocol):
    """The used part of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The next batch: `photos` to renew, the `position` to continue from, whether there is `more`, and the `report`.

    The event is the state machine's state: `dry_run`, and after the first batch its `plan` and the `outcomes` of its
    photos. A dry run names no photos.
    """
    last = event.get("plan") or {"position": None, "more": True, "photos": [], "report": _empty_report()}
    report = _with_outcomes(last["report"], last["photos"], event.get("outcomes") or [])
    with span("plan"):
        found, position = _walk(last["position"], report, context) if last["more"] else ([], None)
    plan = {
        "photos": [] if event.get("dry_run") else [_named(photo) for photo in found],
        "position": position,
        "more": position is not None,
        "report": report,
    }
    logger.info("Planned", extra={"photos": len(found), "more": plan["more"], **report["counts"]})
    return plan


def _empty_report() -> dict[str, Any]:
    return {"counts": {"ready": 0, "outdated": 0}, "missing": {}, "unneeded": {}, "faults": 0, "reports": []}


def _with_outcomes(
    report: dict[str, Any], photos: Sequence[Mapping[str, str]], outcomes: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The report with the outcomes of the previous batch; a photo without an outcome counts as broken."""
    reported = {outcome["photo_id"]: outcome for outcome in outcomes if outcome}
    for photo in photos:
        outcome = reported.get(photo["photo_id"], {"photo_id": photo["photo_id"], "outcome": "broken"})
        _add(report["counts"], outcome["outcome"])
        if outcome["outcome"] not in EXPECTED_OUTCOMES:
            report["faults"] += 1
            if len(report["reports"]) < MAX_REPORTS:
                report["reports"].append(dict(outcome))
    return report


def _walk(
    after: Sequence[str] | None, report: dict[str, Any], context: Context
) -> tuple[list[Photo], list[str] | None]:
    """Count and return the outdated photos of the next records, and the position to continue from."""
    found: list[Photo] = []
    start = (after[0], after[1]) if after else None
    while True:
        page, start = photos_table().records(start, RECORDS_PER_PAGE)
        found += [photo for record in page if (photo := _outdated(record, report))]
        if start is None:
            return found, None
        # Pages are not split, so a batch may exceed the limit by a page.
        if len(found) >= PHOTOS_PER_BATCH or context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS:
            return found, list(start)


def _outdated(record: Record, report: dict[str, Any]) -> Photo | None:
    photo = record.photo
    if photo is None or photo.status is not Status.READY:
        return None
    report["counts"]["ready"] += 1
    presets = settings().presets
    if keys.has_current_previews(photo, presets):
        return None
    report["counts"]["outdated"] += 1
    current = keys.current_previews(photo, presets)
    for preset in presets:
        if preset.name not in current:
            _add(report["missing"], preset.name)
    for name in photo.previews.keys() - {preset.name for preset in presets}:
        _add(report["unneeded"], name)
    return photo


def _named(photo: Photo) -> dict[str, str]:
    return {"owner_id": photo.owner_id, "photo_id": photo.photo_id}


def _add(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


initialize(photos_table)
