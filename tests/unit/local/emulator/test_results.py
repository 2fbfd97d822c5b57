"""The result files of a Distributed Map, as Step Functions writes them."""

import json

from local.emulator.patches.results import lines


def test_each_execution_is_a_line_with_the_names_of_step_functions() -> None:
    succeeded = {"executionArn": "arn:1", "input": "{}", "output": '{"a": 1}', "status": "SUCCEEDED", "events": []}
    failed = {"executionArn": "arn:2", "input": "{}", "status": "FAILED", "error": "E", "cause": "It broke."}
    assert [json.loads(line) for line in lines([succeeded, failed]).splitlines()] == [
        {"ExecutionArn": "arn:1", "Input": "{}", "Output": '{"a": 1}', "Status": "SUCCEEDED"},
        {"ExecutionArn": "arn:2", "Input": "{}", "Status": "FAILED", "Error": "E", "Cause": "It broke."},
    ]
    assert lines([]) == b""
