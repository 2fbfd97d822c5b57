"""The services that a role's trust policy allows."""

from typing import Any

import pytest

from local.emulator.patches.permissions import trusts


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ({"Service": "apigateway.amazonaws.com"}, True),
        ({"Service": ["states.amazonaws.com", "apigateway.amazonaws.com"]}, True),
        ({"Service": "states.amazonaws.com"}, False),
        ({"AWS": "*"}, False),
    ],
)
def test_role_trusts_the_services_of_its_policy(principal: dict[str, Any], *, trusted: bool) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
    assert trusts(policy, "apigateway.amazonaws.com") is trusted


def test_role_without_a_trust_policy_trusts_no_service() -> None:
    assert not trusts(None, "apigateway.amazonaws.com")
