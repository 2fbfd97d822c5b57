"""One X-Ray trace per request, with the segments that AWS's own services would write.

Gap: MiniStack gives each Lambda invocation a root of its own, so one request is many traces; and of the gateway, the
state machine and Lambda itself, no trace tells anything.
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
"""The id of the segment or subsegment that is open in this context."""


def root_of(header: str | None) -> str:
    """The root that an `X-Amzn-Trace-Id` header carries, or a new one."""
    found = _ROOT.search(header or "")
    return found[1] if found else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def begin(header: str | None) -> str:
    """Make the request's root the current one, for everything that runs in its context; returns it."""
    root = root_of(header)
    _current.set(root)
    _parent.set("")
    return root


def current() -> str:
    """The current root, begun now when none is."""
    return _current.get() or begin(None)


def header() -> str:
    """The current root and parent, for whoever is called next (X-Ray developer guide, "Tracing header")."""
    parent = _parent.get()
    return f"Root={current()};" + (f"Parent={parent};" if parent else "") + "Sampled=1"


def trace(root: str) -> dict[str, Any]:
    """A trace as far as it has come: `{"trace_id": root, "segments": [...]}`.

    The segments are X-Ray segment documents as in BatchGetTraces, those of the functions' SDK among them, with all
    subsegments within; each list in the order of `start_time`, in epoch seconds. What has not ended is `in_progress`.
    An unknown root has no segments.
    """
    return {"trace_id": root, "segments": xray.segments(root)}


def root_of_execution(execution_arn: str) -> str | None:
    """The root of an execution's trace; None where there is no such execution, or it was never traced."""
    execution = module("services.stepfunctions")._executions.get(execution_arn)
    trace_header = (execution or {}).get("traceHeader")
    return root_of(trace_header) if trace_header else None


# --- Segments of AWS's own ------------------------------------------------------------------------------------------


class Opened:
    """A segment or subsegment from when it begins to when it ends; both are told to the traces."""

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
        """End it now, with what is known by now."""
        xray.traces.put(_merged({**self.document, "end_time": time.time()}, fields))
        _parent.set(self._outer)


def _merged(document: Document, more: Mapping[str, Any]) -> Document:
    """`document` with `more`, where what both have as objects (`http`) is merged, and what is false is not said."""
    said = {name: value for name, value in more.items() if value is not False}
    both = {name: {**document[name], **value} for name, value in said.items() if isinstance(document.get(name), dict)}
    return {**document, **said, **both}


def answered(status: int) -> dict[str, Any]:
    """What a segment says of the HTTP status that it answers: the status, and whose failure that is."""
    return {
        "http": {"response": {"status": status}},
        "fault": status >= 500,
        "error": 400 <= status < 500,
        "throttle": status == 429,
    }


@contextmanager
def opened(name: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """A segment around a block, which fills in what the segment says at its end. What the block raises is a fault."""
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
    """A subsegment around one service's call of another."""
    return opened(service, type="subsegment", namespace="aws", aws={"operation": operation, **aws})


def request(request_id: str, api_id: str, stage: str, method: str, path: str) -> AbstractContextManager[dict[str, Any]]:
    """The segment of a request to the gateway's stage. Its URL has no query: a cursor is nobody's business."""
    api = module("services.apigateway_v1")._rest_apis.get(api_id) or {}
    return opened(
        f"{api.get('name', api_id)}/{stage}",
        origin="AWS::ApiGateway::Stage",
        http={"request": {"method": method, "url": f"/{stage}{path}"}},
        aws={"api_gateway": {"rest_api_id": api_id, "stage": stage, "request_id": request_id}},
    )


class _States:
    """The subsegments of an execution's states, one after the other, as its history tells of them."""

    def __init__(self) -> None:
        self._state: Opened | None = None

    def enter(self, name: str) -> None:
        """One state begins."""
        self._state = Opened(name, type="subsegment")

    def leave(self, **fields: Any) -> None:
        """It ends, if there is one."""
        if self._state is not None:
            self._state.close(**fields)
            self._state = None


_states: ContextVar[_States | None] = ContextVar("photosky_trace_states", default=None)
_FAILED: Final = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


@contextmanager
def execution(machine: Mapping[str, Any], record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The segment of an execution, whose record is told the trace's header."""
    record["traceHeader"] = header()
    aws = {"state_machine_arn": record["stateMachineArn"], "execution_arn": record["executionArn"]}
    with opened(machine["name"], origin="AWS::StepFunctions::StateMachine", aws=aws) as ending:
        _states.set(_States())
        yield ending


@contextmanager
def branch() -> Iterator[None]:
    """What a Map or a Parallel runs beside others of its kind: its states' subsegments are apart from theirs."""
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
    """Take in one event of the current execution's history."""
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
"""The function's segment of the invocation that this context is about, once its worker has it."""


def _invoked(original: Callable[..., Any]) -> Callable[..., Any]:
    """Lambda's two segments: the service's, which has the wait for a worker, and the function's."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        # In a context of its own: what begins no request's trace, a schedule's invocation, must not leave one behind.
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
    """The header that a worker gets, asked for when it begins: its parent is the function's segment."""

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
    """Give an invocation its request's root, or one of its own, and the segments that Lambda writes."""
    wrap("services.lambda_svc", "_xray_trace_id_for_invocation", "config inbound_trace_header", _inherited)
    wrap("services.lambda_svc", "_execute_function_warm", "func event request_id", _invoked)
