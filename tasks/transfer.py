"""Transfer: import one object of a source bucket, for the Import workflow.

The bytes pass through this function once, for their digest; S3 copies them. Names stay out of logs and of the result:
the report has the object's key from the input. Step Functions may run an Express execution twice (its guide, "Execution
guarantees"): `photosky.originals` makes one photo of that.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from photosky.ingests import run_ingest, states_client
from photosky.originals import Content, Importer, Original, Outcome, declared_type
from photosky.photo import Photo
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store import keys
from photosky.store.media import s3_client
from photosky.store.photos import photos_table
from photosky.store.source import SourceObject, name_below
from photosky.telemetry import annotate, logger, span


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """What became of an object: `became`, and for an `Outcome` its id, code and detail.

    The event has `owner_id`, `bucket`, `prefix`, `key` and `size_bytes`. A file that is not a picture is `skipped`, and
    a folder or a hidden file is `hidden`.
    """
    name = name_below(event["key"], event["prefix"])
    if name is None:
        return {"became": "hidden"}
    source, size_bytes = SourceObject(s3_client(), event["bucket"], event["key"]), event["size_bytes"]
    with span("transfer"):
        content_type = declared_type(name, partial(source.read_head, size_bytes))
        if content_type is None:
            return {"became": "skipped"}
        importer = Importer(photos_table(), settings(), run_ingest, event["owner_id"])
        outcome = importer.run(Original(name, content_type, size_bytes, partial(_read, source)))
        result = _result(outcome)
        reported = {"outcome": outcome.became} | {name: result[name] for name in ("photo_id", "code") if name in result}
        annotate(**reported)
    log = logger.error if outcome.became == "failed" else logger.info
    log("Transferred", extra=reported)
    return result


def _read(source: SourceObject) -> Content:
    found = source.read()
    return Content(found.size_bytes, found.sha256, partial(_copy, source, found.etag))


def _copy(source: SourceObject, etag: str, photo: Photo) -> None:
    key = keys.upload_key(photo.owner_id, photo.photo_id)
    source.copy(etag, settings().bucket_name, key, photo.content_type)


def _result(outcome: Outcome) -> dict[str, str]:
    return {name: value for name, value in vars(outcome).items() if name != "name" and value is not None}


initialize(photos_table, s3_client, states_client)
