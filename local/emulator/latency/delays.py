"""Delay the emulator's calls as AWS does, once `start` was called. Without it, nothing is delayed.

Gap: MiniStack answers in a few milliseconds, so that calls one after the other cost nothing here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final

from local.emulator.latency.draws import Latencies
from local.emulator.latency.operations import copy_source, operation_of
from local.emulator.wrapping import module, require, wrap

_GATEWAY: Final = "services.apigateway_v1"
_STATES: Final = "services.stepfunctions"

Work = Callable[[], Awaitable[Any]]


class Delays:
    """Waits for the latencies of calls. `pause` and `sleep` take seconds, as the functions of asyncio and time do."""

    def __init__(
        self,
        latencies: Latencies,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._latencies = latencies
        self._clock = clock
        self._pause = pause
        self._sleep = sleep

    async def answer(self, service: str, operation: str, work: Work, size_bytes: Callable[[Any], int]) -> Any:
        """Do the work and return its result no earlier than the operation's latency allows.

        `size_bytes` is the size of what the call transfers, given its result. An overhead passes before the work.
        """
        latency, began = self._latencies.draw(service, operation), self._clock()
        if latency.row.is_overhead:
            await self._pause(latency.seconds())
            return await work()
        result = await work()
        await self._pause(max(0.0, began + latency.seconds(size_bytes(result)) - self._clock()))
        return result

    def wait(self, service: str, operation: str) -> None:
        """Wait for an overhead, in a thread that serves one execution only."""
        self._sleep(self._latencies.draw(service, operation).seconds())


_active: Delays | None = None


def start(delays: Delays) -> None:
    """Delay all calls from now on."""
    global _active
    _active = delays


def stop() -> None:
    """Delay no further call."""
    global _active
    _active = None


def _without_size(_result: Any) -> int:
    return 0


def _calls(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delay calls over HTTP but those of Step Functions, which `_starts` delays for API Gateway as well."""
    detect = require("core.router", "detect_service", "method path headers query_params")

    @wraps(original)
    async def dispatch(
        method: str, path: str, headers: dict[str, Any], body: bytes, query_params: dict[str, Any], request_id: str
    ) -> Any:
        def work() -> Awaitable[Any]:
            return original(method, path, headers, body, query_params, request_id)  # type: ignore[no-any-return]

        service = detect(method, path, headers, query_params)
        if _active is None or service == "states":
            return await work()
        copied = _size_of_source(headers) if service == "s3" else 0
        operation = operation_of(service, method, path, headers, body, query_params)
        return await _active.answer(
            service, operation, work, lambda response: max(len(body or b""), len_of(response), copied)
        )

    return dispatch


def len_of(response: tuple[int, Mapping[str, Any], Any]) -> int:
    """Return the size of a response's body; 0 for one that is streamed."""
    _, _, body = response
    return len(body) if isinstance(body, bytes | str) else 0


def _size_of_source(headers: Mapping[str, Any]) -> int:
    """Return the size of the object that a call copies; 0 if it copies none."""
    bucket, key = copy_source(headers) or ("", "")
    objects = (module("services.s3")._buckets.get(bucket) or {}).get("objects", {})
    return int(objects.get(key, {}).get("size", 0))


def _starts(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delay all calls of Step Functions: over HTTP, and by an integration of API Gateway."""

    @wraps(original)
    async def handle(method: str, path: str, headers: dict[str, Any], body: bytes, query_params: dict[str, Any]) -> Any:
        def work() -> Awaitable[Any]:
            return original(method, path, headers, body, query_params)  # type: ignore[no-any-return]

        if _active is None:
            return await work()
        operation = operation_of("states", method, path, headers, body, query_params)
        return await _active.answer("states", operation, work, _without_size)

    return handle


def _delaying(service: str, operation: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Delay an asynchronous function as one operation, regardless of sizes."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def delayed(*args: Any, **kwargs: Any) -> Any:
            if _active is None:
                return await original(*args, **kwargs)
            return await _active.answer(service, operation, lambda: original(*args, **kwargs), _without_size)

        return delayed

    return make


def _invocations(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delay the invocation of a function by a state machine."""

    @wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if _active is not None:
            _active.wait("lambda", "Invoke")
        return original(*args, **kwargs)

    return call


def _transitions(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delay the entry into a state."""

    @wraps(original)
    def add(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> Any:
        if _active is not None and event_type.endswith("StateEntered"):
            _active.wait("states", "StateTransition")
        return original(execution, event_type, details)

    return add


def install() -> None:
    """Wrap the functions that answer calls.

    Other patches wrap the same functions later, so that their segments in a trace contain the delays.
    """
    scope = "api_id stage_name method path headers body query_params owner_account_id owner_region"
    invocation = (
        "integration api_id stage_name stage resource request_path method headers body query_params path_params "
        "owner_account_id owner_region binary_media_types authorizer_context caller_identity"
    )
    viewer = "dist method path raw_uri raw_query_string headers body query_params client_ip"
    require("services.s3", "_buckets")
    wrap("app", "_dispatch_service_request", "method path headers body query_params request_id", _calls)
    wrap(_GATEWAY, "_execute_in_scope", f"request {scope}", _delaying("apigateway", "Request"))
    wrap(_GATEWAY, "_invoke_lambda_proxy_v1", invocation, _delaying("lambda", "Invoke"))
    wrap("services.cloudfront", "handle_viewer_request", viewer, _delaying("cloudfront", "Request"))
    wrap(_STATES, "handle_request", "method path headers body query_params", _starts)
    wrap(_STATES, "_call_lambda", "func_ref event", _invocations)
    wrap(_STATES, "_add_event", "execution event_type details", _transitions)
