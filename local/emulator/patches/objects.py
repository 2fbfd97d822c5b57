"""S3: an object's bytes and metadata change together on disk, and a failure to write them is an error.

Gap: MiniStack replaces the bytes, then the metadata; between them, a death leaves an object whose length and ETag are
another's. A full disk is a line in the log, while the response is 200 and the object exists in memory only.
Closed upstream when PutObject on a full disk answers 500 without this module.
"""

import errno
import itertools
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from local.emulator import recovery
from local.emulator.wrapping import module, require, wrap

logger = logging.getLogger(__name__)

_SIDECAR: Final = ".meta.json"
_numbers: Final = itertools.count()


def _atomic(_original: Callable[..., Any]) -> Callable[..., Any]:
    """Replace `_persist_object`: `local.emulator.recovery.complete_objects` completes or undoes an interrupted one."""
    s3 = module("services.s3")
    folder = Path(s3.DATA_DIR)

    def persist(bucket: str, key: str, obj: dict[str, Any]) -> None:
        path = s3._object_disk_path(bucket, key)
        if path is None:
            raise OSError(errno.EINVAL, "The key has no path", key)
        metadata = {**s3._object_meta_from_record(obj), **s3._key_history_meta(bucket, key), "key": key}
        try:
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_object(folder, Path(path), obj.get("body"), metadata)
        except OSError:
            _restore(s3._buckets[bucket]["objects"], key, path)
            raise
        obj["body"] = None
        base = os.path.join(s3.DATA_DIR, s3.get_account_id(), bucket)  # noqa: PTH118 - MiniStack's paths are strings
        s3._remove_key_files(s3._other_key_disk_path(base, key, path))

    return persist


def replace_object(folder: Path, path: Path, data: bytes | None, metadata: dict[str, Any]) -> None:
    """Replace an object's bytes and metadata below `folder`, or its metadata only if there is no data.

    Both are written to the scratch folder, then moved, the bytes first. Raises OSError, after which both are as before.
    """
    name = str(next(_numbers))
    scratch = recovery.scratch_folder(folder)
    files = [] if data is None else [(scratch / f"{name}{recovery.BYTES}", path, data)]
    text = json.dumps({**metadata, "path": str(path.relative_to(folder.resolve()))}).encode()
    files.append((scratch / f"{name}{recovery.METADATA}", Path(f"{path}{_SIDECAR}"), text))
    try:
        for source, _, content in files:
            with open(source, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(content)
    except OSError:
        for source, _, _ in files:
            source.unlink(missing_ok=True)
        raise
    for source, target, _ in files:
        source.replace(target)


def _restore(objects: dict[str, Any], key: str, path: str) -> None:
    """Make the record in memory what the files say: the object before the failed write, or none."""
    try:
        metadata = json.loads(Path(f"{path}{_SIDECAR}").read_text())
        metadata["size"] = Path(path).stat().st_size
    except OSError:
        objects.pop(key, None)
        return
    metadata = {name: value for name, value in metadata.items() if name not in ("key", "path")}
    objects[key] = {"body": None, **{name: value for name, value in metadata.items() if value is not None}}


def _raising(original: Callable[..., Any]) -> Callable[..., Any]:
    """Do not go on as if a failed removal had worked."""
    s3 = module("services.s3")

    def remove(bucket: str, key: str) -> None:
        original(bucket, key)
        path = s3._object_disk_path(bucket, key)
        if path is not None and Path(path).is_file():
            raise OSError(errno.EIO, "The object cannot be removed", path)

    return remove


def _repeatable(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the parts of an upload that could not be completed, so that the client can retry."""
    s3 = module("services.s3")

    def complete(bucket_name: str, key: str, body: bytes, query_params: dict[str, Any], headers: Any = None) -> Any:
        uploads = dict(s3._multipart_uploads._data)
        try:
            return original(bucket_name, key, body, query_params, headers)
        except OSError:
            for upload, parts in uploads.items():
                s3._multipart_uploads._data.setdefault(upload, parts)
            raise

    return complete


def install() -> None:
    """Wrap the functions that write and remove objects."""
    for name, parameters in (
        ("_object_disk_path", "bucket key account_id"),
        ("_object_meta_from_record", "obj"),
        ("_key_history_meta", "bucket_name key"),
        ("_remove_key_files", "fpath"),
        ("_other_key_disk_path", "base key fpath"),
    ):
        require("services.s3", name, parameters)
    wrap("services.s3", "_persist_object", "bucket key obj", _atomic)
    wrap("services.s3", "_complete_multipart_upload", "bucket_name key body query_params headers", _repeatable)
    wrap("services.s3", "_delete_persisted_object", "bucket_name key", _raising)
