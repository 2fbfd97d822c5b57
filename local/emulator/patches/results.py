"""Step Functions: the results of a Distributed Map in S3, and the role that lists its objects and writes its results.

Gap: `ResultWriter` is ignored, and an `ItemReader` lists any bucket without a check of the state machine's role.
Closed upstream when, without this module, the output of an execution of Import has `ResultWriterDetails`, and one of a
bucket that its role may not list fails.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from local.emulator.patches.permissions import allows
from local.emulator.wrapping import module, require, wrap

_OWNER: Final = "services.stepfunctions"
_FIELDS: Final = ("executionArn", "input", "output", "status", "error", "cause", "name", "startDate", "stopDate")
_WRITE_ACTIONS: Final = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
"""Step Functions guide, "IAM policies for ResultWriter"."""

_children: ContextVar[dict[str, dict[str, Any]] | None] = ContextVar("photosky_map_children", default=None)
"""The executions of the map that this context runs, by ARN: histories are trimmed while a long map runs."""


def lines(children: Iterable[Mapping[str, Any]]) -> bytes:
    """The lines of a result file, with the names of fields that Step Functions writes."""
    shown = ({f"{name[0].upper()}{name[1:]}": one[name] for name in _FIELDS if name in one} for one in children)
    return b"".join(json.dumps(one).encode() + b"\n" for one in shown)


def _remembered(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(states: Any, start_at: Any, input_data: Any, execution: dict[str, Any], ctx: Any) -> Any:
        children = _children.get()
        if children is not None and "mapRunArn" in execution:
            children[execution["executionArn"]] = execution
        return original(states, start_at, input_data, execution, ctx)

    return run


def _with_results(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(
        state_def: dict[str, Any],
        raw_input: Any,
        effective: Any,
        iterator: Any,
        execution: dict[str, Any],
        ctx: dict[str, Any],
    ) -> Any:
        step_functions = module(_OWNER)
        reader, writer = state_def.get("ItemReader"), state_def.get("ResultWriter")
        if reader and reader["Resource"].endswith("s3:listObjectsV2"):
            bucket = step_functions._resolve_params_obj(reader["Parameters"], effective, ctx)["Bucket"]
            _check(execution, "States.ItemReaderFailed", "s3:ListBucket", bucket)
        if not writer:
            return original(state_def, raw_input, effective, iterator, execution, ctx)
        token = _children.set({})
        try:
            original(state_def, raw_input, effective, iterator, execution, ctx)
            children = list((_children.get() or {}).values())
        finally:
            _children.reset(token)
        place = step_functions._resolve_params_obj(writer["Parameters"], effective, ctx)
        result = step_functions._apply_result_selector(state_def, _write(execution, place, children))
        output = step_functions._apply_result_path(state_def, raw_input, result)
        return step_functions._apply_output_path(state_def, output, ctx), step_functions._next_or_end(state_def)

    return run


def _write(execution: Mapping[str, Any], place: Mapping[str, str], children: list[dict[str, Any]]) -> dict[str, Any]:
    """Write the result files and their manifest, and return the output of the state."""
    runs = [one for _, one in module(_OWNER)._map_runs.all_items() if one["executionArn"] == execution["executionArn"]]
    map_run = runs[-1]["mapRunArn"]
    bucket, folder = place["Bucket"], f"{place['Prefix']}/{map_run.rpartition(':')[2]}"
    files: dict[str, list[dict[str, Any]]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for status, found in files.items():
        if content := lines(child for child in children if child["status"] == status):
            key = f"{folder}/{status}_0.jsonl"
            _put(execution, bucket, key, content)
            found.append({"Key": key, "Size": len(content)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
    _put(execution, bucket, f"{folder}/manifest.json", json.dumps(manifest).encode())
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _put(execution: Mapping[str, Any], bucket: str, key: str, content: bytes) -> None:
    for action in _WRITE_ACTIONS:
        _check(execution, "States.ResultWriterFailed", action, f"{bucket}/{key}")
    status, *_ = module("services.s3")._put_object(bucket, key, content, {})
    if status != 200:
        raise module(_OWNER)._ExecutionError("States.ResultWriterFailed", f"S3 answered {status}.")


def _check(execution: Mapping[str, Any], error: str, action: str, resource: str) -> None:
    """Raise an error of the execution if the role of its state machine does not allow the action."""
    step_functions = module(_OWNER)
    role = step_functions._state_machines[execution["stateMachineArn"]]["roleArn"]
    if not allows(role, "states.amazonaws.com", action, f"arn:aws:s3:::{resource}"):
        raise step_functions._ExecutionError(error, f"The role {role} may not call {action} on {resource}")


def install() -> None:
    """Wrap the functions that run a Distributed Map and its executions."""
    for name, parameters in (
        ("_apply_result_selector", "state_def data"),
        ("_apply_result_path", "state_def original result"),
        ("_apply_output_path", "state_def data ctx"),
        ("_next_or_end", "state_def"),
    ):
        require(_OWNER, name, parameters)
    require(_OWNER, "_resolve_params_obj")
    require("services.s3", "_put_object", "bucket_name key body headers")
    wrap(_OWNER, "_run_sub_machine", "states start_at input_data execution ctx", _remembered)
    wrap(_OWNER, "_run_distributed_map", "state_def raw_input effective iterator execution ctx", _with_results)
