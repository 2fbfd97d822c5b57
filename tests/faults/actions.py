"""Requests of clients, and the scheduled and operator-started workflows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from photosky.settings import settings
from photosky.store import keys
from tasks import events, plan, reconcile, renew
from tests.faults.injection import Crashed, Killed
from tests.faults.scheduling import current_actor
from tests.faults.simulation import ClientPhoto, PhotoAction, Response, Simulation
from tests.faults.uploads import UPLOAD_BYTES, UPLOADS, digest
from tests.storage import OWNER
from tests.tasks.events import record

PERMANENT: Final = {"permanent": "true"}


@dataclass(frozen=True)
class Create:
    """`POST /photos`, optionally with the digest of an upload and with an `Idempotency-Key`."""

    digest_of: int | None = None
    key: str | None = None

    def send(self, simulation: Simulation) -> Response:
        body: dict[str, Any] = {"filename": "a.png", "content_type": "image/png", "size_bytes": UPLOAD_BYTES}
        if self.digest_of is not None:
            body["sha256"] = digest(UPLOADS[self.digest_of])
        simulation.creates += 1
        headers = {"Idempotency-Key": self.key} if self.key is not None else {}
        response = simulation.request("POST", "/photos", body=body, headers=headers)
        if response.status == 201:
            created = ClientPhoto(
                response.document["photo"]["photo_id"], simulation.clock.now + settings().url_ttl_seconds
            )
            if created.photo_id not in [photo.photo_id for photo in simulation.photos]:
                simulation.photos.append(created)
        elif response.status == 200:
            assert response.document["photo"]["sha256"] == body["sha256"]
            assert self.key is not None or response.document["photo"]["status"] == "ready"
        return response


@dataclass(frozen=True)
class Upload(PhotoAction):
    """The form's POST to S3; 403 if the form has expired."""

    upload: int

    def send(self, simulation: Simulation) -> Response:
        photo = simulation.photo(self.photo)
        if photo is None or simulation.clock.now >= photo.form_expires_at:
            return Response(403)
        if (actor := current_actor()) is not None:
            actor.pause()
        data = UPLOADS[self.upload]
        photo.uploads.append(data)
        simulation.storage.s3.put_object(
            Bucket=simulation.storage.bucket,
            Key=keys.upload_key(OWNER, photo.photo_id),
            Body=data,
            ContentType="image/png",
        )
        return Response(204)


@dataclass(frozen=True)
class StartIngest(PhotoAction):
    """`POST /photos/{photo_id}/ingest`, which runs one execution of the state machine."""

    def send(self, simulation: Simulation) -> Response:
        photo = simulation.photo(self.photo)
        return Response(404) if photo is None else simulation.ingest(photo.photo_id)


@dataclass(frozen=True)
class Read(PhotoAction):
    """`GET /photos/{photo_id}`."""

    def send(self, simulation: Simulation) -> Response:
        return simulation.request_photo("GET", self.photo)


