"""Clients, the product and AWS in one process, under fault plans; and what must hold when everybody has retried.

A client repeats a request until its answer is final. Time passes: leases run out, the scheduled reconcile runs, the
table's TTL and the bucket's lifecycle apply. Then `check` holds the whole table against the whole bucket.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import Any, Final, Protocol, TypeVar

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import BotoCoreError, ClientError

from api.handler import app
from photosky.errors import CATALOGUE, Code
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.steps import StepResult
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from tasks import plan, reconcile, renew
from tests import pictures
from tests.api import gateway
from tests.clock import Clock
from tests.faults.injection import Crashed, Killed, Wire
from tests.faults.memory import Memory
from tests.faults.plan import Plan
from tests.faults.scheduling import Actor, Caller, acting
from tests.state_machine import Ingest
from tests.storage import OWNER, Storage, Template

T = TypeVar("T")

DAY: Final = 24 * 3600
STEP_SECONDS: Final = 12
"""After which a step that does not answer is given up."""


def _padded(data: bytes) -> bytes:
    """A PNG of one size in bytes, whatever is on it: one form then takes any of them."""
    end = len(data) - 12
    return data[:end] + pictures.png_chunk(b"tEXt", b"pad\0" + bytes(PICTURE_BYTES - len(data) - 16)) + data[end:]


PICTURE_BYTES: Final = 400
GOOD: Final = tuple(_padded(pictures.encoded("png", size=(8, 6), seed=seed)) for seed in (1, 2))
BAD: Final = pictures.wrong_bytes()[:PICTURE_BYTES]
PICTURES: Final = (*GOOD, BAD)


@cache
def _previews(data: bytes, presets: tuple[Preset, ...]) -> dict[str, bytes]:
    """What the product's own renderer makes of a picture, by preset."""
    rendered = render(data, presets, settings().limits)
    return {preview.preset.name: preview.data for preview in rendered.previews}


@dataclass(frozen=True)
class Reply:
    """What a client sees: a status, 0 where no answer came, and the document."""

    status: int
    document: Any = None

    @property
    def final(self) -> bool:
        """Whether repeating the request would be of no use."""
        if isinstance(self.document, Mapping) and self.document.get("code") == Code.INGEST_IN_PROGRESS:
            return False
        return self.status not in (0, 429, 500, 502, 504)


@dataclass
class Known:
    """A photo as its client knows it."""

    photo_id: str
    form_until: float
    uploads: list[bytes] = field(default_factory=list)
    delete_sent: bool = False
    deleted: bool = False


class Action(Protocol):
    """One request of one client."""

    def send(self, world: "World") -> Reply:
        """Send it once."""


@dataclass(frozen=True)
class Create:
    """`POST /photos`."""

    digest_of: int | None = None

    def send(self, world: "World") -> Reply:
        body: dict[str, Any] = {"filename": "a.png", "content_type": "image/png", "size_bytes": PICTURE_BYTES}
        if self.digest_of is not None:
            body["sha256"] = hashlib.sha256(PICTURES[self.digest_of]).hexdigest()
        world.creates += 1
        reply = world.request("POST", "/photos", body=body)
        if reply.status == 201:
            world.photos.append(
                Known(reply.document["photo"]["photo_id"], world.clock.now + settings().url_ttl_seconds)
            )
        elif reply.status == 200:
            assert reply.document["photo"]["sha256"] == body["sha256"]
        return reply


@dataclass(frozen=True)
class Upload:
    """The form's POST to S3. A form that has run out takes nothing."""

    photo: int
    picture: int

    def send(self, world: "World") -> Reply:
        known = world.known(self.photo)
        if known is None or world.clock.now >= known.form_until:
            return Reply(403)
        if (actor := acting()) is not None:
            actor.pause()
        data = PICTURES[self.picture]
        known.uploads.append(data)
        world.storage.s3.put_object(
            Bucket=world.storage.bucket,
            Key=keys.upload_key(OWNER, known.photo_id),
            Body=data,
            ContentType="image/png",
        )
        return Reply(204)


