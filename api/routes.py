"""The API's routes as one table: the handler routes requests by it, the construct builds the REST API from it.

The limits below it apply to every route.
"""

from typing import Final, Literal, NamedTuple

Integration = Literal["function", "ingest"]
"""What serves a route: the photos function, or the ingest's state machine."""


class Route(NamedTuple):
    """One method of one path. `operation` is the contract's operationId in snake_case."""

    method: str
    path: str
    operation: str
    integration: Integration = "function"
    is_open: bool = False
    """Whether the route needs no token."""


ROUTES: Final = (
    Route("GET", "/health", "read_health", is_open=True),
    Route("POST", "/photos", "create_photo"),
    Route("GET", "/photos", "list_photos"),
    Route("POST", "/photos/batch", "change_photos"),
    Route("GET", "/photos/{photo_id}", "read_photo"),
    Route("PATCH", "/photos/{photo_id}", "edit_photo"),
    Route("DELETE", "/photos/{photo_id}", "delete_photo"),
    Route("GET", "/photos/{photo_id}/original", "download_original"),
    Route("POST", "/photos/{photo_id}/upload", "renew_upload"),
    Route("POST", "/photos/{photo_id}/restore", "restore_photo"),
    Route("POST", "/photos/{photo_id}/ingest", "ingest_photo", integration="ingest"),
    Route("GET", "/timeline", "read_timeline"),
    Route("GET", "/changes", "list_changes"),
    Route("GET", "/me", "read_usage"),
)
"""A function's operation is a function of this name in `api/operations.py`."""

METHODS: Final = tuple(dict.fromkeys(route.method for route in ROUTES))

INTEGRATION_TIMEOUT_SECONDS: Final = 29
"""The maximum of a REST API without a quota increase (API Gateway guide, "Amazon API Gateway quotas")."""

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match")
"""The headers of requests that a page of another origin may send."""


def methods_of(path: str) -> list[str]:
    """The methods of a path in alphabetical order, including OPTIONS for browsers' preflights."""
    return sorted({"OPTIONS", *(route.method for route in ROUTES if route.path == path)})