@dataclass(frozen=True)
class List:
    """`GET /photos` for all pages of a view; ends at the first page that fails."""

    limit: int
    order: str
    status: str = "ready"
    sort: str = "created_at"
    favorite: bool = False
    tag: str | None = None

    def send(self, simulation: Simulation) -> Response:
        before = self._versions(simulation)
        deleted = {photo.photo_id for photo in simulation.photos if photo.is_deleted}
        listed: list[Any] = []
        cursor: str | None = None
        while True:
            response = simulation.request("GET", "/photos", query=self._query(cursor))
            if response.status != 200:
                return response
            listed += response.document["photos"]
            cursor = response.document["next_cursor"]
            if cursor is None:
                break
        ids = [photo["photo_id"] for photo in listed]
        keys = [self._key(photo) for photo in listed]
        assert all(self._has(photo) for photo in listed), "a listing has a photo of another one"
        assert keys == sorted(keys, reverse=self.order == "desc"), "a listing is not in order"
        unchanged = {
            photo_id for photo_id, version in self._versions(simulation).items() if before.get(photo_id) == version
        }
        assert all(ids.count(photo_id) == 1 for photo_id in unchanged), "a listing lacks a photo that was always in it"
        assert self.sort == "taken_at" or len(set(ids)) == len(ids), "a listing has a photo twice"
        assert not deleted & set(ids), "a listing has a photo that was deleted before it"
        return Response(200, ids)

    def _query(self, cursor: str | None) -> dict[str, str]:
        query = {"limit": str(self.limit), "order": self.order, "status": self.status, "sort": self.sort}
        optional = {"cursor": cursor, "favorite": "true" if self.favorite else None, "tag": self.tag}
        return query | {name: value for name, value in optional.items() if value is not None}

    def _has(self, photo: Mapping[str, Any]) -> bool:
        tags = [tag.casefold() for tag in photo["tags"]]
        is_tagged = self.tag is None or self.tag.casefold() in tags
        return photo["status"] == self.status and is_tagged and (photo["favorite"] or not self.favorite)

    def _key(self, photo: Mapping[str, Any]) -> tuple[str, str]:
        time = photo["taken_at"] or photo["created_at"] if self.sort == "taken_at" else ""
        return time, photo["photo_id"]

    def _versions(self, simulation: Simulation) -> dict[str, tuple[int, int]]:
        """What changes with each edit, deletion and restoration, of the photos of this listing, by id."""
        photos = simulation.memory.photos()
        shown = ((photo, photo.present(str)) for photo in photos)
        return {photo.photo_id: (photo.version, photo.restores) for photo, document in shown if self._has(document)}


@dataclass(frozen=True)
class Follow:
    """`GET /changes` until there are no more; ends at the first page that fails."""

    limit: int

    def send(self, simulation: Simulation) -> Response:
        follower = simulation.follower
        while True:
            query = {"limit": str(self.limit)} | ({"cursor": follower.cursor} if follower.cursor else {})
            response = simulation.request("GET", "/changes", query=query)
            if response.status == 410:
                follower.cursor = None
                follower.shown.clear()
                continue
            if response.status != 200:
                return response
            for change in response.document["changes"]:
                if change["type"] == "upserted":
                    follower.shown.add(change["photo"]["photo_id"])
                else:
                    follower.shown.discard(change["photo_id"])
            follower.cursor = response.document["next_cursor"]
            if not response.document["has_more"]:
                return Response(200, sorted(follower.shown))


@dataclass(frozen=True)
class Edit(PhotoAction):
    """`PATCH /photos/{photo_id}`, optionally with `If-Match` from a GET before it."""

    title: str
    is_conditional: bool

    def send(self, simulation: Simulation) -> Response:
        headers = {}
        if self.is_conditional:
            current = simulation.request_photo("GET", self.photo)
            if current.status != 200:
                return current
            headers["If-Match"] = current.document["etag"]
        return simulation.request_photo("PATCH", self.photo, body={"title": self.title}, headers=headers)


@dataclass(frozen=True)
class Mark(PhotoAction):
    """`PATCH /photos/{photo_id}` of what decides the listings of a photo."""

    changes: tuple[tuple[str, Any], ...]

    def send(self, simulation: Simulation) -> Response:
        body = {name: list(value) if isinstance(value, tuple) else value for name, value in self.changes}
        return simulation.request_photo("PATCH", self.photo, body=body)


@dataclass(frozen=True)
class Delete(PhotoAction):
    """`DELETE /photos/{photo_id}?permanent=true`."""

    def send(self, simulation: Simulation) -> Response:
        photo = simulation.photo(self.photo)
        if photo is None:
            return Response(404)
        photo.is_delete_sent = True
        response = simulation.request_photo("DELETE", self.photo, query=PERMANENT)
        photo.is_deleted = photo.is_deleted or response.status == 204
        return response


@dataclass(frozen=True)
class Trash(PhotoAction):
    """`DELETE /photos/{photo_id}` by a client that reads the photo first, because a second one removes it."""

    def send(self, simulation: Simulation) -> Response:
        photo = simulation.photo(self.photo)
        if photo is None:
            return Response(404)
        current = simulation.request_photo("GET", self.photo)
        if current.status != 200:
            return current
        if current.document["status"] == "trashed":
            return Response(204)
        if current.document["status"] != "ready" or photo.running_trashes:
            photo.is_delete_sent = True
        photo.trashes, photo.running_trashes, photo.is_restored = photo.trashes + 1, photo.running_trashes + 1, False
        response = simulation.request_photo("DELETE", self.photo)
        photo.running_trashes -= response.status != 504
        return response