@dataclass(frozen=True)
class StartIngest:
    """`POST /photos/{photo_id}/ingest`; behind it, one execution of the state machine."""

    photo: int

    def send(self, world: "World") -> Reply:
        known = world.known(self.photo)
        if known is None:
            return Reply(404)
        return world.ingest(known.photo_id)


@dataclass(frozen=True)
class Read:
    """`GET /photos/{photo_id}`."""

    photo: int

    def send(self, world: "World") -> Reply:
        return world.request_photo("GET", self.photo)


@dataclass(frozen=True)
class List:
    """`GET /photos`, every page of it; a page that fails is asked for again."""

    limit: int
    order: str

    def send(self, world: "World") -> Reply:
        before = set(world.ready) - {known.photo_id for known in world.photos if known.delete_sent}
        gone = {known.photo_id for known in world.photos if known.deleted}
        listed: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": str(self.limit), "order": self.order} | ({"cursor": cursor} if cursor else {})
            reply = world.request("GET", "/photos", query=query)
            if reply.status != 200:
                return reply
            listed += [shown["photo_id"] for shown in reply.document["photos"]]
            cursor = reply.document["next_cursor"]
            if cursor is None:
                break
        assert listed == sorted(listed, reverse=self.order == "desc"), "a listing is in order"
        assert len(set(listed)) == len(listed), "a listing has no photo twice"
        kept = before - {known.photo_id for known in world.photos if known.delete_sent}
        assert kept <= set(listed), "a listing has every photo that was ready all the while"
        assert not gone & set(listed), "a listing has no photo whose DELETE was answered"
        return Reply(200, listed)


@dataclass(frozen=True)
class Edit:
    """`PATCH /photos/{photo_id}`, with `If-Match` as a GET told it where that is asked for."""

    photo: int
    title: str
    guarded: bool

    def send(self, world: "World") -> Reply:
        headers = {}
        if self.guarded:
            shown = world.request_photo("GET", self.photo)
            if shown.status != 200:
                return shown
            headers["If-Match"] = shown.document["etag"]
        return world.request_photo("PATCH", self.photo, body={"title": self.title}, headers=headers)


@dataclass(frozen=True)
class Delete:
    """`DELETE /photos/{photo_id}`."""

    photo: int

    def send(self, world: "World") -> Reply:
        known = world.known(self.photo)
        if known is None:
            return Reply(404)
        known.delete_sent = True
        reply = world.request_photo("DELETE", self.photo)
        known.deleted = known.deleted or reply.status == 204
        return reply


@dataclass(frozen=True)
class Reconcile:
    """The scheduled repair; Lambda runs it again where it failed (asynchronous invocation, two retries)."""

    audit: bool = False

    def send(self, world: "World") -> Reply:
        try:
            done = world.invoke(lambda: reconcile.handler({"audit": self.audit}, _Context()))
        except (Crashed, Killed, TimeoutError, reconcile.ReconcileError, ClientError, BotoCoreError):
            return Reply(500)
        assert done["reports"] == [], "nothing is left to a person"
        return Reply(500 if done["more"] else 200, done)


@dataclass(frozen=True)
class Reprocess:
    """One run of the reprocess state machine: Plan's turns, and an attempt at each photo that it names."""

    def send(self, world: "World") -> Reply:
        state: dict[str, Any] = {}
        try:
            while True:
                state["plan"] = world.invoke(lambda: plan.handler(state, _Context()))
                if not state["plan"]["photos"] and not state["plan"]["more"]:
                    report = state["plan"]["report"]
                    return Reply(500 if report["faults"] else 200, report)
                state["outcomes"] = [self._renew(world, photo) for photo in state["plan"]["photos"]]
        except (Crashed, Killed, TimeoutError, ClientError, BotoCoreError):
            return Reply(500)

    def _renew(self, world: "World", photo: Mapping[str, str]) -> dict[str, Any]:
        context = _Context(str(next(world.attempts)))
        try:
            return world.invoke(lambda: renew.handler(photo, context))
        except (Crashed, TimeoutError, ClientError, BotoCoreError):
            return {"photo_id": photo["photo_id"], "outcome": "broken"}


