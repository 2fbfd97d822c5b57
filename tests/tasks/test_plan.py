"""Plan names the photos that are outdated, a turn at a time, and keeps the count of what became of them."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.photo import Photo, Status, StoredPreview, new_photo_id
from photosky.store import keys
from tasks.plan import MARGIN_MILLISECONDS, MAX_REPORTS, PHOTOS_PER_BATCH, RECORDS_PER_PAGE, handler
from tests.storage import OWNER, STRANGER, Storage

OLD: Final = replace(DEFAULT_PRESETS[1], quality=1)


@dataclass
class Context:
    """Lambda's context, with so many questions for the time until it is up."""

    patience: float = float("inf")

    def get_remaining_time_in_millis(self) -> int:
        self.patience -= 1
        return MARGIN_MILLISECONDS if self.patience >= 0 else MARGIN_MILLISECONDS - 1


def plan(state: dict[str, Any] | None = None, patience: float = float("inf")) -> dict[str, Any]:
    """One turn."""
    return handler(state or {}, Context(patience))


def put(storage: Storage, *presets: Preset, **about: Any) -> Photo:
    """A ready photo with previews as these presets made them."""
    photo_id = new_photo_id()
    shown = {
        preset.name: StoredPreview(keys.preview_key(OWNER, photo_id, "request 1", preset), 1, 1, "image/webp", 1)
        for preset in presets
    }
    return storage.put_ready("ab" * 32, photo_id=photo_id, previews=shown, **about)


def named(*photos: Photo) -> list[dict[str, str]]:
    """Photos as a turn names them, in the order of their ids."""
    return [
        {"owner_id": photo.owner_id, "photo_id": photo.photo_id}
        for photo in sorted(photos, key=lambda photo: photo.photo_id)
    ]


def sorted_photos(answer: dict[str, Any]) -> list[dict[str, str]]:
    return sorted(answer["photos"], key=lambda photo: photo["photo_id"])


def report(**told: Any) -> dict[str, Any]:
    return {"counts": {"ready": 0, "outdated": 0}, "missing": {}, "unneeded": {}, "faults": 0, "reports": []} | told


def test_nothing_to_do_is_said_at_once(storage: Storage) -> None:
    put(storage, *DEFAULT_PRESETS)
    assert plan() == {
        "photos": [],
        "position": None,
        "more": False,
        "report": report(counts={"ready": 1, "outdated": 0}),
    }


def test_photos_of_everybody_are_named_that_lack_a_preview_or_have_one_too_many(storage: Storage) -> None:
    put(storage, *DEFAULT_PRESETS)
    changed = put(storage, DEFAULT_PRESETS[0], OLD, *DEFAULT_PRESETS[2:])
    empty = put(storage, owner_id=STRANGER)
    more = put(storage, *DEFAULT_PRESETS, replace(OLD, name="old"))
    for status in set(Status) - {Status.READY}:
        storage.await_upload(status=status)
    storage.table.finish_delete(changed.owner_id, "gone")
    storage.table.store_audit_position(["records", "x", "y"])
    answer = plan()
    assert sorted_photos(answer) == named(changed, empty, more)
    assert (answer["position"], answer["more"]) == (None, False)
    assert answer["report"] == report(
        counts={"ready": 4, "outdated": 3},
        missing={"thumb": 1, "small": 2, "medium": 1, "large": 1},
        unneeded={"old": 1},
    )


def test_a_dry_run_names_nobody_and_writes_nothing(storage: Storage) -> None:
    put(storage, OLD)
    before = storage.records()
    answer = plan({"dry_run": True})
    assert (answer["photos"], answer["report"]["counts"]) == ([], {"ready": 1, "outdated": 1})
    assert storage.records() == before


@pytest.mark.parametrize("dry_run", [False, True])
def test_turns_go_on_from_each_other_and_see_every_photo_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    photos = [put(storage, OLD) for _ in range(5)]
    monkeypatch.setattr("tasks.plan.RECORDS_PER_PAGE", 2)
    monkeypatch.setattr("tasks.plan.PHOTOS_PER_BATCH", 2)
    seen: list[dict[str, str]] = []
    state: dict[str, Any] = {"dry_run": dry_run}
    turns = 0
    while True:
        state["plan"] = plan(state, patience=0)
        turns += 1
        seen += state["plan"]["photos"]
        state["outcomes"] = [{"photo_id": photo["photo_id"], "outcome": "renewed"} for photo in state["plan"]["photos"]]
        if not state["plan"]["photos"] and not state["plan"]["more"]:
            break
    assert sorted(seen, key=lambda photo: photo["photo_id"]) == ([] if dry_run else named(*photos))
    assert state["plan"]["report"]["counts"] == {"ready": 5, "outdated": 5} | ({} if dry_run else {"renewed": 5})
    assert turns == (3 if dry_run else 4)


def test_what_became_of_a_turns_photos_is_counted_once_and_what_went_wrong_is_told(storage: Storage) -> None:
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


def test_a_turn_fits_the_state_with_all_that_goes_wrong() -> None:
    """256 KiB, which Step Functions counts in UTF-8 (its quotas)."""
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
