"""The run of a smoke test: results, skipped steps, cleanup and exit code."""

import io
import re
from collections.abc import Callable
from typing import NoReturn

import httpx
import pytest
from botocore.exceptions import ClientError

from infrastructure.environment import Environment
from local.commands import smoke
from local.commands.smoke import Result
from local.deployed import Deployed
from local.progress import Progress
from local.smoke.context import Context
from local.smoke.differences import Difference, Fault, NotApplicable
from local.smoke.steps import Step
from tests.unit.local.smoke.apis import Clients, context_with

DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeTable")


def passing(_context: Context) -> None:
    """A step that passes."""


def raising(error: BaseException) -> Callable[[Context], None]:
    """A step that raises."""

    def run(_context: Context) -> NoReturn:
        raise error

    return run


def results_of(*steps: Step) -> list[tuple[str, str, tuple[str, ...]]]:
    """The results of steps: name, outcome, texts."""
    results: list[Result] = []
    smoke.run(context_with(lambda _request: httpx.Response(500)), results, steps)
    return [(result.name, result.outcome, result.texts) for result in results]


def test_steps_that_need_a_failed_one_are_skipped_and_others_run_on() -> None:
    assert results_of(
        Step("a", raising(Difference("one", "two"))),
        Step("b", passing, ("a",)),
        Step("c", passing, ("b",)),
        Step("d", passing),
        Step("e", passing, ("d",)),
        Step("f", raising(NotApplicable("tracing is off"))),
    ) == [
        ("a", "failed", ("one", "two")),
        ("b", "skipped", ("needs a",)),
        ("c", "skipped", ("needs b",)),
        ("d", "passed", ()),
        ("e", "passed", ()),
        ("f", "not applicable", ("tracing is off",)),
    ]


def test_failures_of_aws_and_of_the_network_are_differences() -> None:
    assert results_of(Step("a", raising(DENIED)), Step("b", raising(httpx.ConnectError("refused")))) == [
        (
            "a",
            "failed",
            ("ClientError: An error occurred (AccessDenied) when calling the DescribeTable operation: no",),
        ),
        ("b", "failed", ("ConnectError: refused",)),
    ]


def test_defect_of_a_step_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        results_of(Step("a", raising(ZeroDivisionError())))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """A function that runs steps as the command does; returns the exit code and the output."""

    def start(*steps: Step) -> tuple[int, str]:
        monkeypatch.setattr(smoke, "STEPS", steps)
        output = io.StringIO()
        environment = Environment.read("dev", {"allowed_origins": ["https://one.example"]})
        code = smoke.check(Deployed(Clients({}), {}), environment, "https://api.example/v1", Progress(output))
        return code, output.getvalue()

    return start


def test_exit_code_and_output_of_a_passed_test(run: Callable[..., tuple[int, str]]) -> None:
    removed: list[str] = []

    def create(context: Context) -> None:
        context.cleanup.add("the user", lambda: removed.append("the user"))

    code, output = run(Step("sign-in", create))
    assert (code, removed) == (0, ["the user"])
    assert output.endswith("dev: 1 passed\n")
    assert len(re.findall(r"^sign-in +passed +\d+$", output, flags=re.MULTILINE)) == 1


def test_differences_are_printed_once_for_all_steps_that_have_them(
    run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.smoke.tracing.explain", lambda _context, request_id: [f"the logs of {request_id}"])
    code, output = run(Step("a", raising(Fault("500", "1"))), Step("b", raising(Fault("500", "1"))))
    assert code == 1
    assert output.endswith("a, b\n  500\n  the logs of 1\ndev: 2 failed\n")


def test_fault_that_no_log_names_points_at_the_gateway(
    run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.smoke.tracing.explain", lambda _context, _request_id: [])
    _, output = run(Step("a", raising(Fault("500", "1"))))
    assert "states:StartSyncExecution" in output


def test_what_remains_is_named_and_fails_the_test(run: Callable[..., tuple[int, str]]) -> None:
    def create(context: Context) -> None:
        context.cleanup.add("the photo 1", lambda: raising(Difference("500"))(context))

    code, output = run(Step("a", create))
    assert code == 1
    assert "Not removed: the photo 1: 500\n" in output


def test_interrupted_test_is_cleaned_up(run: Callable[..., tuple[int, str]]) -> None:
    removed: list[str] = []

    def create(context: Context) -> None:
        context.cleanup.add("the user", lambda: removed.append("the user"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Step("a", create))
    assert removed == ["the user"]
