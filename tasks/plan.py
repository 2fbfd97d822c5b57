"""Plan: walk all records, some at a time, and name the ready photos whose previews are not what the presets ask for.

It also keeps the count of what the turn before came to, so that the state machine's last answer says it all. Nothing
is kept between two runs: whoever starts again is told of what is still left, and of nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store import keys
from photosky.store.items import Record
from photosky.store.photos import photos_table
from photosky.telemetry import logger, span

PHOTOS_PER_TURN: Final = 500
"""50 KB of ids, and as much again for what became of them, in a state of 256 KiB at most (Step Functions quotas)."""

RECORDS_AT_ONCE: Final = 500

MARGIN_MILLISECONDS: Final = 15_000
"""What a run keeps of its time for the page that it is at."""

MAX_REPORTS: Final = 100
"""How many photos the answer names with what went wrong; each one's own log line has it, too."""

WELL: Final = ("renewed", "current", "gone")
"""The outcomes that nobody has to look at."""


class Context(Protocol):
    """What is needed of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The next turn: `photos` to renew, the `position` to go on from, whether there is `more`, and the `report` so far.

    The event is the state machine's state: `dry_run`, and behind the first turn its `plan` and the `outcomes` of the
    photos that it named. A dry run names no photos.
    """
    last = event.get("plan") or {"position": None, "more": True, "photos": [], "report": _nothing()}
    report = _tallied(last["report"], last["photos"], event.get("outcomes") or [])
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


def _nothing() -> dict[str, Any]:
    return {"counts": {"ready": 0, "outdated": 0}, "missing": {}, "unneeded": {}, "faults": 0, "reports": []}


def _tallied(
    report: dict[str, Any], photos: Sequence[Mapping[str, str]], outcomes: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The report with what became of the last turn's photos; one that nothing is told of broke."""
    reported = {became["photo_id"]: became for became in outcomes if became}
    for photo in photos:
        became = reported.get(photo["photo_id"], {"photo_id": photo["photo_id"], "outcome": "broken"})
        _add(report["counts"], became["outcome"])
        if became["outcome"] not in WELL:
            report["faults"] += 1
            if len(report["reports"]) < MAX_REPORTS:
                report["reports"].append(dict(became))
    return report


def _walk(
    after: Sequence[str] | None, report: dict[str, Any], context: Context
) -> tuple[list[Photo], list[str] | None]:
    """The outdated photos among the next records, counted, and where to go on."""
    found: list[Photo] = []
    start = (after[0], after[1]) if after else None
    while True:
        page, start = photos_table().records(start, RECORDS_AT_ONCE)
        found += [photo for record in page if (photo := _outdated(record, report))]
        if start is None:
            return found, None
        # A page is taken whole, so there may be a page more than a turn's photos.
        if len(found) >= PHOTOS_PER_TURN or context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS:
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
