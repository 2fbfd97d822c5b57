"""Which calls change a state, and what is said if it cannot be written."""

import errno
from typing import Any

import pytest

from local.emulator.calls import action_of, is_writing, problem


@pytest.mark.parametrize(
    ("headers", "body", "query", "action"),
    [
        ({"x-amz-target": "DynamoDB_20120810.PutItem"}, b"{}", {}, "PutItem"),
        ({}, b"Action=CreateRole&RoleName=a", {}, "CreateRole"),
        ({}, b"", {"Action": ["DescribeStacks"]}, "DescribeStacks"),
        ({}, b"", {"Action": "DescribeStacks"}, "DescribeStacks"),
        ({}, b"--boundary", {}, ""),
    ],
)
def test_action_is_found_in_each_protocol(headers: Any, body: bytes, query: Any, action: str) -> None:
    assert action_of(headers, body, query) == action


@pytest.mark.parametrize(
    ("service", "action", "method", "path", "expected"),
    [
        ("dynamodb", "PutItem", "POST", "/", False),  # The journal has the item.
        ("dynamodb", "UpdateTable", "POST", "/", True),
        ("dynamodb", "Query", "POST", "/", False),
        ("cognito-idp", "AdminCreateUser", "POST", "/", True),
        ("cognito-idp", "InitiateAuth", "POST", "/", True),
        ("cognito-idp", "ListUsers", "POST", "/", False),
        ("s3", "", "PUT", "/bucket", True),
        ("s3", "", "PUT", "/bucket/key", False),
        ("s3", "", "POST", "/bucket", False),
        ("lambda", "", "POST", "/2015-03-31/functions/name/invocations", False),
        ("lambda", "", "PUT", "/2015-03-31/functions/name/configuration", True),
        ("lambda", "", "GET", "/2015-03-31/functions/name", False),
    ],
)
def test_snapshot_is_written_after_calls_that_change_it(
    service: str, action: str, method: str, path: str, expected: bool
) -> None:
    assert is_writing(service, action, method, path) is expected


def test_problem_names_the_reason_and_the_file() -> None:
    assert problem(OSError(errno.ENOSPC, "No space left on device", "/state/a")) == (
        "The local stack cannot write its state: No space left on device (/state/a). "
        "Free some space or make it writable."
    )
