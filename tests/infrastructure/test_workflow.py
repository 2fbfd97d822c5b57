"""The deployed ingest state machine: states, timeouts, and the end of every path."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, Final

import pytest

from api.routes import INTEGRATION_TIMEOUT_SECONDS
from diagrams.reading import states_of
from diagrams.synthesis import Template
from photosky.store.leases import LEASE_SECONDS
from tests.infrastructure.asl import Fault, Run, execute

INPUT: Final = {"owner_id": "owner", "photo_id": "photo"}
EXECUTION: Final = "request-1"

TRANSIENT: Final = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""Step Functions guide, "Handling transient Lambda service exceptions"."""

COMMON: Final = {"owner_id.$": "$.owner_id", "photo_id.$": "$.photo_id", "execution.$": "$$.Execution.Name"}
PAYLOADS: Final = {
    "Validate": COMMON,
    "Previews": COMMON | {"etag.$": "$.result.etag", "declared_sha256.$": "$.result.declared_sha256"},
    "Promote": COMMON | {"etag.$": "$.result.etag", "format.$": "$.result.format"},
    "Persist": COMMON | {"previous.$": "$.result"},
    "Reject": COMMON | {"code.$": "$.result.code", "detail.$": "$.result.detail"},
    "Fail": COMMON | {"error.$": "$.fault.Error"},
}
TASKS: Final = tuple(PAYLOADS)
INIT_SECONDS: Final = 10
"""The longest initialization of a function, before its timeout starts (Lambda guide, "Init phase")."""

ACCEPTED: Final = {
    "outcome": "accepted",
    "etag": '"abc"',
    "declared_sha256": "",
    "size_bytes": 1,
    "format": "jpeg",
    "width": 1,
    "height": 1,
}
REJECTED: Final = {"outcome": "rejected", "code": "CorruptImage", "detail": "The file ends too early."}
DECLINED: Final = {"outcome": "declined", "code": "UploadMissing", "detail": "Upload it first."}
ALREADY_READY: Final = {"outcome": "ready"}
UNAVAILABLE: Final = {"outcome": "unavailable", "etag": '"abc"'}
RENDERED: Final = {"outcome": "rendered", "etag": '"abc"', "previews": 4, "size_bytes": 1, "width": 1, "height": 1}
PROMOTED: Final = {"outcome": "promoted", "content_type": "image/jpeg"}
NOT_PROMOTED: Final = {"outcome": "unavailable", "content_type": "image/jpeg"}
READY: Final = {"outcome": "ready", "photo": "{}", "etag": '"1"'}
FAILED: Final = {"outcome": "failed", "code": "InternalError", "detail": "The ingest failed."}

RESULTS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "Validate": [ACCEPTED, REJECTED, DECLINED, ALREADY_READY],
    "Previews": [RENDERED, REJECTED, UNAVAILABLE],
    "Promote": [PROMOTED, NOT_PROMOTED],
    "Persist": [READY, REJECTED, DECLINED, ALREADY_READY],
    "Reject": [REJECTED, DECLINED, ALREADY_READY],
    "Fail": [FAILED],
}
"""All results of each step."""

PROCESS: Final = ("Process", "Previews", "Promote")
"""The states of the two branches, in the order in which the interpreter runs them."""

FAULTS: Final = ("ValueError", "States.Timeout", "Sandbox.Timedout", "States.TaskFailed", "Lambda.ServiceException")


@pytest.fixture(scope="module")
def definition(prod: Template) -> dict[str, Any]:
    return prod.definition


def test_the_machine_is_express(stack_template: Template) -> None:
    assert stack_template.machine("Ingest").properties["StateMachineType"] == "EXPRESS"


def test_all_environments_have_the_same_definition(stack_template: Template, prod: Template) -> None:
    assert stack_template.definition == prod.definition


def test_the_states_and_their_transitions(definition: dict[str, Any]) -> None:
    assert definition["StartAt"] == "Validate"
    assert {name: _transitions(state) for name, state in definition["States"].items()} == {
        "Validate": {"next": "Is it valid?", "catch": "Fail"},
        "Is it valid?": {
            "accepted": "Process",
            "rejected": "Reject",
            "ready": "Persist",
            "otherwise": "Answered",
        },
        "Process": {"next": "Is it rendered?"},
        "Is it rendered?": {
            "rendered": "Persist",
            "unavailable": "Persist",
            "rejected": "Reject",
            "fault": "Fail",
            "otherwise": "Answered",
        },
        "Persist": {"next": "Answered", "catch": "Fail"},
        "Reject": {"next": "Answered", "catch": "Fail"},
        "Fail": {"next": "Failed", "catch": "Unrecorded"},
        "Answered": {},
        "Failed": {},
        "Unrecorded": {},
    }


