"""The ingest workflow, run in process by the definition in the template, with its choices and payloads.

States and fields that the definition does not use raise an error. Retries are not implemented: a test runs a step twice
explicitly.
"""

import json
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Self

from photosky.photo import Photo
from photosky.steps import StepResult
from tests.storage import Template


@dataclass
class Execution:
    """An execution: its status and output, and each step's input and result by the step's name."""

    status: str = "RUNNING"
    output: Any = None
    error: str | None = None
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, StepResult] = field(default_factory=dict)


class Ingest:
    """The ingest state machine of a template. `before` maps a step to a function that is called before it."""

    def __init__(self, template: Template) -> None:
        (parts,) = (
            resource["Properties"]["DefinitionString"]["Fn::Join"][1]
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == "AWS::StepFunctions::StateMachine" and logical_id.startswith("WorkflowIngest")
        )
        # References to the functions' ARNs are omitted: `_invoke` finds a function by the name of its step.
        self._definition = json.loads("".join(part if isinstance(part, str) else "" for part in parts))
        self.before: dict[str, Callable[[], object]] = {}

    def without_hooks(self) -> Self:
        """The same state machine with an empty `before`, for an execution within another one."""
        machine = copy(self)
        machine.before = {}
        return machine

    def run(self, photo: Photo, name: str = "execution 1") -> Execution:
        """Run an execution with this name for a photo."""
        execution = Execution()
        state_input = {"owner_id": photo.owner_id, "photo_id": photo.photo_id}
        state = self._definition["StartAt"]
        while state is not None:
            state, state_input = self._enter(state, state_input, name, execution)
        return execution

    def _enter(
        self, state: str, state_input: dict[str, Any], name: str, execution: Execution
    ) -> tuple[str | None, dict[str, Any]]:
        """Run a state; return the next state, None at the end, and its input."""
        definition = self._definition["States"][state]
        match definition["Type"]:
            case "Task":
                return self._run_task(state, definition, state_input, name, execution)
            case "Choice":
                for choice in definition["Choices"]:
                    if _at(choice["Variable"], state_input) == choice["StringEquals"]:
                        return choice["Next"], state_input
                return definition["Default"], state_input
            case "Succeed":
                execution.status, execution.output = "SUCCEEDED", _at(definition["OutputPath"], state_input)
            case "Fail":
                execution.status = "FAILED"
                execution.error = definition.get("Error") or _at(definition["ErrorPath"], state_input)
            case other:
                raise NotImplementedError(other)
        return None, state_input

    def _run_task(
        self,
        step: str,
        definition: Mapping[str, Any],
        state_input: dict[str, Any],
        name: str,
        execution: Execution,
    ) -> tuple[str, dict[str, Any]]:
        context = {"Execution": {"Name": name}}
        event = {
            key.removesuffix(".$"): _at(path.removeprefix("$"), context)
            if path.startswith("$$")
            else _at(path, state_input)
            for key, path in definition["Parameters"].items()
        }
        execution.events[step] = event
        try:
            result = self._invoke(step, event)
        except Exception as error:  # noqa: BLE001 - the definition catches all errors
            (catch,) = definition["Catch"]
            assert catch["ErrorEquals"] == ["States.ALL"]
            cause = {"Error": type(error).__name__, "Cause": str(error)}
            return catch["Next"], _with(state_input, catch["ResultPath"], cause)
        execution.results[step] = json.loads(json.dumps(result))
        return definition["Next"], _with(state_input, definition["ResultPath"], execution.results[step])

    def _invoke(self, step: str, event: Mapping[str, Any]) -> StepResult:
        self.before.get(step, lambda: None)()
        return import_module(f"tasks.{step.lower()}").handler(event, None)  # type: ignore[no-any-return]


def _at(path: str, document: Mapping[str, Any]) -> Any:
    """The value at a JSON path."""
    value: Any = document
    for name in path.removeprefix("$.").split("."):
        value = value[name]
    return value


def _with(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the document with a value at a JSON path of one field."""
    return {**document, path.removeprefix("$."): value}
