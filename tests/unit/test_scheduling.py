"""Tests of the distribution of `make test` over its workers."""

from types import SimpleNamespace
from typing import Any

from tests.repository import ROOT, own_files
from tests.scheduling import WAITING, GroupScheduling, group_of, rank

MAINTENANCE, ENVIRONMENTS, STACK = (
    [f"tests/local/test_{name}.py::test_{number}" for number in range(4)]
    for name in ("reprocess", "environments", "journey")
)
UNIT, FAULTS = (
    [f"tests/{name}.py::test_it[{number}]" for number in range(4)]
    for name in ("unit/test_photo", "faults/test_journeys")
)


class Worker:
    """The part of xdist's worker that the scheduler uses."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.tests: list[str] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.tests += [scheduled[index] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True


scheduled = sorted([*FAULTS, *UNIT, *STACK, *ENVIRONMENTS, *MAINTENANCE], key=rank)


def scheduling(count: int) -> tuple[GroupScheduling, list[Any]]:
    """The scheduler after its first distribution, and its workers."""
    config: Any = SimpleNamespace(
        getvalue=lambda _name: ["popen"] * count, option=SimpleNamespace(loadscopereorder=False)
    )
    scheduler, workers = GroupScheduling(config), [Worker(f"gw{number}") for number in range(count)]
    for worker in workers:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, scheduled)
    scheduler.schedule()
    return scheduler, workers


def complete(scheduler: GroupScheduling, worker: Any, tests: list[str]) -> None:
    """Let a worker run tests."""
    for test in tests:
        scheduler.mark_test_complete(worker, scheduled.index(test))


def test_one_worker_computes_while_the_others_wait() -> None:
    _, (first, second, third) = scheduling(3)
    assert (first.tests, second.tests) == (MAINTENANCE, ENVIRONMENTS)
    assert third.tests == UNIT


def test_worker_waits_again_for_the_next_stack() -> None:
    scheduler, (first, second, third) = scheduling(3)
    complete(scheduler, first, MAINTENANCE)
    assert (first.tests, second.tests) == (MAINTENANCE + STACK, ENVIRONMENTS)
    assert third.tests == UNIT


def test_last_worker_takes_a_stack_when_nothing_else_is_left() -> None:
    scheduler, (first, second) = scheduling(2)
    complete(scheduler, second, [*UNIT, *FAULTS])
    assert (first.tests, second.tests) == (MAINTENANCE, [*UNIT, *FAULTS, *ENVIRONMENTS])


def test_one_worker_runs_everything_in_order() -> None:
    scheduler, (worker,) = scheduling(1)
    for test in scheduled:
        complete(scheduler, worker, [test])
    assert worker.tests == scheduled


def test_every_stack_is_a_waiting_group() -> None:
    tests = own_files("tests/local/*test_*.py")
    assert {group_of(str(path.relative_to(ROOT))) for path in tests} == set(WAITING)
