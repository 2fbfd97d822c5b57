"""The files of an import: those below a folder, or below an S3 prefix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from local.commands import pictures
from local.errors import CommandError
from photosky.imaging.files import HEAD_BYTES
from photosky.originals import declared_type
from photosky.store.source import name_below

S3: Final = "s3://"
_HEAD: Final = f"bytes=0-{HEAD_BYTES - 1}"


@dataclass(frozen=True)
class File:
    """One file of the source: its name below the source, and its first bytes or all of them on demand."""

    name: str
    size_bytes: int
    read: Callable[[], bytes]
    read_head: Callable[[], bytes]

    @property
    def content_type(self) -> str | None:
        """The media type to declare; None if the file is not a picture."""
        return declared_type(self.name, self.read_head)


def files(source: str, s3: Any) -> Iterator[File]:
    """Yield the files below a folder or `s3://bucket/prefix` in order, without hidden ones. Raises CommandError."""
    yield from _objects(source, s3) if source.startswith(S3) else _folder(Path(source).expanduser())


def bucket_and_prefix(source: str) -> tuple[str, str]:
    """The bucket and the prefix of `s3://bucket/prefix`."""
    bucket, _, prefix = source.removeprefix(S3).partition("/")
    return bucket, prefix


def _folder(folder: Path) -> Iterator[File]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.")
    for path in _below(folder):
        yield File(
            path.relative_to(folder).as_posix(), path.stat().st_size, path.read_bytes, partial(pictures.read_head, path)
        )


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
    bucket, prefix = bucket_and_prefix(source)

    def read(key: str, **options: str) -> bytes:
        data: bytes = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()
        return data

    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                key = found["Key"]
                if name := name_below(key, prefix):
                    # S3 has no range of an empty object.
                    head = partial(read, key, Range=_HEAD) if found["Size"] else bytes
                    yield File(name, found["Size"], partial(read, key), head)
    except s3.exceptions.NoSuchBucket as error:
        raise CommandError(f"There is no bucket {bucket!r}.") from error
