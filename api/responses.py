"""Responses of the Lambda proxy integration."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from photosky.errors import CATALOGUE, PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, PhotoSkyError, problem


def json_response(
    status: int, document: Mapping[str, Any], content_type: str = "application/json", **headers: str
) -> Response[Any]:
    """A JSON document; `headers` have `_` where HTTP has `-`."""
    return Response(
        status_code=int(status),
        content_type=content_type,
        # Powertools serializes only `application/json`; API Gateway returns 502 for a body that is not a string.
        body=json.dumps(document),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def empty_response(status: HTTPStatus, **headers: str) -> Response[Any]:
    """A response without a body."""
    return Response(status_code=int(status), body="", headers=headers)


def problem_response(error: PhotoSkyError, request_id: str) -> Response[Any]:
    """The problem document of an error, with `Retry-After` if the code is retryable."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if CATALOGUE[error.code].retryable else {}
    document = problem(error.code, error.detail, request_id, error.errors)
    return json_response(error.status, document, PROBLEM_CONTENT_TYPE, **headers)
