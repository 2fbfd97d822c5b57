"""Fault injection: botocore event hooks between the clients and moto that apply a fault plan.

Botocore's retries remain active; their delays advance the test clock.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
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
from tests.faults.plan import FaultKind
from tests.faults.scheduling import Actor, Caller, current_actor

CONNECT_TIMEOUT_SECONDS: Final = 1
READ_TIMEOUT_SECONDS: Final = 5
"""Timeouts of the clients in `photosky.aws`."""

Observer = Callable[[str, AWSPreparedRequest, AWSResponse, Caller], None]


class Crashed(BaseException):
    """Raised to terminate a function; exception handlers for `Exception` do not run."""


class Killed(BaseException):
    """Raised to terminate a function and its callers."""


class FaultInjector:
    """Applies the fault plan of the current request to all calls of a session's clients.

    Attributes:
        delayed: Calls that are executed after their caller has timed out.
        calls: AWS calls so far.
        injected: Faults so far, by kind.
        observe: Called with each executed call and its response.
        run_execution: Called with the parameters of StartSyncExecution; returns the response. Moto runs no steps.
        seconds_of_faults: The time that any fault takes, from its start; None for the time of its kind and attempts.
    """

    def __init__(self, session: Session, clock: Clock) -> None:
        self.delayed: list[Actor[Any]] = []
        self.calls = 0
        self.injected: Counter[FaultKind] = Counter()
        self.observe: Observer = lambda *_: None
        self.run_execution: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}
        self.seconds_of_faults: int | None = None
        self._clock = clock
        session.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        session.events.register("before-call", self._begin)
        session.events.register("before-send", self._send)  # type: ignore[arg-type]

    def wait(self, seconds: int) -> None:
        """Advance the clock during a fault."""
        if self.seconds_of_faults is None:
            self._clock.tick(seconds)

    def _begin(self, **_kwargs: Any) -> None:
        self.calls += 1
        actor = current_actor()
        if actor is not None:
            actor.fault, actor.attempts = actor.caller.plan.get(actor.caller.calls), 0
            actor.caller.calls += 1

    def _send(self, event_name: str, request: AWSPreparedRequest, **_kwargs: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        actor = current_actor()
        if actor is None:
            return self._execute(operation, request, Caller())
        actor.pause()
        actor.attempts += 1
        if actor.fault is None or actor.attempts > actor.fault.attempts:
            return self._execute(operation, request, actor.caller)
        self.injected[actor.fault.kind] += 1
        if self.seconds_of_faults is not None and actor.attempts == 1:
            self._clock.tick(self.seconds_of_faults)
        return self._inject(actor.fault.kind, operation, request, actor)

    def _inject(self, kind: FaultKind, operation: str, request: AWSPreparedRequest, actor: Actor[Any]) -> AWSResponse:
        match kind:
            case FaultKind.THROTTLED:
                return _throttling_response(request)
            case FaultKind.UNREACHABLE:
                self.wait(CONNECT_TIMEOUT_SECONDS)
                raise ConnectTimeoutError(endpoint_url=request.url)
            case FaultKind.DELAYED:
                caller = actor.caller
                self.delayed.append(Actor(lambda: self._execute(operation, request, caller), caller))
                self._time_out(request)
            case FaultKind.STALLED:
                actor.is_stalled = True
                actor.pause()
                return self._execute(operation, request, actor.caller)
        response = self._execute(operation, request, actor.caller)
        match kind:
            case FaultKind.LOST:
                self._time_out(request)
            case FaultKind.DUPLICATED:
                return self._execute(operation, request, actor.caller)
            case FaultKind.CRASHED:
                raise Crashed
            case FaultKind.KILLED:
                raise Killed
        return response

    def _time_out(self, request: AWSPreparedRequest) -> None:
        self.wait(READ_TIMEOUT_SECONDS)
        raise ReadTimeoutError(endpoint_url=request.url)

    def _execute(self, operation: str, request: AWSPreparedRequest, caller: Caller) -> AWSResponse:
        request.reset_stream()
        if operation == "StartSyncExecution":
            assert isinstance(request.body, bytes | str)
            return _response(request, 200, json.dumps(self.run_execution(json.loads(request.body))))
        response = botocore_stubber("before-send", request)
        assert response is not None
        self.observe(operation, request, response, caller)
        return response


def _throttling_response(request: AWSPreparedRequest) -> AWSResponse:
    """The throttling error of DynamoDB or S3."""
    if "dynamodb" in request.url:
        document = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Slow down."}
        return _response(request, 400, json.dumps(document))
    return _response(request, 503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")


def _response(request: AWSPreparedRequest, status: int, text: str) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(text))


def disable_botocore_delays(monkeypatch: pytest.MonkeyPatch, injector: FaultInjector, clock: Clock) -> None:
    """Replace botocore's sleeps by the test clock, and disable its retry quota, which journeys would share."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: injector.wait(1), time=clock))
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda _quota, _amount: True)
