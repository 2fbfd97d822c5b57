"""X-Ray: one trace per request, with the segments of API Gateway, Step Functions and Lambda.

Gap: MiniStack starts a new trace for each Lambda invocation, so that one request is many traces. They have no segments
of API Gateway, Step Functions and Lambda.
Closed upstream when the functions of one execution log the same `Root=`, and `aws xray batch-get-traces` shows the
stage's segment, without this module.
"""

import contextvars
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Final

from local.emulator.patches import xray
from local.emulator.patches.xray import Document
from local.emulator.wrapping import module, wrap

_ROOT: Final = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_current: ContextVar[str] = ContextVar("photosky_trace_root", default="")
_parent: ContextVar[str] = ContextVar("photosky_trace_parent", default="")
"""The id of the open segment or subsegment of this context."""


def root_of(header: str | None) -> str:
    """Return the root of an `X-Amzn-Trace-Id` header, or a new one."""
    found = _ROOT.search(header or "")
    return found[1] if found else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def begin(header: str | None) -> str:
    """Set the current root from a request's header, for everything in this context, and return it."""
    root = root_of(header)
    _current.set(root)
    _parent.set("")
    return root


def current() -> str:
    """Return the current root, after starting a trace if there is none."""
    return _current.get() or begin(None)


def header() -> str:
    """Return the tracing header for the next call (X-Ray developer guide, "Tracing header")."""
    parent = _parent.get()
    return f"Root={current()};" + (f"Parent={parent};" if parent else "") + "Sampled=1"


def trace(root: str) -> dict[str, Any]:
    """Return a trace as it is now: `{"trace_id": root, "segments": [...]}`.

    The segments are X-Ray segment documents as in BatchGetTraces, including those of the functions' SDK, with nested
    subsegments, each list in the order of `start_time` (epoch seconds). An open segment is `in_progress`. An unknown
    root has no segments.
    """
    return {"trace_id": root, "segments": xray.segments(root)}


def root_of_execution(execution_arn: str) -> str | None:
    """Return the root of an execution's trace; None if the execution does not exist or was not traced."""
    execution = module("services.stepfunctions")._executions.get(execution_arn)
    trace_header = (execution or {}).get("traceHeader")
    return root_of(trace_header) if trace_header else None


# --- Segments of AWS's own ------------------------------------------------------------------------------------------


class Opened:
    """A segment or subsegment, recorded when it starts and when it ends."""

    def __init__(self, name: str, **fields: Any) -> None:
        outer = _parent.get()
        self._outer = outer
        self.document: Document = {
            "id": secrets.token_hex(8),
            "name": name,
            "trace_id": current(),
            "start_time": time.time(),
            **({"parent_id": outer} if outer else {}),
            **fields,
        }
        _parent.set(self.document["id"])
        xray.traces.put({**self.document, "in_progress": True})

    def close(self, **fields: Any) -> None:
        """End it now, with further fields."""
        xray.traces.put(_merged({**self.document, "end_time": time.time()}, fields))
        _parent.set(self._outer)


def _merged(document: Document, more: Mapping[str, Any]) -> Document:
    """Add fields to a document; objects such as `http` are merged, and false values are left out."""
    fields = {name: value for name, value in more.items() if value is not False}
    both = {name: {**document[name], **value} for name, value in fields.items() if isinstance(document.get(name), dict)}
    return {**document, **fields, **both}


def answered(status: int) -> dict[str, Any]:
    """Return a segment's fields for an HTTP status: the status, and whether it is a fault, error or throttle."""
    return {
        "http": {"response": {"status": status}},
        "fault": status >= 500,
        "error": 400 <= status < 500,
        "throttle": status == 429,
    }


