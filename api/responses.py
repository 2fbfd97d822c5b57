"""Responses of the Lambda proxy integration."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from photosky.errors import CATALOGUE, PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, PhotoSkyError, problem


class Response(NamedTuple):
    """One response: status, headers, and the body as text."""

    status: int
    headers: Mapping[str, str]
    body: str = ""

    def to_proxy(self, more: Mapping[str, str]) -> dict[str, Any]:
        """The result of the function, with `more` headers (API Gateway guide, "Output format of a Lambda function")."""
        return {
            "statusCode": self.status,
            "multiValueHeaders": {name: [value] for name, value in {**self.headers, **more}.items()},
            "body": self.body,
            "isBase64Encoded": False,
        }


def json_response(
    status: int, document: Mapping[str, Any], content_type: str = "application/json", **headers: str
) -> Response:
    """A JSON document; `headers` have `_` where HTTP has `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(int(status), {"Content-Type": content_type, **sent}, json.dumps(document))


def empty_response(status: HTTPStatus, **headers: str) -> Response:
    """A response without a body."""
    return Response(int(status), headers)


def problem_response(error: PhotoSkyError, request_id: str) -> Response:
    """The problem document of an error, with `Retry-After` if the code is retryable."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if CATALOGUE[error.code].retryable else {}
    document = problem(error.code, error.detail, request_id, error.errors)
    return json_response(error.status, document, PROBLEM_CONTENT_TYPE, **headers)
