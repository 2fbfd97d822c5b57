"""Which tests one pytest-xdist worker runs together, and in which order the groups start.

The groups follow from the paths, not from marks: xdist 3.8 passes a mark's group in the test's id, and pytest 9.2 does
not let a plugin change that.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

GROUPS: Final = {
    "tests/local/test_environments.py": "environments",
    "tests/local/test_restart.py": "restart",
    "tests/local/test_full_disk.py": "restart",
    "tests/local/test_owners.py": "restart",
    "tests/local/test_crash.py": "crash",
    "tests/local/emulator/": "emulator",
    "tests/local/test_edge.py": "edge",
    # These work on every photo of their stack: on a stack of their own they find few.
    "tests/local/test_reprocess.py": "maintenance",
    "tests/local/test_reconcile.py": "maintenance",
    "tests/local/test_imports.py": "maintenance",
    "tests/local/test_permissions.py": "maintenance",
    # It breaks the functions and the table of its stack.
    "tests/local/test_smoke.py": "maintenance",
    "tests/local/": "stack",
    "tests/infrastructure/": "infrastructure",
    # These parse all modules, so that one process parses them once.
    "tests/unit/test_imports.py": "tests/unit/syntax",
    "tests/unit/test_sizes.py": "tests/unit/syntax",
    # These share a process, pictures that take a second to draw, or encoded files.
    "tests/unit/imaging/test_limits.py": "tests/unit/imaging/limits",
    "tests/unit/imaging/test_detail.py": "tests/unit/imaging/detail",
    "tests/unit/imaging/test_scaling.py": "tests/unit/imaging/scaling",
    "tests/unit/imaging/test_orientation.py": "tests/unit/imaging/orientation",
}
"""Tests that share a process or a fixture that takes seconds, by the start of their path. The first match counts."""

WAITING: Final = ("maintenance", "environments", "stack", "crash", "edge", "restart", "emulator")
"""The groups that wait half of their time, for a stack and its schedules, in the order in which they start.

In a fresh clone, the first worker synthesizes and deploys for a minute. Environments needs no deployed stack.
"""

FIRST: Final = (*WAITING, "tests/unit/", "infrastructure", "tests/faults/", "tests/tasks/")
"""The groups and folders in the order in which they start: what takes longest before what fills gaps."""

LONG: Final = ("tests/faults/", "tests/tasks/")
"""The folders whose functions take many seconds for all their parameters, so that workers share them."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Keep a group on one worker, distribute all other functions, and let one worker compute while others wait.

    Without the last rule, all workers of a run on two cores waited at once: for 40 s, half of its time was unused.
    """

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget a group after its last test: after each test, xdist counts what is left of all groups of the worker.

        Counting took 2.6 s of CPU time for 6,000 tests.
        """
        group = group_of(self.registered_collections[node][item_index])
        super().mark_test_complete(node, item_index, duration)
        if all(self.assigned_work[node][group].values()):
            del self.assigned_work[node][group]

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = [self.assigned_work[other] for other in self.nodes if other is not node]
        if others and not any(work.keys().isdisjoint(WAITING) for work in others):
            computing = next((group for group in self.workqueue if group not in WAITING), None)
            if computing is not None:
                self.workqueue.move_to_end(computing, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The group of a test: its entry in `GROUPS`, its function, or in the folders of `LONG` its own id."""
    alone = nodeid if nodeid.startswith(LONG) else nodeid.partition("[")[0]
    return next((group for prefix, group in GROUPS.items() if nodeid.startswith(prefix)), alone)


def rank(nodeid: str) -> tuple[int, int]:
    """The position of a test: that of its group or folder in `FIRST`, and in the group that of its path in `GROUPS`."""
    group = group_of(nodeid)
    return (
        next((index for index, first in enumerate(FIRST) if group.startswith(first)), len(FIRST)),
        next((index for index, prefix in enumerate(GROUPS) if nodeid.startswith(prefix)), len(GROUPS)),
    )
