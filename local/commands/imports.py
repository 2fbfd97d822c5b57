"""`make import`: a folder of originals, or an S3 prefix, into one user's photos, through the deployed ingest.

Each file goes the way of an upload: a record, its bytes in `incoming/`, and an execution of the ingest workflow, some
files at a time. What the user has already is known by its digest, so an import that was cut short is resumed by
starting it again. A file that is refused leaves no record; the report says why.
"""

import hashlib
import json
import mimetypes
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.deployed import Deployed
from local.progress import Progress
from photosky.errors import Code
from photosky.photo import Photo, Status, new_photo_id, timestamp
from photosky.settings import Settings
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.photos import PhotosTable

_AT_ONCE: Final = 4
_REMEMBERED: Final = 10_000
"""Digests of files; far more than are sent while the table's index lags behind."""

_FAULTS: Final = (OSError, ClientError, BotoCoreError)
_MAX_NAME: Final = 255
_UNKNOWN_TYPE: Final = "application/octet-stream"
_S3: Final = "s3://"

Became = Literal["imported", "duplicate", "refused", "failed"]


class ImportFailed(Exception):
    """The import cannot begin; the message is one sentence for the terminal."""


@dataclass(frozen=True)
class File:
    """One file of the source: where it is in there, and its bytes when they are asked for."""

    name: str
    size_bytes: int
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    became: Became
    photo_id: str | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Stack:
    """The deployed stack, as far as an import needs it."""

    settings: Settings
    machine: str
    pool: str
    s3: Any
    table: PhotosTable
    states: Any
    cognito: Any

    @classmethod
    def of(cls, deployed: Deployed) -> Self:
        """The parts of a stack."""
        target, outputs = deployed.clients, deployed.outputs
        function = target.client("lambda").get_function_configuration(FunctionName=outputs["ReconcileFunctionName"])
        settings = Settings.from_environment(function["Environment"]["Variables"])
        many = Config(max_pool_connections=_AT_ONCE)
        return cls(
            settings=settings,
            machine=outputs["StateMachineArn"],
            pool=outputs["UserPoolId"],
            s3=target.client("s3", many),
            table=PhotosTable(target.client("dynamodb", many), settings.table_name),
            # It is waited for as long as the workflow may take; and an execution is not started twice.
            states=target.client("stepfunctions", many.merge(Config(read_timeout=60, retries={"max_attempts": 0}))),
            cognito=target.client("cognito-idp"),
        )

    def owner_id(self, username: str) -> str:
        """The `sub` of a user. Raises ImportFailed."""
        try:
            user = self.cognito.admin_get_user(UserPoolId=self.pool, Username=username)
        except ClientError as error:
            if error.response["Error"]["Code"] != "UserNotFoundException":
                raise
            raise ImportFailed(f"There is no user {username!r}.") from error
        return str(next(about["Value"] for about in user["UserAttributes"] if about["Name"] == "sub"))


def import_from(deployed: Deployed, source: str, owner: str, report: Path, progress: Progress) -> Counter[Became]:
    """Import a folder or `s3://bucket/prefix` for a user; how many became what.

    What became of each file is one JSON line of `report`. Raises ImportFailed.
    """
    stack = Stack.of(deployed)
    importing = Import(stack, stack.owner_id(owner))
    counts: Counter[Became] = Counter()
    with report.open("w", encoding="utf-8") as lines:
        total = sum(1 for _ in files(source, stack.s3))
        with progress.bar(f"Importing {source}", total) as advance_to:
            for outcome in importing.run(files(source, stack.s3)):
                counts[outcome.became] += 1
                told = {name: value for name, value in asdict(outcome).items() if value is not None}
                lines.write(json.dumps(told, ensure_ascii=False) + "\n")
                lines.flush()
                if outcome.became in ("refused", "failed"):
                    progress.say(f"{outcome.name}: {outcome.code}: {outcome.detail}")
                advance_to(counts.total())
    return counts


def files(source: str, s3: Any) -> Iterator[File]:
    """The files below a folder, or below an S3 prefix, in order; hidden ones are left out. Raises ImportFailed."""
    yield from _objects(source, s3) if source.startswith(_S3) else _folder(Path(source).expanduser())


def _folder(folder: Path) -> Iterator[File]:
    if not folder.is_dir():
        raise ImportFailed(f"{folder} is not a folder.")
    for path in _below(folder):
        yield File(path.relative_to(folder).as_posix(), path.stat().st_size, path.read_bytes)


def _below(folder: Path) -> Iterator[Path]:
    """The files, one folder's names at a time, so that a large source is never listed whole."""
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise ImportFailed(f"{folder} cannot be listed: {error.strerror}.") from error
    for path in names:
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _objects(source: str, s3: Any) -> Iterator[File]:
    bucket, _, prefix = source.removeprefix(_S3).partition("/")

    def reading(key: str) -> Callable[[], bytes]:
        return lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                name = found["Key"].removeprefix(prefix).lstrip("/") or found["Key"]
                if not found["Key"].endswith("/") and not any(part.startswith(".") for part in name.split("/")):
                    yield File(name, found["Size"], reading(found["Key"]))
    except s3.exceptions.NoSuchBucket as error:
        raise ImportFailed(f"There is no bucket {bucket!r}.") from error


