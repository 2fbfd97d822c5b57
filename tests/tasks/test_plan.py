"""Plan names the outdated photos in batches, and counts their outcomes."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.photo import Photo, Status, StoredPreview, new_photo_id
from photosky.store import keys
from tasks.plan import MARGIN_MILLISECONDS, MAX_REPORTS, PHOTOS_PER_BATCH, RECORDS_PER_PAGE, handler
from tests.storage import OTHER_OWNER, OWNER, Storage

OLD: Final = replace(DEFAULT_PRESETS[1], quality=1)


@dataclass
class Context:
    """Lambda's context, whose time limit is reached after `remaining_checks` checks."""

    remaining_checks: float = float("inf")

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_checks -= 1
        return MARGIN_MILLISECONDS if self.remaining_checks >= 0 else MARGIN_MILLISECONDS - 1


def plan(state: dict[str, Any] | None = None, remaining_checks: float = float("inf")) -> dict[str, Any]:
    """One batch."""
    return handler(state or {}, Context(remaining_checks))


def put(storage: Storage, *presets: Preset, **about: Any) -> Photo:
    """A ready photo with previews of these presets."""
    photo_id = new_photo_id()
    shown = {
        preset.name: StoredPreview(keys.preview_key(OWNER, photo_id, "request 1", preset), 1, 1, "image/webp", 1)
        for preset in presets
    }
    return storage.put_ready("ab" * 32, photo_id=photo_id, previews=shown, **about)


def named(*photos: Photo) -> list[dict[str, str]]:
    """Photos as a batch names them, in the order of their ids."""
    return [
        {"owner_id": photo.owner_id, "photo_id": photo.photo_id}
        for photo in sorted(photos, key=lambda photo: photo.photo_id)
    ]


def sorted_photos(answer: dict[str, Any]) -> list[dict[str, str]]:
    return sorted(answer["photos"], key=lambda photo: photo["photo_id"])


def report(**changes: Any) -> dict[str, Any]:
    return {"counts": {"ready": 0, "outdated": 0}, "missing": {}, "unneeded": {}, "faults": 0, "reports": []} | changes


def test_current_photos_end_at_once(storage: Storage) -> None:
    put(storage, *DEFAULT_PRESETS)
    assert plan() == {
        "photos": [],
        "position": None,
        "more": False,
        "report": report(counts={"ready": 1, "outdated": 0}),
    }


def test_outdated_photos_of_all_owners_are_named(storage: Storage) -> None:
    put(storage, *DEFAULT_PRESETS)
    changed = put(storage, DEFAULT_PRESETS[0], OLD, *DEFAULT_PRESETS[2:])
    empty = put(storage, owner_id=OTHER_OWNER)
    more = put(storage, *DEFAULT_PRESETS, replace(OLD, name="old"))
    for status in set(Status) - {Status.READY}:
        storage.put_photo(status=status)
    storage.table.finish_delete(changed.owner_id, "gone")
    storage.table.store_audit_state({"position": ["records", "x", "y"]})
    answer = plan()
    assert sorted_photos(answer) == named(changed, empty, more)
    assert (answer["position"], answer["more"]) == (None, False)
    assert answer["report"] == report(
        counts={"ready": 4, "outdated": 3},
        missing={"thumb": 1, "small": 2, "medium": 1, "large": 1},
        unneeded={"old": 1},
    )


def test_dry_run_names_no_photos_and_writes_nothing(storage: Storage) -> None:
    put(storage, OLD)
    before = storage.records()
    answer = plan({"dry_run": True})
    assert (answer["photos"], answer["report"]["counts"]) == ([], {"ready": 1, "outdated": 1})
    assert storage.records() == before


@pytest.mark.parametrize("dry_run", [False, True])
def test_batches_continue_and_see_every_photo_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    photos = [put(storage, OLD) for _ in range(5)]
    monkeypatch.setattr("tasks.plan.RECORDS_PER_PAGE", 2)
    monkeypatch.setattr("tasks.plan.PHOTOS_PER_BATCH", 2)
    seen: list[dict[str, str]] = []
    state: dict[str, Any] = {"dry_run": dry_run}
    turns = 0
    while True:
        state["plan"] = plan(state, remaining_checks=0)
        turns += 1
        seen += state["plan"]["photos"]
        state["outcomes"] = [{"photo_id": photo["photo_id"], "outcome": "renewed"} for photo in state["plan"]["photos"]]
        if not state["plan"]["photos"] and not state["plan"]["more"]:
            break
    assert sorted(seen, key=lambda photo: photo["photo_id"]) == ([] if dry_run else named(*photos))
    assert state["plan"]["report"]["counts"] == {"ready": 5, "outdated": 5} | ({} if dry_run else {"renewed": 5})
    pages = -(
        -len(list(storage.stored_items.all_items())) // 2
    )  # The items of the timeline and of Reconcile are read too.
    assert turns == (pages if dry_run else max(pages, 4))


def test_outcomes_are_counted_once_and_failures_reported(storage: Storage) -> None:
    put(storage, *DEFAULT_PRESETS)
    outcomes: list[dict[str, str] | None] = [
        {"photo_id": "1", "outcome": "renewed"},
        {"photo_id": "2", "outcome": "damaged", "code": "CorruptImage"},
        {"photo_id": "3", "outcome": "gone"},
        {"photo_id": "4", "outcome": "busy"},
        None,
    ]
    last = {
        "photos": [{"owner_id": "owner", "photo_id": str(number)} for number in range(1, 6)],
        "position": None,
        "more": False,
        "report": report(counts={"ready": 9, "outdated": 5}),
    }
    state = {"plan": last, "outcomes": outcomes}
    answer = plan(state)
    assert answer == {
        "photos": [],
        "position": None,
        "more": False,
        "report": report(
            counts={"ready": 9, "outdated": 5, "renewed": 1, "damaged": 1, "gone": 1, "busy": 1, "broken": 1},
            faults=3,
            reports=[
                {"photo_id": "2", "outcome": "damaged", "code": "CorruptImage"},
                {"photo_id": "4", "outcome": "busy"},
                {"photo_id": "5", "outcome": "broken"},
            ],
        ),
    }
    assert plan({"plan": answer, "outcomes": outcomes})["report"] == answer["report"]


def test_largest_batch_fits_the_state() -> None:
    """256 KiB in UTF-8 (Step Functions guide, "Service quotas")."""
    most = PHOTOS_PER_BATCH + RECORDS_PER_PAGE
    photo = {"owner_id": "x" * 36, "photo_id": "x" * 36}
    broken = {"photo_id": "x" * 36, "outcome": "damaged", "code": "Lambda.ClientExecutionTimeoutException"}
    state = {
        "plan": {
            "photos": [photo] * most,
            "position": ["x" * 36] * 2,
            "report": report(reports=[broken] * MAX_REPORTS),
        },
        "outcomes": [broken] * most,
    }
    assert len(json.dumps(state).encode()) < 256 * 1024
