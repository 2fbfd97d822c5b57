"""The ingest workflow, run in process by the definition in the template, with its choices, branches and payloads.

States and fields that the definition does not use raise an error. Retries are not implemented: a test runs a step twice
explicitly.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
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
        self._run(self._definition, {"owner_id": photo.owner_id, "photo_id": photo.photo_id}, name, execution)
        return execution

    def _run(
        self, definition: Mapping[str, Any], state_input: dict[str, Any], name: str, execution: Execution
    ) -> dict[str, Any]:
        """Run a definition, or a branch of a Parallel state, and return the output of its last state."""
        state: str | None = definition["StartAt"]
        while state is not None:
            state, state_input = self._enter(state, definition["States"][state], state_input, name, execution)
        return state_input

    def _enter(
        self, state: str, definition: Mapping[str, Any], state_input: dict[str, Any], name: str, execution: Execution
    ) -> tuple[str | None, dict[str, Any]]:
        """Run a state; return the next state, None at the end, and its input."""
        match definition["Type"]:
            case "Task":
                return self._run_task(state, definition, state_input, name, execution)
            case "Parallel":
                given = _select(definition["Parameters"], state_input)
                branches = [self._branch(inner, given, name, execution) for inner in definition["Branches"]]
                return definition["Next"], _select(definition["ResultSelector"], self._run_together(branches))
            case "Pass":
                return _following(definition), _with(
                    state_input, definition["ResultPath"], _select(definition["Parameters"], state_input)
                )
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

    def _branch(
        self, definition: Mapping[str, Any], state_input: Mapping[str, Any], name: str, execution: Execution
    ) -> Callable[[], dict[str, Any]]:
        return lambda: self._run(definition, dict(state_input), name, execution)

    def _run_together(self, branches: Sequence[Callable[[], dict[str, Any]]]) -> list[dict[str, Any]]:
        """Run the branches of a Parallel state and return their outputs: one after the other, unless overridden."""
        return [branch() for branch in branches]

    def _run_task(
        self,
        step: str,
        definition: Mapping[str, Any],
        state_input: dict[str, Any],
        name: str,
        execution: Execution,
    ) -> tuple[str | None, dict[str, Any]]:
        event = _select(definition["Parameters"], state_input, {"Execution": {"Name": name}})
        execution.events[step] = event
        try:
            result = self._invoke(step, event)
        except Exception as error:  # noqa: BLE001 - the definition catches all errors
            (catch,) = definition["Catch"]
            assert catch["ErrorEquals"] == ["States.ALL"]
            cause = {"Error": type(error).__name__, "Cause": str(error)}
            return catch["Next"], _with(state_input, catch["ResultPath"], cause)
        execution.results[step] = json.loads(json.dumps(result))
        selected = execution.results[step]
        if "ResultSelector" in definition:
            selected = _select(definition["ResultSelector"], selected)
        return _following(definition), _with(state_input, definition["ResultPath"], selected)

    def _invoke(self, step: str, event: Mapping[str, Any]) -> StepResult:
        self.before.get(step, lambda: None)()
        return import_module(f"tasks.{step.lower()}").handler(event, None)  # type: ignore[no-any-return]


def _following(definition: Mapping[str, Any]) -> str | None:
    """The next state; None at the end of a branch."""
    return None if definition.get("End") else definition["Next"]


def _select(template: Mapping[str, Any], document: Any, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values of a payload template, by name."""
    return {
        key.removesuffix(".$"): _value(value, document, context or {}) if key.endswith(".$") else value
        for key, value in template.items()
    }


def _value(expression: str, document: Any, context: Mapping[str, Any]) -> Any:
    if merged := re.fullmatch(r"States\.JsonMerge\((.+), (.+), false\)", expression):
        first, second = (_at(path, document) for path in merged.groups())
        return {**first, **second}
    return _at(expression[1:], context) if expression.startswith("$$") else _at(expression, document)


def _at(path: str, document: Any) -> Any:
    """The value at a JSON path of names and indexes."""
    assert re.fullmatch(r"\$(\.\w+|\[\d+\])*", path), path
    value: Any = document
    for part in re.findall(r"\w+", path):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _with(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the document with a value at a JSON path of one field."""
    return {**document, path.removeprefix("$."): value}