def test_previews_and_promote_run_together_and_neither_stops_the_other(definition: dict[str, Any]) -> None:
    branches = definition["States"]["Process"]["Branches"]
    assert [
        (branch["StartAt"], {name: _transitions(state) for name, state in branch["States"].items()})
        for branch in branches
    ] == [
        ("Previews", {"Previews": {"catch": "Not rendered"}, "Not rendered": {}}),
        ("Promote", {"Promote": {"catch": "Not promoted"}, "Not promoted": {}}),
    ]


def test_each_task_invokes_its_function(prod: Template) -> None:
    functions = {name: states_of(prod.definition)[name]["Resource"] for name in TASKS}
    assert functions == {name: f"${{{name}.Arn}}" for name in TASKS}
    handlers = {f.address: f.properties["Handler"] for f in prod.all("AWS::Lambda::Function")}
    assert {name: handlers[name] for name in TASKS} == {name: f"tasks.{name.lower()}.handler" for name in TASKS}


@pytest.mark.parametrize("task", TASKS)
def test_the_payload_of_a_task(definition: dict[str, Any], task: str) -> None:
    assert states_of(definition)[task]["Parameters"] == PAYLOADS[task]


@pytest.mark.parametrize("task", TASKS)
def test_a_task_adds_one_result_to_its_input(definition: dict[str, Any], task: str) -> None:
    state = states_of(definition)[task]
    assert state["ResultPath"] == "$.result"
    assert not {"InputPath", "OutputPath"} & set(state)
    selected = {"promoted.$": "$.outcome", "content_type.$": "$.content_type"} if task == "Promote" else None
    assert state.get("ResultSelector") == selected


@pytest.mark.parametrize("task", TASKS)
def test_a_task_retries_transient_errors_once(definition: dict[str, Any], task: str) -> None:
    assert states_of(definition)[task]["Retry"] == [
        {
            "ErrorEquals": TRANSIENT,
            "IntervalSeconds": 1,
            "MaxAttempts": 1,
            "BackoffRate": 2,
            "MaxDelaySeconds": 2,
            "JitterStrategy": "FULL",
        }
    ]


@pytest.mark.parametrize("task", TASKS)
def test_a_task_catches_all_errors(definition: dict[str, Any], task: str) -> None:
    following = {"Fail": "Unrecorded", "Previews": "Not rendered", "Promote": "Not promoted"}.get(task, "Fail")
    assert states_of(definition)[task]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.fault", "Next": following}
    ]


@pytest.mark.parametrize("task", TASKS)
def test_task_and_function_have_the_same_timeout(prod: Template, task: str) -> None:
    (function,) = (f for f in prod.all("AWS::Lambda::Function") if f.address == task)
    assert states_of(prod.definition)[task]["TimeoutSeconds"] == function.properties["Timeout"]


def test_timeouts_cover_the_longest_path(definition: dict[str, Any]) -> None:
    assert _longest_seconds(definition) <= definition["TimeoutSeconds"] < INTEGRATION_TIMEOUT_SECONDS


def test_the_copy_cannot_prolong_an_execution(definition: dict[str, Any]) -> None:
    previews, promote = (_longest_seconds(branch) for branch in definition["States"]["Process"]["Branches"])
    assert promote < previews


def test_a_lease_outlasts_an_execution(definition: dict[str, Any]) -> None:
    slowest = max(states_of(definition)[name]["TimeoutSeconds"] for name in TASKS)
    assert definition["TimeoutSeconds"] + INIT_SECONDS + slowest < LEASE_SECONDS


def test_every_path_ends_without_a_loop(definition: dict[str, Any]) -> None:
    paths = list(_paths(definition))
    assert {path[-1] for path in paths} == {"Answered", "Failed", "Unrecorded"}
    assert all(len(set(path)) == len(path) for path in paths)
    assert {name for path in paths for name in path} == set(definition["States"])