@contextmanager
def opened(name: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """Record a segment around a block, which can add fields for its end. An exception is a fault."""
    segment = Opened(name, **fields)
    ending: dict[str, Any] = {}
    try:
        yield ending
    except BaseException:
        ending["fault"] = True
        raise
    finally:
        segment.close(**ending)


def called(service: str, operation: str, **aws: Any) -> AbstractContextManager[dict[str, Any]]:
    """Record a subsegment around one service's call to another."""
    return opened(service, type="subsegment", namespace="aws", aws={"operation": operation, **aws})


def request(request_id: str, api_id: str, stage: str, method: str, path: str) -> AbstractContextManager[dict[str, Any]]:
    """Record a segment of a request to the stage. Its URL is without the query, which may have a cursor."""
    api = module("services.apigateway_v1")._rest_apis.get(api_id) or {}
    return opened(
        f"{api.get('name', api_id)}/{stage}",
        origin="AWS::ApiGateway::Stage",
        http={"request": {"method": method, "url": f"/{stage}{path}"}},
        aws={"api_gateway": {"rest_api_id": api_id, "stage": stage, "request_id": request_id}},
    )


class _States:
    """The subsegments of an execution's states, from the events of its history."""

    def __init__(self) -> None:
        self._state: Opened | None = None

    def enter(self, name: str) -> None:
        """Start a state's subsegment."""
        self._state = Opened(name, type="subsegment")

    def leave(self, **fields: Any) -> None:
        """End it, if one is open."""
        if self._state is not None:
            self._state.close(**fields)
            self._state = None


_states: ContextVar[_States | None] = ContextVar("photosky_trace_states", default=None)
_FAILED: Final = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


@contextmanager
def execution(machine: Mapping[str, Any], record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Record an execution's segment, and store the tracing header in its record."""
    record["traceHeader"] = header()
    aws = {"state_machine_arn": record["stateMachineArn"], "execution_arn": record["executionArn"]}
    with opened(machine["name"], origin="AWS::StepFunctions::StateMachine", aws=aws) as ending:
        _states.set(_States())
        yield ending


@contextmanager
def branch() -> Iterator[None]:
    """Separate the subsegments of a concurrent branch of a Map or a Parallel from those of the others."""
    states = _States()
    token = _states.set(states)
    try:
        yield
    except BaseException:
        states.leave(fault=True)
        raise
    finally:
        _states.reset(token)


def on_event(kind: str, details: Mapping[str, Any] | None) -> None:
    """Update the subsegments with an event of the current execution's history."""
    states = _states.get()
    if states is None:
        return
    if kind.endswith("StateEntered"):
        states.enter((details or {})["stateEnteredEventDetails"]["name"])
    elif kind.endswith("StateExited"):
        states.leave()
    elif kind in _FAILED:
        states.leave(fault=True)


_function: ContextVar[list[Opened] | None] = ContextVar("photosky_trace_function", default=None)
"""The function's segment of this context's invocation, once a worker has started it."""


def _invoked(original: Callable[..., Any]) -> Callable[..., Any]:
    """Record Lambda's two segments: the service's, including the wait for a worker, and the function's."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        # In a copied context, so that the trace of a scheduled invocation does not continue in the next one.
        return contextvars.copy_context().run(traced, func, event, request_id)

    def traced(func: dict[str, Any], event: Any, request_id: str) -> Any:
        function: list[Opened] = []
        _function.set(function)
        with opened(**_about(func["config"], "AWS::Lambda", request_id=request_id)) as ending:
            result = original(func, event, request_id)
            failed = bool(result.get("error"))
            for segment in function:
                segment.close(fault=failed)
            ending.update(answered(200), fault=failed)
        return result

    return execute


def _inherited(original: Callable[..., Any]) -> Callable[..., Any]:
    """Make the header of a worker's invocation, whose parent is the function's segment."""

    def trace_id(config: dict[str, Any], inbound_trace_header: str | None = None) -> str | None:
        function = _function.get()
        if function is None:
            return original(config, inbound_trace_header)  # type: ignore[no-any-return]
        function.append(Opened(**_about(config, "AWS::Lambda::Function")))
        return header()

    return trace_id


def _about(config: Mapping[str, Any], origin: str, **aws: str) -> dict[str, Any]:
    return {
        "name": config["FunctionName"],
        "origin": origin,
        "aws": {"function_arn": config["FunctionArn"], **aws},
    }


def install() -> None:
    """Wrap invocations, so that they continue their request's trace and have Lambda's segments."""
    wrap("services.lambda_svc", "_xray_trace_id_for_invocation", "config inbound_trace_header", _inherited)
    wrap("services.lambda_svc", "_execute_function_warm", "func event request_id", _invoked)
