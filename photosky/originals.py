"""Imports: each original becomes a record, an upload, and an execution of the ingest workflow.

`make import` runs this for the files of a folder, and the Import step for the objects of an S3 prefix. An interrupted
import is resumed by starting it again: ready photos are found by their digest, and unfinished ones by a key of the
digest, which is stored with the record for as long as it waits for its upload. So an original becomes one photo,
wherever an import was killed, and if several run at the same time.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from photosky.aws import fault_of
from photosky.errors import RETRY_AFTER_SECONDS, Code
from photosky.imaging.files import content_type
from photosky.imaging.media_types import UNKNOWN_CONTENT_TYPE
from photosky.photo import Photo, Status, new_photo_id, timestamp
from photosky.settings import Settings
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.creations import CreationConflictError, QuotaExceededError
from photosky.store.idempotency import KeyTakenError, RequestInProgressError, RequestKey
from photosky.store.leases import LEASE_SECONDS
from photosky.store.photos import PhotosTable
from photosky.store.table import ConditionFailedError

IN_PROGRESS_SECONDS: Final = LEASE_SECONDS + 10
"""Time to wait for another execution of a photo. The lease of a lost one has expired then."""

FAULTS: Final = (OSError, ClientError, BotoCoreError, CreationConflictError, RequestInProgressError)
"""What ends the import of one original, and not that of others."""

_CREATE_ATTEMPTS: Final = 4
_CONFLICT_SECONDS: Final = 1.0
_MAX_NAME: Final = 255
_THROTTLED: Final = ("ThrottlingException", "TooManyRequestsException")
_UNFINISHED: Final = (Status.AWAITING_UPLOAD, Status.PROCESSING, Status.FAILED)

Became = Literal["imported", "duplicate", "rejected", "failed"]

Ingest = Callable[[str, str], dict[str, Any]]
"""Runs an execution for the photo of an owner and returns its result, as `photosky.ingests.execute` does."""


@dataclass(frozen=True)
class Content:
    """The bytes of a file, as they were read: their number, and their SHA-256 in hexadecimal digits."""

    size_bytes: int
    sha256: str
    upload: Callable[[Photo], object]
    """Stores these bytes as the upload of a photo."""


@dataclass(frozen=True)
class Original:
    """A file to import: its name below the source, and its bytes on demand."""

    name: str
    content_type: str
    size_bytes: int
    read: Callable[[], Content]


@dataclass(frozen=True)
class Outcome:
    """The result of one file, a line of the report."""

    name: str
    became: Became
    photo_id: str | None = None
    code: str | None = None
    detail: str | None = None


def declared_type(name: str, read_head: Callable[[], bytes]) -> str | None:
    """The media type to declare for a file; None if it is not a picture, so that it is not imported.

    A file whose first bytes cannot be read counts as a picture, so that the import reports the error.
    """
    try:
        return content_type(name, read_head)
    except FAULTS:
        return UNKNOWN_CONTENT_TYPE


class Importer:
    """Imports originals for one owner. It has no state, so that any number of them may work at the same time."""

    def __init__(self, table: PhotosTable, settings: Settings, ingest: Ingest, owner_id: str) -> None:
        self._table = table
        self._settings = settings
        self._run_ingest = ingest
        self._owner_id = owner_id

    def run(self, original: Original) -> Outcome:
        """Import one original. A fault is its outcome; the bytes are released after it."""
        if original.size_bytes > self._settings.max_upload_bytes:
            detail = f"The file has more than {self._settings.max_upload_bytes} bytes."
            return Outcome(original.name, "rejected", None, str(Code.UPLOAD_TOO_LARGE), detail)
        try:
            return self._import(original, original.read())
        except QuotaExceededError as error:
            return Outcome(original.name, "failed", None, str(Code.QUOTA_EXCEEDED), error.detail)
        except FAULTS as error:
            return Outcome(original.name, "failed", None, fault_of(error)["fault"], str(error))

    def _import(self, original: Original, content: Content) -> Outcome:
        if known := self._table.find_by_digest(self._owner_id, content.sha256):
            return Outcome(original.name, "duplicate", known.photo_id)
        # No client can send this key, because a header has no NUL (RFC 9110, section 5.5).
        key = RequestKey.of(f"import\0{content.sha256}", [original.name])
        replaced: str | None = None
        for attempt in range(_CREATE_ATTEMPTS):
            photo = self._new(original, content)
            try:
                self._table.create_once(photo, key, self._settings.quota, instead_of=replaced)
            except KeyTakenError as taken:
                if outcome := self._continue(original, taken, content):
                    return outcome
                replaced = taken.earlier.photo_id
            except (CreationConflictError, RequestInProgressError):
                if attempt + 1 == _CREATE_ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, _CONFLICT_SECONDS * 2**attempt))  # noqa: S311 - no secret
            else:
                content.upload(photo)
                return self._finish(original, photo, self._ingest(photo))
        raise RequestInProgressError  # Others have replaced the photo each time.

    def _continue(self, original: Original, taken: KeyTakenError, content: Content) -> Outcome | None:
        """Finish the photo of an earlier import of these bytes. None if it has none that can become ready."""
        photo = self._table.get(self._owner_id, taken.earlier.photo_id)
        if photo and photo.status in _UNFINISHED:
            result = self._ingest(photo)
            if result.get("code") == Code.UPLOAD_MISSING:
                content.upload(photo)
                result = self._ingest(photo)
            if result["outcome"] != "declined" or result["code"] == Code.INGEST_IN_PROGRESS:
                outcome = self._finish(original, photo, result)
                # Another file has the same bytes, and the photo is that file's.
                is_repeated = outcome.became == "imported" and not taken.is_same_request
                return replace(outcome, became="duplicate") if is_repeated else outcome
            photo = self._table.get(self._owner_id, photo.photo_id)
        if photo and photo.status is Status.READY:
            return Outcome(original.name, "duplicate", photo.photo_id)
        if photo and photo.rejection and photo.status is Status.REJECTED:
            return self._finish(original, photo, {"outcome": "rejected", **photo.rejection._asdict()})
        return None

    def _finish(self, original: Original, photo: Photo, result: dict[str, Any]) -> Outcome:
        """The outcome for the result of an execution. A rejected photo loses its record, which has no further use."""
        if result["outcome"] == "ready":
            return Outcome(original.name, "imported", photo.photo_id)
        if result["outcome"] != "rejected":
            return Outcome(original.name, "failed", photo.photo_id, result["code"], result["detail"])
        if found := self._table.get(self._owner_id, photo.photo_id):
            with suppress(ConditionFailedError):  # Another import of the same bytes is deleting it.
                self._table.begin_delete(found, in_any_status=False)
                self._table.finish_delete(self._owner_id, photo.photo_id)
        return Outcome(original.name, "rejected", None, result["code"], result["detail"])

    def _ingest(self, photo: Photo) -> dict[str, Any]:
        """Ingest a photo. While another execution holds it, wait and repeat, until a lost one has lost its lease."""
        end = time.monotonic() + IN_PROGRESS_SECONDS
        while True:
            try:
                result = self._run_ingest(self._owner_id, photo.photo_id)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _THROTTLED or time.monotonic() >= end:
                    raise
            else:
                if result.get("code") != Code.INGEST_IN_PROGRESS or time.monotonic() >= end:
                    return result
            time.sleep(RETRY_AFTER_SECONDS)

    def _new(self, original: Original, content: Content) -> Photo:
        now = time.time()
        return Photo(
            owner_id=self._owner_id,
            photo_id=new_photo_id(),
            status=Status.AWAITING_UPLOAD,
            filename=PurePosixPath(original.name).name[-_MAX_NAME:],
            content_type=original.content_type,
            size_bytes=content.size_bytes,
            declared_sha256=content.sha256,
            created_at=timestamp(datetime.fromtimestamp(now, UTC)),
            awaited_until=int(now) + UPLOAD_WAIT_SECONDS,
        )
