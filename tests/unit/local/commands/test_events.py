"""The output of `make events`, and what it leaves behind."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from local.commands.events import Queue, follow, line, subscription
from local.deployed import Deployed

EVENT: dict[str, Any] = {
    "time": "2026-11-28T14:48:44Z",
    "detail-type": "Photo Rejected",
    "detail": {
        "photo_id": "01a222a1-282a-7837-b842-a384d7f70e02",
        "owner_id": "an owner",
        "status": "rejected",
        "version": 3,
        "code": "CorruptImage",
        "content_type": "image/jpeg",
        "size_bytes": 12,
    },
}


def test_a_line_has_time_type_photo_version_and_the_rest() -> None:
    assert line(EVENT) == (
        "2026-11-28T14:48:44Z  Photo Rejected  01a222a1-282a-7837-b842-a384d7f70e02  v3  "
        "rejected CorruptImage image/jpeg 12"
    )


class Service:
    """EventBridge and SQS: each call is noted."""

    def __init__(self, failing: str = "") -> None:
        self.calls: list[str] = []
        self._failing = failing

    def client(self, _service: str, _config: object = None) -> "Service":
        return self

    def __getattr__(self, name: str) -> Any:
        def call(**_parameters: Any) -> Mapping[str, Any]:
            self.calls.append(name)
            if name == self._failing:
                raise OSError(name)
            return {"QueueUrl": "a url", "Attributes": {"QueueArn": "an arn"}, "RuleArn": "a rule"}

        return call


@pytest.mark.parametrize("failing", ["", "put_targets", "set_queue_attributes", "put_rule", "get_queue_attributes"])
def test_the_rule_and_the_queue_are_deleted_whatever_happens(failing: str) -> None:
    service = Service(failing)
    stack = Deployed(service, {"EventBusName": "PhotoSky-local"})
    try:
        with subscription(stack):
            pass
    except OSError:
        assert failing
    made = {"create_queue", "put_rule"} & set(service.calls) - {failing}
    expected = {"create_queue": "delete_queue", "put_rule": "delete_rule"}
    assert {expected[call] for call in made} == {call for call in service.calls if call.startswith("delete_")}


def test_following_ends_when_stopping_is_set() -> None:
    stopping, said = threading.Event(), list[str]()

    class Reading(Queue):
        def read(self) -> Any:
            stopping.set()
            yield EVENT

    follow(Reading(None, "a url"), said.append, stopping)
    assert said == [line(EVENT)]
