"""The table of latencies has every operation that functions call, and a source for each figure."""

import ast
from collections.abc import Iterator
from typing import Final

import botocore.session
import pytest
from botocore import xform_name

from local.emulator.latency.table import AWS, OTHER, PROFILES, SOURCES, Row, row_of
from tests.repository import ROOT

EMULATED: Final = {"stepfunctions": "states"}
"""The emulator's names of services that boto3 names differently."""


def functions_code() -> Iterator[ast.AST]:
    """Every node of the functions' sources."""
    for package in ("photosky", "api", "tasks"):
        for path in (ROOT / package).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def services() -> set[str]:
    """The services whose names are the first argument of a call, as of `session.client`."""
    names = {
        str(node.args[0].value)
        for node in functions_code()
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    }
    return names & set(botocore.session.get_session().get_available_services())


def called() -> set[tuple[str, str]]:
    """Service and operation of each call: a client's method, or the argument of a paginator."""
    session = botocore.session.get_session()
    operations = {
        xform_name(operation): (EMULATED.get(service, service), operation)
        for service in services()
        for operation in session.get_service_model(service).operation_names
    }
    words = {
        node.attr if isinstance(node, ast.Attribute) else node.value
        for node in functions_code()
        if isinstance(node, ast.Attribute | ast.Constant)
    }
    return {found for name, found in operations.items() if name in words}


def test_every_operation_that_functions_call_has_a_row() -> None:
    found = called()
    assert {("dynamodb", "TransactWriteItems"), ("s3", "CopyObject"), ("states", "StartSyncExecution")} <= found
    assert found - AWS.keys() == set()


@pytest.mark.parametrize("row", AWS.values(), ids=lambda row: f"{row.service} {row.operation}")
def test_row_has_a_source_and_rising_percentiles(row: Row) -> None:
    assert row.source.startswith(tuple(SOURCES))
    assert 0 < row.p50_ms < row.p99_ms
    assert row.per_mib_ms >= 0


def test_unknown_operation_has_the_row_of_others() -> None:
    assert row_of(AWS, "dynamodb", "DescribeTable") == AWS[OTHER]


def test_every_profile_has_a_row_of_others() -> None:
    assert [name for name, table in PROFILES.items() if OTHER not in table] == []
