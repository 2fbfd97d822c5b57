"""A step's input, as the state machine gives it; `tests/tasks/test_ingest.py` holds it against the definition."""

from typing import Any

from photosky.photo import Photo

EXECUTION = "execution 1"


def event(photo: Photo, **more: Any) -> dict[str, Any]:
    """For this photo in the execution `EXECUTION`."""
    return {"owner_id": photo.owner_id, "photo_id": photo.photo_id, "execution": EXECUTION} | more
