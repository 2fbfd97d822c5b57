"""Environments that must not be used on AWS, or not with the credentials and the region of a command."""

from typing import Any, Final

import pytest

from infrastructure.environment import Environment, InvalidEnvironmentError

ON_AWS: Final = {"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-west-1"}
REAL: Final = {"allowed_origins": ["http://localhost:5173", "https://photos.aws"], "alarm_email": "on-call@photos.aws"}

UNFIT: Final[list[tuple[dict[str, Any], str]]] = [
    ({"runtime": "host"}, "is built for this machine and cannot be used on AWS. Start it with `make run`."),
    ({"account": "999999999999"}, "belongs to the account 999999999999, but the credentials are of 123456789012."),
    ({"region": "eu-west-3"}, "belongs to the region eu-west-3, but the selected region is eu-west-1."),
    *(
        (
            {"allowed_origins": ["https://photos.aws", origin]},
            f"has the placeholder {origin} in allowed_origins. Write your frontend's origins.",
        )
        for origin in ("https://photosky.example", "https://a.example.com", "http://example.org:8080", "https://a.test")
    ),
    (
        {"retain_data": True, "alarm_email": None},
        "retains data, but has no alarm_email, so no alarm would send a message. Add one.",
    ),
]


@pytest.mark.parametrize(("knobs", "reason"), UNFIT)
def test_an_environment_that_is_unfit_for_aws_is_refused(knobs: dict[str, Any], reason: str) -> None:
    environment = _environment(**knobs)
    with pytest.raises(InvalidEnvironmentError) as refused:
        environment.check_target(ON_AWS)
    assert str(refused.value) == f"The environment 'dev' {reason}"
    assert environment.check_target({}) == []
    assert environment.check_target(ON_AWS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}) == []


def test_an_environment_in_its_account_and_region_may_be_deployed() -> None:
    assert _environment(account="123456789012", region="eu-west-1", retain_data=True).check_target(ON_AWS) == []
    assert _environment(allowed_origins=["https://my-example.net"]).check_target(ON_AWS) == []


def test_alarms_without_a_recipient_are_a_warning() -> None:
    assert _environment(alarm_email=None).check_target(ON_AWS) == [
        "The environment 'dev' has no alarm_email, so no alarm sends a message."
    ]


def _environment(**knobs: Any) -> Environment:
    set_knobs = {knob: value for knob, value in (REAL | knobs).items() if value is not None}
    return Environment.read("dev", set_knobs)
