"""Clients, PhotoSky and AWS in one process, with fault plans and a reproducible schedule."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from photosky.errors import CATALOGUE, Code
from photosky.imaging.presets import Preset
from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store import keys
from photosky.store.items import to_photo, unmarshal
from tests.api import gateway
from tests.clock import Clock
from tests.faults.injection import Crashed, FaultInjector, Killed
from tests.faults.memory import Memory
from tests.faults.plan import Plan
from tests.faults.scheduling import Actor, Caller, current_actor
from tests.faults.states import KnownStates
from tests.faults.workflow import FaultyIngest
from tests.storage import Snapshot, Storage, Template

T = TypeVar("T")

DAY_SECONDS: Final = 24 * 3600
STEP_TIMEOUT_SECONDS: Final = 12
"""Timeout of a workflow step."""


@dataclass(frozen=True)
class Response:
    """A client's view of a response: the status, 0 if none arrived, and the document."""

    status: int
    document: Any = None

    @property
    def is_final(self) -> bool:
        """Whether a retry is of no use."""
        if isinstance(self.document, dict) and self.document.get("code") == Code.INGEST_IN_PROGRESS:
            return False
        return self.status not in (0, 429, 500, 502, 504)


@dataclass
class ClientPhoto:
    """A client's view of a photo."""

    photo_id: str
    form_expires_at: float
    uploads: list[bytes] = field(default_factory=list)
    is_delete_sent: bool = False
    """Whether a request may have removed the photo."""
    is_deleted: bool = False
    trashes: int = 0
    """Requests to move the photo to the trash."""
    running_trashes: int = 0
    """Those whose function has not ended: it has neither responded nor been terminated."""
    is_restored: bool = False
    """Whether the photo was restored, and no request to trash it was sent afterwards."""


@dataclass
class Follower:
    """A client that follows the changes: its cursor, and the ids of the photos that it shows."""

    cursor: str | None = None
    shown: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Start:
    """The state of a simulation in which no request is in progress."""

    stored: Snapshot
    now: float
    photos: list[ClientPhoto]
    ready: dict[str, str]
    completed: list[Photo]
    creates: int
    follower: Follower
    numbers: Counter[str]


class Action(Protocol):
    """A request of a client."""

    def send(self, simulation: "Simulation") -> Response:
        """Send the request once."""


@dataclass(frozen=True)
class PhotoAction:
    """A request about one photo, by its index among the photos that clients know."""

    photo: int


