"""One import: each file becomes a record, an object in `incoming/`, and an execution of the ingest workflow."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, Literal, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.commands.sources import File
from local.deployed import Deployed
from local.errors import CommandError
from photosky.errors import Code
from photosky.imaging.media_types import UNKNOWN_CONTENT_TYPE
from photosky.photo import Photo, Status, new_photo_id, timestamp
from photosky.settings import Settings
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.creations import CreationConflictError, QuotaExceededError
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import MediaBucket
from photosky.store.photos import PhotosTable

_PARALLEL: Final = 4
_MAX_DIGESTS: Final = 10_000
"""Digests that one import remembers; far more than the files that it sends while the table's index lags behind."""

_RETRY_SECONDS: Final = 5
_IN_PROGRESS_SECONDS: Final = LEASE_SECONDS + 2 * _RETRY_SECONDS
"""Time to wait for another execution of a photo. The lease of a lost one has expired then."""

_UNFINISHED: Final = (Status.AWAITING_UPLOAD, Status.PROCESSING, Status.FAILED)

_FAULTS: Final = (OSError, ClientError, BotoCoreError, CreationConflictError)
_MAX_NAME: Final = 255

Became = Literal["imported", "duplicate", "rejected", "failed"]


@dataclass(frozen=True)
class Outcome:
    """The result of one file, a line of the report."""

    name: str
    became: Became
    photo_id: str | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Stack:
    """The parts of a deployed stack that an import uses."""

    settings: Settings
    machine: str
    pool: str
    s3: Any
    table: PhotosTable
    states: Any
    cognito: Any

    @classmethod
    def of(cls, deployed: Deployed) -> Self:
        """Read a stack's settings and make its clients."""
        target, outputs = deployed.clients, deployed.outputs
        function = target.client("lambda").get_function_configuration(FunctionName=outputs["ReconcileFunctionName"])
        settings = Settings.from_environment(function["Environment"]["Variables"])
        many = Config(max_pool_connections=_PARALLEL)
        return cls(
            settings=settings,
            machine=outputs["StateMachineArn"],
            pool=outputs["UserPoolId"],
            s3=target.client("s3", many),
            table=PhotosTable(target.client("dynamodb", many), settings.table_name),
            # The call lasts as long as the workflow; a retry would start a second execution.
            states=target.client("stepfunctions", many.merge(Config(read_timeout=60, retries={"max_attempts": 0}))),
            cognito=target.client("cognito-idp"),
        )

    def owner_id(self, username: str) -> str:
        """Return the `sub` of a user. Raises CommandError."""
        try:
            user = self.cognito.admin_get_user(UserPoolId=self.pool, Username=username)
        except ClientError as error:
            if error.response["Error"]["Code"] != "UserNotFoundException":
                raise
            raise CommandError(f"There is no user {username!r}.") from error
        return str(next(about["Value"] for about in user["UserAttributes"] if about["Name"] == "sub"))


