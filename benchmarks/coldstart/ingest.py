"""An ingest and a listing, each function in a process of its own that ends after its first answer."""

import io
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boto3 import Session
from PIL import Image

from benchmarks.coldstart import service, start
from benchmarks.scale.units import Index
from benchmarks.scale.usage import INDEXES, SESSION_TOKEN_CHARACTERS, TABLE_KEYS
from infrastructure.environment import Environment
from infrastructure.packaging import ROOT
from photosky.logs import LEVEL_VARIABLE
from photosky.metrics import ENVIRONMENT_VARIABLE

API, VALIDATE, PREVIEWS, PERSIST = "api.handler", "tasks.validate", "tasks.previews", "tasks.persist"
PROMOTE: Final = "tasks.promote"
"""Earlier trees have no such function: their Persist copies the original."""

_BUCKET, _TABLE = "media", "photos"
_PAGE: Final = {"limit": "10"}
_NUMBERS: Final = ("unsettled_shard", "lease_until")
"""The table's key attributes that are no strings."""
_START_SECONDS: Final = 30


@dataclass(frozen=True)
class Start:
    """One cold start: CPU and wall time, in seconds, from the interpreter's start to the first answer.

    `init_cpu_seconds` is the part of Lambda's init phase: the import of the handler's module.
    """

    cpu_seconds: float
    wall_seconds: float
    init_cpu_seconds: float
    modules: int


class Functions:
    """The functions of one source tree, which are started cold. `folders` has their unpacked assets by module.

    The trees share a table. Each has an owner of its own: an earlier tree cannot read records of a later schema.
    """

    def __init__(self, services: "Services", folders: Mapping[str, Path]) -> None:
        self._services = services
        self._folders = folders
        self._owner_id = str(uuid.uuid4())
        for folder in folders.values():
            trusted = folder / "botocore" / "cacert.pem"
            trusted.write_bytes(trusted.read_bytes() + services.certificate)

    def ingest(self) -> dict[str, Start]:
        """Create, upload and ingest a photo and list a page: the start of each function, by module."""
        starts: dict[str, Start] = {}

        def run(module: str, event: Mapping[str, Any]) -> Any:
            starts[module], result = self._start(module, event)
            if result.get("outcome") in ("declined", "rejected") or result.get("statusCode", 200) >= 400:
                raise RuntimeError(f"{module} returned {result}")
            return result

        size = {"filename": "photo.jpg", "content_type": "image/jpeg", "size_bytes": len(_PICTURE)}
        created = run(API, _request(self._owner_id, "POST", body=json.dumps(size)))
        photo_id = json.loads(created["body"])["photo"]["photo_id"]
        self._services.s3.put_object(
            Bucket=_BUCKET, Key=f"incoming/{self._owner_id}/{photo_id}", Body=_PICTURE, ContentType="image/jpeg"
        )
        event = {"owner_id": self._owner_id, "photo_id": photo_id, "execution": photo_id}
        accepted = run(VALIDATE, event)
        rendered = run(PREVIEWS, {**event, "declared_sha256": "", **accepted})
        if PROMOTE in self._folders:
            rendered |= {"promoted": run(PROMOTE, {**event, **accepted})["outcome"]}
        run(PERSIST, {**event, "declared_sha256": "", "validated": accepted, "previous": rendered})
        run(API, _request(self._owner_id, "GET", query=_PAGE))
        return starts

    def _start(self, module: str, event: Mapping[str, Any]) -> tuple[Start, Any]:
        folder = self._folders[module]
        command = [sys.executable, "-I", "-S", "-B", start.__file__, str(folder), module]
        started = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            input=json.dumps(event),
            env=self._services.environment | {"LAMBDA_TASK_ROOT": str(folder), "_HANDLER": f"{module}.handler"},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            raise RuntimeError(f"{module} ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
        report = json.loads(done.stderr.splitlines()[-1])
        cpu = {name: moment[0] for name, moment in report["moments"].items()}
        return Start(cpu["first"], seconds, cpu["init"] - cpu["interpreter"], report["modules"]), report["result"]


class Services:
    """S3 and DynamoDB in another process, with the bucket and the table of a deployment."""

    def __init__(self, folder: Path) -> None:
        port = (folder / service.PORT).read_text()
        self.certificate = (folder / service.CERTIFICATE).read_bytes()
        endpoint_url = f"https://{service.ADDRESS}:{port}"
        self.environment = function_environment(endpoint_url)
        options: dict[str, Any] = {"endpoint_url": endpoint_url, "verify": str(folder / service.CERTIFICATE)}
        session = Session(_RUNTIME["AWS_ACCESS_KEY_ID"], _RUNTIME["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        self.s3 = session.client("s3", **options)
        self.s3.create_bucket(Bucket=_BUCKET)
        session.client("dynamodb", **options).create_table(
            TableName=_TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_key_schema(TABLE_KEYS),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "N" if name in _NUMBERS else "S"}
                for name in sorted({*TABLE_KEYS, *(key for index in INDEXES for key in index.keys)})
            ],
            GlobalSecondaryIndexes=[_index(index) for index in INDEXES],
        )


def function_environment(endpoint_url: str) -> dict[str, str]:
    """The environment variables of a function: those that Lambda sets, and those of the stack."""
    deployed = Environment(name="dev", allowed_origins=("https://photos.example",))
    return {
        **deployed.settings(_TABLE, _BUCKET, "0.0.0").to_environment(),
        **_RUNTIME,
        "AWS_ENDPOINT_URL": endpoint_url,
        ENVIRONMENT_VARIABLE: deployed.name,
        LEVEL_VARIABLE: deployed.log_level,
    }


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    """Start the services, with their files in `folder`. Raises TimeoutError if they do not start."""
    command = [sys.executable, "-m", service.__name__, str(folder)]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own module
    try:
        end = time.monotonic() + _START_SECONDS
        while not (folder / service.PORT).exists():
            if process.poll() is not None or time.monotonic() > end:
                raise TimeoutError("the emulated services did not start")
            time.sleep(0.1)
        yield Services(folder)
    finally:
        process.terminate()
        process.wait()


def _index(index: Index) -> Any:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": {"ProjectionType": "KEYS_ONLY" if index.keys_only else "ALL"},
    }


def _key_schema(names: tuple[str, ...]) -> Any:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)]


def _picture() -> bytes:
    """A small JPEG: its pixels should not hide the start."""
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return file.getvalue()


def _request(owner_id: str, method: str, *, body: str | None = None, query: Mapping[str, str] | None = None) -> Any:
    """The event of a request to `/photos` (API Gateway guide, "Input format of a Lambda function")."""
    headers = {"Accept": "*/*", "Content-Type": "application/json", "Origin": "https://photos.example"}
    return {
        "resource": "/photos",
        "path": "/photos",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "httpMethod": method,
            "path": "/v1/photos",
            "resourcePath": "/photos",
            "stage": "v1",
            "authorizer": {"claims": {"sub": owner_id}},
        },
        "body": body,
        "isBase64Encoded": False,
    }


_PICTURE: Final = _picture()

_RUNTIME: Final = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEOFBENCH",
    "AWS_SECRET_ACCESS_KEY": "a/secret+of/the/bench",
    "AWS_SESSION_TOKEN": "t" * SESSION_TOKEN_CHARACTERS,
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
    "AWS_LAMBDA_FUNCTION_NAME": "PhotoSky-dev-Function",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    "_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
"""What Lambda sets (Lambda guide, "Defined runtime environment variables"), with a trace that is sampled."""
