"""The table of routes agrees with the operations and with the contract."""

import inspect
import re

from api import operations
from api.routes import METHODS, ROUTES, methods_of
from tests.infrastructure.contract import operations as documented


def test_every_function_route_has_its_operation() -> None:
    functions = [
        name
        for name, function in inspect.getmembers(operations, inspect.isfunction)
        if function.__module__ == operations.__name__ and not name.startswith("_")
    ]
    assert functions == sorted(route.operation for route in ROUTES if route.integration == "function")


def test_routes_are_those_of_the_contract() -> None:
    contract = {
        route: (_snake_case(operation.document["operationId"]), operation.is_open)
        for route, operation in documented().items()
    }
    assert {(route.method, route.path): (route.operation, route.is_open) for route in ROUTES} == contract
    assert len(ROUTES) == len(contract)


def test_only_the_ingest_starts_the_state_machine() -> None:
    (ingest,) = [route for route in ROUTES if route.integration == "ingest"]
    assert (ingest.method, ingest.path) == ("POST", "/photos/{photo_id}/ingest")


def test_methods_of_a_path_include_its_preflight() -> None:
    assert METHODS == ("GET", "POST", "PATCH", "DELETE")
    assert methods_of("/health") == ["GET", "OPTIONS"]
    assert methods_of("/photos/{photo_id}") == ["DELETE", "GET", "OPTIONS", "PATCH"]


def _snake_case(operation_id: str) -> str:
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", operation_id)