@dataclass
class _Context:
    """Lambda's, with time enough."""

    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class World:
    """One owner's clients and everything behind them."""

    def __init__(
        self,
        storage: Storage,
        template: Template,
        wire: Wire,
        clock: Clock,
        deploy: Callable[[tuple[Preset, ...]], None],
    ) -> None:
        self.storage = storage
        self._deploy = deploy
        self._presets = settings().presets
        self.presets_changed = False
        self.memory = Memory(storage)
        self.clock = clock
        self.wire = wire
        self.wire.observe = self._observe
        self._machine = _Machine(template, self)
        self._executions = count(1)
        self.attempts = count(1)
        self._stray: list[Actor[Any]] = []
        self.journeys = 0
        self.begin()

    def begin(self) -> None:
        """A new journey; nothing is there, and nothing is on its way."""
        self.photos: list[Known] = []
        self.ready: dict[str, str] = {}
        """The digest of every photo that was ever ready, by its id."""
        self.creates = 0
        if self.presets_changed:
            self._deploy(self._presets)
        self.presets_changed = False
        self.unanswered: list[Action] = []
        for actor in self.stray():
            actor.end()
        self.memory.clear()

    def change_presets(self, presets: tuple[Preset, ...]) -> None:
        """Deploy with other presets, until the next journey."""
        self.presets_changed = True
        self._deploy(presets)

    def known(self, index: int) -> Known | None:
        """One of the photos that clients know."""
        return self.photos[index % len(self.photos)] if self.photos else None

    # What clients do.

    def do(self, action: Action, plan: Plan | None = None) -> Reply:
        """One request, on its own."""
        (reply,) = self.at_once([(action, plan or {})], ())
        return reply

    def at_once(self, requests: Sequence[tuple[Action, Plan]], schedule: Sequence[int]) -> list[Reply]:
        """Several requests, in turns that change with every AWS call; a turn may go to something stray, too.

        `schedule` says whose turns are next; behind its end each runs to its own.
        """
        ready = frozenset(self.ready)
        bound = [self._bound(action) for action, _ in requests]
        clients = [
            Actor(_sending(action, self), Caller(plan, ready))
            for action, (_, plan) in zip(bound, requests, strict=True)
        ]
        turns = iter(schedule)
        while running := [client for client in clients if not client.finished]:
            everyone = running + self.stray()
            everyone[next(turns, 0) % len(everyone)].resume()
        replies = [client.result() for client in clients]
        self.unanswered += [action for action, reply in zip(bound, replies, strict=True) if not reply.final]
        return replies

    def _bound(self, action: Action) -> Action:
        """The action on the photo that its number means now, whatever becomes known later."""
        if self.photos and isinstance(action, Upload | StartIngest | Read | Edit | Delete):
            return replace(action, photo=action.photo % len(self.photos))
        return action

    def stray(self) -> list[Actor[Any]]:
        """What goes on though nobody waits for it: frozen functions, and calls that are delivered late."""
        self._stray = [actor for actor in self._stray + self.wire.late if not actor.finished]
        self.wire.late.clear()
        return self._stray

    def drift(self, schedule: Sequence[int]) -> None:
        """Let something stray go on for as many turns."""
        for turn in schedule:
            if stray := self.stray():
                stray[turn % len(stray)].resume()

    def land(self) -> None:
        """Let everything stray come to its end."""
        while stray := self.stray():
            stray[0].resume()

    def request(self, method: str, resource: str, photo_id: str | None = None, **about: Any) -> Reply:
        """One request that the photos API answers; 0 where it died, 504 where it froze."""

        def call() -> gateway.Response:
            actor = acting()
            assert actor is not None
            actor.local["app"] = app.__wrapped__()
            return gateway.call(method, resource, photo_id, **about)

        try:
            answer = self.invoke(call)
        except (Crashed, Killed):
            return Reply(0)
        except TimeoutError:
            return Reply(504)
        document = json.loads(answer.text) if answer.text else None
        if isinstance(document, dict) and "ETag" in answer.headers:
            document["etag"] = answer.headers["ETag"]
        return Reply(answer.status, document)

    def request_photo(self, method: str, index: int, **about: Any) -> Reply:
        """One request about one of the known photos."""
        known = self.known(index)
        if known is None:
            return Reply(404)
        return self.request(method, "/photos/{photo_id}", known.photo_id, **about)

    def ingest(self, photo_id: str) -> Reply:
        """One execution, answered as `api/templates.py` maps it."""
        try:
            done = self._machine.run(_addressed(photo_id), f"execution {next(self._executions)}")
        except Killed:
            return Reply(0)
        if done.status != "SUCCEEDED":
            assert done.error is not None
            return Reply(CATALOGUE[Code(done.error)].status, {"code": done.error})
        if done.output["outcome"] == "ready":
            return Reply(200, json.loads(done.output["photo"]))
        return Reply(CATALOGUE[Code(done.output["code"])].status, done.output)

    def invoke(self, run: Callable[[], T]) -> T:
        """Run a function as Lambda does. Raises Crashed, Killed, or TimeoutError where it froze; it may go on later."""
        waiting = acting()
        assert waiting is not None
        function = Actor(run, waiting.caller)
        while not function.resume():
            if function.stalled:
                self.clock.tick(STEP_SECONDS)
                self._stray.append(function)
                raise TimeoutError
            waiting.pause()
        return function.result()

    # What time does.

    def reconcile(self, *, audit: bool = False) -> None:
        """The scheduled repair, at a time when nothing goes wrong."""
        assert self.do(Reconcile(audit)).status == 200

    def pass_day(self) -> None:
        """A day: forms run out, and DynamoDB's TTL and the bucket's lifecycle apply."""
        self.clock.tick(DAY + 1)
        self.memory.expire(keys.UPLOADS_PREFIX, self.clock.now)

    def settle(self) -> None:
        """Everything stray lands, every client retries to a final answer, and as much time passes as a repair takes."""
        self.land()
        for action in self.unanswered:
            self.retry(action)
        self.unanswered.clear()
        # Leases run out and are swept; a day on, the audit finds what no lease tells of.
        self.clock.tick(LEASE_SECONDS + 1)
        self.reconcile()
        self.pass_day()
        self.reconcile(audit=True)

    def end(self) -> None:
        """The end of a journey: everybody retries, time passes, and everything must hold."""
        self.settle()
        self.check()
        self.check_deletable()
        self.journeys += 1

    def retry(self, action: Action) -> Reply:
        """Repeat a request until its answer is final; an ingest that failed wants its upload again."""
        for _ in range(5):
            if isinstance(action, StartIngest) and (known := self.known(action.photo)) and known.uploads:
                self.do(Upload(action.photo, PICTURES.index(known.uploads[-1])))
            reply = self.do(action)
            if reply.final:
                return reply
            self.clock.tick(LEASE_SECONDS + 1)
            self.reconcile()
        raise AssertionError(f"{action} is never answered: {reply}")

    # What must hold.

    def check(self) -> None:
        """No record without its objects, no object without its record, nothing lost; listings complete and in order."""
        photos, objects = self.memory.photos(), self.memory.objects()
        ready = {photo.photo_id: photo for photo in photos if photo.status is Status.READY}

        settled = {Status.READY, Status.REJECTED, Status.FAILED}
        assert {photo.status for photo in photos} <= settled, "every photo comes to an end"
        assert len(photos) <= self.creates, "a request to create makes one record at most"
        expected: dict[str, bytes] = {}
        for photo in ready.values():
            expected |= _objects(photo)
        assert sorted(objects) == sorted(expected), "objects and records go together"
        assert objects == expected, "what lies there is what was uploaded, and its previews"

        wanted_gone = {known.photo_id for known in self.photos if known.delete_sent}
        kept = {photo_id: sha256 for photo_id, sha256 in self.ready.items() if photo_id not in wanted_gone}
        still = {photo_id: ready[photo_id].sha256 for photo_id in kept if photo_id in ready}
        assert still == kept, "no photo is lost that was once ready"
        deleted = {known.photo_id for known in self.photos if known.deleted}
        assert not deleted & {photo.photo_id for photo in photos}, "what was deleted is gone"
        for order in ("asc", "desc"):
            listed = self.do(List(1, order)).document
            assert listed == sorted(ready, reverse=order == "desc"), "a listing has every ready photo, in order"

    def check_deletable(self) -> None:
        """Every photo that there is can be deleted, and then nothing is left of it."""
        for photo in self.memory.photos():
            assert self.do(_DeleteUnknown(photo.photo_id)).status == 204, "every photo can be deleted"
        self.clock.tick(LEASE_SECONDS + 1)
        self.reconcile()
        self.pass_day()
        assert (self.memory.items(), self.memory.objects()) == ([], {}), "nothing is left of a deleted photo"

    def _observe(self, operation: str, request: AWSPreparedRequest, answer: AWSResponse, caller: Caller) -> None:
        """Note what became ready; and see that nobody who came after it renders it again."""
        if operation == "UpdateItem" and answer.status_code == 200:
            attributes = json.loads(answer.content).get("Attributes", {})
            if attributes.get("status") == {"S": "ready"}:
                self.ready.setdefault(attributes["photo_id"]["S"], attributes["sha256"]["S"])
        if operation == "PutObject" and not self.presets_changed:
            again = [photo_id for photo_id in caller.ready_before if photo_id in request.url]
            assert not again, "a photo that is ready is not rendered again"
        if self.presets_changed:
            objects = self.memory.objects().keys()
            for photo in self.memory.photos():
                assert photo.status is not Status.READY or keys.current_keys(photo) <= objects, "what is shown is there"


