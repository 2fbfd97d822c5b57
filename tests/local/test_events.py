"""Events on the running stack: a journey's, a consumer's, and those of the recipes in docs/events.md."""

import hashlib
import inspect
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

import boto3
import pytest

from local.commands.events import Queue, line, subscription
from local.deployed import Deployed
from local.emulator import recovery
from local.toolchain import ROOT
from tests.local.client import Client, fetch
from tests.local.stack import PICTURE, DeployedStack

PAGE: Final = (ROOT / "docs" / "events.md").read_text()
CONSUMER: Final = "PhotoEvents"
CACHE: Final = ROOT / ".photosky" / "consumer"
WAIT_SECONDS: Final = 60
POLL_SECONDS: Final = 1
"""The emulator looks for records at this interval."""

Events = list[Mapping[str, Any]]


class Received:
    """The events of one photo that a queue has got."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._all: Events = []

    def of(self, photo_id: str, count: int) -> Events:
        """Wait until a photo has this number of events, and return them in the order of their versions."""
        deadline = time.monotonic() + WAIT_SECONDS
        self._all += self._queue.read()
        while len(found := self._of(photo_id)) < count:
            assert time.monotonic() < deadline, found
            self._all += self._queue.read()
        return found

    def _of(self, photo_id: str) -> Events:
        """A photo's events without repetitions."""
        of_photo = {e["detail"]["version"]: e for e in self._all if e["detail"]["photo_id"] == photo_id}
        return [of_photo[version] for version in sorted(of_photo)]


@pytest.fixture(scope="module")
def received(aws: Callable[[str], Any], outputs: dict[str, str]) -> Iterator[Received]:
    """All events from now on, as `make events` gets them."""

    class Clients:
        def client(self, service: str, _config: object = None) -> Any:
            return aws(service)

    with subscription(Deployed(Clients(), outputs)) as queue:
        yield Received(Queue(queue.client, queue.url, wait_seconds=1))