@pytest.mark.parametrize(
    ("results", "entered", "output"),
    [
        (
            {"Validate": ACCEPTED, "Previews": RENDERED, "Promote": PROMOTED, "Persist": READY},
            ["Validate", "Is it valid?", *PROCESS, "Is it rendered?", "Persist", "Answered"],
            READY,
        ),
        (
            {"Validate": REJECTED, "Reject": REJECTED},
            ["Validate", "Is it valid?", "Reject", "Answered"],
            REJECTED,
        ),
        ({"Validate": DECLINED}, ["Validate", "Is it valid?", "Answered"], DECLINED),
        (
            {"Validate": ALREADY_READY, "Persist": READY},
            ["Validate", "Is it valid?", "Persist", "Answered"],
            READY,
        ),
        (
            {"Validate": ACCEPTED, "Previews": REJECTED, "Promote": PROMOTED, "Reject": REJECTED},
            ["Validate", "Is it valid?", *PROCESS, "Is it rendered?", "Reject", "Answered"],
            REJECTED,
        ),
        (
            {"Validate": ACCEPTED, "Previews": UNAVAILABLE, "Promote": NOT_PROMOTED, "Persist": REJECTED},
            ["Validate", "Is it valid?", *PROCESS, "Is it rendered?", "Persist", "Answered"],
            REJECTED,
        ),
        (
            {"Validate": ACCEPTED, "Previews": UNAVAILABLE, "Promote": NOT_PROMOTED, "Persist": READY},
            ["Validate", "Is it valid?", *PROCESS, "Is it rendered?", "Persist", "Answered"],
            READY,
        ),
        (
            {"Validate": ACCEPTED, "Previews": RENDERED, "Promote": PROMOTED, "Persist": DECLINED},
            ["Validate", "Is it valid?", *PROCESS, "Is it rendered?", "Persist", "Answered"],
            DECLINED,
        ),
    ],
    ids=[
        "an-upload-becomes-a-photo",
        "a-bad-header-is-rejected",
        "a-missing-upload-is-declined",
        "a-repeat-returns-the-photo",
        "undecodable-bytes-are-rejected",
        "a-replaced-upload-is-rejected",
        "another-execution-finished-first",
        "a-photo-deleted-at-the-end-is-declined",
    ],
)
def test_each_outcome_leads_to_its_end(
    definition: dict[str, Any], results: dict[str, Any], entered: list[str], output: dict[str, Any]
) -> None:
    run = _run(definition, results)
    assert (run.entered, run.output, run.error) == (entered, output, None)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("failing", ["Validate", "Previews", "Persist", "Reject"])
def test_a_fault_is_recorded(definition: dict[str, Any], failing: str, fault: str) -> None:
    rendered = REJECTED if failing == "Reject" else RENDERED
    results = {"Validate": ACCEPTED, "Previews": rendered, "Promote": PROMOTED, "Persist": READY, "Fail": FAILED}
    run = _run(definition, results | {failing: fault})
    caught = ["Previews", "Not rendered", "Promote", "Is it rendered?"]
    path = caught if failing == "Previews" else [failing]
    assert run.entered[-len(path) - 2 :] == [*path, "Fail", "Failed"]
    assert (run.error, run.cause) == (FAILED["code"], FAILED["detail"])
    assert run.payloads[-1] == ("Fail", {**INPUT, "execution": EXECUTION, "error": fault})


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_promote_leaves_the_copy_to_persist(definition: dict[str, Any], fault: str) -> None:
    results = {"Validate": ACCEPTED, "Previews": RENDERED, "Promote": fault, "Persist": READY}
    run = _run(definition, results)
    assert run.entered[-5:] == ["Promote", "Not promoted", "Is it rendered?", "Persist", "Answered"]
    assert run.payloads[-1][1]["previous"] == RENDERED | {"promoted": "fault"}


def test_a_result_of_promote_replaces_one_of_previews(definition: dict[str, Any]) -> None:
    forged = RENDERED | {"promoted": "promoted", "content_type": "text/html"}
    results = {"Validate": ACCEPTED, "Previews": forged, "Promote": NOT_PROMOTED, "Persist": READY}
    previous = RENDERED | {"promoted": "unavailable", "content_type": "image/jpeg"}
    assert _run(definition, results).payloads[-1][1]["previous"] == previous


@pytest.mark.parametrize("fault", FAULTS)
def test_an_unrecorded_fault_fails_the_execution(definition: dict[str, Any], fault: str) -> None:
    run = _run(definition, {"Validate": "ValueError", "Fail": fault})
    assert (run.last, run.error) == ("Unrecorded", "InternalError")