@dataclass(frozen=True)
class _DeleteUnknown:
    """`DELETE` of a photo by its id, for those that no client was ever told of."""

    photo_id: str

    def send(self, world: World) -> Reply:
        return world.request("DELETE", "/photos/{photo_id}", self.photo_id)


class _Machine(Ingest):
    """The state machine, whose steps freeze and die as functions do."""

    def __init__(self, template: Template, world: World) -> None:
        super().__init__(template)
        self._world = world

    def _invoke(self, name: str, event: Mapping[str, Any]) -> StepResult:
        invoke = super()._invoke
        try:
            return self._world.invoke(lambda: invoke(name, event))
        except Crashed:
            raise _named("Lambda.Unknown") from None
        except TimeoutError:
            raise _named("States.Timeout") from None


def _named(error: str) -> Exception:
    """A fault as Step Functions names it."""
    return type(error, (Exception,), {})()  # type: ignore[no-any-return]


def _sending(action: Action, world: World) -> Callable[[], Reply]:
    return lambda: action.send(world)


def _addressed(photo_id: str) -> Photo:
    """A photo as far as an execution's input knows it."""
    return Photo(
        owner_id=OWNER,
        photo_id=photo_id,
        status=Status.AWAITING_UPLOAD,
        filename="a.png",
        content_type="image/png",
        size_bytes=PICTURE_BYTES,
        created_at="",
    )


def _objects(photo: Photo) -> Iterator[tuple[str, bytes]]:
    """The objects that a ready photo must have, and their bytes."""
    (data,) = (picture for picture in GOOD if hashlib.sha256(picture).hexdigest() == photo.sha256)
    assert photo.original is not None
    yield photo.original, data
    for name, preview in photo.previews.items():
        yield preview.key, _previews(data, settings().presets)[name]
