"""Step Functions: immediate starts, timeouts, retry delays, roles, responses and log events as on AWS.

Gaps: every execution sleeps 150 ms first; the state machine's `TimeoutSeconds`, and `MaxDelaySeconds` and
`JitterStrategy` of a retrier, are ignored; a task runs without a check of the machine's role; StartSyncExecution
returns an output for a failed execution; the state machine's log group stays empty.
Closed upstream when, without this module, an execution of one Pass state takes a few milliseconds, one that waits
longer than its machine allows ends `TIMED_OUT`, and `aws logs tail` shows its events.
"""

import contextvars
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local.emulator.patches import tracing
from local.emulator.patches.permissions import allows
from local.emulator.wrapping import Incompatible, module, require, wrap

logger = logging.getLogger(__name__)

_IDLE_START_SECONDS: Final = 0.15
_execution: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("photosky_execution", default=None)
on_end: list[Callable[[str], None]] = []
"""What is called with the ARN of each execution that has ended."""

_LEVELS: Final[Mapping[str, Callable[[str], bool]]] = {
    "ALL": lambda _type: True,
    "ERROR": lambda type_: type_.endswith(("Failed", "TimedOut", "Aborted")),
    "FATAL": lambda type_: type_ in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"),
    "OFF": lambda _type: False,
}
_DATA_FIELDS: Final = frozenset({"input", "output"})


class _Abandoned(BaseException):
    """Ends the thread of an execution that timed out. Not an Exception, so that no Retry or Catch handles it."""


class _Clock:
    """The `time` module for `stepfunctions`, without the wait before each execution."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Sleep, unless it is MiniStack's wait before every execution."""
        if seconds != _IDLE_START_SECONDS:
            time.sleep(seconds)


def retry_delay_seconds(retrier: Mapping[str, Any], attempt: int, chance: Callable[[], float]) -> float:
    """Return the delay before retry number `attempt` (from 0), by the Amazon States Language.

    `chance` returns a number from 0 to 1 for full jitter.
    """
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** attempt
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    return delay * chance() if retrier.get("JitterStrategy") == "FULL" else delay


def _with_delays(original: Callable[..., Any]) -> Callable[..., Any]:
    def find(retriers: list[dict[str, Any]], error: str, retry_counts: dict[int, int]) -> tuple[Any, int]:
        retrier, index = original(retriers, error, retry_counts)
        if retrier is None:
            return None, index
        delay = retry_delay_seconds(retrier, retry_counts.get(index, 0), random.random)
        # MiniStack computes interval * backoff ** attempt, which is the delay if the rate is 1.
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, index

    return find


def _definition(machine: Mapping[str, Any]) -> dict[str, Any]:
    loaded = json.loads(machine["definition"])
    return loaded if isinstance(loaded, dict) else {}


def _run(original: Callable[..., Any]) -> Callable[..., Any]:
    step_functions = module("services.stepfunctions")

    def run_in_thread(arn: str, execution: dict[str, Any], timeout: float | None) -> bool:
        """Run the execution in a copied context; False if it was still running at its timeout."""

        def target() -> None:
            _execution.set(execution)
            try:
                original(arn)
            except _Abandoned:
                logger.info("Execution %s stopped after its timeout", arn)

        thread = threading.Thread(
            target=contextvars.copy_context().run, args=(target,), daemon=True, name="photosky-execution"
        )
        thread.start()
        thread.join(timeout)
        return not thread.is_alive()

    def run(exec_arn: str) -> None:
        execution = step_functions._executions.get(exec_arn)
        machine = step_functions._state_machines.get((execution or {}).get("stateMachineArn"))
        if not execution or not machine:
            original(exec_arn)
            return
        with tracing.execution(machine, execution) as ending:
            timeout = _definition(machine).get("TimeoutSeconds")
            if not run_in_thread(exec_arn, execution, timeout) and execution["status"] == "RUNNING":
                # The thread keeps the old record, so that its running task has no effect on the history, as on AWS.
                record = {**execution, "events": list(execution["events"])}
                execution["status"] = "ABANDONED"
                step_functions._executions[exec_arn] = record
                _time_out(step_functions, record)
            ended = step_functions._executions[exec_arn]
            ending["fault"] = ended["status"] != "SUCCEEDED"
        for notify in on_end:
            notify(exec_arn)
        _log_events(machine, ended)

    return run


def _time_out(step_functions: Any, execution: dict[str, Any]) -> None:
    execution.update(status="TIMED_OUT", stopDate=step_functions.now_iso(), error="States.Timeout", output=None)
    step_functions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})


