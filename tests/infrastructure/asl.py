"""An interpreter of the Amazon States Language, for the subset that the ingest workflow uses.

Task states call `perform` for their result. Retries take no time, and a test sees the attempts.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

UNCATCHABLE: Final = ("States.DataLimitExceeded", "States.Runtime")
"""The errors that States.ALL does not match (Step Functions guide, "Error names")."""

Perform = Callable[[str, dict[str, Any]], Any]


class Fault(Exception):
    """Raised by `perform` with the error name that Step Functions would report."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Run:
    """An execution: the states that it entered, the payloads of its tasks, and its end."""

    entered: list[str] = field(default_factory=list)
    payloads: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    output: Any = None
    error: str | None = None
    cause: str | None = None

    @property
    def last(self) -> str:
        """The last state."""
        return self.entered[-1]


def execute(definition: Mapping[str, Any], document: Mapping[str, Any], name: str, perform: Perform) -> Run:
    """Run a definition from its start; the branches of a Parallel state one after the other.

    Raises NotImplementedError for an unknown state type, rule or path.
    """
    run = Run()
    _walk(run, definition, dict(document), name, perform)
    return run


def _walk(run: Run, definition: Mapping[str, Any], data: dict[str, Any], name: str, perform: Perform) -> dict[str, Any]:
    """Run a definition, or a branch, to its end; returns the data there."""
    state: str | None = definition["StartAt"]
    while state is not None:
        run.entered.append(state)
        node = definition["States"][state]
        match node["Type"]:
            case "Task":
                state = _task(run, state, node, data, name, perform)
            case "Parallel":
                given = _select(node["Parameters"], data)
                results = [_walk(run, branch, copy.deepcopy(given), name, perform) for branch in node["Branches"]]
                data, state = _select(node["ResultSelector"], results), node["Next"]
            case "Pass":
                data[_top(node["ResultPath"])], state = _select(node["Parameters"], data), _next(node)
            case "Choice":
                state = _choose(node, data)
            case "Succeed":
                run.output, state = _at(node.get("OutputPath", "$"), data), None
            case "Fail":
                run.error = _at(node["ErrorPath"], data) if "ErrorPath" in node else node["Error"]
                run.cause = _at(node["CausePath"], data) if "CausePath" in node else node["Cause"]
                state = None
            case other:
                raise NotImplementedError(other)
    return data


def _task(
    run: Run, state: str, node: Mapping[str, Any], data: dict[str, Any], name: str, perform: Perform
) -> str | None:
    payload = _select(node["Parameters"], data, name)
    attempts: dict[int, int] = {}
    while True:
        run.payloads.append((state, copy.deepcopy(payload)))
        try:
            result = perform(state, payload)
        except Fault as fault:
            if _is_retried(node, fault.error, attempts):
                continue
            catch = next((c for c in node.get("Catch", []) if _matches(c["ErrorEquals"], fault.error)), None)
            if catch is None:
                raise
            data[_top(catch["ResultPath"])] = {"Error": fault.error, "Cause": "…"}
            return str(catch["Next"])
        data[_top(node["ResultPath"])] = _select(node["ResultSelector"], result) if "ResultSelector" in node else result
        return _next(node)


def _next(node: Mapping[str, Any]) -> str | None:
    """Return the next state; None at the end of a branch."""
    return None if node.get("End") else str(node["Next"])


def _is_retried(node: Mapping[str, Any], error: str, attempts: dict[int, int]) -> bool:
    for index, retrier in enumerate(node.get("Retry", [])):
        if _matches(retrier["ErrorEquals"], error):
            attempts[index] = attempts.get(index, 0) + 1
            return attempts[index] <= int(retrier["MaxAttempts"])
    return False


def _matches(names: list[str], error: str) -> bool:
    return error in names or ("States.ALL" in names and error not in UNCATCHABLE)


def _choose(node: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    for choice in node["Choices"]:
        if set(choice) != {"Variable", "StringEquals", "Next"}:
            raise NotImplementedError(choice)
        if _at(choice["Variable"], data) == choice["StringEquals"]:
            return str(choice["Next"])
    return str(node["Default"])


def _select(template: Mapping[str, Any], data: Any, name: str = "") -> dict[str, Any]:
    """Return the values of a payload template."""
    return {
        key.removesuffix(".$"): _value(value, data, name) if key.endswith(".$") else value
        for key, value in template.items()
    }


def _value(expression: str, data: Any, name: str) -> Any:
    if merge := re.fullmatch(r"States\.JsonMerge\((.+), (.+), false\)", expression):
        first, second = (_at(path, data) for path in merge.groups())
        return {**first, **second}
    return _at(expression, data, name)


def _at(path: str, data: Any, name: str = "") -> Any:
    """Return the value at a reference path. Like in Step Functions, a missing value raises an uncatchable fault."""
    if path == "$$.Execution.Name":
        return name
    if not re.fullmatch(r"\$(\.\w+|\[\d+\])*", path):
        raise NotImplementedError(path)
    for part in re.findall(r"\w+", path):
        key = int(part) if isinstance(data, list) else part
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            raise Fault("States.Runtime") from None
    return data


def _top(result_path: str) -> str:
    """Return the key of a result path; deeper paths are not implemented."""
    root, _, key = result_path.partition(".")
    if root != "$" or not key or "." in key:
        raise NotImplementedError(result_path)
    return key
