"""The journal: complete entries, an incomplete last one, and damage."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from local.emulator import journal
from local.emulator.journal import Damaged, Journal

ENTRIES: list[dict[str, Any]] = [{"number": 1}, {"text": "a\nb"}, {"number": 3}]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A journal file with the entries."""
    opened = Journal(tmp_path)
    for entry in ENTRIES:
        opened.append(entry)
    opened.close()
    (path,) = journal.files(tmp_path)
    return path


def test_entries_are_read_in_order(written: Path) -> None:
    assert (list(journal.read(written)), journal.check(written)) == (ENTRIES, 0)


def test_bytes_are_written_as_in_state_files(tmp_path: Path) -> None:
    opened = Journal(tmp_path)
    opened.append({"value": b"\xff"})
    opened.close()
    assert list(journal.read(journal.files(tmp_path)[0])) == [{"value": {"__bytes__": "/w=="}}]


def test_any_cut_keeps_all_complete_entries(written: Path) -> None:
    data = written.read_bytes()
    for size in range(len(data)):
        written.write_bytes(data[:size])
        complete, torn_bytes = data[:size].count(b"\n"), size - data[:size].rfind(b"\n") - 1
        assert (list(journal.read(written)), journal.check(written)) == (ENTRIES[:complete], torn_bytes)


def test_any_changed_byte_of_an_earlier_entry_is_damage(written: Path) -> None:
    data = written.read_bytes()
    for position in range(data.rfind(b"\n", 0, -1)):
        written.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        with pytest.raises(Damaged, match=written.name):
            journal.check(written)
        with pytest.raises(Damaged, match=written.name):
            list(journal.read(written))


def test_zeros_are_damage(written: Path) -> None:
    written.write_bytes(bytes(written.stat().st_size))
    with pytest.raises(Damaged, match="the bytes after entry 0 are no entry"):
        journal.check(written)


def test_failed_append_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal(tmp_path)
    opened.append(ENTRIES[0])
    write = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:-5])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            opened.append(ENTRIES[1])
    opened.append(ENTRIES[2])
    opened.close()
    (path,) = journal.files(tmp_path)
    assert (list(journal.read(path)), journal.check(path)) == ([ENTRIES[0], ENTRIES[2]], 0)


def test_rotation_returns_the_files_that_no_longer_change(tmp_path: Path) -> None:
    opened = Journal(tmp_path)
    opened.append(ENTRIES[0])
    earlier = opened.rotate()
    opened.append(ENTRIES[1])
    opened.close()
    assert [path.name for path in earlier] == ["journal-00000001.log"]
    assert [list(journal.read(path)) for path in journal.files(tmp_path)] == [ENTRIES[:1], ENTRIES[1:2]]


def test_next_process_appends_to_a_new_file(written: Path) -> None:
    Journal(written.parent).close()
    assert [path.name for path in journal.files(written.parent)] == ["journal-00000001.log", "journal-00000002.log"]