def _until_abandoned(original: Callable[..., Any]) -> Callable[..., Any]:
    def add(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> Any:
        if execution.get("status") == "ABANDONED":
            raise _Abandoned
        tracing.on_event(event_type, details)
        return original(execution, event_type, details)

    return add


def _with_trace_header(original: Callable[..., Any]) -> Callable[..., Any]:
    """Add `traceHeader` to the response of DescribeExecution."""

    def describe(data: dict[str, Any]) -> Any:
        status, headers, body = original(data)
        if status != 200:
            return status, headers, body
        execution = module("services.stepfunctions")._executions[data["executionArn"]]
        return status, headers, json.dumps(json.loads(body) | {"traceHeader": execution.get("traceHeader")}).encode()

    return describe


def _without_output(original: Callable[..., Any]) -> Callable[..., Any]:
    """Remove the output of a failed execution from the response of StartSyncExecution."""

    def start(data: dict[str, Any]) -> Any:
        response = original(data)
        status, headers, body = response
        if status != 200:
            return response
        result = json.loads(body)
        if result["status"] != "SUCCEEDED":
            result.pop("output", None)
            result.pop("outputDetails", None)
        if result["status"] == "TIMED_OUT":
            result["error"] = "States.Timeout"
        return status, headers, json.dumps(result).encode()

    return start


def _within_role(original: Callable[..., Any]) -> Callable[..., Any]:
    """Allow a task to invoke a function only if the state machine's role does."""
    step_functions = module("services.stepfunctions")

    def call(func_ref: str, event: Any) -> Any:
        execution = _execution.get()
        machine = step_functions._state_machines.get(execution["stateMachineArn"]) if execution else None
        if machine is not None:
            arn = func_ref if func_ref.startswith("arn:") else _function_arn(func_ref, machine["stateMachineArn"])
            if not allows(machine["roleArn"], "states.amazonaws.com", "lambda:InvokeFunction", arn):
                cause = f"The state machine's role {machine['roleArn']} may not call lambda:InvokeFunction on {arn}"
                raise step_functions._ExecutionError("Lambda.AWSLambdaException", cause)
        with tracing.called("Lambda", "Invoke", function_name=func_ref.rsplit(":", 1)[-1]):
            return original(func_ref, event)

    return call


def _function_arn(name: str, machine_arn: str) -> str:
    _, partition, _, region, account, *_ = machine_arn.split(":")
    return f"arn:{partition}:lambda:{region}:{account}:function:{name}"


def log_group_of(machine: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Return a state machine's log group (empty if it has none), its level, and whether data is included.

    MiniStack stores the configuration unchanged: capitalized if it is from CloudFormation, not if from the API.
    """
    settings = _lowered(machine.get("loggingConfiguration") or {})
    for destination in settings.get("destinations") or []:
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        if ":log-group:" in arn:
            name = arn.split(":log-group:")[1].removesuffix(":*")
            return name, settings.get("level", "OFF"), str(settings.get("includeExecutionData")).lower() == "true"
    return "", "OFF", False


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lowered(item) for key, item in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def log_message(event: Mapping[str, Any], arn: str, with_data: bool) -> str:
    """Format an execution's event as Step Functions does for CloudWatch Logs."""
    details: Mapping[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    shown = {key: value for key, value in details.items() if with_data or key not in _DATA_FIELDS}
    return json.dumps(
        {
            "id": str(event["id"]),
            "type": event["type"],
            "details": shown,
            "previous_event_id": str(event["id"] - 1),
            "event_timestamp": str(_milliseconds(event["timestamp"])),
            "execution_arn": arn,
        }
    )


def _milliseconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp() * 1000)


def _log_events(machine: Mapping[str, Any], execution: Mapping[str, Any]) -> None:
    name, level, with_data = log_group_of(machine)
    wanted = [event for event in execution["events"] if _LEVELS[level](event["type"])]
    logs = module("services.cloudwatch_logs")
    group = logs._log_groups.get(name) if name and wanted else None
    if group is None:
        return
    now = datetime.now(UTC)
    now_ms = int(now.timestamp() * 1000)
    stream_name = f"states/{machine['name']}/{now:%Y-%m-%d}/{now:%H}"
    stream = group["streams"].setdefault(
        stream_name,
        {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now_ms,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        },
    )
    arn = execution["executionArn"]
    logs._append_log_events(
        stream,
        [
            {
                "timestamp": _milliseconds(event["timestamp"]),
                "message": log_message(event, arn, with_data),
                "ingestionTime": now_ms,
            }
            for event in wanted
        ],
    )


def install() -> None:
    """Wrap the functions that run, delay and describe executions."""
    owner = "services.stepfunctions"
    step_functions = module(owner)
    if step_functions.time is not time:
        raise Incompatible(f"ministack.{owner}.time", "is not the time module")
    step_functions.time = _Clock()
    require("services.cloudwatch_logs", "_append_log_events", "stream events")
    wrap(owner, "_run_execution", "exec_arn", _run)
    wrap(owner, "_add_event", "execution event_type details", _until_abandoned)
    wrap(owner, "_find_matching_retrier", "retriers error retry_counts", _with_delays)
    wrap(owner, "_call_lambda", "func_ref event", _within_role)
    wrap(owner, "_start_sync_execution", "data", _without_output)
    wrap(owner, "_describe_execution", "data", _with_trace_header)
