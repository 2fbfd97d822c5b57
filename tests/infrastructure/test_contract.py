"""The contract describes what is deployed: routes, authorization, CORS and headers."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from api.routes import ALLOWED_HEADERS
from diagrams.synthesis import Template
from photosky.errors import EXPOSED_HEADERS, RETRY_AFTER_SECONDS, Code, problem
from photosky.headers import SECURITY_HEADERS
from tests.infrastructure.contract import Operation, contract, followed, operations

ROUTES: Final = sorted(operations())

SUCCESSES: Final = {
    ("GET", "/health"): {200},
    ("POST", "/photos"): {200, 201},
    ("GET", "/photos"): {200},
    ("POST", "/photos/batch"): {200},
    ("GET", "/photos/{photo_id}"): {200, 304},
    ("PATCH", "/photos/{photo_id}"): {200},
    ("DELETE", "/photos/{photo_id}"): {204},
    ("GET", "/photos/{photo_id}/original"): {200, 302},
    ("POST", "/photos/{photo_id}/upload"): {200},
    ("POST", "/photos/{photo_id}/restore"): {200},
    ("POST", "/photos/{photo_id}/ingest"): {200},
    ("GET", "/timeline"): {200},
    ("GET", "/me"): {200},
    ("GET", "/changes"): {200},
}

_CORS_HEADER = re.compile(r'header\.Access-Control-([\w-]+) = "([^"]*)"')


def test_routes_are_those_deployed(stack_template: Template) -> None:
    assert set(ROUTES) == {route for route in stack_template.routes() if route[0] not in ("OPTIONS", "ANY")}


def test_each_path_refuses_other_methods(stack_template: Template) -> None:
    methods = {path: sorted({verb for verb, its in ROUTES if its == path} | {"OPTIONS"}) for _, path in ROUTES}
    assert {path for verb, path in stack_template.routes() if verb == "ANY"} == set(methods)
    for path, allowed in methods.items():
        (response,) = stack_template.routes()["ANY", path].properties["Integration"]["IntegrationResponses"]
        (template,) = response["ResponseTemplates"].values()
        document = json.loads(template.splitlines()[-1])
        assert f'responseOverride.header.Allow = "{", ".join(allowed)}"' in template
        assert document == problem(Code.METHOD_NOT_ALLOWED, document["detail"], "$context.requestId")


def test_preflights_allow_what_each_path_documents(stack_template: Template) -> None:
    for path in {path for _, path in ROUTES}:
        documented = {verb: operation for (verb, of), operation in operations().items() if of == path}
        (preflight,) = stack_template.routes()["OPTIONS", path].properties["Integration"]["IntegrationResponses"]
        (template,) = preflight["ResponseTemplates"].values()
        allowed = {name: set(values.split(", ")) for name, values in _CORS_HEADER.findall(template)}
        assert set(documented) <= allowed["Allow-Methods"], path
        assert _request_headers(documented.values()) <= allowed["Allow-Headers"], path
        assert _response_headers(documented.values()) <= allowed["Expose-Headers"], path


def test_routes_need_a_token_where_deployed_so(stack_template: Template) -> None:
    deployed = {
        route: stack_template.routes()[route].properties["AuthorizationType"] == "NONE" for route in operations()
    }
    assert {route: operation.is_open for route, operation in operations().items()} == deployed


def test_security_scheme_says_where_a_token_comes_from() -> None:
    assert contract()["security"] == [{"id_token": []}]
    scheme = contract()["components"]["securitySchemes"]["id_token"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    source = "with or without `Bearer `", "InitiateAuth", "IdToken", "cognito_url", "UserPoolClientId"
    assert [text for text in source if text not in scheme["description"]] == []


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_each_route_documents_its_successes(route: tuple[str, str]) -> None:
    operation = operations()[route]
    assert set(operation.responses) == SUCCESSES[route] | {status for status, _ in operation.problems()}


def test_retry_after_is_the_catalogues() -> None:
    assert contract()["components"]["headers"]["Retry-After"]["schema"]["const"] == RETRY_AFTER_SECONDS


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_response_has_a_request_id(route: tuple[str, str]) -> None:
    for status, response in operations()[route].responses.items():
        assert followed(response["headers"]["X-Request-Id"])["required"], status


def test_headers_of_every_response_are_documented() -> None:
    description = contract()["info"]["description"]
    assert [name for name, value in SECURITY_HEADERS.items() if f"- `{name}: {value}`" not in description] == []


def test_cors_allows_exactly_the_documented_headers() -> None:
    assert _response_headers(operations().values()) == set(EXPOSED_HEADERS)
    assert _request_headers(operations().values()) == set(ALLOWED_HEADERS)


def test_responses_with_one_photo_have_an_etag() -> None:
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
        ("POST", "/photos/{photo_id}/upload"),
        ("POST", "/photos/{photo_id}/restore"),
        ("POST", "/photos/{photo_id}/ingest"),
    }
    assert all("ETag" in headers for headers in with_photo.values())


def test_every_path_parameter_is_documented() -> None:
    for (_, path), operation in operations().items():
        in_path = {name for name, parameter in operation.parameters.items() if parameter["in"] == "path"}
        assert in_path == ({"photo_id"} if "{photo_id}" in path else set())


def _schema_of(response: Mapping[str, Any]) -> str:
    """The reference of a response's schema, empty if it has none."""
    return str(response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", ""))


def _request_headers(operations: Iterable[Operation]) -> set[str]:
    """The headers that a browser must be allowed to send: the documented ones, the token, and a body's type."""
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
