"""The steps of a smoke test, in their order. A step that needs another one is skipped if that has not passed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from local.smoke import accounts, events, ingest, library, operations, origins, page, tracing
from local.smoke.context import JPEG, Context
from photosky.imaging.media_types import CONTENT_TYPES

_SIGN_IN: Final = "sign-in"
_SUBSCRIPTION: Final = "subscription to events"
_PHOTO: Final = f"ingest of {JPEG}"
_EDIT: Final = "edit"
_TRASH: Final = "trash"


@dataclass(frozen=True)
class Step:
    """A step: its name in the table, what it does, and the steps without which it cannot be done.

    `run` raises Difference for what differs from the contract, and NotApplicable for what the environment lacks.
    """

    name: str
    run: Callable[[Context], None]
    needs: tuple[str, ...] = ()


def _ingests() -> Iterator[Step]:
    for format_ in CONTENT_TYPES:
        yield Step(f"ingest of {format_}", partial(ingest.ingest, format_=format_), (_SIGN_IN,))


def _listings(listings: Mapping[str, library.Listing], needs: str) -> Iterator[Step]:
    for name, listing in listings.items():
        yield Step(f"listing {name}", partial(library.listed, listing=listing), (needs,))


STEPS: Final = (
    Step("health", accounts.health),
    Step("request without a token", accounts.refusal),
    Step("indexes of the table", library.indexes),
    Step(_SIGN_IN, accounts.sign_in),
    Step(_SUBSCRIPTION, events.subscribe, (_SIGN_IN,)),
    *_ingests(),
    Step("fields of the photos", ingest.fields, (_PHOTO,)),
    Step("previews", ingest.previews, (_PHOTO,)),
    Step("damaged upload", ingest.refusal, (_SIGN_IN,)),
    Step("repeated upload", ingest.repeated_upload, (_PHOTO,)),
    Step("download of the original", ingest.original, (_PHOTO,)),
    Step("delivery of previews", operations.delivery, (_PHOTO,)),
    Step("page", page.page),
    *_listings(library.LISTINGS, _PHOTO),
    Step("compression", operations.compression, (_PHOTO,)),
    Step("timeline", library.timeline, (_PHOTO,)),
    Step("changes", library.changes, (_PHOTO,)),
    Step("CORS of the API", origins.api, (_SIGN_IN,)),
    Step("CORS of S3", origins.bucket, (_PHOTO,)),
    Step(_EDIT, library.edit, (_PHOTO,)),
    *_listings(library.EDITED_LISTINGS, _EDIT),
    Step("conflict", library.conflict, (_EDIT,)),
    Step("batch", library.batch, (_PHOTO,)),
    Step(_TRASH, library.trash, (_PHOTO,)),
    Step("restore", library.restore, (_TRASH,)),
    Step("trace", tracing.trace, (_PHOTO,)),
    Step("log lines", tracing.log_lines, (_PHOTO,)),
    Step("alarms", operations.alarms),
    Step("permanent deletion", library.delete, (_PHOTO,)),
    Step("events", events.events, (_SUBSCRIPTION, _PHOTO)),
)
