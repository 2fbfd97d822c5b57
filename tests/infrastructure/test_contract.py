"""The contract says what is deployed: routes, sign-in, codes, limits and the shape of a photo."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from api import requests
from api.integrations import ALLOWED_HEADERS
from diagrams.synthesis import Synthesized, Template
from photosky.errors import CATALOGUE, EXPOSED_HEADERS, PROBLEM_TYPE_PREFIX, RETRY_AFTER_SECONDS, Code, problem
from photosky.headers import SECURITY_HEADERS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.location import Location
from photosky.photo import Photo, Rejection, Status, StoredPreview
from tests.infrastructure.contract import (
    PROBLEM,
    Operation,
    contract,
    followed,
    operations,
    problem_examples,
    schema,
)

ROUTES: Final = sorted(operations())

EVERYWHERE: Final = {"TooManyRequests", "InternalError"}
SIGNED_IN: Final = EVERYWHERE | {"Unauthorized"}
PROBLEMS: Final = {
    ("GET", "/health"): EVERYWHERE,
    ("POST", "/photos"): SIGNED_IN | {"InvalidRequest", "UploadTooLarge", "UnsupportedFormat"},
    ("GET", "/photos"): SIGNED_IN | {"InvalidRequest"},
    ("GET", "/photos/{photo_id}"): SIGNED_IN | {"PhotoNotFound"},
    ("PATCH", "/photos/{photo_id}"): SIGNED_IN | {"InvalidRequest", "PhotoNotFound", "PreconditionFailed"},
    ("DELETE", "/photos/{photo_id}"): SIGNED_IN | {"PhotoNotFound"},
    ("GET", "/photos/{photo_id}/original"): SIGNED_IN
    | {"InvalidRequest", "PhotoNotFound", "UploadMissing", "IngestInProgress"},
    ("POST", "/photos/{photo_id}/ingest"): {str(code) for code in Code} - {"RouteNotFound", "MethodNotAllowed"},
}
"""The codes of each route: what its handler and its steps refuse with, and what the gateway says before them."""

SUCCESSES: Final = {
    ("GET", "/health"): {200},
    ("POST", "/photos"): {200, 201},
    ("GET", "/photos"): {200},
    ("GET", "/photos/{photo_id}"): {200},
    ("PATCH", "/photos/{photo_id}"): {200},
    ("DELETE", "/photos/{photo_id}"): {204},
    ("GET", "/photos/{photo_id}/original"): {200, 302},
    ("POST", "/photos/{photo_id}/ingest"): {200},
}

PHOTO: Final = Photo(
    owner_id="owner",
    photo_id="0198c5a2-7d3e-7c41-9a55-0f6f5b1e2d3c",
    status=Status.READY,
    filename="a.jpg",
    content_type="image/jpeg",
    size_bytes=1,
    created_at="2026-08-03T07:12:55.204Z",
    location=Location(latitude=54.9, longitude=8.3),
    previews={"thumb": StoredPreview("key", 256, 256, "image/webp", 1)},
    rejection=Rejection("CorruptImage", "The file is empty."),
)

_CORS_HEADER = re.compile(r'header\.Access-Control-([\w-]+) = "([^"]*)"')


def test_the_contract_is_for_the_routes_that_are_deployed(stack_template: Template) -> None:
    assert set(ROUTES) == {route for route in stack_template.routes() if route[0] not in ("OPTIONS", "ANY")}


def test_a_path_of_the_contract_refuses_the_methods_that_it_does_not_have(stack_template: Template) -> None:
    methods = {path: sorted({verb for verb, its in ROUTES if its == path} | {"OPTIONS"}) for _, path in ROUTES}
    assert {path for verb, path in stack_template.routes() if verb == "ANY"} == set(methods)
    for path, allowed in methods.items():
        (answer,) = stack_template.routes()["ANY", path].properties["Integration"]["IntegrationResponses"]
        (template,) = answer["ResponseTemplates"].values()
        (example,) = problem_examples(contract()["components"]["responses"]["MethodNotAllowed"]).values()
        assert f'responseOverride.header.Allow = "{", ".join(allowed)}"' in template
        assert json.loads(template.splitlines()[-1]) == example | {"request_id": "$context.requestId"}


def test_browsers_may_do_what_the_contract_says_on_each_path(stack_template: Template) -> None:
    for path in {path for _, path in ROUTES}:
        its = {verb: operation for (verb, of), operation in operations().items() if of == path}
        (preflight,) = stack_template.routes()["OPTIONS", path].properties["Integration"]["IntegrationResponses"]
        (template,) = preflight["ResponseTemplates"].values()
        told = {name: set(values.split(", ")) for name, values in _CORS_HEADER.findall(template)}
        assert set(its) <= told["Allow-Methods"], path
        assert _request_headers(its.values()) <= told["Allow-Headers"], path
        assert _response_headers(its.values()) <= told["Expose-Headers"], path


def test_the_contract_asks_for_a_token_where_the_gateway_does(stack_template: Template) -> None:
    deployed = {
        route: stack_template.routes()[route].properties["AuthorizationType"] == "NONE" for route in operations()
    }
    assert {route: operation.is_open for route, operation in operations().items()} == deployed


def test_the_token_is_a_bearers_in_authorization() -> None:
    assert contract()["security"] == [{"id_token": []}]
    scheme = contract()["components"]["securitySchemes"]["id_token"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert "with or without `Bearer `" in scheme["description"]


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_documents_its_codes_and_no_others(route: tuple[str, str]) -> None:
    expected = {(CATALOGUE[Code(code)].status, code) for code in PROBLEMS[route]}
    assert operations()[route].problems() == expected


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_documents_its_successes_and_no_status_without_a_body_it_explains(route: tuple[str, str]) -> None:
    operation = operations()[route]
    assert set(operation.responses) == SUCCESSES[route] | {status for status, _ in operation.problems()}


def test_every_code_of_the_catalogue_is_documented() -> None:
    assert schema("ProblemCode")["enum"] == [str(code) for code in Code]
    documented = {
        code for response in contract()["components"]["responses"].values() for code in problem_examples(response)
    }
    assert documented == {str(code) for code in Code}


@pytest.mark.parametrize("name", sorted(contract()["components"]["responses"]))
def test_an_example_of_a_problem_is_the_catalogues(name: str) -> None:
    for code, example in problem_examples(contract()["components"]["responses"][name]).items():
        assert example == problem(Code(code), example["detail"], example["request_id"])


def test_a_problem_has_the_fields_that_are_documented() -> None:
    made = problem(Code.INVALID_REQUEST, "detail", "request")
    assert list(schema("Problem")["properties"]) == schema("Problem")["required"] == list(made)
    assert schema("Problem")["properties"]["type"]["pattern"] == f"^{PROBLEM_TYPE_PREFIX}"


@pytest.mark.parametrize("name", sorted(contract()["components"]["responses"]))
def test_a_response_says_when_to_ask_again_where_that_helps(name: str) -> None:
    response = contract()["components"]["responses"][name]
    helps = any(CATALOGUE[Code(code)].retryable for code in problem_examples(response))
    assert ("Retry-After" in response["headers"]) is helps


@pytest.mark.parametrize("name", sorted(contract()["components"]["responses"]))
def test_a_problem_is_narrowed_to_the_status_and_the_codes_of_its_response(name: str) -> None:
    response = contract()["components"]["responses"][name]
    examples = problem_examples(response)
    if not examples:
        assert name in ("Photo", "ReadyPhoto")
        return
    whole, narrowed = response["content"][PROBLEM]["schema"]["allOf"]
    narrow = narrowed["properties"]
    assert whole == {"$ref": "#/components/schemas/Problem"}
    assert narrowed["required"] == ["status", "code"]
    assert narrow["status"] == {"type": "integer", "enum": sorted({example["status"] for example in examples.values()})}
    assert narrow["code"] == {"type": "string", "enum": list(examples)}


def test_retry_after_is_what_the_catalogue_says() -> None:
    assert contract()["components"]["headers"]["Retry-After"]["schema"]["const"] == RETRY_AFTER_SECONDS


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_response_has_a_request_id(route: tuple[str, str]) -> None:
    for status, response in operations()[route].responses.items():
        assert followed(response["headers"]["X-Request-Id"])["required"], status


def test_the_headers_of_every_answer_are_documented() -> None:
    told = contract()["info"]["description"]
    assert [name for name, value in SECURITY_HEADERS.items() if f"- `{name}: {value}`" not in told] == []


def test_browsers_may_read_and_send_every_header_that_is_documented_and_no_other() -> None:
    assert _response_headers(operations().values()) == set(EXPOSED_HEADERS)
    assert _request_headers(operations().values()) == set(ALLOWED_HEADERS)


def test_an_answer_with_one_photo_names_its_version() -> None:
    with_photo = {
        route: response["headers"]
        for route, operation in operations().items()
        for response in operation.responses.values()
        if _schema_of(response).rpartition("/")[2] in ("Photo", "ReadyPhoto", "CreatedPhoto")
    }
    assert set(with_photo) == {
        ("POST", "/photos"),
        ("GET", "/photos/{photo_id}"),
        ("PATCH", "/photos/{photo_id}"),
        ("POST", "/photos/{photo_id}/ingest"),
    }
    assert all("ETag" in headers for headers in with_photo.values())


def test_a_photo_has_the_fields_that_are_documented() -> None:
    shown = PHOTO.present(lambda key: f"https://media.example/{key}")
    assert list(schema("Photo")["properties"]) == schema("Photo")["required"] == list(shown)
    for name, part in (("Preview", shown["previews"]["thumb"]), ("PhotoLocation", shown["location"])):
        assert sorted(schema(name)["properties"]) == sorted(schema(name)["required"]) == sorted(part)
    assert schema("Rejection")["required"] == list(shown["rejection"])


def test_every_status_is_documented() -> None:
    assert schema("PhotoStatus")["enum"] == [str(status) for status in Status]


def test_a_ready_photo_is_a_photo_with_less_that_can_be_null() -> None:
    whole, ready = schema("Photo"), schema("ReadyPhoto")
    assert ready["required"] == whole["required"] == list(ready["properties"]) == list(whole["properties"])
    narrowed = {name for name in whole["properties"] if ready["properties"][name] != whole["properties"][name]}
    assert narrowed == {"status", "sha256", "width", "height", "placeholder", "dominant_color"}
    assert ready["properties"]["status"]["enum"] == [str(Status.READY)]


def test_every_preset_gives_a_documented_type() -> None:
    documented = schema("Preview")["properties"]["content_type"]["enum"]
    assert {preset.content_type for preset in DEFAULT_PRESETS} <= set(documented)


def test_the_limits_of_a_new_photo_are_the_handlers(stack: Synthesized) -> None:
    new = schema("NewPhoto")["properties"]
    assert new["size_bytes"]["maximum"] == stack.environment.max_upload_bytes
    assert new["filename"]["maxLength"] == requests.MAX_FILENAME_CHARACTERS
    assert new["content_type"]["enum"] == sorted(requests.DECLARABLE_CONTENT_TYPES)


def test_the_limits_of_an_edit_are_the_handlers() -> None:
    edit = schema("PhotoEdit")["properties"]
    assert edit["title"]["maxLength"] == requests.MAX_TITLE_CHARACTERS
    assert edit["description"]["maxLength"] == requests.MAX_DESCRIPTION_CHARACTERS
    assert edit["tags"]["maxItems"] == requests.MAX_TAGS
    assert edit["tags"]["items"]["maxLength"] == requests.MAX_TAG_CHARACTERS


def test_the_limits_of_a_listing_are_the_handlers() -> None:
    query = operations()["GET", "/photos"].parameters
    assert set(query) == {"limit", "cursor", "order"}
    assert (query["limit"]["schema"]["default"], query["limit"]["schema"]["maximum"]) == (
        requests.DEFAULT_LIMIT,
        requests.MAX_LIMIT,
    )
    assert query["order"]["schema"]["default"] == requests.read_list({}).order
    assert schema("PhotoPage")["properties"]["photos"]["maxItems"] == requests.MAX_LIMIT


def test_every_parameter_of_a_path_is_documented() -> None:
    for (_, path), operation in operations().items():
        in_path = {name for name, parameter in operation.parameters.items() if parameter["in"] == "path"}
        assert in_path == ({"photo_id"} if "{photo_id}" in path else set())


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    references = set(_references(contract()))
    assert all(followed({"$ref": reference}) is not None for reference in references)
    defined = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "headers", "parameters")
        for name in contract()["components"][kind]
    }
    # No operation can have them: they are what the paths and methods that are not there answer.
    unasked = {f"#/components/responses/{name}" for name in ("RouteNotFound", "MethodNotAllowed")}
    assert defined - references == unasked


def _schema_of(response: Mapping[str, Any]) -> str:
    """The reference of a response's schema, empty where it has none."""
    return str(response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", ""))


def _request_headers(operations: Iterable[Operation]) -> set[str]:
    """What a browser has to be allowed to send: the headers, the token, and a body's type."""
    found = set()
    for operation in operations:
        found |= {name for name, parameter in operation.parameters.items() if parameter["in"] == "header"}
        found |= {"Content-Type"} if "requestBody" in operation.document else set()
        found |= set() if operation.is_open else {"Authorization"}
    return found


def _response_headers(operations: Iterable[Operation]) -> set[str]:
    return {
        name for operation in operations for response in operation.responses.values() for name in response["headers"]
    }


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    return [found for item in value for found in _references(item)] if isinstance(value, list) else []
