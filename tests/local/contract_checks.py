"""Checks of our own that schemathesis runs beside its own; `schemathesis.toml` names this file."""

import json
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response


@schemathesis.check
def valid_data_is_refused_for_one_reason(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """What `positive_data_acceptance` lets pass on top of its defaults: a made-up cursor, and another version."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 400:
        assert "cursor" in (case.query or {}), "valid data without a cursor was refused"
        assert _problem(response)["detail"].startswith("cursor "), "valid data was refused for something else"
    if response.status_code == 412 and case.method == "PATCH":
        assert "If-Match" in (case.headers or {}), "a change of any version failed its precondition"
        assert case.headers["If-Match"] != "*", "a change of any version failed its precondition"


@schemathesis.check
def a_problem_says_what_the_answer_says(_context: CheckContext, response: Response, _case: Case[Any]) -> None:
    """Status and request id of a problem document are those of the answer, and its code is its type's."""
    if response.status_code < 400:
        return
    problem = _problem(response)
    assert problem["status"] == response.status_code
    assert [problem["request_id"]] == response.headers["x-request-id"]
    assert problem["type"] == f"urn:photosky:problem:{problem['code']}"


def _problem(response: Response) -> dict[str, Any]:
    """The problem document that a refusal is."""
    problem: dict[str, Any] = json.loads(response.content)
    return problem
