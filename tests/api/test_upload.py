"""`POST /photos/{photo_id}/upload`: a new form, as long as the photo takes an upload."""

import pytest

from photosky.errors import Code
from photosky.photo import Status
from photosky.presigning import presigner
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from tests.api.gateway import call, expect, expect_problem, headers
from tests.api.photos import UPLOAD, etag, shown
from tests.clock import NOW, Clock
from tests.storage import OWNER, Storage, awaiting


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.FAILED])
def test_photo_gets_a_new_form_and_is_kept(storage: Storage, clock: Clock, status: Status) -> None:
    photo = storage.put_photo(status=status)
    clock.tick(3600)
    until = NOW + 3600 + UPLOAD_WAIT_SECONDS
    kept = awaiting(photo, until) if status is Status.AWAITING_UPLOAD else photo
    form = presigner().upload_form(OWNER, photo.photo_id, photo.content_type, photo.size_bytes)._asdict()
    response = call("POST", UPLOAD, photo.photo_id)
    expect(response, 200, {"photo": shown(kept), "upload": form}, headers(ETag=etag(kept)))
    assert storage.photo(photo) == kept


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (Status.PROCESSING, Code.INGEST_IN_PROGRESS, "The photo is being ingested; wait for the result."),
        *(
            (
                status,
                Code.UPLOAD_NOT_EXPECTED,
                f"The photo takes no upload, because its status is {status}.",
            )
            for status in (Status.READY, Status.TRASHED, Status.REJECTED)
        ),
    ],
)
def test_photo_that_takes_no_upload_is_unchanged(storage: Storage, status: Status, code: Code, detail: str) -> None:
    photo = storage.put_photo(status=status)
    expect_problem(call("POST", UPLOAD, photo.photo_id), code, detail)
    assert storage.photo(photo) == photo
