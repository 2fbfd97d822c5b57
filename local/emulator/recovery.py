"""The start after a stop or a death: every file of the state is checked, and the journal is merged into the snapshots.

A snapshot is a state file of MiniStack, which MiniStack reads afterwards. Entries of the journal have the whole new
value of what they change, so that merging some of them a second time gives the same.
"""

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from local.emulator import history, journal, outbox
from local.emulator.journal import Damaged
from local.emulator.patches.xray import MAX_TRACES
from local.errors import CommandError

INDEX: Final = "index.json"
"""The names of the snapshots and keys, so that a missing one is found."""

_FORMAT: Final = "__ministack_format__"
_PASSWORD: Final = re.compile(rb"[!-~]{8,}")
_CODE: Final = re.compile(r'"code_blob_ref": "([0-9a-f]{64})"')
BYTES: Final = ".bytes"
METADATA: Final = ".metadata"
_SIDECAR: Final = ".meta.json"
_SCRATCH: Final = ".tmp"

Payload = dict[str, Any]
"""The state of one service, as MiniStack's file has it."""


class StateDamaged(CommandError):
    """The state has damaged files, which were left as they are."""


def recover(folder: Path) -> list[str]:
    """Check and complete the state below `folder`; return sentences about what the process's death left.

    Raises:
        StateDamaged: Files are damaged or missing. Nothing was changed.
    """
    state, objects = folder / "state", folder / "s3"
    snapshots, notes = _read(state, _secret_problems(folder))
    _merge(state, snapshots, journal.files(state))
    complete_objects(objects)
    return notes


def compact(state: Path, names: Iterable[str]) -> None:
    """Merge journal files that do not change any more into the snapshots, and remove them. Raises Damaged."""
    snapshots = {name: _snapshot(path) for name in _SERVICES if (path := state / f"{name}.json").exists()}
    _merge(state, snapshots, [state / name for name in names])


def set_aside(folder: Path) -> Path:
    """Move the whole state below `folder` to a new folder there, whose path is returned; the next start is empty."""
    aside = folder / f"damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    aside.mkdir()
    for name in ("state", "s3", "s3-scratch", "deployed.json"):
        if (folder / name).exists():
            (folder / name).rename(aside / name)
    return aside


def write(path: Path, text: str) -> None:
    """Replace a file as a whole. Raises OSError, after which the file is as before."""
    scratch = path.with_name(f"{path.name}{_SCRATCH}")
    try:
        scratch.write_text(text)
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


def write_index(state: Path) -> None:
    """Record the names of all snapshots. Raises OSError, after which the index is as before."""
    names = sorted({path.name for pattern in ("*.json", "*.pem") for path in state.glob(pattern)} | {INDEX})
    write(state / INDEX, json.dumps({_FORMAT: 1, "payload": names}))


def _merge(state: Path, snapshots: dict[str, Payload], journals: Iterable[Path]) -> None:
    """Write the snapshots of the services that the journals change, then remove the journals. Raises Damaged."""
    merged: dict[str, Payload] = {}
    for path in journals:
        for entry in journal.read(path):
            for service, changes in {entry["service"]: entry["changes"], **entry.get("also", {})}.items():
                if service not in merged:
                    merged[service] = snapshots.get(service) or {_FORMAT: 1, "payload": _SERVICES[service].empty()}
                for change in changes:
                    _SERVICES[service].apply(merged[service]["payload"], change)
    is_new = False
    for service, content in merged.items():
        path = state / f"{service}.json"
        is_new |= not path.exists()
        _SERVICES[service].finish(content["payload"])
        write(path, json.dumps(content))
    if is_new:
        write_index(state)
    for path in journals:
        path.unlink()


def _read(state: Path, problems: list[str]) -> tuple[dict[str, Payload], list[str]]:
    """Read all snapshots, check all journals. Raises StateDamaged, which names every damaged file after `problems`."""
    snapshots: dict[str, Payload] = {}
    notes: list[str] = []
    for path in sorted(state.glob("*.json")):
        try:
            snapshots[path.stem] = _snapshot(path)
        except Damaged as error:
            problems.append(str(error))
    if isinstance(names := snapshots.pop("index", {}).get("payload", []), list):
        problems += [f"{state / name} is missing" for name in names if not (state / name).exists()]
    problems += _code_problems(state, snapshots.get("lambda", {}))
    problems += [
        str(Damaged(path, "it is no key"))
        for path in sorted(state.rglob("*.pem"))
        if not path.read_bytes().startswith(b"-----BEGIN ")
    ]
    for path in journal.files(state):
        try:
            torn_bytes = journal.check(path)
        except Damaged as error:
            problems.append(str(error))
            continue
        if torn_bytes:
            notes.append(f"{path.name}: the last entry was incomplete ({torn_bytes} bytes) and is dropped.")
    if problems:
        raise StateDamaged(
            "\n".join(problems)
            + "\nNothing was changed. Put back intact copies of these files, or start with an empty stack by "
            "`make run ARGS=--set-aside`, which keeps everything in a folder of its own."
        )
    return snapshots, notes