class Import:
    """One run: it remembers the digests that it met last, so that of files with the same bytes only one is sent.

    Those from longer ago the table knows; its index tells of a photo a moment after it is ready.
    """

    def __init__(self, stack: Stack, owner_id: str) -> None:
        self._stack = stack
        self._owner_id = owner_id
        self._met: dict[str, Future[Outcome]] = {}
        self._lock = threading.Lock()

    def run(self, found: Iterator[File]) -> Iterator[Outcome]:
        """The outcomes as they come; no more files are read ahead than are worked on."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            running: set[Future[Outcome]] = set()
            for file in found:
                running.add(pool.submit(self._take, file))
                if len(running) >= _AT_ONCE:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in running)

    def _take(self, file: File) -> Outcome:
        """What becomes of one file; a fault is that file's alone. No more than its bytes are held, and not after it."""
        if file.size_bytes > self._stack.settings.max_upload_bytes:
            most = self._stack.settings.max_upload_bytes
            return Outcome(file.name, "refused", None, str(Code.UPLOAD_TOO_LARGE), f"It has more than {most} bytes.")
        try:
            data = file.read()
        except _FAULTS as error:
            return _failed(file, error)
        return self._once(file, data, hashlib.sha256(data).hexdigest())

    def _once(self, file: File, data: bytes, sha256: str) -> Outcome:
        with self._lock:
            first = self._met.get(sha256)
            mine: Future[Outcome] = Future()
            self._met.setdefault(sha256, mine)
            if len(self._met) > _REMEMBERED:
                del self._met[next(iter(self._met))]
        if first is not None:
            same = first.result()
            became: Became = "duplicate" if same.became == "imported" else same.became
            return Outcome(file.name, became, same.photo_id, same.code, same.detail)
        try:
            outcome = self._send(file, data, sha256)
        except _FAULTS as error:
            outcome = _failed(file, error)  # The error itself would keep the file's bytes, by its traceback.
        except BaseException as error:
            mine.set_exception(error)
            raise
        mine.set_result(outcome)
        return outcome

    def _send(self, file: File, data: bytes, sha256: str) -> Outcome:
        table = self._stack.table
        if known := table.find_by_digest(self._owner_id, sha256):
            return Outcome(file.name, "duplicate", known.photo_id)
        photo = self._create(file, len(data), sha256)
        upload = keys.upload_key(self._owner_id, photo.photo_id)
        self._stack.s3.put_object(
            Bucket=self._stack.settings.bucket_name, Key=upload, Body=data, ContentType=photo.content_type
        )
        done = self._stack.states.start_sync_execution(
            stateMachineArn=self._stack.machine,
            input=json.dumps({"owner_id": self._owner_id, "photo_id": photo.photo_id}),
        )
        if done["status"] != "SUCCEEDED":
            return Outcome(file.name, "failed", photo.photo_id, done.get("error", done["status"]), done.get("cause"))
        answer = json.loads(done["output"])
        if answer["outcome"] == "ready":
            return Outcome(file.name, "imported", photo.photo_id)
        # The ingest removed its objects already; nobody asks for a record of a photo that never was.
        table.begin_delete(self._owner_id, photo.photo_id)
        table.finish_delete(self._owner_id, photo.photo_id)
        return Outcome(file.name, "refused", None, answer["code"], answer["detail"])

    def _create(self, file: File, size_bytes: int, sha256: str) -> Photo:
        now = time.time()
        photo = Photo(
            owner_id=self._owner_id,
            photo_id=new_photo_id(),
            status=Status.AWAITING_UPLOAD,
            filename=PurePosixPath(file.name).name[-_MAX_NAME:],
            content_type=mimetypes.guess_type(file.name)[0] or _UNKNOWN_TYPE,
            size_bytes=size_bytes,
            declared_sha256=sha256,
            created_at=timestamp(datetime.fromtimestamp(now, UTC)),
            expires_at=int(now) + UPLOAD_WAIT_SECONDS,
        )
        self._stack.table.create(photo)
        return photo


def _failed(file: File, error: Exception) -> Outcome:
    return Outcome(file.name, "failed", None, type(error).__name__, str(error))


def lines(counts: Counter[Became], report: Path) -> Sequence[str]:
    """What to print in the end."""
    said: dict[Became, str] = {
        "imported": "imported",
        "duplicate": "there already",
        "refused": "refused",
        "failed": "failed; start it again",
    }
    told = ", ".join(f"{counts[became]} {text}" for became, text in said.items() if counts[became])
    return [told or "There are no files.", f"Each file's outcome: {report}"]