class Importer:
    """One run. It remembers the last digests, so that files with the same bytes are sent once.

    Earlier digests are in the table's index, which is eventually consistent. The index has ready photos only. A photo
    whose import was killed after its upload is found by the upload, and continued.
    """

    def __init__(self, stack: Stack, owner_id: str) -> None:
        self._stack = stack
        self._owner_id = owner_id
        self._started: dict[str, Future[Outcome]] = {}
        self._unfinished: dict[str, Photo] = {}
        self._lock = threading.Lock()

    def run(self, found: Iterator[File]) -> Iterator[Outcome]:
        """Yield the outcomes as the files finish; at most as many files are read as are being sent."""
        self._unfinished = {photo.declared_sha256: photo for photo in self._uploaded() if photo.declared_sha256}
        with ThreadPoolExecutor(_PARALLEL) as pool:
            running: set[Future[Outcome]] = set()
            for file in found:
                running.add(pool.submit(self._import, file))
                if len(running) >= _PARALLEL:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in running)

    def _uploaded(self) -> Iterator[Photo]:
        """The owner's photos that have an upload and are not ready."""
        bucket = MediaBucket(self._stack.s3, self._stack.settings.bucket_name)
        for upload in bucket.walk(f"{keys.UPLOADS_PREFIX}{self._owner_id}/"):
            photo = self._stack.table.get(self._owner_id, upload.key.rpartition("/")[2])
            if photo and photo.status in _UNFINISHED:
                yield photo

    def _import(self, file: File) -> Outcome:
        """Import one file. A fault is this file's outcome and does not end the run; its bytes are released after it."""
        if file.size_bytes > self._stack.settings.max_upload_bytes:
            detail = f"The file has more than {self._stack.settings.max_upload_bytes} bytes."
            return Outcome(file.name, "rejected", None, str(Code.UPLOAD_TOO_LARGE), detail)
        try:
            data = file.read()
        except _FAULTS as error:
            return _failed(file, error)
        return self._once(file, data, hashlib.sha256(data).hexdigest())

    def _once(self, file: File, data: bytes, sha256: str) -> Outcome:
        """Send a file, unless another one with the same bytes is or was sent by this run."""
        with self._lock:
            first = self._started.get(sha256)
            mine: Future[Outcome] = Future()
            self._started.setdefault(sha256, mine)
            if len(self._started) > _MAX_DIGESTS:
                del self._started[next(iter(self._started))]
        if first is not None:
            same = first.result()
            became: Became = "duplicate" if same.became == "imported" else same.became
            return Outcome(file.name, became, same.photo_id, same.code, same.detail)
        try:
            outcome = self._send(file, data, sha256)
        except QuotaExceededError as error:
            outcome = Outcome(file.name, "failed", None, str(Code.QUOTA_EXCEEDED), error.detail)
        except _FAULTS as error:
            outcome = _failed(file, error)  # Keeping the error would keep the file's bytes, through its traceback.
        except BaseException as error:
            mine.set_exception(error)
            raise
        mine.set_result(outcome)
        return outcome

    def _send(self, file: File, data: bytes, sha256: str) -> Outcome:
        if known := self._stack.table.find_by_digest(self._owner_id, sha256):
            return Outcome(file.name, "duplicate", known.photo_id)
        photo = self._unfinished.pop(sha256, None)
        result = self._ingest(photo) if photo else None
        # The photo may have been deleted or rejected, or have lost its upload, since the uploads were listed.
        is_gone = result is not None and result["outcome"] == "declined" and result["code"] != Code.INGEST_IN_PROGRESS
        if photo is None or result is None or is_gone:
            photo = self._create(file, len(data), sha256)
            self._upload(photo, data)
            result = self._ingest(photo)
        if result["outcome"] == "ready":
            return Outcome(file.name, "imported", photo.photo_id)
        if result["outcome"] != "rejected":
            return Outcome(file.name, "failed", photo.photo_id, result["code"], result["detail"])
        # The ingest has removed its objects; without a client that waits for it, its record has no use either.
        if found := self._stack.table.get(self._owner_id, photo.photo_id):
            self._stack.table.begin_delete(found, in_any_status=False)
            self._stack.table.finish_delete(self._owner_id, photo.photo_id)
        return Outcome(file.name, "rejected", None, result["code"], result["detail"])

    def _ingest(self, photo: Photo) -> dict[str, Any]:
        """Ingest a photo. While another execution holds it, wait and repeat, until a lost one has lost its lease."""
        end = time.monotonic() + _IN_PROGRESS_SECONDS
        while True:
            result = self._execute(photo)
            if result.get("code") != Code.INGEST_IN_PROGRESS or time.monotonic() >= end:
                return result
            time.sleep(_RETRY_SECONDS)

    def _execute(self, photo: Photo) -> dict[str, Any]:
        """Run one execution. Returns the result of its last step, `failed` for a failed execution."""
        done = self._stack.states.start_sync_execution(
            stateMachineArn=self._stack.machine,
            input=json.dumps({"owner_id": self._owner_id, "photo_id": photo.photo_id}),
        )
        if done["status"] != "SUCCEEDED":
            return {"outcome": "failed", "code": done.get("error", done["status"]), "detail": done.get("cause")}
        return dict(json.loads(done["output"]))

    def _upload(self, photo: Photo, data: bytes) -> None:
        self._stack.s3.put_object(
            Bucket=self._stack.settings.bucket_name,
            Key=keys.upload_key(photo.owner_id, photo.photo_id),
            Body=data,
            ContentType=photo.content_type,
        )

    def _create(self, file: File, size_bytes: int, sha256: str) -> Photo:
        now = time.time()
        photo = Photo(
            owner_id=self._owner_id,
            photo_id=new_photo_id(),
            status=Status.AWAITING_UPLOAD,
            filename=PurePosixPath(file.name).name[-_MAX_NAME:],
            content_type=file.content_type or UNKNOWN_CONTENT_TYPE,
            size_bytes=size_bytes,
            declared_sha256=sha256,
            created_at=timestamp(datetime.fromtimestamp(now, UTC)),
            awaited_until=int(now) + UPLOAD_WAIT_SECONDS,
        )
        return self._stack.table.create(photo, self._stack.settings.quota)


def _failed(file: File, error: Exception) -> Outcome:
    return Outcome(file.name, "failed", None, type(error).__name__, str(error))
