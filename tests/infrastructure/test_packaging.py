"""Builds of the functions' assets that are kept."""

import os
from pathlib import Path

from infrastructure.packaging import prune


def test_last_used_builds_of_a_function_are_kept(tmp_path: Path) -> None:
    for name, used in (("tasks.fail-a", 3), ("tasks.fail-b", 1), ("tasks.fail-c", 2), ("tasks.plan-a", 0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
        os.utime(tmp_path / name, (used, used))
    prune(tmp_path, "tasks.fail", keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tasks.fail-a", "tasks.fail-c", "tasks.plan-a"]
    prune(tmp_path, "tasks.fail", keep=3)
    prune(tmp_path / "missing", "tasks.fail", keep=3)
    assert len(list(tmp_path.iterdir())) == 3
