"""Single steps and the function Events: their input, and repeated runs as retries do them."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.steps import StepResult
from photosky.store.items import marshal, to_item
from photosky.store.media import s3_client
from tasks import events
from tests.clock import NOW
from tests.storage import Storage

EXECUTION = "execution 1"

Handler = Callable[[Mapping[str, Any], object], StepResult]


def event(photo: Photo, **more: Any) -> dict[str, Any]:
    """The input of a step for this photo in the execution `EXECUTION`."""
    return {"owner_id": photo.owner_id, "photo_id": photo.photo_id, "execution": EXECUTION} | more


def accepted(photo: Photo, etag: str) -> dict[str, Any]:
    """The input of Previews after Validate accepted the upload with this ETag."""
    return event(photo, etag=etag, declared_sha256=photo.declared_sha256 or "")


def rendered(photo: Photo, etag: str, content_type: str = "image/jpeg") -> dict[str, Any]:
    """The input of Persist after Previews rendered the upload with this ETag."""
    return event(photo, previous={"outcome": "rendered", "etag": etag, "content_type": content_type})


def record(before: Photo | None, after: Photo | None, *, written: float = NOW) -> dict[str, Any]:
    """The record of a write in the table's stream."""
    images = {"OldImage": before, "NewImage": after}
    return {
        "dynamodb": {
            "ApproximateCreationDateTime": written,
            **{name: marshal(to_item(photo)) for name, photo in images.items() if photo is not None},
        }
    }


def pass_on(storage: Storage, photo: Photo) -> None:
    """Let the function Events handle what became of this photo, as the pipe does some time after the write."""
    events.handler([record(photo, storage.table.get(photo.owner_id, photo.photo_id))], None)


def run_twice(
    storage: Storage, handler: Handler, given: Mapping[str, Any], between: Callable[[], object] = lambda: None
) -> StepResult:
    """Run a step twice with the same input, assert the same result and state, and return the result."""
    first = handler(given, None)
    between()
    state = storage.records(), storage.objects()
    assert handler(given, None) == first
    assert (storage.records(), storage.objects()) == state
    return first


def after_first(operation: str, happens: Callable[[], object]) -> None:
    """Call `happens` after the first response to `operation` of S3."""
    pending = [happens]

    def answered(**_arguments: Any) -> None:
        while pending:
            pending.pop()()

    s3_client().meta.events.register(f"after-call.s3.{operation}", answered)


def refuse(operation: str, key_part: str = "") -> None:
    """Let S3 refuse an operation, on keys that contain a text, with the code SlowDown."""

    def answer(params: Mapping[str, Any], **_arguments: Any) -> None:
        if key_part in params["url"]:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "no"}}, operation)

    s3_client().meta.events.register(f"before-call.s3.{operation}", answer)


def raises(fault: Exception) -> Callable[[], None]:
    """A call that raises this fault."""

    def run() -> None:
        raise fault

    return run


def delete(storage: Storage, photo: Photo) -> None:
    """Do what `DELETE /photos/{photo_id}` does, if the owner has one photo."""
    storage.begin_delete(photo)
    for key in storage.objects():
        storage.s3.delete_object(Bucket=storage.bucket, Key=key)
    storage.table.finish_delete(photo.owner_id, photo.photo_id)
