"""`benchmarks/scale/usage.py` has the AWS usage of a photo and of a listing, as measured here with prod's settings."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks.scale import usage
from benchmarks.scale.usage import Usage
from diagrams import reference
from infrastructure.environment import Environment
from photosky.aws import session
from photosky.metrics import ENVIRONMENT_VARIABLE
from photosky.photo import new_photo_id
from photosky.store import keys
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.promote import handler as promote
from tasks.validate import handler as validate
from tests.api import gateway
from tests.meter import Meter, indexes
from tests.pictures import encoded
from tests.storage import OWNER, Storage, Template
from tests.tasks.conftest import exif

JPEG: Final = encoded("jpeg", 6, exif=exif(), size=(40, 1300))
"""Longer than all presets but the largest, as photographs are, so that it has a preview of its own for each."""

SHA256: Final = hashlib.sha256(JPEG).hexdigest()

EXECUTION: Final = "0198a5f2-6f0c-7c3a-9c1e-5b0f5b0f5b0f"
"""As long as a request ID."""

PHOTO: Final = {
    "filename": "IMG_20260920_183000.jpg",
    "content_type": "image/jpeg",
    "size_bytes": len(JPEG),
    "sha256": SHA256,
}

STEPS: Final = {"Validate": validate, "Previews": previews, "Promote": promote, "Persist": persist}
"""The steps of an ingest that succeeds, by the names of the model."""

MODELLED: Final = {"CREATE": usage.CREATE, **usage.STEPS, "LIST": usage.LIST}

SESSION_TOKEN: Final = base64.b64encode(
    b"!\n\torigin_ec" + Random(1).randbytes(usage.SESSION_TOKEN_CHARACTERS * 3 // 4 - 12)
).decode()
"""In the format of STS, with the characters of base64 that URLs escape."""

TRACE_ID: Final = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
"""As Lambda sets it for each invocation; it is part of each log line."""

PROD: Final = Environment.load("prod", reference.ENVIRONMENTS)
SETTINGS: Final = ("presets", "max_upload_bytes", "max_frames", "url_ttl_seconds", "location_policy")
"""Knobs that functions read and that can change their usage."""


@dataclass(frozen=True)
class Journey:
    """Usage by step, and the responses, of one photo and of a page of such photos."""

    usage: dict[str, Usage]
    created: gateway.Response
    ingested: str
    page: gateway.Response


@pytest.fixture
def meter(
    storage: Storage,
    template: Template,
    log_lines: Callable[[], list[dict[str, Any]]],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Meter:
    """Measures functions that are configured as in prod, with credentials like those of a Lambda role."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE_ID)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, PROD.name)
    configure(**{name: getattr(PROD, name) for name in SETTINGS})
    return Meter(session(), storage, template, log_lines)


@pytest.fixture
def journey(storage: Storage, meter: Meter, monkeypatch: pytest.MonkeyPatch) -> Journey:
    """Create, upload and ingest a photo, then list a page of copies."""
    monkeypatch.setattr("photosky.steps._milliseconds_since", lambda _started: 123.456)  # A fixed number of digits.
    measured: dict[str, Usage] = {}
    with meter.measuring() as result:
        created = gateway.call("POST", "/photos", body=PHOTO)
    measured["CREATE"] = result[0]

    photo_id = created.document["photo"]["photo_id"]
    storage.s3.put_object(Bucket=storage.bucket, Key=keys.upload_key(OWNER, photo_id), Body=JPEG)
    event: dict[str, Any] = {"owner_id": OWNER, "photo_id": photo_id, "execution": EXECUTION}
    event |= {"declared_sha256": SHA256, "previous": {}}
    for name, handler in STEPS.items():
        with meter.measuring() as result:
            response = handler(event, None)
        measured[name] = result[0]
        event["previous"] |= {"promoted": response["outcome"]} if name == "Promote" else response
        event |= {key: event["previous"][key] for key in ("etag", "format")}
    assert response["outcome"] == "ready"

    copy_photo(storage, usage.PAGE_PHOTOS + 1)
    gateway.call("GET", "/photos", query={"limit": "1"})
    with meter.measuring() as result:
        page = gateway.call("GET", "/photos")
    measured["LIST"] = result[0]
    return Journey(measured, created, response["photo"], page)


def test_the_model_has_the_indexes_of_the_template(template: Template) -> None:
    assert indexes(template) == usage.INDEXES


def test_the_model_has_the_measured_usage(journey: Journey) -> None:
    modelled = {name: MODELLED[name] for name in journey.usage}
    log_bytes = {name: used.log_bytes for name, used in journey.usage.items()}
    # Wording and line numbers are part of a log line; the number of lines is exact.
    assert log_bytes == pytest.approx({name: used.log_bytes for name, used in modelled.items()}, rel=0.03)
    exact = {name: replace(used, log_bytes=modelled[name].log_bytes) for name, used in journey.usage.items()}
    assert exact == modelled


def test_the_model_has_the_measured_response_sizes(journey: Journey) -> None:
    sizes = [len(text.encode()) for text in (journey.page.text, journey.created.text, journey.ingested)]
    assert sizes == pytest.approx([usage.PAGE_BYTES, usage.CREATED_BYTES, usage.INGESTED_BYTES], rel=0.01)


def test_responses_are_measured_with_a_realistic_session_token(journey: Journey) -> None:
    photos = [*journey.page.document["photos"], json.loads(journey.ingested)]
    assert len(photos) == usage.PAGE_PHOTOS + 1
    urls = [preview["url"] for photo in photos for preview in photo["previews"].values()]
    assert len(urls) == len(photos) * len(PROD.presets)
    for url in urls:
        (token,) = parse_qs(urlsplit(url).query)["X-Amz-Security-Token"]
        assert len(token) == usage.SESSION_TOKEN_CHARACTERS >= 1000
    assert len(journey.created.document["upload"]["fields"]["x-amz-security-token"]) >= 1000


def test_responses_are_measured_with_the_settings_of_prod(journey: Journey) -> None:
    photo = json.loads(journey.ingested)
    query = parse_qs(urlsplit(photo["previews"]["thumb"]["url"]).query)
    assert query["X-Amz-Expires"] == [str(PROD.url_ttl_seconds)]
    assert set(photo["previews"]) == {preset.name for preset in PROD.presets}
    assert photo["location"] == {"latitude": 47.4, "longitude": 8.5, "altitude_m": None}  # `coarse`


def copy_photo(storage: Storage, count: int) -> None:
    """Copy the table's one ready photo until there are so many."""
    (item,) = storage.dynamodb.scan(TableName=storage.table_name, FilterExpression="attribute_exists(ready_id)")[
        "Items"
    ]
    for number in range(1, count):
        photo_id = {"S": new_photo_id()}
        again = {**item, "photo_id": photo_id, "ready_id": photo_id, "ready_sha256": {"S": f"{number:064x}"}}
        storage.dynamodb.put_item(TableName=storage.table_name, Item=again)
