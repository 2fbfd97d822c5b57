"""The files of a commit, with the packages of its functions."""

from pathlib import Path

import pytest

from benchmarks import trees
from benchmarks.trees import UnknownCommit, full_hash, tree_of


@pytest.mark.parametrize("commit", ["0123456789abcdef", "--all", ""])
def test_unknown_commit_is_a_sentence(commit: str) -> None:
    with pytest.raises(UnknownCommit, match="is not a commit of this repository"):
        full_hash(commit)


def test_tree_has_the_files_of_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "FOLDER", tmp_path)
    tree = tree_of("HEAD")
    assert tree.name == full_hash("HEAD")
    assert (tree / "local" / "__main__.py").is_file()
    assert (tree / "boto3" / "__init__.py").is_file()
    assert (tree / ".photosky").is_symlink()
    assert [path.name for path in tmp_path.iterdir()] == [tree.name]
    assert tree_of("HEAD") == tree
