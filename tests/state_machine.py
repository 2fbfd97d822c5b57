"""The ingest, run in process from the template's own definition: order, choices and payloads are the deployed ones.

It knows the states and fields that the definition has, and fails on any other. Retries are left out: a test that
wants a step run twice does so by name.
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
    """What an execution did: each step's input and answer, by the step's name, and how it ended."""

    status: str = "RUNNING"
    output: Any = None
    error: str | None = None
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, StepResult] = field(default_factory=dict)


class Ingest:
    """The state machine of a template. `before` maps a step to what happens just before it runs."""

    def __init__(self, template: Template) -> None:
        (parts,) = (
            resource["Properties"]["DefinitionString"]["Fn::Join"][1]
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == "AWS::StepFunctions::StateMachine" and logical_id.startswith("WorkflowIngest")
        )
        # The references are functions' ARNs; a step's function is known by the step's name.
        self._definition = json.loads("".join(part if isinstance(part, str) else "" for part in parts))
        self.before: dict[str, Callable[[], object]] = {}

    def another(self) -> Self:
        """The same state machine, for an execution within another's."""
        twin = copy(self)
        twin.before = {}
        return twin

    def run(self, photo: Photo, execution: str = "execution 1") -> Execution:
        """One execution for a photo."""
        done = Execution()
        state = {"owner_id": photo.owner_id, "photo_id": photo.photo_id}
        name = self._definition["StartAt"]
        while name is not None:
            name, state = self._enter(name, state, execution, done)
        return done

    def _enter(
        self, name: str, state: dict[str, Any], execution: str, done: Execution
    ) -> tuple[str | None, dict[str, Any]]:
        definition = self._definition["States"][name]
        match definition["Type"]:
            case "Task":
                return self._run_task(name, definition, state, execution, done)
            case "Choice":
                for choice in definition["Choices"]:
                    if _at(choice["Variable"], state) == choice["StringEquals"]:
                        return choice["Next"], state
                return definition["Default"], state
            case "Succeed":
                done.status, done.output = "SUCCEEDED", _at(definition["OutputPath"], state)
            case "Fail":
                done.status = "FAILED"
                done.error = definition.get("Error") or _at(definition["ErrorPath"], state)
            case other:
                raise NotImplementedError(other)
        return None, state

    def _run_task(
        self, name: str, definition: Mapping[str, Any], state: dict[str, Any], execution: str, done: Execution
    ) -> tuple[str, dict[str, Any]]:
        context = {"Execution": {"Name": execution}}
        event = {
            key.removesuffix(".$"): _at(path.removeprefix("$"), context) if path.startswith("$$") else _at(path, state)
            for key, path in definition["Parameters"].items()
        }
        done.events[name] = event
        try:
            answer = self._invoke(name, event)
        except Exception as error:  # noqa: BLE001 - what the definition catches is what is tested
            (catch,) = definition["Catch"]
            assert catch["ErrorEquals"] == ["States.ALL"]
            return catch["Next"], _with(
                state, catch["ResultPath"], {"Error": type(error).__name__, "Cause": str(error)}
            )
        done.answers[name] = json.loads(json.dumps(answer))
        return definition["Next"], _with(state, definition["ResultPath"], done.answers[name])

    def _invoke(self, name: str, event: Mapping[str, Any]) -> StepResult:
        self.before.get(name, lambda: None)()
        return import_module(f"tasks.{name.lower()}").handler(event, None)  # type: ignore[no-any-return]


def _at(path: str, document: Mapping[str, Any]) -> Any:
    value: Any = document
    for name in path.removeprefix("$.").split("."):
        value = value[name]
    return value


def _with(state: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    return {**state, path.removeprefix("$."): value}
