"""The folders of prepared stacks."""

from pathlib import Path

from benchmarks.latency.stacks import prune


def test_only_the_stacks_in_use_are_kept(tmp_path: Path) -> None:
    for name in ("before", "after", "earlier", "unfinished.part"):
        (tmp_path / name / "state").mkdir(parents=True)
    prune(tmp_path, [tmp_path / "before", tmp_path / "after"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after", "before"]
