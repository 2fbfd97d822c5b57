"""Presigned upload forms: they accept exactly the bytes, type and key that they were created for."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from photosky.store import keys
from tests.local.client import Client, fetch
from tests.local.test_journey import unsigned
from tests.pictures import encoded

Objects = Callable[[str], list[str]]


@pytest.fixture
def other_objects(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[], set[str]]:
    """A function that returns keys and ETags of all originals and previews."""

    def find() -> set[str]:
        pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["MediaBucketName"])
        found = [item for page in pages for item in page.get("Contents", [])]
        # The others are removed some time after the ingest.
        removed = ("incoming/", keys.FACTS_FILE)
        return {f"{item['Key']} {item['ETag']}" for item in found if not any(part in item["Key"] for part in removed)}

    return find


def test_form_accepts_only_the_declared_upload(
    demo: Client, other: Client, objects: Objects, other_objects: Callable[[], set[str]]
) -> None:
    data = encoded("jpeg")
    created, others = demo.create(data), other.create(data)
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    before = other_objects()
    accepted = {
        name: status
        for name, (fields, body) in _attempts(created, others, data).items()
        if (status := demo.upload({**form, "fields": fields}, body).status_code) < 400
    }
    assert accepted == {}
    assert objects(photo_id) == objects(others["photo"]["photo_id"]) == []
    assert demo.upload(form, data).status_code == 204
    assert objects(photo_id) == [form["fields"]["key"]]
    assert other_objects() == before


Attempt = tuple[dict[str, str], bytes]
"""The form fields and the bytes of an upload."""


def _attempts(created: Mapping[str, Any], others: Mapping[str, Any], data: bytes) -> dict[str, Attempt]:
    """Uploads with a changed form or other bytes, by description. `others` is a new photo of another user."""
    fields = created["upload"]["fields"]
    changes = {
        "signature": {"x-amz-signature": "0" * 64},
        "signature of another form": {"x-amz-signature": others["upload"]["fields"]["x-amz-signature"]},
        "ACL": {"acl": "public-read"},
        "metadata": {"x-amz-meta-owner": "me"},
        "tag": {"tagging": "<Tagging/>"},
        "redirect": {"success_action_redirect": "https://evil.example"},
        **{f"key {key!r}": {"key": key} for key in _other_keys(created, others)},
        **{
            f"type {kind!r}": {"Content-Type": kind}
            for kind in ("text/html", "image/png", "image/jpeg; charset=utf-7", "")
        },
    }
    return {
        **{name: (fields | changed, data) for name, changed in changes.items()},
        **{f"without {name}": ({n: v for n, v in fields.items() if n != name}, data) for name in fields},
        **{f"{len(body)} bytes": (fields, body) for body in (b"", data[:-1], data + b"x", data * 2)},
        **{
            f"changed policy: {after}": (_tampered(fields, before, after), data)
            for before, after in (
                ("incoming/", "originals/"),
                ("incoming/", "previews/"),
                ("image/jpeg", "text/html"),
                (created["photo"]["photo_id"], others["photo"]["photo_id"]),
                (f'"content-length-range", {len(data)}, {len(data)}', '"content-length-range", 0, 99999999'),
            )
        },
    }


def _other_keys(created: Mapping[str, Any], others: Mapping[str, Any]) -> tuple[str, ...]:
    key = created["upload"]["fields"]["key"]
    return (
        key.replace("incoming/", "originals/"),
        key.replace("incoming/", "previews/"),
        f"{key}/thumb-00000000.webp",
        f"incoming/../originals/{created['photo']['photo_id']}",
        others["upload"]["fields"]["key"],
        "${filename}",
        "",
    )


def _tampered(fields: Mapping[str, str], before: str, after: str) -> dict[str, str]:
    """Replace a text in the policy and the fields of a form and keep the signature."""
    policy = base64.b64decode(fields["policy"]).decode()
    assert before in policy
    changed = base64.b64encode(policy.replace(before, after).encode()).decode()
    return {name: value.replace(before, after) for name, value in fields.items()} | {"policy": changed}


def test_expired_form_is_refused(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Objects
) -> None:
    created = demo.create(b"x")
    key = created["upload"]["fields"]["key"]
    form = aws("s3").generate_presigned_post(Bucket=outputs["MediaBucketName"], Key=key, ExpiresIn=-1)
    response = demo.upload(form, b"x")
    assert (response.status_code, "expired" in response.text) == (403, True)
    assert objects(created["photo"]["photo_id"]) == []


def test_form_used_again_after_the_ingest_leaves_the_photo_unchanged(
    demo: Client, objects: Objects, other_objects: Callable[[], set[str]]
) -> None:
    data = encoded("jpeg", seed=31)
    replacement = b"<script>".ljust(len(data), b" ")
    created = demo.create(data)
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    demo.upload(form, data)
    ready = demo.ingest(photo_id).json()
    before = other_objects()
    assert form["fields"]["key"] not in objects(photo_id)

    assert demo.upload(form, replacement).status_code == 204, "S3 accepts the form until it expires"
    assert [key for key in objects(photo_id) if key.startswith("incoming/")] == [form["fields"]["key"]]
    assert other_objects() == before
    assert unsigned(demo.read(photo_id)) == unsigned(ready)

    again = demo.ingest(photo_id)
    assert (again.status_code, unsigned(again.json())) == (200, unsigned(ready))
    assert other_objects() == before
    assert [key for key in objects(photo_id) if key.startswith("incoming/")] == [], (
        "the ingest removes the second upload"
    )
    original = demo.call("GET", f"/photos/{photo_id}/original").json()["url"]
    assert fetch(original).content == data


def test_form_ends_with_its_file(demo: Client, objects: Objects) -> None:
    data = encoded("jpeg", seed=33)
    created = demo.create(data)
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    fields = [(name, (None, value)) for name, value in form["fields"].items()]
    file = ("file", ("blob", data))

    def send(*parts: tuple[str, tuple[str | None, str | bytes]]) -> int:
        return demo.http.post(form["url"], files=list(parts)).status_code

    for missing in range(len(fields)):
        others = fields[:missing] + fields[missing + 1 :]
        assert send(*others, file, fields[missing]) >= 400, f"{fields[missing][0]} follows the file"
    assert objects(photo_id) == []
    assert send(*fields, file, ("acl", (None, "public-read"))) == 204
    assert objects(photo_id) == [form["fields"]["key"]]


def test_signed_url_with_an_authorization_header_is_refused(demo: Client) -> None:
    photo_id, response = demo.send(encoded("jpeg", seed=34))
    original = demo.call("GET", f"/photos/{photo_id}/original").json()["url"]
    for url in (original, response.json()["previews"]["small"]["url"]):
        refused = fetch(url, headers={"Authorization": demo.token})
        assert (refused.status_code, "<Code>InvalidArgument</Code>" in refused.text) == (400, True)
        assert fetch(url).status_code == 200
