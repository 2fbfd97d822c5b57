"""The calls of an ingest in its trace."""

from typing import Any

from benchmarks.latency.measures import Traced
from benchmarks.latency.tracing import read
from local.critical_path import Call


def segment(name: str, started: float, ended: float, **fields: Any) -> dict[str, Any]:
    return {"name": name, "start_time": started, "end_time": ended, **fields}


def test_request_steps_calls_and_work_are_read() -> None:
    call = segment("dynamodb", 3, 4, namespace="aws", aws={"operation": "UpdateItem"})
    work, short = segment("decode", 4, 4.5), segment("encode", 4.5, 4.504)
    segments = [
        segment("PhotoSky local/v1", 1, 9, origin="AWS::ApiGateway::Stage"),
        segment("Validate0", 2, 6, origin="AWS::Lambda"),
        segment(
            "Validate0",
            2,
            5,
            origin="AWS::Lambda::Function",
            subsegments=[segment("validate", 2, 5, subsegments=[call, work, short])],
        ),
    ]
    assert read(segments) == Traced(
        request=Call("lambda", "PhotoSky local/v1", 1, 9, "PhotoSky local/v1"),
        invocations=[Call("lambda", "validate", 2, 5, "Validate0")],
        calls=[Call("dynamodb", "UpdateItem", 3, 4, "Validate0")],
        work=[Call("work", "decode", 4, 4.5, "Validate0")],
    )
