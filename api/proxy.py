"""API Gateway's proxy event as the operations read it (API Gateway guide, "Input format of a Lambda function")."""

import base64
from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, FieldError, PhotoSkyError
from photosky.photo import is_photo_id


class Request:
    """One request of a signed-in user, or of `GET /health`."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event

    @property
    def id(self) -> str:
        """The id that API Gateway gave the request: `X-Request-Id`, and the key to its log lines and trace."""
        return str(self._event["requestContext"]["requestId"])

    @property
    def route(self) -> tuple[str, str]:
        """Method and resource, as API Gateway has matched them. A custom domain's base path may precede the path."""
        return self._event["httpMethod"], self._event["resource"]

    @property
    def owner_id(self) -> str:
        """The user: the token's `sub`. Raises KeyError if no authorizer has checked a token."""
        return str(self._event["requestContext"]["authorizer"]["claims"]["sub"])

    @property
    def photo_id(self) -> str:
        """The id in the path. Raises PhotoSkyError, PhotoNotFound, unless it has the form of an id."""
        photo_id = self._sent_photo_id
        if not is_photo_id(photo_id):
            raise PhotoSkyError(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
        return photo_id

    @property
    def loggable_photo_id(self) -> dict[str, str]:
        """The path's photo id as a log field, if it has the form of an id: any other text may be private."""
        return {"photo_id": self._sent_photo_id} if is_photo_id(self._sent_photo_id) else {}

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters, decoded."""
        return self._event["queryStringParameters"] or {}

    @property
    def body(self) -> str | None:
        """The body as text. Raises PhotoSkyError, InvalidRequest, if it is not UTF-8."""
        body: str | None = self._event["body"]
        if body is None or not self._event["isBase64Encoded"]:
            return body
        try:
            return base64.b64decode(body).decode()
        except ValueError:
            detail = "The request body must be UTF-8 text."
            raise PhotoSkyError(Code.INVALID_REQUEST, detail, [FieldError(detail, pointer="#")]) from None

    def header(self, name: str) -> str | None:
        """A header's value; names are case-insensitive."""
        headers: Mapping[str, str] = self._event["headers"] or {}
        return next((value for sent, value in headers.items() if sent.lower() == name.lower()), None)

    @property
    def _sent_photo_id(self) -> str:
        return str((self._event["pathParameters"] or {}).get("photo_id", ""))
