"""The wire between the product's clients and moto: botocore's own hooks, in which a plan's faults happen.

Botocore's retries are in play; what they sleep moves the test's clock instead.
"""

import json
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import pytest
from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from tests.clock import Clock
from tests.faults.plan import Kind
from tests.faults.scheduling import Actor, Caller, acting

CONNECT_SECONDS: Final = 1
READ_SECONDS: Final = 5
"""How long the product's clients wait, at most."""

Observer = Callable[[str, AWSPreparedRequest, AWSResponse, Caller], None]


class Crashed(BaseException):
    """Raised in a function that dies: nothing that it would still do happens, no handler of an exception either."""


class Killed(BaseException):
    """Raised in a function that dies together with whatever waits for it."""


class Wire:
    """All calls of a session's clients, with the faults that the caller's plan says.

    `late` takes what is delivered after its caller gave up. `observe` sees every call that was done, and its answer.
    """

    def __init__(self, session: Session, clock: Clock) -> None:
        self.late: list[Actor[Any]] = []
        self.calls = 0
        self.injected: Counter[Kind] = Counter()
        self.observe: Observer = lambda *_: None
        self._clock = clock
        session.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        session.events.register("before-call", self._begin)
        session.events.register("before-send", self._send)  # type: ignore[arg-type]

    def _begin(self, **_about: Any) -> None:
        self.calls += 1
        actor = acting()
        if actor is not None:
            actor.fault, actor.attempts = actor.caller.plan.get(actor.caller.calls), 0
            actor.caller.calls += 1

    def _send(self, event_name: str, request: AWSPreparedRequest, **_about: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        actor = acting()
        if actor is None:
            return self._deliver(operation, request, Caller())
        actor.pause()
        actor.attempts += 1
        if actor.fault is None or actor.attempts > actor.fault.attempts:
            return self._deliver(operation, request, actor.caller)
        self.injected[actor.fault.kind] += 1
        return self._go_wrong(actor.fault.kind, operation, request, actor)

    def _go_wrong(self, kind: Kind, operation: str, request: AWSPreparedRequest, actor: Actor[Any]) -> AWSResponse:
        match kind:
            case Kind.REFUSED:
                return _refusal(request)
            case Kind.UNREACHABLE:
                self._clock.tick(CONNECT_SECONDS)
                raise ConnectTimeoutError(endpoint_url=request.url)
            case Kind.LATE:
                caller = actor.caller
                self.late.append(Actor(lambda: self._deliver(operation, request, caller), caller))
                self._give_up(request)
            case Kind.STALLED:
                actor.stalled = True
                actor.pause()
                return self._deliver(operation, request, actor.caller)
        answer = self._deliver(operation, request, actor.caller)
        match kind:
            case Kind.LOST:
                self._give_up(request)
            case Kind.TWICE:
                return self._deliver(operation, request, actor.caller)
            case Kind.CRASHED:
                raise Crashed
            case Kind.KILLED:
                raise Killed
        return answer

    def _give_up(self, request: AWSPreparedRequest) -> None:
        self._clock.tick(READ_SECONDS)
        raise ReadTimeoutError(endpoint_url=request.url)

    def _deliver(self, operation: str, request: AWSPreparedRequest, caller: Caller) -> AWSResponse:
        request.reset_stream()
        answer = botocore_stubber("before-send", request)
        assert answer is not None
        self.observe(operation, request, answer, caller)
        return answer


def _refusal(request: AWSPreparedRequest) -> AWSResponse:
    """What a throttled S3 or DynamoDB answers, each in its own language."""
    if "dynamodb" in request.url:
        document = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Slow down."}
        return _answer(request, 400, json.dumps(document))
    return _answer(request, 503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")


def _answer(request: AWSPreparedRequest, status: int, text: str) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(text))


def make_botocore_patient(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """No sleep is real, and no journey inherits a retry quota that the ones before have used up."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: clock.tick(1), time=clock))
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda _quota, _amount: True)
