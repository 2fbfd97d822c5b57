"""Changes of the deployed presets, and the state of a user's previews during and after them."""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Self

from PIL import Image

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.local.client import Client
from tests.pictures import encoded

Aws = Callable[[str], Any]

PHOTO_COUNT: Final = 3
"""One is damaged in one of the tests, and several must be renewed by each run."""

CHANGED: Final = (
    DEFAULT_PRESETS[0],
    replace(DEFAULT_PRESETS[1], width=320, height=320),
    DEFAULT_PRESETS[2],
    Preset("banner", 400, 100, fit="cover", format="jpeg"),
)
"""`small` is changed, `large` is removed, `banner` is new, `thumb` and `medium` are unchanged."""

SIZES: Final = {"thumb": (256, 256), "small": (640, 384), "medium": (1280, 768), "large": (1300, 780)}
"""The preview sizes of the photos of `upload_photos`: of this picture, all presets make different previews."""

CHANGED_SIZES: Final = {"thumb": (256, 256), "small": (320, 192), "medium": (1280, 768), "banner": (400, 100)}
"""The preview sizes of the photos of `upload_photos` with the changed presets."""

_PAUSE_SECONDS: Final = 0.1
_NAMES_BEFORE: Final = frozenset(preset.name for preset in DEFAULT_PRESETS)
_NAMES_AFTER: Final = frozenset(preset.name for preset in CHANGED)


@contextmanager
def deployed_presets(aws: Aws, outputs: Mapping[str, str], presets: tuple[Preset, ...]) -> Iterator[None]:
    """Configure the stack's functions with other presets until the block ends."""
    functions = aws("lambda")
    pages = aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName="PhotoSky-local")
    names = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    ]
    assert outputs["ReconcileFunctionName"] in names
    before = {
        name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"] for name in names
    }
    changed = {"PHOTOSKY_PRESETS": json.dumps([preset.to_mapping() for preset in presets])}
    try:
        for name in names:
            variables = before[name] | changed
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        yield
    finally:
        for name in names:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": before[name]})


def upload_photos(user: Client, first_seed: int, count: int = PHOTO_COUNT) -> dict[str, dict[str, Any]]:
    """Upload and ingest the photos of a new user, and return their listing by id."""
    for seed in range(first_seed, first_seed + count):
        user.send(encoded("jpeg", seed=seed, size=SIZES["large"]))
    return listing(user)


def listing(user: Client) -> dict[str, dict[str, Any]]:
    """The photos that a listing of the user returns, by id."""
    return {photo["photo_id"]: photo for photo in user.call("GET", "/photos").json()["photos"]}


def sizes(photo: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The sizes of a photo's previews."""
    return {name: (preview["width"], preview["height"]) for name, preview in photo["previews"].items()}


def unsigned_url(photo: Mapping[str, Any], name: str) -> str:
    """The URL of a preview without its signature, which depends on the signing role."""
    return str(photo["previews"][name]["url"].partition("?")[0])


def broken_previews(user: Client, *photos: Mapping[str, Any]) -> list[str]:
    """Fetch the previews of photos and describe those that are missing or differ from their description."""
    found = []
    for photo in photos:
        for name, preview in photo["previews"].items():
            response = user.http.get(preview["url"])
            if response.status_code != 200:
                found.append(f"{name}: {response.status_code}")
                continue
            size = Image.open(io.BytesIO(response.content)).size
            if size != (preview["width"], preview["height"]) or len(response.content) != preview["size_bytes"]:
                found.append(f"{name}: {size}, {len(response.content)} bytes")
    return found


class ListingMonitor:
    """A thread that requests the listing repeatedly and fetches every preview in it.

    It pauses after each round, because it would take the processor time of what it monitors.
    """

    def __init__(self, user: Client) -> None:
        self._user = user
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.listing_count = 0
        self.broken: list[str] = []

    def _run(self) -> None:
        while not self._stopped.is_set():
            listed = self._user.call("GET", "/photos").json()["photos"]
            self.broken += [f"{len(listed)} photos"] if len(listed) != PHOTO_COUNT else []
            for photo in listed:
                names = frozenset(photo["previews"])
                is_complete = names in (_NAMES_BEFORE, _NAMES_AFTER)
                self.broken += [] if is_complete else [f"{photo['photo_id']}: {sorted(names)}"]
                self.broken += broken_previews(self._user, photo)
            self.listing_count += 1
            self._stopped.wait(_PAUSE_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stopped.set()
        self._thread.join()


def expire_retirements(aws: Aws, outputs: Mapping[str, str]) -> None:
    """Expire the time for which retired previews are kept."""
    dynamodb, table = aws("dynamodb"), outputs["PhotosTableName"]
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            if "retired_until" in item:
                assert item["lease_until"] == item["retired_until"]
                dynamodb.update_item(
                    TableName=table,
                    Key={name: item[name] for name in ("owner_id", "photo_id")},
                    UpdateExpression="SET lease_until = :past, retired_until = :past",
                    ExpressionAttributeValues={":past": {"N": "1"}},
                )
