"""Additional checks for schemathesis; `schemathesis.toml` names this file."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests
import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.specs.openapi.checks import use_after_free

PRESETS: Final = {"thumb", "small", "medium", "large"}
"""Of the local stack. This file imports nothing of the repository, because schemathesis also runs without it."""

ORIGINAL: Final = "/photos/{photo_id}/original"
TIMEOUT_SECONDS: Final = 30

REFUSABLE: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "cursor": lambda query: "cursor" in query,
    "previews": lambda query: not _names(query["previews"]) <= PRESETS,
    "start": lambda query: "cursor" in query,
    "taken_from": lambda query: str(query["taken_from"]) > str(query["taken_to"]),
    "sort": lambda query: query["sort"] == "created_at" and not {"taken_from", "taken_to"}.isdisjoint(query),
}
"""The parameters of a valid query that can be refused, and when."""


@schemathesis.check
def valid_data_is_refused_for_documented_reasons_only(
    _context: CheckContext, response: Response, case: Case[Any]
) -> None:
    """Valid data gets 400 only for its query, 412 only for its version, 413 for its size, 404 or 422 for its key."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 400:
        refused = [error.get("parameter") for error in _problem(response)["errors"]]
        assert set(refused) <= set(REFUSABLE), f"valid data was refused for {refused}"
        assert all(REFUSABLE[name](case.query or {}) for name in refused), f"{refused} has no documented reason"
    if response.status_code == 412 and case.method == "PATCH":
        assert "If-Match" in (case.headers or {}), "an edit without If-Match got 412"
        assert case.headers["If-Match"] != "*", "an edit of every version got 412"
    if response.status_code == 413 and case.path == "/photos":
        limit = re.search(r"accepts at most (\d+)\.$", _problem(response)["detail"])
        assert limit, "the detail does not name the limit"
        size_bytes = case.body["size_bytes"] if isinstance(case.body, dict) else None
        assert isinstance(size_bytes, int | float), "a body without a size got 413"
        assert size_bytes > int(limit[1]), "a size within the limit got 413"
    if response.status_code in (404, 409, 422) and case.path == "/photos":
        assert "Idempotency-Key" in (case.headers or {}), "valid data without a key was refused"
        assert "Idempotency-Key" in _problem(response)["detail"], "valid data was refused for another reason"


@schemathesis.check
def results_of_a_batch_are_those_of_its_operations(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A batch has one result per operation. Those of valid operations agree with their kind."""
    if case.path != "/photos/batch" or response.status_code != 200:
        return
    body: Any = case.body
    operations, results = body["operations"], json.loads(response.content)["results"]
    assert len(results) == len(operations)
    allowed = {"edit": (200, 400, 404, 412), "delete": (204, 400, 404), "restore": (200, 400, 404, 409)}
    for operation, result in zip(operations, results, strict=True):
        kind = str(operation.get("op")) if isinstance(operation, dict) else ""
        assert result["status"] in allowed.get(kind, (400, 404)), f"{kind} has the status {result['status']}"
        assert ("problem" in result) is (result["status"] >= 400)
        if case.meta is not None and case.meta.generation.mode.is_positive:
            assert result["status"] != 400, "a valid operation is refused"


@schemathesis.check
def a_deleted_photo_is_gone_or_in_the_trash(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Schemathesis's own check that a deleted resource is gone, except for photos in the trash."""
    if response.status_code in (200, 302) and _photo_status(response, case) == "trashed":
        return None
    return use_after_free(context, response, case)


@schemathesis.check
def a_problem_agrees_with_its_response(_context: CheckContext, response: Response, _case: Case[Any]) -> None:
    """Status and request id of a problem document are those of the response, and its type ends in its code."""
    if response.status_code < 400:
        return
    problem = _problem(response)
    assert problem["status"] == response.status_code
    assert [problem["request_id"]] == response.headers["x-request-id"]
    assert problem["type"] == f"urn:photosky:problem:{problem['code']}"


def _photo_status(response: Response, case: Case[Any]) -> object:
    """The status of a photo. The response with the URL of its original has none, so that the photo is read."""
    if case.path != ORIGINAL:
        return json.loads(response.content).get("status")
    url = str(response.request.url).partition("/original")[0]
    headers = {"Authorization": response.request.headers["Authorization"]}
    return requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS).json().get("status")


def _names(previews: str | list[str]) -> set[str]:
    """The names in a list, which schemathesis has as a list or as it is sent."""
    return set(previews.split(",") if isinstance(previews, str) else previews)


def _problem(response: Response) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(response.content)
    return problem
