"""API Gateway's proxy event as the operations read it (API Gateway guide, "Input format of a Lambda function")."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from photosky.errors import Code, FieldError, PhotoSkyError
from photosky.photo import is_photo_id


class Request:
    """One request of a signed-in user, or of `GET /health`."""

    def __init__(self, event: APIGatewayProxyEvent) -> None:
        self._event = event

    @property
    def id(self) -> str:
        """The id that API Gateway gave the request: `X-Request-Id`, and the key to its log lines and trace."""
        return str(self._event.request_context.request_id)

    @property
    def owner_id(self) -> str:
        """The user: the token's `sub`. Raises KeyError if no authorizer has checked a token."""
        claims: Mapping[str, str] = self._event.request_context.authorizer.claims or {}
        return claims["sub"]

    @property
    def photo_id(self) -> str:
        """The id in the path. Raises PhotoSkyError, PhotoNotFound, unless it has the form of an id."""
        photo_id = (self._event.path_parameters or {}).get("photo_id", "")
        if not is_photo_id(photo_id):
            raise PhotoSkyError(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
        return photo_id

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters, decoded."""
        return self._event.query_string_parameters or {}

    @property
    def body(self) -> str | None:
        """The body as text. Raises PhotoSkyError, InvalidRequest, if it is not UTF-8."""
        try:
            return self._event.decoded_body
        except ValueError:
            detail = "The request body must be UTF-8 text."
            raise PhotoSkyError(Code.INVALID_REQUEST, detail, [FieldError(detail, pointer="#")]) from None

    def header(self, name: str) -> str | None:
        """A header's value; names are case-insensitive."""
        return self._event.headers.get(name)


def resolver_path(event: Mapping[str, Any]) -> str:
    """The path of the resource that API Gateway has matched, so that the resolver matches the same route.

    The request's own path does not do: a custom domain's base path may precede it, and the resolver's patterns ignore
    a trailing line break, so that `/photos/%0A` would match `/photos`.
    """
    photo_id = (event["pathParameters"] or {}).get("photo_id", "")
    return str(event["resource"]).replace("{photo_id}", quote(photo_id, safe="", errors="replace"))


def loggable_photo_id(event: Mapping[str, Any]) -> dict[str, str]:
    """The path's photo id as a log field, if it has the form of an id: any other text may be private."""
    photo_id = (event["pathParameters"] or {}).get("photo_id", "")
    return {"photo_id": photo_id} if is_photo_id(photo_id) else {}