def _secret_problems(folder: Path) -> list[str]:
    """Check the root key and the demo user's password. Each is made anew if its file is missing."""
    problems = []
    root, password = folder / "root.json", folder / "password"
    if root.exists() and (_json(root) or {}).keys() != {"access_key_id", "secret_access_key"}:
        problems.append(str(Damaged(root, "it is no key. If you remove it, the start makes a new one")))
    if password.exists() and not _PASSWORD.fullmatch(password.read_bytes()):
        problems.append(str(Damaged(password, "it is no password. If you remove it, the start makes a new one")))
    return problems


def _code_problems(state: Path, functions: Payload) -> list[str]:
    """Check the functions' code, whose files have the digest of their content as names."""
    problems = []
    for digest in sorted(set(_CODE.findall(json.dumps(functions)))):
        path = state / "lambda-blobs" / f"{digest}.zip"
        if not path.exists():
            problems.append(f"{path} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            problems.append(str(Damaged(path, "its digest is not its name")))
    return problems


def _snapshot(path: Path) -> Payload:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise Damaged(path, f"it is not JSON ({error})") from error
    if not isinstance(content, dict) or _FORMAT not in content or "payload" not in content:
        raise Damaged(path, "it has no state of a service")
    return content


# --- Entries of the journal -----------------------------------------------------------------------------------------


def _apply_item(payload: Payload, change: Mapping[str, Any]) -> None:
    """Put or delete an item of a table that still exists."""
    table = payload["tables"]["data"].get(change["table"])
    if table is None or table.get("TableId") != change["table_id"]:
        return
    partition = table["items"].setdefault(change["pk"], {})
    if change["item"] is None:
        partition.pop(change["sk"], None)
    else:
        partition[change["sk"]] = change["item"]
    if not partition:
        del table["items"][change["pk"]]


def _count_items(payload: Payload) -> None:
    for table in payload["tables"]["data"].values():
        table["ItemCount"] = sum(map(len, table["items"].values()))


def _apply_execution(payload: Payload, change: Mapping[str, Any]) -> None:
    """Put an execution. The oldest are deleted from time to time, since each takes much memory."""
    executions = payload["executions"]["data"]
    executions[change["key"]] = change["execution"]
    if len(executions) > 2 * history.MAX_EXECUTIONS:
        _trim_executions(payload)


def _trim_executions(payload: Payload) -> None:
    history.trim_executions(payload["executions"]["data"])


def _apply_document(payload: Payload, change: Mapping[str, Any]) -> None:
    """Put a document of a trace."""
    document, traces = change["document"], payload["traces"]
    traces.setdefault(document["trace_id"], {})[document["id"]] = document
    while len(traces) > MAX_TRACES:
        del traces[next(iter(traces))]


def _scoped(name: str) -> Callable[[], Payload]:
    """Make the empty state of a service, as MiniStack writes a dictionary by account and region."""
    return lambda: {name: {"__account_region_scoped__": True, "data": {}}}


class _Service(NamedTuple):
    """A service in the journal: its empty state, how a change is applied, and what is done after the last one."""

    empty: Callable[[], Payload]
    apply: Callable[[Payload, Mapping[str, Any]], None]
    finish: Callable[[Payload], None]


_SERVICES: Final[Mapping[str, _Service]] = {
    "dynamodb": _Service(_scoped("tables"), _apply_item, _count_items),
    "stepfunctions": _Service(_scoped("executions"), _apply_execution, _trim_executions),
    "xray": _Service(lambda: {"traces": {}}, _apply_document, lambda _payload: None),
    outbox.STATE: _Service(lambda: {"records": {}}, outbox.apply, lambda _payload: None),
}

# --- Objects --------------------------------------------------------------------------------------------------------


def scratch_folder(objects: Path) -> Path:
    """Return the folder in which objects are written before they are moved to their place."""
    return objects.with_name(f"{objects.name}-scratch")


def complete_objects(objects: Path) -> None:
    """Complete or undo the writes of objects that were interrupted.

    An object is written in four steps: its bytes and its metadata to the scratch folder, then both are moved, in this
    order. If only its metadata are left, the bytes are in place already.
    """
    scratch = scratch_folder(objects)
    scratch.mkdir(exist_ok=True)
    for path in sorted(scratch.glob(f"*{METADATA}")):
        if not path.with_suffix(BYTES).exists() and (metadata := _json(path)) is not None:
            path.replace(objects / f"{metadata['path']}{_SIDECAR}")
    for path in scratch.iterdir():
        path.unlink()


def missing_objects(objects: Path) -> list[str]:
    """Return a sentence for each object that has metadata and no bytes."""
    notes = []
    for parent, _, names in os.walk(objects):
        present = set(names)
        for name in names:
            target = name.removesuffix(_SIDECAR)
            if target != name and target not in present:
                try:
                    metadata = _json(Path(parent, name))
                except FileNotFoundError:
                    continue  # The object is being removed: its bytes first, then its metadata.
                if not (metadata or {}).get("is_delete_marker") and not Path(parent, target).exists():
                    notes.append(f"{Path(parent, target)} is missing; `make reconcile` finds the photo.")
    return notes


def _json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file; None if it is incomplete or something else."""
    try:
        content = json.loads(path.read_text())
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


if __name__ == "__main__":
    compact(Path(sys.argv[1]), sys.argv[2:])
