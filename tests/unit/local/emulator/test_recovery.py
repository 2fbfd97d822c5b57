"""The start after a death: what is merged, completed, undone and refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from local.emulator import journal, recovery
from local.emulator.history import MAX_EXECUTIONS
from local.emulator.journal import Journal
from local.emulator.outbox import Outbox
from local.emulator.patches.objects import replace_object
from local.emulator.patches.xray import MAX_TRACES
from local.emulator.persistence import Saver
from local.emulator.recovery import StateDamaged

TABLE = "000000000000\0us-east-1\0'photos'"
ITEM = {"photo_id": {"S": "a"}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state of a table with the item `a`, of a function, and of a key; its journal is empty."""
    folder = tmp_path / "state"
    (folder / "lambda-blobs").mkdir(parents=True)
    (tmp_path / "s3").mkdir()
    (tmp_path / "root.json").write_text(json.dumps({"access_key_id": "a", "secret_access_key": "b"}))
    (tmp_path / "password").write_text("Aa1!password")
    digest = hashlib.sha256(b"code").hexdigest()
    (folder / "lambda-blobs" / f"{digest}.zip").write_bytes(b"code")
    (folder / "cognito-rsa-key.pem").write_text("-----BEGIN RSA PRIVATE KEY-----")
    table = {"TableId": "id", "items": {"owner": {"a": ITEM}}, "ItemCount": 1}
    _write(folder, "dynamodb", {"tables": {"__account_region_scoped__": True, "data": {TABLE: table}}})
    _write(folder, "lambda", {"functions": {"code_zip": {"code_blob_ref": digest}}})
    recovery.write_index(folder)
    return folder


def _write(folder: Path, service: str, payload: Any) -> None:
    (folder / f"{service}.json").write_text(json.dumps({"__ministack_format__": 2, "payload": payload}))


def _append(folder: Path, *entries: dict[str, Any]) -> None:
    opened = Journal(folder)
    for entry in entries:
        opened.append(entry)
    opened.close()


def _change(sk: str, item: Any, table_id: str = "id") -> dict[str, Any]:
    return {"table": TABLE, "table_id": table_id, "pk": "owner", "sk": sk, "item": item}


