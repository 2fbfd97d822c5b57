"""An import through this machine: its files are read, uploaded and ingested, four at a time."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from local.commands.sources import File
from local.deployed import Deployed
from local.errors import CommandError
from photosky.imaging.media_types import UNKNOWN_CONTENT_TYPE
from photosky.ingests import execute
from photosky.originals import Content, Importer, Original, Outcome
from photosky.photo import Photo
from photosky.settings import Settings
from photosky.store import keys
from photosky.store.photos import PhotosTable

_PARALLEL: Final = 4


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


def run(stack: Stack, owner_id: str, found: Iterator[File]) -> Iterator[Outcome]:
    """Yield the outcomes as the files finish; at most as many files are read as are being sent."""
    ingest = partial(execute, stack.states, stack.machine)
    importer = Importer(stack.table, stack.settings, ingest, owner_id)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        running: set[Future[Outcome]] = set()
        for file in found:
            running.add(pool.submit(importer.run, _original(stack, file)))
            if len(running) >= _PARALLEL:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in running)


def _original(stack: Stack, file: File) -> Original:
    content_type = file.content_type or UNKNOWN_CONTENT_TYPE
    return Original(file.name, content_type, file.size_bytes, partial(_read, stack, file))


def _read(stack: Stack, file: File) -> Content:
    data = file.read()
    return Content(len(data), hashlib.sha256(data).hexdigest(), partial(_upload, stack, data))


def _upload(stack: Stack, data: bytes, photo: Photo) -> None:
    key = keys.upload_key(photo.owner_id, photo.photo_id)
    stack.s3.put_object(Bucket=stack.settings.bucket_name, Key=key, Body=data, ContentType=photo.content_type)