class Simulation:
    """The clients of one owner, and the system that they use.

    Attributes:
        photos: The photos that clients know.
        ready: The digest of each photo that was ready at any time, by id.
        completed: The record of each photo as it became ready, which the table's stream has.
        creates: Requests to create a photo.
        follower: The client that follows the changes.
        unanswered: Requests without a final response.
        journeys: Completed journeys, including those whose rest was known.
        skipped: Journeys whose rest was known.
        order: Which of a function's threads makes the next call of the requests to come, as in `Caller`.
        known: The states that end a journey early at a checkpoint; None to run all journeys to their end.
    """

    def __init__(
        self,
        storage: Storage,
        template: Template,
        injector: FaultInjector,
        clock: Clock,
        deploy: Callable[[tuple[Preset, ...]], None],
    ) -> None:
        self.storage = storage
        self.memory = Memory(storage)
        self.clock = clock
        self.injector = injector
        self.injector.observe = self._observe
        self.injector.run_execution = self._run_execution
        self.has_new_presets = False
        self.journeys = 0
        self.skipped = 0
        self.order: tuple[int, ...] = (0,)
        self.known: KnownStates | None = None
        self._deploy = deploy
        self._presets = settings().presets
        self._workflow = FaultyIngest(template, self.invoke)
        self._background: list[Actor[Any]] = []
        self.begin()

    def begin(self) -> None:
        """Start a new journey without photos, objects and background work."""
        self.photos: list[ClientPhoto] = []
        self.ready: dict[str, str] = {}
        self.completed: list[Photo] = []
        self.creates = 0
        self.follower = Follower()
        self.unanswered: list[Action] = []
        if self.has_new_presets:
            self._deploy(self._presets)
        self.has_new_presets = False
        while actors := self._background_actors():
            for actor in actors:
                actor.cancel()
        self._numbers: Counter[str] = Counter()
        self.memory.clear()
        if self.known is not None:
            self.known.begin()

    def snapshot(self) -> Start:
        """The state of this moment, for journeys that begin with the same requests; without background work."""
        assert not self._background_actors()
        assert not self.unanswered
        assert not self.has_new_presets
        clients = deepcopy(self.photos), dict(self.ready), [*self.completed], self.creates, deepcopy(self.follower)
        return Start(self.storage.snapshot(), self.clock.now, *clients, self._numbers.copy())

    def begin_at(self, start: Start) -> None:
        """Start a new journey at a snapshot."""
        self.begin()
        self.storage.restore(start.stored)
        self.clock.now = start.now
        self.photos, self.ready, self.creates = deepcopy(start.photos), dict(start.ready), start.creates
        self.completed = [*start.completed]
        self.follower = deepcopy(start.follower)
        self._numbers = start.numbers.copy()

    def checkpoint(self, name: str) -> None:
        """Raise RestIsKnownError if an earlier journey of this test had the same state at this checkpoint."""
        if self.known is not None:
            self.known.pass_checkpoint(name, self._state())

    def _state(self) -> str | None:
        """All that the rest of a journey depends on; None with background work, which cannot be compared."""
        if self._background_actors():
            return None
        clients = self.photos, self.ready, self.completed, self.creates, self.follower, self.unanswered
        return repr((self.clock.now, settings().presets, self._numbers, clients, self.storage.state()))

    def number(self, kind: str) -> int:
        """The next number of a kind, from 1 in each journey, so that names and ids do not depend on earlier ones."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def new_photo_id(self) -> str:
        """A UUIDv7 as the API's, with this journey's clock, and a number instead of random bits."""
        milliseconds = int(self.clock.now * 1000)
        return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | self.number("photo")))

    def change_presets(self, presets: tuple[Preset, ...]) -> None:
        """Deploy other presets until the next journey."""
        self.has_new_presets = True
        self._deploy(presets)

    def photo(self, index: int) -> ClientPhoto | None:
        """One of the photos that clients know; None if there is none."""
        return self.photos[index % len(self.photos)] if self.photos else None

    # Clients

    def perform(self, action: Action, plan: Plan | None = None) -> Response:
        """Send one request and wait for its response."""
        (response,) = self.perform_concurrently([(action, plan or {})], ())
        return response

    def perform_concurrently(self, requests: Sequence[tuple[Action, Plan]], schedule: Sequence[int]) -> list[Response]:
        """Send several requests concurrently; control changes at each AWS call.

        `schedule` selects the next actor: a request, or an actor in the background. After its end, the requests run
        one after the other.
        """
        ready = frozenset(self.ready)
        bound = [self._bind(action) for action, _ in requests]
        clients = [
            Actor(_sender(action, self), Caller(plan, ready, self.order))
            for action, (_, plan) in zip(bound, requests, strict=True)
        ]
        turns = iter(schedule)
        while running := [client for client in clients if not client.is_finished]:
            actors = running + self._background_actors()
            actors[next(turns, 0) % len(actors)].resume()
        responses = [client.result() for client in clients]
        self.unanswered += [action for action, response in zip(bound, responses, strict=True) if not response.is_final]
        return responses

    def _bind(self, action: Action) -> Action:
        """Resolve the photo's index now, because later creations would change its meaning."""
        if self.photos and isinstance(action, PhotoAction):
            return replace(action, photo=action.photo % len(self.photos))
        return action

    # Background work: functions whose caller has timed out, and delayed calls

    def run_background(self, schedule: Sequence[int]) -> None:
        """Resume one background actor for each entry of the schedule."""
        for turn in schedule:
            if actors := self._background_actors():
                actors[turn % len(actors)].resume()

    def finish_background(self) -> None:
        """Run all background actors to their end."""
        while actors := self._background_actors():
            actors[0].resume()

    def _background_actors(self) -> list[Actor[Any]]:
        actors = self._background + self.injector.delayed
        self._background = [actor for actor in actors if not actor.is_finished]
        self.injector.delayed.clear()
        return self._background

    # The system

    def request(self, method: str, resource: str, photo_id: str | None = None, **kwargs: Any) -> Response:
        """Send a request to the photos API; status 0 if the function was terminated, 504 if it was suspended."""

        def call() -> gateway.Response:
            return gateway.call(method, resource, photo_id, **kwargs)

        try:
            response = self.invoke(call)
        except (Crashed, Killed):
            return Response(0)
        except TimeoutError:
            return Response(504)
        document = json.loads(response.text) if response.text else None
        if isinstance(document, dict) and "ETag" in response.headers:
            document["etag"] = response.headers["ETag"]
        return Response(response.status, document)

    def request_photo(self, method: str, index: int, *, path: str = "", **kwargs: Any) -> Response:
        """Send a request about one of the photos that clients know, to a path below it."""
        photo = self.photo(index)
        if photo is None:
            return Response(404)
        return self.request(method, f"/photos/{{photo_id}}{path}", photo.photo_id, **kwargs)

    def ingest(self, photo_id: str) -> Response:
        """Run one execution, and map its output as `api/templates.py` does."""
        try:
            execution = self._workflow.run_for(photo_id, f"execution {self.number('execution')}")
        except Killed:
            return Response(0)
        if execution.status != "SUCCEEDED":
            assert execution.error is not None
            return Response(CATALOGUE[Code(execution.error)].status, {"code": execution.error})
        if execution.output["outcome"] == "ready":
            return Response(200, json.loads(execution.output["photo"]))
        return Response(CATALOGUE[Code(execution.output["code"])].status, execution.output)

    def _run_execution(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Run the execution that Reconcile starts, and describe it as Step Functions does."""
        photo_id = json.loads(parameters["input"])["photo_id"]
        execution = self._workflow.run_for(photo_id, f"execution {self.number('execution')}")
        times = {"executionArn": "an execution", "startDate": self.clock.now, "stopDate": self.clock.now}
        return {**times, "status": execution.status, "output": json.dumps(execution.output)}

    def invoke(self, run: Callable[[], T]) -> T:
        """Run a function as Lambda does.

        Raises `Crashed`, `Killed`, or `TimeoutError` if the function is suspended; then it continues in the background.
        """
        invoker = current_actor()
        assert invoker is not None
        function = Actor(run, invoker.caller)
        while not function.resume():
            if function.is_stalled:
                self.injector.wait(STEP_TIMEOUT_SECONDS)
                self._background.append(function)
                raise TimeoutError
            try:
                invoker.pause()
            except SystemExit:
                # Another branch's function ended the execution. Lambda does not stop this one.
                self._background.append(function)
                raise
        return function.result()

    def pass_time(self, seconds: int = DAY_SECONDS) -> None:
        """Advance the clock by a day or more: forms expire, and DynamoDB's TTL and the bucket's lifecycle apply."""
        self.clock.tick(seconds + 1)
        self.memory.expire(keys.UPLOADS_PREFIX, self.clock.now)

    def _observe(self, operation: str, request: AWSPreparedRequest, response: AWSResponse, caller: Caller) -> None:
        """Record photos that become ready, and check invariants after each AWS call."""
        if operation == "UpdateItem" and response.status_code == 200:
            attributes = json.loads(response.content).get("Attributes", {})
            if attributes.get("status") == {"S": "ready"}:
                self._note_ready([to_photo(unmarshal(attributes))])
        if operation == "TransactWriteItems" and response.status_code == 200:
            self._note_ready(self.memory.ready_photos(without=self.ready))
        if operation == "PutObject" and not self.has_new_presets:
            rendered_again = [photo_id for photo_id in caller.ready_before if photo_id in request.url]
            assert not rendered_again, "a request renders a photo that was ready before it"
        if self.has_new_presets:
            objects = self.memory.objects().keys()
            for photo in self.memory.photos():
                is_complete = not photo.is_ingested or keys.current_keys(photo) <= objects
                assert is_complete, "an object of a ready or trashed photo is missing"

    def _note_ready(self, photos: list[Photo]) -> None:
        """Note photos that are ready for the first time."""
        for photo in photos:
            if photo.status is Status.READY and photo.sha256 is not None and photo.photo_id not in self.ready:
                self.ready[photo.photo_id] = photo.sha256
                self.completed.append(photo)


def _sender(action: Action, simulation: Simulation) -> Callable[[], Response]:
    return lambda: action.send(simulation)
