"""The files of an import's source folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.commands.sources import files
from local.errors import CommandError


def test_folder_is_listed_in_order_without_hidden_or_linked_files(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.jpg", "a-b.jpg", "a/3.jpg", ".git/x.jpg", "a/.x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    listed = [(file.name, file.size_bytes, file.read()) for file in files(str(tmp_path), None)]
    names = ["a/3.jpg", "a-b.jpg", "b/1.jpg", "b/2.jpg"]
    assert listed == [(name, len(name), name.encode()) for name in names]


def test_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(CommandError) as refused:
        list(files(str(tmp_path), None))
    assert str(refused.value) == f"{tmp_path} cannot be listed: Permission denied."
