"""Steps: listings, filters, timeline, changes and edits, each with the index of the table that it reads."""

import http
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.smoke.context import Context
from local.smoke.differences import Difference, Fault, NotApplicable, compare, eventually, report
from local.smoke.pictures import TAKEN_AT
from photosky.store import attributes

_WAIT_SECONDS: Final = 10
"""Twice the time for which PhotoSky expects an index to be behind its table (docs/architecture.md)."""

INDEXES: Final = frozenset(value for name, value in vars(attributes).items() if name.endswith("_INDEX"))
"""The names of all indexes."""

_TAKEN_DATE: Final = TAKEN_AT[:10]
_TAG: Final = "smoke test"
_EDIT: Final[Mapping[str, object]] = {"title": "Smoke", "tags": [_TAG], "favorite": True}


@dataclass(frozen=True)
class Listing:
    """A listing with the JPEG in it, by its query, and the index that it reads."""

    query: Mapping[str, str]
    index: str


LISTINGS: Final[Mapping[str, Listing]] = {
    "by creation": Listing({}, attributes.READY_INDEX),
    "by capture": Listing({"sort": "taken_at", "order": "asc"}, attributes.TAKEN_INDEX),
    "of a period": Listing({"taken_from": _TAKEN_DATE, "taken_to": _TAKEN_DATE}, attributes.TAKEN_INDEX),
}
"""Of a photo as it was ingested, by the end of their steps' names."""

EDITED_LISTINGS: Final[Mapping[str, Listing]] = {
    "of favorites": Listing({"favorite": "true"}, attributes.FAVORITES_INDEX),
    "of favorites by capture": Listing({"favorite": "true", "sort": "taken_at"}, attributes.FAVORITES_TAKEN_INDEX),
    "of a tag": Listing({"tag": _TAG.upper()}, attributes.READY_INDEX),
    "of a tag by capture": Listing({"tag": _TAG, "sort": "taken_at"}, attributes.TAKEN_INDEX),
}
"""The same, after the edit."""

TRASH: Final = Listing({"status": "trashed"}, attributes.TRASHED_INDEX)


def indexes(context: Context) -> None:
    """The table has all indexes, and they are active."""
    client, name = context.stack.clients.client("dynamodb"), context.stack.outputs["PhotosTableName"]
    table = client.describe_table(TableName=name)["Table"]
    found = {index["IndexName"]: index.get("IndexStatus") for index in table.get("GlobalSecondaryIndexes", [])}
    texts = [f"the table has no index {index!r}" for index in sorted(INDEXES - found.keys())]
    texts += [
        f"the index {index!r} is {state}" for index, state in sorted(found.items()) if state not in ("ACTIVE", None)
    ]
    report(texts)


def listed(context: Context, listing: Listing) -> None:
    """The listing has the photo."""
    _await(context, listing, is_listed=True)


def timeline(context: Context) -> None:
    """The photo counts in the month of its capture."""

    def check() -> None:
        periods = context.api.call("GET", "/timeline").json()["periods"]
        counts = {period["period"]: period["count"] for period in periods}
        report(compare(f"the count of {TAKEN_AT[:7]}", counts.get(TAKEN_AT[:7]), 1))

    eventually(check, _WAIT_SECONDS)


def changes(context: Context) -> None:
    """A client that follows the changes gets the photo."""

    def check() -> None:
        found: set[str] = set()
        query: dict[str, str] = {}
        while True:
            page = _with_index(context, "/changes", query, attributes.CHANGED_INDEX)
            found |= {change["photo"]["photo_id"] for change in page["changes"] if change["type"] == "upserted"}
            if not page["has_more"]:
                break
            query = {"cursor": page["next_cursor"]}
        if context.jpeg.photo_id not in found:
            raise Difference(f"GET /changes does not have the photo (index {attributes.CHANGED_INDEX!r})")

    eventually(check, _WAIT_SECONDS)


def edit(context: Context) -> None:
    """An edit changes what it names and returns the photo with a new ETag."""
    photo_id = context.jpeg.photo_id
    before = context.api.call("GET", "/photos/{photo_id}", photo_id=photo_id).headers["etag"]
    response = context.api.call(
        "PATCH", "/photos/{photo_id}", photo_id=photo_id, headers={"If-Match": before}, body=_EDIT
    )
    photo = response.json()
    report([text for name, value in _EDIT.items() for text in compare(name, photo[name], value)])
    context.outdated_etag = before
    context.changes.append("Photo Updated")


