"""The smallest operation that needs each permission of the functions' roles."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from photosky.details import CaptureSettings, ImageProperties
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.ingests import MAX_LOST_INGESTS
from photosky.photo import FACTS as PHOTO_FACTS
from photosky.photo import Photo, Status, StoredPreview
from photosky.store import keys
from photosky.store.items import marshal
from tests.infrastructure.test_permissions import SOURCE
from tests.local.client import fetch
from tests.local.stack import EXECUTION, PICTURE, DeployedStack
from tests.pictures import encoded

Permission = tuple[str, str, str]
"""Function, action and resource, written as in `GRANTS` of tests/infrastructure/test_permissions.py."""

Use = Callable[[DeployedStack], bool]
"""Runs an operation on new data. Returns whether it succeeded, and raises if it failed for another reason than IAM."""

FACTS: Final = dict.fromkeys(name for name in PHOTO_FACTS if name != "original") | {
    "sha256": "0123456789abcdef" * 4,
    "size_bytes": 1,
    "content_type": "image/jpeg",
    "width": 1,
    "height": 1,
    "previews": {},
    "capture": CaptureSettings()._asdict(),
    "image": ImageProperties()._asdict(),
}
"""What Previews stores for Persist."""

ALREADY_READY: Final = {"outcome": "ready"}
"""The result of Validate for a photo that is ready."""


def is_step_allowed(result: Mapping[str, Any]) -> bool:
    """Whether a step returned a result; its error must otherwise be a denied permission."""
    if "errorMessage" not in result:
        return True
    assert any(sign in result["errorMessage"] for sign in ("AccessDenied", "(403)")), result
    return False


def is_url_allowed(url: str) -> bool:
    """Whether a presigned URL works; S3 must otherwise answer 403."""
    response = fetch(url)
    assert response.status_code in (200, 403), response.text
    return response.status_code == 200


def is_call_allowed(stack: DeployedStack, method: str, path: str, **options: Any) -> bool:
    """Whether an API request succeeds; the API must otherwise answer 500."""
    response = stack.user.call(method, path, **options)
    assert response.is_success or response.status_code == 500, response.text
    return response.is_success


# The photos API.


def get_photo(stack: DeployedStack) -> bool:
    return is_call_allowed(stack, "GET", f"/photos/{stack.put_photo().photo_id}")


def create_photo(stack: DeployedStack) -> bool:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}
    return is_call_allowed(stack, "POST", "/photos", json=body)


def create_photo_with_digest(stack: DeployedStack) -> bool:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1, "sha256": secrets.token_hex(32)}
    return is_call_allowed(stack, "POST", "/photos", json=body)


def update_photo(stack: DeployedStack) -> bool:
    return is_call_allowed(stack, "PATCH", f"/photos/{stack.put_photo().photo_id}", json={"favorite": True})


def delete_photo(stack: DeployedStack) -> bool:
    path = f"/photos/{ready_photo(stack).photo_id}"
    return is_call_allowed(stack, "DELETE", path, params={"permanent": "true"})


def reading(path: str, **params: str) -> Use:
    """A request for a list."""
    return lambda stack: is_call_allowed(stack, "GET", path, params=params)


def upload(stack: DeployedStack) -> bool:
    response = stack.user.upload(stack.user.create(b"x")["upload"], b"x")
    assert response.status_code in (204, 403), response.text
    return response.status_code == 204


def download_original(stack: DeployedStack) -> bool:
    return is_url_allowed(stack.user.call("GET", f"/photos/{ready_photo(stack).photo_id}/original").json()["url"])


def download_preview(stack: DeployedStack) -> bool:
    return is_url_allowed(stack.user.read(ready_photo(stack).photo_id)["previews"]["thumb"]["url"])


def ready_photo(stack: DeployedStack) -> Photo:
    """A ready photo with an original, one preview and a tag, whose listing has a copy of it."""
    photo = stack.put_photo(Status.PROCESSING, execution=EXECUTION, tags=("sea",))
    about = photo.owner_id, photo.photo_id
    key, original = f"previews/{photo.owner_id}/{photo.photo_id}/thumb.webp", keys.original_key(*about, EXECUTION)
    for stored in (key, original):
        stack.put_object(stored)
    preview = StoredPreview(key, width=1, height=1, content_type="image/webp", size_bytes=1)
    facts = {"sha256": secrets.token_hex(32), "original": original, "previews": {"thumb": preview}}
    return stack.table.complete(photo, facts)


# The steps of the ingest. Each is invoked directly, with the input that the state machine would pass.


def claimed_photo(stack: DeployedStack, **changes: Any) -> Photo:
    """A photo that `EXECUTION` has claimed."""
    return stack.put_photo(Status.PROCESSING, execution=EXECUTION, **changes)


def lost_photo(stack: DeployedStack) -> Photo:
    """A photo that was rejected while `EXECUTION` processed it."""
    return stack.put_photo(Status.REJECTED, execution=EXECUTION)


def validate(stack: DeployedStack) -> bool:
    photo = stack.put_photo()
    stack.put_upload(photo)
    return is_step_allowed(stack.run_step("Validate", photo))


def validate_missing_upload(stack: DeployedStack) -> bool:
    result = stack.run_step("Validate", stack.put_photo())
    return is_step_allowed(result) and result["code"] == "UploadMissing"


def render(stack: DeployedStack) -> bool:
    photo = claimed_photo(stack)
    result = stack.run_step("Previews", photo, etag=stack.put_upload(photo), declared_sha256="")
    return is_step_allowed(result) and result["outcome"] == "rendered"


def promote(stack: DeployedStack) -> bool:
    photo = claimed_photo(stack)
    return is_step_allowed(stack.run_step("Promote", photo, etag=stack.put_upload(photo), format="jpeg"))


def promote_missing_upload(stack: DeployedStack) -> bool:
    result = stack.run_step("Promote", claimed_photo(stack), etag='"gone"', format="jpeg")
    return is_step_allowed(result) and result["outcome"] == "unavailable"


def persist(stack: DeployedStack) -> bool:
    """Without a result of Promote, so that Persist copies the original itself."""
    photo = claimed_photo(stack, tags=("sea",))
    etag = stack.put_upload(photo)
    stack.put_object(keys.facts_key(photo.owner_id, photo.photo_id, EXECUTION), json.dumps(FACTS).encode())
    result = stack.run_step("Persist", photo, previous={"outcome": "rendered", "etag": etag})
    return is_step_allowed(result) and result["outcome"] == "ready"


def persist_missing_upload(stack: DeployedStack) -> bool:
    result = stack.run_step("Persist", claimed_photo(stack), previous={"outcome": "unavailable", "etag": '"gone"'})
    return is_step_allowed(result) and result["code"] == "PreconditionFailed"


def persist_lost_photo(stack: DeployedStack) -> bool:
    return is_step_allowed(stack.run_step("Persist", lost_photo(stack), previous=ALREADY_READY))


def persist_second_upload(stack: DeployedStack) -> bool:
    """Return a ready photo, and remove what was uploaded since."""
    photo = ready_photo(stack)
    stack.put_upload(photo)
    return is_step_allowed(stack.run_step("Persist", photo, previous=ALREADY_READY))


def persist_ready_photo(stack: DeployedStack) -> bool:
    return is_step_allowed(stack.run_step("Persist", ready_photo(stack), previous=ALREADY_READY))


def download_persisted_preview(stack: DeployedStack) -> bool:
    result = stack.run_step("Persist", ready_photo(stack), previous=ALREADY_READY)
    return is_step_allowed(result) and is_url_allowed(json.loads(result["photo"])["previews"]["thumb"]["url"])


def reject(stack: DeployedStack) -> bool:
    result = stack.run_step("Reject", claimed_photo(stack), code="CorruptImage", detail="It is empty.")
    return is_step_allowed(result) and result["outcome"] == "rejected"


def fail(stack: DeployedStack) -> bool:
    result = stack.run_step("Fail", claimed_photo(stack), error="States.Timeout")
    return is_step_allowed(result) and result["outcome"] == "failed"


# Events.


def pass_on(stack: DeployedStack) -> bool:
    """Pass on, as the pipe does, that a photo became ready whose upload and facts are there."""
    photo = ready_photo(stack)
    leftovers = keys.handed_over_keys(photo.owner_id, photo.photo_id, photo.original or "")
    for key in leftovers:
        stack.put_object(key)
    image = {"status": Status.READY, "photo_id": photo.photo_id, "owner_id": photo.owner_id, "original": photo.original}
    record = {"dynamodb": {"ApproximateCreationDateTime": 0, "NewImage": marshal(image)}}
    response = stack.aws("lambda").invoke(FunctionName=stack.physical_id("Events"), Payload=json.dumps([record]))
    result = json.load(response["Payload"])
    is_allowed = "FunctionError" not in response
    assert is_allowed or "AccessDenied" in result["errorMessage"], result
    assert is_allowed is leftovers.isdisjoint(stack.objects(photo))
    return is_allowed


# Reconcile reports no result per photo. The records and objects after it show whether it succeeded.


def reconcile_lost_execution(stack: DeployedStack) -> bool:
    """Fail the photo of the last execution that may be lost, and remove its objects."""
    photo = stack.put_photo(lost_ingests=MAX_LOST_INGESTS - 1)
    stack.table.claim(photo.owner_id, photo.photo_id, EXECUTION)
    for key in keys.all_keys(stack.read_photo(photo), DEFAULT_PRESETS):
        stack.put_object(key)
    stack.expire_lease(photo)
    stack.invoke("Reconcile", {})
    return stack.read_photo(photo).status is Status.FAILED and not stack.objects(photo)


def reconcile_interrupted_deletion(stack: DeployedStack) -> bool:
    """Complete a deletion whose request was lost."""
    photo = stack.put_photo()
    stack.table.begin_delete(photo, in_any_status=True)
    stack.expire_lease(photo)
    stack.invoke("Reconcile", {})
    return stack.table.was_deleted(photo.owner_id, photo.photo_id)


def reconcile_upload(stack: DeployedStack) -> bool:
    """Ingest an upload whose client did not ask for it."""
    photo = stack.put_photo()
    stack.put_upload(photo)
    stack.invoke("Reconcile", {"ingest_after_seconds": 0})
    return stack.read_photo(photo).status is Status.READY


def audit(stack: DeployedStack) -> bool:
    """Complete a deletion that no index contains."""
    photo = stack.put_photo(Status.DELETING)
    # Confirmed, because other tests left objects whose records they had removed.
    stack.invoke("Reconcile", {"audit": True, "confirm": True})
    return stack.table.was_deleted(photo.owner_id, photo.photo_id)


def audit_counters(stack: DeployedStack) -> bool:
    """Compare the counters of the timeline with the records."""
    result = stack.invoke("Reconcile", {"audit": True, "confirm": True})
    assert result.get("errorType") in (None, "ReconcileError"), result
    return "errorType" not in result


# The steps of Reprocess, invoked directly.


def plan(stack: DeployedStack) -> bool:
    return is_step_allowed(stack.invoke("Plan", {"dry_run": True}))


def outdated_photo(stack: DeployedStack) -> Photo:
    """A ready photo with a preview of no current preset."""
    photo = ready_photo(stack)
    assert photo.original is not None
    stack.put_object(photo.original, PICTURE)
    stack.update_photo(photo, sha256={"S": hashlib.sha256(PICTURE).hexdigest()})
    return photo


def renew(stack: DeployedStack) -> bool:
    result = stack.run_step("Renew", outdated_photo(stack))
    return is_step_allowed(result) and result["outcome"] == "renewed"


# The step of Import, invoked directly.


def new_source_key(stack: DeployedStack, data: bytes | None = None) -> str:
    """The key of a new object in the source bucket, by default a picture that no photo has."""
    key = f"{secrets.token_hex(8)}.jpg"
    stack.aws("s3").create_bucket(Bucket=SOURCE)
    picture = encoded("jpeg", seed=secrets.randbelow(2**31), size=(64, 48))
    stack.aws("s3").put_object(Bucket=SOURCE, Key=key, Body=picture if data is None else data)
    return key


def transfer(stack: DeployedStack, data: bytes | None = None, became: str = "imported") -> bool:
    """Import a new object of the source bucket."""
    key = new_source_key(stack, data)
    event = {"owner_id": stack.owner_id, "bucket": SOURCE, "prefix": "", "key": key, "size_bytes": 1}
    result = stack.invoke("Transfer", event)
    assert result["became"] == became or result["code"] in ("AccessDenied", "AccessDeniedException"), result
    return bool(result["became"] == became)


def transfer_invalid(stack: DeployedStack) -> bool:
    """Import an object that is rejected, so that its record is deleted."""
    return transfer(stack, secrets.token_bytes(32), "rejected")


OBJECTS: Final = ("media/incoming/*", "media/originals/*", "media/previews/*")

USES: Final[Mapping[Permission, Use]] = {
    ("PhotosApi", "dynamodb:GetItem", "photos"): get_photo,
    ("PhotosApi", "dynamodb:PutItem", "photos"): create_photo,
    ("PhotosApi", "dynamodb:UpdateItem", "photos"): update_photo,
    ("PhotosApi", "dynamodb:DeleteItem", "photos"): delete_photo,
    ("PhotosApi", "dynamodb:Query", "photos"): reading("/timeline"),
    ("PhotosApi", "dynamodb:Query", "photos/index/ready"): reading("/photos", limit="1"),
    ("PhotosApi", "dynamodb:Query", "photos/index/taken"): reading("/photos", sort="taken_at"),
    ("PhotosApi", "dynamodb:Query", "photos/index/favorites"): reading("/photos", favorite="true"),
    ("PhotosApi", "dynamodb:Query", "photos/index/favorites-taken"): reading(
        "/photos", favorite="true", sort="taken_at"
    ),
    ("PhotosApi", "dynamodb:Query", "photos/index/changed"): reading("/changes"),
    ("PhotosApi", "dynamodb:Query", "photos/index/trashed"): reading("/photos", status="trashed"),
    ("PhotosApi", "dynamodb:Query", "photos/index/digest"): create_photo_with_digest,
    ("PhotosApi", "s3:GetObject", "media/originals/*"): download_original,
    ("PhotosApi", "s3:GetObject", "media/previews/*"): download_preview,
    ("PhotosApi", "s3:PutObject", "media/incoming/*"): upload,
    **{("PhotosApi", "s3:DeleteObject", objects): delete_photo for objects in OBJECTS},
    ("Validate", "s3:GetObject", "media/incoming/*"): validate,
    ("Validate", "s3:ListBucket", "media"): validate_missing_upload,
    ("Validate", "dynamodb:UpdateItem", "photos"): validate,
    ("Previews", "s3:GetObject", "media/incoming/*"): render,
    ("Previews", "s3:PutObject", "media/previews/*"): render,
    ("Promote", "s3:GetObject", "media/incoming/*"): promote,
    ("Promote", "s3:PutObject", "media/originals/*"): promote,
    ("Promote", "s3:ListBucket", "media"): promote_missing_upload,
    ("Persist", "dynamodb:GetItem", "photos"): persist_ready_photo,
    ("Persist", "dynamodb:PutItem", "photos"): persist,
    ("Persist", "dynamodb:UpdateItem", "photos"): persist,
    ("Persist", "s3:GetObject", "media/incoming/*"): persist,
    ("Persist", "s3:PutObject", "media/originals/*"): persist,
    ("Persist", "s3:ListBucket", "media"): persist_missing_upload,
    ("Persist", "s3:GetObject", "media/previews/*"): download_persisted_preview,
    ("Persist", "s3:DeleteObject", "media/incoming/*"): persist_second_upload,
    ("Persist", "s3:DeleteObject", "media/originals/*"): persist_lost_photo,
    ("Persist", "s3:DeleteObject", "media/previews/*"): persist_lost_photo,
    ("Reject", "dynamodb:UpdateItem", "photos"): reject,
    **{("Reject", "s3:DeleteObject", objects): reject for objects in OBJECTS},
    ("Fail", "dynamodb:UpdateItem", "photos"): fail,
    **{("Fail", "s3:DeleteObject", objects): fail for objects in OBJECTS},
    ("Events", "s3:DeleteObject", "media/incoming/*"): pass_on,
    ("Events", "s3:DeleteObject", "media/previews/*/facts.json"): pass_on,
    ("Plan", "dynamodb:Scan", "photos"): plan,
    ("Renew", "dynamodb:GetItem", "photos"): renew,
    ("Renew", "dynamodb:PutItem", "photos"): renew,
    ("Renew", "dynamodb:UpdateItem", "photos"): renew,
    ("Renew", "s3:GetObject", "media/originals/*"): renew,
    ("Renew", "s3:PutObject", "media/previews/*"): renew,
    ("Transfer", "dynamodb:Query", "photos/index/digest"): transfer,
    ("Transfer", "s3:GetObject", "source/*"): transfer,
    ("Transfer", "s3:PutObject", "media/incoming/*"): transfer,
    ("Transfer", "states:StartSyncExecution", "ingest"): transfer,
    **{
        ("Transfer", f"dynamodb:{action}", "photos"): transfer_invalid
        for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
    },
    ("Reconcile", "dynamodb:Query", "photos/index/unsettled"): reconcile_lost_execution,
    ("Reconcile", "dynamodb:GetItem", "photos"): reconcile_lost_execution,
    ("Reconcile", "dynamodb:UpdateItem", "photos"): reconcile_lost_execution,
    ("Reconcile", "s3:ListBucket", "media"): reconcile_lost_execution,
    **{("Reconcile", "s3:DeleteObject", objects): reconcile_lost_execution for objects in OBJECTS},
    ("Reconcile", "dynamodb:DeleteItem", "photos"): reconcile_interrupted_deletion,
    ("Reconcile", "dynamodb:PutItem", "photos"): reconcile_interrupted_deletion,
    ("Reconcile", "dynamodb:Query", "photos"): audit_counters,
    ("Reconcile", "dynamodb:Scan", "photos"): audit,
    ("Reconcile", "states:StartSyncExecution", "ingest"): reconcile_upload,
}
