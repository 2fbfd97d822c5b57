"""Sends requests to the API's handler as API Gateway does, and measures them."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from api.handler import handler
from benchmarks.library.collection import OWNER
from benchmarks.library.service import Service, Tally
from benchmarks.library.table import Table
from benchmarks.scale import usage
from diagrams import reference
from infrastructure.environment import Environment

_ENVIRONMENT: Final = "prod"
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True)
class Request:
    """A request of `OWNER`. `document` is the body."""

    method: str
    resource: str
    photo_id: str | None = None
    query: Mapping[str, str] | None = None
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Cost:
    """What a request used. CPU is that of the function without DynamoDB's; `shown` are the entries in its response."""

    items_read: int
    shown: int
    read_units: float
    write_units: float
    cpu_seconds: float


class FailedRequestError(Exception):
    """Raised for a response that is no success."""


class Client:
    """A client of one table."""

    def __init__(self, service: Service, table: Table) -> None:
        self._service = service
        self.table = table

    def send(self, request: Request) -> Any:
        """The response's document, None if there is none. Raises FailedRequestError."""
        self._service.table = self.table
        return _document(request, handler(_event(request), None))

    def measure(self, request: Request) -> Cost:
        """Send a request; what it used. Raises FailedRequestError."""
        event = _event(request)
        self._service.table, self._service.tally = self.table, Tally()
        start = time.process_time()
        response = handler(event, None)
        seconds = time.process_time() - start
        tally = self._service.tally
        return Cost(
            items_read=tally.items_read,
            shown=_shown(_document(request, response)),
            read_units=tally.read_units,
            write_units=tally.write_units,
            cpu_seconds=seconds - tally.cpu_seconds,
        )


def function_variables() -> dict[str, str]:
    """The environment variables of the photos function: knobs of `prod`, and credentials like those of a role."""
    environment = Environment.load(_ENVIRONMENT, reference.ENVIRONMENTS)
    settings = environment.settings("photos", "media", "1.0.0")
    token = "".join(Random(1).choices(_BASE64, k=usage.SESSION_TOKEN_CHARACTERS))  # noqa: S311 - no secret
    return {
        **settings.to_environment(),
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": token,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _event(request: Request) -> dict[str, Any]:
    """The event of a Lambda proxy integration (API Gateway guide, "Input format of a Lambda function")."""
    headers = {"Accept": "*/*", "Content-Type": "application/json", "Host": "api.example"}
    query = None if request.query is None else dict(request.query)
    return {
        "resource": request.resource,
        "path": request.resource.replace("{photo_id}", request.photo_id or ""),
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": None if query is None else {name: [query[name]] for name in query},
        "pathParameters": None if request.photo_id is None else {"photo_id": request.photo_id},
        "stageVariables": None,
        "requestContext": {
            "authorizer": {"claims": {"sub": OWNER, "token_use": "id"}},
            "httpMethod": request.method,
            "identity": {"sourceIp": "192.0.2.7"},
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": request.resource,
            "stage": "v1",
        },
        "body": None if request.document is None else json.dumps(request.document),
        "isBase64Encoded": False,
    }


def _document(request: Request, response: Mapping[str, Any]) -> Any:
    if response["statusCode"] >= 300:
        raise FailedRequestError(f"{request.method} {request.resource}: {response['statusCode']} {response['body']}")
    return json.loads(response["body"]) if response["body"] else None


def _shown(document: Any) -> int:
    """Entries of the document's list; 1 for a single photo."""
    lists = [value for name, value in (document or {}).items() if name in ("photos", "periods", "changes", "results")]
    return len(lists[0]) if lists else 1