def _table(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((folder / "dynamodb.json").read_text())["payload"]["tables"]["data"][TABLE]
    return table


def test_stream_records_are_merged_with_their_items(state: Path) -> None:
    record = {"eventID": "1", "eventSourceARN": "stream"}
    with_record = {"service": "dynamodb", "changes": [_change("b", ITEM)], "also": {"outbox": [{"record": record}]}}
    another = {**with_record, "also": {"outbox": [{"record": {**record, "eventID": "2"}}]}}
    _append(state, with_record, another, {"service": "outbox", "changes": [{"sent": ["1"]}]})
    recovery.recover(state.parent)
    assert set(_table(state)["items"]["owner"]) == {"a", "b"}
    kept = Outbox()
    kept.restore(state / "outbox.json")
    assert [found["eventID"] for found in kept.first("stream", 9)] == ["2"]


def test_items_of_the_journal_are_merged_in_order(state: Path) -> None:
    _append(
        state,
        {"service": "dynamodb", "changes": [_change("b", {"n": 1}), _change("c", {"n": 1})]},
        {"service": "dynamodb", "changes": [_change("b", {"n": 2})]},
        {"service": "dynamodb", "changes": [_change("a", None)]},
    )
    assert recovery.recover(state.parent) == []
    assert _table(state)["items"] == {"owner": {"b": {"n": 2}, "c": {"n": 1}}}
    assert _table(state)["ItemCount"] == 2
    assert list(state.glob("journal-*")) == []


def test_merging_a_second_time_changes_nothing(state: Path) -> None:
    entries = {"service": "dynamodb", "changes": [_change("a", None), _change("b", {"n": 1})]}
    _append(state, entries)
    recovery.recover(state.parent)
    merged = (state / "dynamodb.json").read_text()
    _append(state, entries)
    recovery.recover(state.parent)
    assert (state / "dynamodb.json").read_text() == merged


def test_items_of_a_table_that_was_replaced_are_dropped(state: Path) -> None:
    _append(state, {"service": "dynamodb", "changes": [_change("b", {"n": 1}, table_id="earlier")]})
    recovery.recover(state.parent)
    assert _table(state)["items"] == {"owner": {"a": ITEM}}


def test_compaction_merges_earlier_files_and_keeps_the_current_one(state: Path) -> None:
    saver = Saver(state)
    saver.open()
    saver.append("dynamodb", [_change("b", {"n": 1})])
    saver.compact()
    saver.append("dynamodb", [_change("c", {"n": 1})])
    assert _table(state)["items"]["owner"].keys() == {"a", "b"}
    (current,) = state.glob("journal-*")
    assert list(journal.read(current)) == [{"service": "dynamodb", "changes": [_change("c", {"n": 1})]}]
    recovery.recover(state.parent)
    assert _table(state)["items"]["owner"].keys() == {"a", "b", "c"}


def test_executions_and_traces_are_merged(state: Path) -> None:
    execution = {"status": "SUCCEEDED", "startDate": "2026-01-01T00:00:00.000Z"}
    _append(
        state,
        {"service": "stepfunctions", "changes": [{"key": "k", "execution": execution}]},
        {"service": "xray", "changes": [{"document": {"trace_id": "1-0-0", "id": "s"}}]},
    )
    recovery.recover(state.parent)
    executions = json.loads((state / "stepfunctions.json").read_text())["payload"]["executions"]
    assert executions == {"__account_region_scoped__": True, "data": {"k": execution}}
    traces = json.loads((state / "xray.json").read_text())["payload"]["traces"]
    assert traces == {"1-0-0": {"s": {"trace_id": "1-0-0", "id": "s"}}}


def test_merged_executions_and_traces_are_bounded(state: Path) -> None:
    numbers = range(3 * MAX_EXECUTIONS)
    changes = [
        {"key": str(number), "execution": {"status": "SUCCEEDED", "startDate": f"2026-01-01T00:00:00.{number:03}Z"}}
        for number in numbers
    ]
    documents = [{"document": {"trace_id": f"1-{number}-0", "id": "s"}} for number in numbers]
    _append(state, {"service": "stepfunctions", "changes": changes}, {"service": "xray", "changes": documents})
    recovery.recover(state.parent)
    executions = json.loads((state / "stepfunctions.json").read_text())["payload"]["executions"]["data"]
    assert list(executions) == [str(number) for number in numbers[-MAX_EXECUTIONS:]]
    traces = json.loads((state / "xray.json").read_text())["payload"]["traces"]
    assert list(traces) == [f"1-{number}-0" for number in numbers[-MAX_TRACES:]]


def test_incomplete_last_entry_is_named_and_dropped(state: Path) -> None:
    _append(state, {"service": "dynamodb", "changes": [_change("b", {"n": 1})]})
    (path,) = state.glob("journal-*")
    path.write_bytes(path.read_bytes() + b"0123")
    assert recovery.recover(state.parent) == [
        "journal-00000001.log: the last entry was incomplete (4 bytes) and is dropped."
    ]
    assert _table(state)["items"]["owner"].keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("pattern", "content", "problem"),
    [
        ("dynamodb.json", b"", "is damaged: it is not JSON"),
        ("dynamodb.json", bytes(100), "is damaged: it is not JSON"),
        ("dynamodb.json", b'{"__ministack_format__": 2, "payl', "is damaged: it is not JSON"),
        ("dynamodb.json", b"[]", "is damaged: it has no state of a service"),
        ("dynamodb.json", None, "is missing"),
        ("index.json", b"{}", "is damaged: it has no state of a service"),
        ("cognito-rsa-key.pem", bytes(100), "is damaged: it is no key"),
        ("cognito-rsa-key.pem", None, "is missing"),
        ("lambda-blobs/*.zip", b"cod", "is damaged: its digest is not its name"),
        ("lambda-blobs/*.zip", None, "is missing"),
        ("../root.json", b"", "is damaged: it is no key"),
        ("../root.json", b'{"access_key_id": "a"}', "is damaged: it is no key"),
        ("../password", b"", "is damaged: it is no password"),
        ("../password", bytes(10), "is damaged: it is no password"),
        ("journal-*.log", bytes(100), "is damaged: the bytes after entry 0 are no entry"),
    ],
)
def test_damaged_file_is_named_and_nothing_is_changed(
    state: Path, pattern: str, content: bytes | None, problem: str
) -> None:
    _append(state, {"service": "dynamodb", "changes": [_change("b", {"n": 1})]})
    (path,) = (state / pattern).parent.resolve().glob(Path(pattern).name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    before = _content(state.parent)
    with pytest.raises(StateDamaged) as raised:
        recovery.recover(state.parent)
    assert str(raised.value).startswith(f"{path} {problem}")
    assert "make run ARGS=--set-aside" in str(raised.value)
    assert _content(state.parent) == before


def test_set_aside_state_is_kept_as_it_is(state: Path) -> None:
    before = _content(state)
    aside = recovery.set_aside(state.parent)
    assert _content(aside / "state") == before
    assert {path.name for path in state.parent.iterdir()} == {aside.name, "root.json", "password"}


def test_death_at_any_step_leaves_the_earlier_or_the_later_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = tmp_path / "s3"
    path = objects / "bucket" / "key"
    path.parent.mkdir(parents=True)
    recovery.complete_objects(objects)
    found = []
    for steps in range(5):
        replace_object(objects, path, b"earlier", {"size": 7})
        _die_after(monkeypatch, steps, lambda: replace_object(objects, path, b"new", {"size": 3}))
        recovery.complete_objects(objects)
        metadata = json.loads(path.with_name("key.meta.json").read_text())
        assert len(path.read_bytes()) == metadata["size"]
        found.append(path.read_bytes())
        assert list(recovery.scratch_folder(objects).iterdir()) == []
    assert found == [b"earlier", b"earlier", b"earlier", b"new", b"new"]


def test_object_without_bytes_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    (tmp_path / "kept.meta.json").write_text("{}")
    (tmp_path / "lost.meta.json").write_text("{}")
    (tmp_path / "deleted.meta.json").write_text('{"is_delete_marker": true}')
    assert recovery.missing_objects(tmp_path) == [f"{tmp_path / 'lost'} is missing; `make reconcile` finds the photo."]


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class _Death(BaseException):
    """The process ends here."""


def _die_after(monkeypatch: pytest.MonkeyPatch, steps: int, action: Any) -> None:
    """Run an action, and end it after some of its files were opened for writing or moved."""
    left = steps

    def counted(original: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise _Death
            left -= 1
            return original(*arguments, **options)

        return call

    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", counted(open))
        patched.setattr(Path, "replace", counted(Path.replace))
        try:
            action()
        except _Death:
            return