@dataclass(frozen=True)
class Restore(PhotoAction):
    """`POST /photos/{photo_id}/restore`."""

    def send(self, simulation: Simulation) -> Response:
        photo = simulation.photo(self.photo)
        if photo is None:
            return Response(404)
        trashes = None if photo.running_trashes else photo.trashes
        response = simulation.request_photo("POST", self.photo, path="/restore")
        if response.status == 200:
            restored = response.document
            assert (restored["status"], restored["trashed_at"]) == ("ready", None), "a restored photo is not ready"
            assert restored["sha256"] == simulation.ready[photo.photo_id], "a restored photo has another digest"
            assert restored["previews"].keys() == {preset.name for preset in settings().presets}
            photo.is_restored = trashes == photo.trashes and not photo.running_trashes
        elif response.status == 404 and photo.is_delete_sent:
            return Response(204)
        return response


@dataclass(frozen=True)
class DeleteById:
    """`DELETE /photos/{photo_id}?permanent=true` for a photo whose id no client has received."""

    photo_id: str

    def send(self, simulation: Simulation) -> Response:
        return simulation.request("DELETE", "/photos/{photo_id}", self.photo_id, query=PERMANENT)


@dataclass(frozen=True)
class Reconcile:
    """The scheduled reconcile. Lambda retries a failed asynchronous invocation twice."""

    audit: bool = False

    def send(self, simulation: Simulation) -> Response:
        try:
            result = simulation.invoke(lambda: reconcile.handler({"audit": self.audit}, _Context()))
        except (Crashed, Killed, TimeoutError, reconcile.ReconcileError, ClientError, BotoCoreError):
            return Response(500)
        assert result["reports"] == [], "reconcile reports findings that it cannot repair"
        # A transaction keeps them right whatever happens; the repair is for records of other versions.
        assert (result["relisted"], result["recounted"]) == (0, 0), "a listing or a counter was wrong"
        return Response(500 if result["more"] else 200, result)


def run_reconcile(simulation: Simulation, *, audit: bool = False) -> None:
    """Run the scheduled reconcile without faults."""
    assert simulation.perform(Reconcile(audit)).status == 200


@dataclass(frozen=True)
class PassOn:
    """The pipe passes on, again and at any later time, that photos became ready."""

    def send(self, simulation: Simulation) -> Response:
        records = [record(None, photo) for photo in simulation.completed]
        try:
            return Response(200, simulation.invoke(lambda: events.handler(records, None)))
        except (Crashed, Killed, TimeoutError, RuntimeError, ClientError, BotoCoreError):
            return Response(500)


@dataclass(frozen=True)
class Reprocess:
    """One execution of the reprocess state machine: Plan in a loop, and one attempt for each photo that it returns."""

    def send(self, simulation: Simulation) -> Response:
        state: dict[str, Any] = {}
        try:
            while True:
                state["plan"] = simulation.invoke(lambda: plan.handler(state, _Context()))
                if not state["plan"]["photos"] and not state["plan"]["more"]:
                    report = state["plan"]["report"]
                    return Response(500 if report["faults"] else 200, report)
                state["outcomes"] = [self._renew(simulation, photo) for photo in state["plan"]["photos"]]
        except (Crashed, Killed, TimeoutError, ClientError, BotoCoreError):
            return Response(500)

    def _renew(self, simulation: Simulation, photo: Mapping[str, str]) -> dict[str, Any]:
        context = _Context(str(simulation.number("renewal")))
        try:
            return simulation.invoke(lambda: renew.handler(photo, context))
        except (Crashed, TimeoutError, ClientError, BotoCoreError):
            return {"photo_id": photo["photo_id"], "outcome": "broken"}


@dataclass
class _Context:
    """The Lambda context, with sufficient remaining time."""

    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass(frozen=True)
class Batch:
    """`POST /photos/batch`."""

    operations: tuple[Mapping[str, Any], ...]

    def send(self, simulation: Simulation) -> Response:
        response = simulation.request("POST", "/photos/batch", body={"operations": list(self.operations)})
        if response.status != 200:
            return response
        return Response(200, [result["status"] for result in response.document["results"]])
