"""The contract's problems: the codes of each route, one schema per code, and examples from the catalogue."""

from typing import Any, Final

import pytest

from api import fields
from photosky.errors import CATALOGUE, PROBLEM_TYPE_PREFIX, Code, FieldError, problem
from tests.infrastructure.contract import (
    PROBLEM,
    WITHOUT_OPERATION,
    contract,
    operations,
    problem_examples,
    schema,
)

ROUTES: Final = sorted(operations())

EVERYWHERE: Final = {"TooManyRequests", "InternalError"}
SIGNED_IN: Final = EVERYWHERE | {"Unauthorized"}
PROBLEMS: Final = {
    ("GET", "/health"): EVERYWHERE,
    ("POST", "/photos"): SIGNED_IN
    | {"InvalidRequest", "PhotoNotFound", "UploadTooLarge", "UnsupportedFormat"}
    | {"RequestInProgress", "IdempotencyKeyReused", "QuotaExceeded"},
    ("GET", "/photos"): SIGNED_IN | {"InvalidRequest"},
    ("POST", "/photos/batch"): SIGNED_IN | {"InvalidRequest"},
    ("GET", "/photos/{photo_id}"): SIGNED_IN | {"InvalidRequest", "PhotoNotFound"},
    ("PATCH", "/photos/{photo_id}"): SIGNED_IN | {"InvalidRequest", "PhotoNotFound", "PreconditionFailed"},
    ("DELETE", "/photos/{photo_id}"): SIGNED_IN | {"InvalidRequest", "PhotoNotFound"},
    ("POST", "/photos/{photo_id}/restore"): SIGNED_IN | {"PhotoNotFound", "PhotoNotTrashed"},
    ("GET", "/photos/{photo_id}/original"): SIGNED_IN
    | {"InvalidRequest", "PhotoNotFound", "UploadMissing", "IngestInProgress"},
    ("POST", "/photos/{photo_id}/upload"): SIGNED_IN | {"PhotoNotFound", "UploadNotExpected", "IngestInProgress"},
    ("POST", "/photos/{photo_id}/ingest"): {str(code) for code in Code}
    - {*WITHOUT_OPERATION, "UploadNotExpected", "PhotoNotTrashed", "RequestInProgress", "IdempotencyKeyReused"}
    - {"CursorExpired", "QuotaExceeded"},
    ("GET", "/timeline"): SIGNED_IN | {"InvalidRequest"},
    ("GET", "/me"): SIGNED_IN,
    ("GET", "/changes"): SIGNED_IN | {"InvalidRequest", "CursorExpired"},
}
"""The codes of each route: from its function or its steps, and from API Gateway before them."""

UNIONS: Final = {
    "IngestConflictProblem": ["UploadMissing", "IngestInProgress", "PhotoTrashed"],
    "ConflictProblem": ["UploadMissing", "IngestInProgress"],
    "UploadConflictProblem": ["UploadNotExpected", "IngestInProgress"],
    "UnusableImageProblem": ["CorruptImage", "TooManyPixels", "TooManyFrames"],
}
"""The codes of each problem schema for a status with several codes."""

RESPONSES: Final[dict[str, Any]] = contract()["components"]["responses"]


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_each_route_documents_exactly_its_codes(route: tuple[str, str]) -> None:
    expected = {(CATALOGUE[Code(code)].status, code) for code in PROBLEMS[route]}
    assert operations()[route].problems() == expected


def test_every_code_is_documented() -> None:
    assert schema("ProblemCode")["enum"] == [str(code) for code in Code]
    documented = {code for response in RESPONSES.values() for code in problem_examples(response)}
    assert documented == {str(code) for code in Code} - set(WITHOUT_OPERATION)
    for code in WITHOUT_OPERATION:
        assert f"{CATALOGUE[code].status} `{code}`" in contract()["info"]["description"]


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_example_of_a_problem_is_the_catalogues(name: str) -> None:
    for code, example in problem_examples(RESPONSES[name]).items():
        errors = [FieldError(**error) for error in example.get("errors", [])]
        assert example == problem(Code(code), example["detail"], example["request_id"], errors)


def test_problem_has_the_documented_fields() -> None:
    required = problem(Code.INVALID_REQUEST, "detail", "request")
    document = problem(Code.INVALID_REQUEST, "detail", "request", [FieldError("detail", "#/title", "limit")])
    assert schema("Problem")["required"] == list(required)
    assert list(schema("Problem")["properties"]) == list(document)
    assert list(schema("ProblemError")["properties"]) == list(document["errors"][0])
    assert schema("Problem")["properties"]["errors"]["maxItems"] == fields.MAX_REPORTED
    assert schema("Problem")["properties"]["type"]["pattern"] == f"^{PROBLEM_TYPE_PREFIX}"


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_retryable_responses_document_retry_after(name: str) -> None:
    is_retryable = any(CATALOGUE[Code(code)].retryable for code in problem_examples(RESPONSES[name]))
    assert ("Retry-After" in RESPONSES[name]["headers"]) is is_retryable


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_no_response_schema_is_inline(route: tuple[str, str]) -> None:
    for status, response in operations()[route].responses.items():
        for media in response.get("content", {}).values():
            assert list(media["schema"]) == ["$ref"], status


@pytest.mark.parametrize("code", [code for code in Code if code not in WITHOUT_OPERATION])
def test_each_code_has_one_problem_schema(code: Code) -> None:
    base, narrowed = schema(f"{code}Problem")["allOf"]
    assert base == {"$ref": "#/components/schemas/Problem"}
    assert narrowed == {
        "type": "object",
        "required": ["status", "code"],
        "properties": {
            "status": {"type": "integer", "enum": [CATALOGUE[code].status]},
            "code": {"type": "string", "enum": [str(code)]},
        },
    }


def test_generated_clients_have_one_class_per_problem() -> None:
    """Generators make a class of each named schema, and another of each inline object wherever it occurs."""
    problems = {name for name in contract()["components"]["schemas"] if name.endswith("Problem")}
    assert problems == {"Problem"} | {f"{code}Problem" for code in set(Code) - set(WITHOUT_OPERATION)} | set(UNIONS)
    assert len(problems) == 1 + 21 + 4
    assert _inline_objects(contract()["paths"]) == []
    assert _inline_objects(RESPONSES) == []


@pytest.mark.parametrize("name", UNIONS)
def test_union_of_problems_is_discriminated_by_code(name: str) -> None:
    references = {code: f"#/components/schemas/{code}Problem" for code in UNIONS[name]}
    assert schema(name)["oneOf"] == [{"$ref": reference} for reference in references.values()]
    assert schema(name)["discriminator"] == {"propertyName": "code", "mapping": references}


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_problem_response_has_the_schema_of_its_codes(name: str) -> None:
    codes = list(problem_examples(RESPONSES[name]))
    if not codes:
        assert name in ("Photo", "ReadyPhoto")
        return
    reference = RESPONSES[name]["content"][PROBLEM]["schema"]["$ref"].rpartition("/")[2]
    unions = [union for union, its_codes in UNIONS.items() if its_codes == codes]
    assert [reference] == ([f"{codes[0]}Problem"] if len(codes) == 1 else unions)


def _inline_objects(value: Any) -> list[Any]:
    """Schemas of objects that have no name."""
    if isinstance(value, dict):
        if {"allOf", "oneOf", "anyOf", "properties"} & set(value):
            return [value]
        return [found for name, item in value.items() if name != "examples" for found in _inline_objects(item)]
    return [found for item in value for found in _inline_objects(item)] if isinstance(value, list) else []