def conflict(context: Context) -> None:
    """An edit of an outdated version is refused and changes nothing."""
    context.api.call(
        "PATCH",
        "/photos/{photo_id}",
        http.HTTPStatus.PRECONDITION_FAILED,
        photo_id=context.jpeg.photo_id,
        headers={"If-Match": context.outdated_etag},
        body={"title": "Outdated"},
        code="PreconditionFailed",
    )
    photo = context.api.call("GET", "/photos/{photo_id}", photo_id=context.jpeg.photo_id).json()
    report(compare("the title after the conflict", photo["title"], _EDIT["title"]))


def batch(context: Context) -> None:
    """A batch edits the photo."""
    operations = [{"op": "edit", "photo_id": context.jpeg.photo_id, "changes": {"description": "Smoke test"}}]
    results = context.api.call("POST", "/photos/batch", body={"operations": operations}).json()["results"]
    report(compare("the status in the batch", [result["status"] for result in results], [http.HTTPStatus.OK]))


def trash(context: Context) -> None:
    """A deleted photo is in the trash and in no listing."""
    photo_id = context.jpeg.photo_id
    context.api.call("DELETE", "/photos/{photo_id}", http.HTTPStatus.NO_CONTENT, photo_id=photo_id)
    if not context.environment.trash_days:  # The photo is removed at once.
        context.api.call("GET", "/photos/{photo_id}", http.HTTPStatus.NOT_FOUND, photo_id=photo_id)
        context.changes.append("Photo Deleted")
        return
    photo = context.api.call("GET", "/photos/{photo_id}", photo_id=photo_id).json()
    report(compare("status", photo["status"], "trashed"))
    context.changes.append("Photo Trashed")
    _await(context, TRASH, is_listed=True)
    _await(context, LISTINGS["by creation"], is_listed=False)


def restore(context: Context) -> None:
    """A restored photo is as it was."""
    if not context.environment.trash_days:
        raise NotApplicable("trash_days is 0")
    photo = context.api.call("POST", "/photos/{photo_id}/restore", photo_id=context.jpeg.photo_id).json()
    report([text for name, value in _EDIT.items() for text in compare(name, photo[name], value)])
    context.changes.append("Photo Restored")
    _await(context, LISTINGS["by creation"], is_listed=True)


def delete(context: Context) -> None:
    """A permanently deleted photo is gone, and its original too."""
    if "Photo Deleted" in context.changes:
        raise NotApplicable("trash_days is 0, so the photo is gone already")
    photo_id = context.jpeg.photo_id
    signed = context.api.call("GET", "/photos/{photo_id}/original", photo_id=photo_id).json()
    context.api.call(
        "DELETE", "/photos/{photo_id}", http.HTTPStatus.NO_CONTENT, photo_id=photo_id, query={"permanent": "true"}
    )
    context.api.call("GET", "/photos/{photo_id}", http.HTTPStatus.NOT_FOUND, photo_id=photo_id, code="PhotoNotFound")
    context.changes.append("Photo Deleted")
    status = context.api.client.get(signed["url"]).status_code
    # S3 answers 403 if the signer may not list the bucket (S3 API reference, GetObject, "Permissions").
    if status not in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.FORBIDDEN):
        raise Difference(f"the original of the deleted photo answers {status} instead of 404")


def _await(context: Context, listing: Listing, *, is_listed: bool) -> None:
    def check() -> None:
        page = _with_index(context, "/photos", listing.query, listing.index)
        found = context.jpeg.photo_id in {photo["photo_id"] for photo in page["photos"]}
        if found is not is_listed:
            raise Difference(
                f"the listing {dict(listing.query)} {'has' if found else 'does not have'} the photo "
                f"(index {listing.index!r})"
            )

    eventually(check, _WAIT_SECONDS)


def _with_index(context: Context, path: str, query: Mapping[str, str], index: str) -> dict[str, Any]:
    """Get a page; a fault names the index that the route reads."""
    try:
        page: dict[str, Any] = context.api.call("GET", path, query=query).json()
    except Fault as fault:
        raise Fault(f"{fault} (index {index!r})", fault.request_id) from fault
    return page