@pytest.fixture(scope="module")
def stack(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> DeployedStack:
    """The running stack."""
    return DeployedStack(demo, aws, outputs)


def types(events: Events) -> list[str]:
    return [event["detail-type"] for event in events]


def test_a_journey_has_its_events(received: Received, demo: Client) -> None:
    photo_id, response = demo.send(PICTURE, filename="Secret place.jpg")
    assert response.status_code == 200, response.text
    path = f"/photos/{photo_id}"
    assert demo.call("PATCH", path, json={"title": "A secret", "tags": ["hidden"]}).is_success
    assert demo.call("DELETE", path).is_success
    assert demo.call("POST", f"{path}/restore").is_success
    assert demo.call("DELETE", path, params={"permanent": "true"}).is_success
    events = received.of(photo_id, 5)
    assert types(events) == ["Photo Ready", "Photo Updated", "Photo Trashed", "Photo Restored", "Photo Deleted"]
    assert {(event["source"], event["detail-type"] == event["detail"]["type"]) for event in events} == {
        ("photosky", True)
    }
    ready = events[0]["detail"]
    assert (ready["content_type"], ready["size_bytes"], ready["width"], ready["height"]) == (
        *("image/jpeg", len(PICTURE)),
        *(64, 48),
    )
    text = json.dumps(events)
    assert not [
        secret for secret in ("Secret", "secret", "hidden", "previews/", "originals/", "http") if secret in text
    ]
    assert line(events[0]).split()[1:3] == ["Photo", "Ready"]


def test_a_refused_upload_is_rejected(received: Received, demo: Client) -> None:
    photo_id, response = demo.send(b"no picture")
    assert response.status_code == 415, response.text
    (event,) = received.of(photo_id, 1)
    assert (event["detail-type"], event["detail"]["code"]) == ("Photo Rejected", "UnsupportedFormat")


PIPE_ACTIONS: Final = (
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    *("lambda:InvokeFunction", "events:PutEvents"),
)


@pytest.mark.parametrize("action", PIPE_ACTIONS)
def test_without_a_permission_of_the_pipe_events_wait(
    received: Received, demo: Client, stack: DeployedStack, action: str
) -> None:
    photo_id = stack.put_photo().photo_id
    with stack.without_permission(stack.physical_id("EventPipePipeRole"), action):
        assert demo.call("DELETE", f"/photos/{photo_id}").is_success
        time.sleep(2 * POLL_SECONDS)
        assert received.of(photo_id, 0) == []
    assert types(received.of(photo_id, 1)) == ["Photo Deleted"]


def test_the_consumer_of_the_page_gets_an_event(demo: Client, aws: Callable[[str], Any]) -> None:
    deploy(aws("cloudformation"), consumer_template())
    name = "/aws/lambda/" + output_of(aws("cloudformation"), "AWS::Lambda::Function")
    photo_id, response = demo.send(PICTURE)
    assert response.status_code == 200, response.text
    deadline = time.monotonic() + WAIT_SECONDS
    while f"Photo Ready {photo_id}" not in logged(aws("logs"), name):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_recipes_of_the_page_work(
    received: Received, demo: Client, stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = recipes_of_page(stack, monkeypatch)
    photo_id, response = demo.send(PICTURE)
    assert response.status_code == 200, response.text
    (event,) = received.of(photo_id, 1)
    found, urls = Store(), list[str]()

    def labels_of(url: str) -> list[str]:
        urls.append(url)
        return ["boat", "sea"]

    recipes["label"](event, labels_of)
    recipes["label"](event, lambda _url: ["sea"])
    assert demo.read(photo_id)["tags"] == ["boat", "sea"]
    assert fetch(urls[0]).status_code == 200
    recipes["index"](event, found)
    assert found.photos[photo_id]["tags"] == ["boat", "sea"]
    recipes["moderate"](event, lambda _url: False)
    assert demo.read(photo_id)["status"] == "ready"
    for _ in range(2):  # A repeated event does not delete the photo.
        recipes["moderate"](event, lambda _url: True)
        assert demo.read(photo_id)["status"] == "trashed"
    recipes["index"](event, found)
    assert photo_id not in found.photos


class Store:
    """A search index of one owner's photos."""

    def __init__(self) -> None:
        self.photos: dict[str, Any] = {}
        self._cursors: dict[str, str] = {}

    def cursor(self, owner_id: str) -> str | None:
        return self._cursors.get(owner_id)

    def set_cursor(self, owner_id: str, cursor: str) -> None:
        self._cursors[owner_id] = cursor

    def put(self, photo: Mapping[str, Any]) -> None:
        self.photos[photo["photo_id"]] = photo

    def delete(self, photo_id: str) -> None:
        self.photos.pop(photo_id, None)


def recipes_of_page(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[..., None]]:
    """Run the blocks of the page, and return what they define."""
    monkeypatch.setenv("PHOTOS_API", stack.outputs["PhotosApiFunctionName"])
    functions = stack.aws("lambda")
    monkeypatch.setattr(boto3, "client", lambda _service: functions)
    defined: dict[str, Any] = {}
    for block in re.findall(r"```python recipes\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, defined)  # noqa: S102 - our own page
    return defined


def consumer_template() -> str:
    """The template of the page's consumer, which stays below `.photosky/` until the page or CDK's library changes.

    To load that library takes 6 s of CPU time.
    """
    (block,) = re.findall(r"```python consumer\n(.*?)```", PAGE, flags=re.DOTALL)
    assert "PhotoSky-dev" in block
    sources = version("aws-cdk-lib"), block, inspect.getsource(synthesized_consumer)
    path = CACHE / f"{hashlib.sha256(''.join(sources).encode()).hexdigest()[:16]}.json"
    if not path.exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        recovery.write(path, synthesized_consumer(block))
    return path.read_text()


def synthesized_consumer(block: str) -> str:
    """Synthesize the consumer for this stack's bus, without what needs a bootstrapped account."""
    defined: dict[str, Any] = {}
    exec(block.replace("PhotoSky-dev", "PhotoSky-local"), defined)  # noqa: S102 - our own page
    template = defined["app"].synth().get_stack_by_name(CONSUMER).template
    return json.dumps({name: part for name, part in template.items() if name not in ("Parameters", "Rules")})


def deploy(cloudformation: Any, template: str) -> None:
    cloudformation.create_stack(StackName=CONSUMER, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=CONSUMER, WaiterConfig={"Delay": 1, "MaxAttempts": WAIT_SECONDS}
    )


def output_of(cloudformation: Any, resource_type: str) -> str:
    """The physical id of the consumer's resource of a type."""
    resources = cloudformation.list_stack_resources(StackName=CONSUMER)["StackResourceSummaries"]
    (found,) = (r["PhysicalResourceId"] for r in resources if r["ResourceType"] == resource_type)
    return str(found)


def logged(logs: Any, group: str) -> str:
    """All lines of a log group; empty until there is one."""
    try:
        return "\n".join(event["message"] for event in logs.filter_log_events(logGroupName=group)["events"])
    except logs.exceptions.ResourceNotFoundException:
        return ""
