"""`make export`: download one owner's originals, and a JSON line for each photo.

The folder gets `photos.jsonl` and `originals/`. Start an interrupted export again: an original that is complete, by its
digest, is not downloaded again. Photos in the trash are included.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from local.errors import CommandError
from local.library import Library
from local.progress import Progress
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.photo import Photo, Status
from photosky.store.items import to_record

RECORDS: Final = "photos.jsonl"
ORIGINALS: Final = "originals"

_SUFFIXES: Final = {media_type: f".{name}" for name, media_type in CONTENT_TYPES.items()} | {"image/jpeg": ".jpg"}
_UNFINISHED: Final = ".part"
_CHUNK_BYTES: Final = 1024 * 1024
_PARALLEL: Final = 4

Became = Literal["downloaded", "complete", "without", "gone", "failed"]
_TEXTS: Final[Mapping[Became, str]] = {
    "downloaded": "originals downloaded",
    "complete": "originals already there",
    "without": "photos without an original",
    "gone": "photos deleted meanwhile",
    "failed": "failed (start the export again)",
}


def main(arguments: Sequence[str]) -> int:
    """Export an owner's photos; the exit code is 1 if an original could not be downloaded."""
    parser = options.parser("export", __doc__)
    parser.add_argument("folder", nargs="?", type=options.folder, help="default: export/ and the user's `sub`")
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    parser.add_argument("--owner", help="the user's name; default: the demo user of the running stack")
    given = parser.parse_args(arguments)
    if given.env:
        if not given.owner:
            raise CommandError(f"Name the user in {given.env} whose photos to export: OWNER=user@example.com.")
        deployed, owner = Deployed.environment(given.env), given.owner
    else:
        live = Connection.read(given.state)
        deployed, owner = Deployed.here(live, given.state), given.owner or live.username
    library = Library.of(deployed)
    owner_id = library.owner_id(owner)
    folder: Path = given.folder or Path("export") / owner_id
    counts = export(library, owner_id, folder, Progress())
    print(", ".join(f"{counts[became]} {text}" for became, text in _TEXTS.items() if counts[became]) or "no photos")
    print(f"Records: {folder / RECORDS}")
    return 1 if counts["failed"] else 0


def export(library: Library, owner_id: str, folder: Path, progress: Progress) -> Counter[Became]:
    """Download the originals of an owner's photos to a folder, then write their records. Returns the outcomes.

    The folder is readable by the caller only.
    """
    originals = folder / ORIGINALS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    originals.mkdir(exist_ok=True)
    records = [to_record(item) for item in library.records(owner_id)]
    photos = [found.photo for found in records if found.photo and found.status is not Status.DELETING]
    counts: Counter[Became] = Counter()
    for unreadable in (found.photo_id for found in records if found.photo is None):
        counts["failed"] += 1
        progress.say(f"{unreadable}: the record is unreadable; `make reconcile` reports it too.")
    unfinished = folder / f"{RECORDS}{_UNFINISHED}"
    with unfinished.open("w", encoding="utf-8") as output, progress.bar("Exporting", len(photos)) as advance_to:
        for done, (photo, (became, detail)) in enumerate(_downloaded(library, photos, originals), 1):
            counts[became] += 1
            if became == "failed":
                progress.say(f"{photo.photo_id}: {detail}")
            if became != "gone":
                output.write(json.dumps(_line(photo, _found(originals, photo)), ensure_ascii=False) + "\n")
            advance_to(done)
    unfinished.replace(folder / RECORDS)
    return counts


def _downloaded(
    library: Library, photos: Sequence[Photo], originals: Path
) -> Iterator[tuple[Photo, tuple[Became, str]]]:
    with ThreadPoolExecutor(_PARALLEL) as pool:
        outcomes = pool.map(lambda photo: _download(library, photo, originals), photos)
        yield from zip(photos, outcomes, strict=True)


def _download(library: Library, photo: Photo, originals: Path) -> tuple[Became, str]:
    """Download one original under a temporary name, which it keeps until its digest is right."""
    if photo.original is None or not photo.is_ingested:
        return "without", ""
    if (found := _found(originals, photo)) and _digest(found) == photo.sha256:
        return "complete", ""
    try:
        response = library.s3.get_object(Bucket=library.bucket, Key=photo.original)
        unfinished = originals / f"{photo.photo_id}{_UNFINISHED}"
        digest = hashlib.sha256()
        with unfinished.open("wb") as file:
            for chunk in response["Body"].iter_chunks(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
    except (ClientError, BotoCoreError) as error:
        current = library.table.get(photo.owner_id, photo.photo_id)
        is_gone = current is None or current.status is Status.DELETING
        return ("gone", "") if is_gone else ("failed", str(error))
    if digest.hexdigest() != photo.sha256:
        return "failed", "The original has another digest than its record."
    unfinished.replace(originals / f"{photo.photo_id}{_SUFFIXES.get(response['ContentType'], '.bin')}")
    return "downloaded", ""


def _found(originals: Path, photo: Photo) -> Path | None:
    """The original of an earlier export."""
    return next((path for path in originals.glob(f"{photo.photo_id}.*") if path.suffix != _UNFINISHED), None)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(photo: Photo, original: Path | None) -> dict[str, Any]:
    """The photo as the API shows it, with the name of its file instead of the URLs of its previews."""
    document = photo.present(lambda _key: "")
    del document["previews"]
    return document | {"file": f"{ORIGINALS}/{original.name}" if original else None}
