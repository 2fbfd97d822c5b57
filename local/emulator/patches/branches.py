"""Step Functions: histories with the states inside a Map or a Parallel, and each event's predecessor.

Gap: for states inside a Map or a Parallel, MiniStack's histories have the tasks' attempts, but not the states' events.
No event has a `previousEventId`, so that concurrent branches cannot be distinguished.
Closed upstream when GetExecutionHistory shows, without this module, a `TaskStateEntered` for each item of a Map.
"""

import copy
import json
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from local.emulator.patches import tracing
from local.emulator.wrapping import module, require, wrap

_OWNER: Final = "services.stepfunctions"
_WITH_HISTORY: Final = ("Task", "Parallel", "Map")
_WITHOUT_HISTORY: Final = ("Pass", "Choice", "Wait")

_adding: Final = threading.Lock()
_latest: ContextVar[tuple[str, int]] = ContextVar("photosky_latest_event", default=("", 0))
"""The latest event of this context: its execution's ARN and its id. A branch inherits its parent's context."""


def _linked(original: Callable[..., Any]) -> Callable[..., Any]:
    def add(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> Any:
        arn, latest = _latest.get()
        with _adding:  # MiniStack numbers an event by the count of events.
            previous = latest if arn == execution["executionArn"] else len(execution["events"])
            event = original(execution, event_type, details)
            event["previousEventId"] = previous
        _latest.set((execution["executionArn"], event["id"]))
        return event

    return add


def _with_events(original: Callable[..., Any]) -> Callable[..., Any]:
    """Replace MiniStack's loop over a branch's states by one that writes the events of its main loop."""
    del original

    def run(
        states: Mapping[str, Any], start_at: str, input_data: Any, execution: dict[str, Any], ctx: dict[str, Any]
    ) -> Any:
        step_functions = module(_OWNER)
        context = {**ctx}  # The branches of a Parallel share one.
        name: str | None = start_at
        data = copy.deepcopy(input_data)
        with tracing.branch():
            while name:
                if name not in states:
                    raise step_functions._ExecutionError("States.Runtime", f"State '{name}' not found")
                kind = states[name]["Type"]
                context["State"] = {"Name": name, "EnteredTime": step_functions.now_iso(), "RetryCount": 0}
                entered = {"stateEnteredEventDetails": {"name": name, "input": json.dumps(data)}}
                step_functions._add_event(execution, f"{kind}StateEntered", entered)
                left, (data, name) = name, _perform(kind, states[name], data, execution, context)
                exited = {"stateExitedEventDetails": {"name": left, "output": json.dumps(data)}}
                step_functions._add_event(execution, f"{kind}StateExited", exited)
        return data

    return run


def _perform(
    kind: str, state: Mapping[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]
) -> tuple[Any, str | None]:
    """Return a state's output and the next state's name."""
    step_functions = module(_OWNER)
    if kind == "Succeed":
        given = step_functions._apply_input_path(state, data, context)
        return step_functions._apply_output_path(state, given, context), None
    if kind == "Fail":
        raise step_functions._ExecutionError(*step_functions._fail_state_error(state, data, context))
    execute = getattr(step_functions, f"_execute_{kind.lower()}")
    found: tuple[Any, str | None] = (
        execute(state, data, execution, context) if kind in _WITH_HISTORY else execute(state, data, context)
    )
    return found


def install() -> None:
    """Wrap the functions that write histories and run branches."""
    for kind in _WITH_HISTORY:
        require(_OWNER, f"_execute_{kind.lower()}", "state_def raw_input execution ctx")
    for kind in _WITHOUT_HISTORY:
        require(_OWNER, f"_execute_{kind.lower()}", "state_def raw_input ctx")
    require(_OWNER, "_fail_state_error", "state_def raw_input ctx")
    require(_OWNER, "_apply_input_path", "state_def data ctx")
    require(_OWNER, "_apply_output_path", "state_def data ctx")
    wrap(_OWNER, "_add_event", "execution event_type details", _linked)
    wrap(_OWNER, "_run_sub_machine", "states start_at input_data execution ctx", _with_events)