@pytest.mark.parametrize("error", TRANSIENT)
def test_a_transient_error_is_retried(definition: dict[str, Any], error: str) -> None:
    attempts = iter([error, ACCEPTED])
    results = {"Validate": lambda: next(attempts), "Previews": RENDERED, "Promote": PROMOTED, "Persist": READY}
    run = _run(definition, results)
    assert [name for name, _ in run.payloads] == ["Validate", "Validate", "Previews", "Promote", "Persist"]
    assert run.output == READY


@pytest.mark.parametrize("error", ["States.Timeout", "States.TaskFailed", "Sandbox.Timedout", "ValueError"])
def test_other_errors_are_not_retried(definition: dict[str, Any], error: str) -> None:
    """The function may have completed its work, or would fail again."""
    run = _run(definition, {"Validate": error, "Fail": FAILED})
    assert [name for name, _ in run.payloads] == ["Validate", "Fail"]


@pytest.mark.parametrize(
    ("task", "choice", "added"),
    [
        ("Validate", "Is it valid?", {}),
        ("Previews", "Is it rendered?", {"promoted": "promoted", "content_type": "image/jpeg"}),
    ],
)
def test_an_unknown_outcome_ends_the_execution(
    definition: dict[str, Any], task: str, choice: str, added: dict[str, str]
) -> None:
    run = _run(definition, {"Validate": ACCEPTED, "Promote": PROMOTED} | {task: {"outcome": "unheard-of"}})
    assert (run.entered[-2:], run.output) == ([choice, "Answered"], {"outcome": "unheard-of"} | added)


def test_every_combination_of_results_and_faults_ends(definition: dict[str, Any]) -> None:
    choices = [[*RESULTS[task], FAULTS[0], FAULTS[-1]] for task in TASKS]
    ends = set()
    for combination in product(*choices):
        run = _run(definition, dict(zip(TASKS, combination, strict=True)))
        ends.add(run.last)
        for task, payload in run.payloads:
            assert set(payload) == {key.removesuffix(".$") for key in PAYLOADS[task]}
            previous = payload.pop("previous", {"outcome": "ready"})
            assert all(isinstance(value, str) for value in payload.values())
            is_merged = previous.pop("promoted", None) in ("promoted", "unavailable", "fault")
            previous.pop("content_type", None)
            assert previous in ([RENDERED, UNAVAILABLE] if is_merged else [ALREADY_READY])
    assert ends == {"Answered", "Failed", "Unrecorded"}


def _run(definition: Mapping[str, Any], results: Mapping[str, Any]) -> Run:
    """Run with a result, the name of an error, or a function that returns either, for each task."""

    def perform(state: str, _payload: dict[str, Any]) -> Any:
        given: str | dict[str, Any] | Callable[[], Any] = results[state]
        result = given() if callable(given) else given
        if isinstance(result, str):
            raise Fault(result)
        return result

    return execute(definition, INPUT, EXECUTION, perform)


def _transitions(state: Mapping[str, Any]) -> dict[str, str]:
    found = {choice["StringEquals"]: choice["Next"] for choice in state.get("Choices", [])}
    found |= {"otherwise": state["Default"]} if "Default" in state else {}
    found |= {"next": state["Next"]} if "Next" in state else {}
    for catch in state.get("Catch", []):
        found["catch"] = catch["Next"]
    return found


def _paths(definition: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield every path from the start to an end."""

    def follow(path: list[str]) -> Iterator[list[str]]:
        following = set(_transitions(definition["States"][path[-1]]).values())
        if not following:
            yield path
        for name in sorted(following):
            yield from follow([*path, name])

    yield from follow([definition["StartAt"]])


def _longest_seconds(definition: Mapping[str, Any]) -> float:
    """Return the longest duration of a path from the start to an end."""
    return max(sum(_seconds(definition["States"][name]) for name in path) for path in _paths(definition))


def _seconds(state: Mapping[str, Any]) -> float:
    """Return the longest duration of a state: its timeout, and the longest delay before each retry."""
    if "Branches" in state:
        return max(_longest_seconds(branch) for branch in state["Branches"])
    waits = 0.0
    for retrier in state.get("Retry", []):
        for attempt in range(retrier["MaxAttempts"]):
            wait = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
            waits += min(wait, retrier["MaxDelaySeconds"])
    return float(state.get("TimeoutSeconds", 0)) + waits
