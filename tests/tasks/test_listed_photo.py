"""The photo that a change returns is the one that its record has."""

from photosky.details import CaptureSettings
from photosky.location import Location
from photosky.photo import Photo
from tests.storage import Storage

FACTS = {
    "sha256": "ab" * 32,
    "width": 4000,
    "height": 3000,
    "capture": CaptureSettings(exposure_seconds=0.004, f_number=5.6, focal_length_mm=55.0),
    "location": Location(latitude=47.5, longitude=8.25, altitude_m=431.0),
}


def test_the_result_of_a_change_is_the_record(storage: Storage) -> None:
    photo = storage.put_photo(tags=("Sea",))
    claimed = storage.table.claim(photo.owner_id, photo.photo_id, "execution")
    ready = storage.table.complete(claimed, FACTS)
    assert (ready, ready.capture, ready.location) == (storage.photo(photo), FACTS["capture"], FACTS["location"])
    assert _numbers(ready) == [0.004, 5.6, 55.0, 47.5, 8.25, 431.0]


def _numbers(photo: Photo) -> list[float]:
    """The numbers, none of which is a decimal: JSON cannot represent these."""
    assert photo.location
    found = [photo.capture.exposure_seconds, photo.capture.f_number, photo.capture.focal_length_mm]
    found += [photo.location.latitude, photo.location.longitude, photo.location.altitude_m]
    return [number for number in found if isinstance(number, float)]
