"""The files of an import: those below a folder, or below an S3 prefix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.commands import pictures
from local.errors import CommandError

_S3: Final = "s3://"


@dataclass(frozen=True)
class File:
    """One file of the source: its name below the source, and its bytes on demand."""

    name: str
    size_bytes: int
    read: Callable[[], bytes]


def files(source: str, s3: Any) -> Iterator[File]:
    """Yield the files below a folder or `s3://bucket/prefix` in order, without hidden ones. Raises CommandError."""
    yield from _objects(source, s3) if source.startswith(_S3) else _folder(Path(source).expanduser())


def is_picture(name: str) -> bool:
    """Whether an import sends a file of this name. The stack decides for names without a suffix, by their bytes."""
    return pictures.content_type(name) is not None or not pictures.suffix(name)


def _folder(folder: Path) -> Iterator[File]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.")
    for path in _below(folder):
        yield File(path.relative_to(folder).as_posix(), path.stat().st_size, path.read_bytes)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files, listing one folder at a time, so that a large source is never listed as a whole."""
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise CommandError(f"{folder} cannot be listed: {error.strerror}.") from error
    for path in names:
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _objects(source: str, s3: Any) -> Iterator[File]:
    bucket, _, prefix = source.removeprefix(_S3).partition("/")

    def reading(key: str) -> Callable[[], bytes]:
        return lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                name = found["Key"].removeprefix(prefix).lstrip("/") or found["Key"]
                if not found["Key"].endswith("/") and not any(part.startswith(".") for part in name.split("/")):
                    yield File(name, found["Size"], reading(found["Key"]))
    except s3.exceptions.NoSuchBucket as error:
        raise CommandError(f"There is no bucket {bucket!r}.") from error
