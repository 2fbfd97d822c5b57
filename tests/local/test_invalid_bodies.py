"""Invalid request bodies, and strings with the syntax of mapping templates."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import UNKNOWN, problem_of
from tests.pictures import encoded

Record = Callable[[str], dict[str, Any] | None]

MEGABYTE: Final = "x" * 1_000_000
NEW_PHOTO: Final[Mapping[str, Any]] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}


def _json(**changes: Any) -> bytes:
    return json.dumps({**NEW_PHOTO, **changes}).encode()


BODIES: Final[Mapping[str, bytes]] = {
    "empty": b"",
    "NUL bytes": b"\0" * 100,
    "invalid UTF-8": b"\xff\xfe\xfd",
    "invalid UTF-8 between fields": _json()[:-1] + b",\xff}",
    "overlong UTF-8": b"\xc0\xaf",
    "UTF-16": json.dumps(NEW_PHOTO).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + _json(),
    "nested lists": b"[" * 10_000 + b"]" * 10_000,
    "nested objects": b'{"title":' * 10_000 + b"1" + b"}" * 10_000,
    "nested lists without an end": b'{"tags":' + b"[" * 1_000_000,
    "NaN": b'{"filename":"a","content_type":"image/jpeg","size_bytes":NaN}',
    "infinity": b'{"filename":"a","content_type":"image/jpeg","size_bytes":1e400}',
    "a huge number": b'{"filename":"a","content_type":"image/jpeg","size_bytes":1' + b"0" * 1_000_000 + b"}",
    "a negative number": _json(size_bytes=-1),
    "duplicate fields": b'{"title":"a","title":"b","filename":"a","filename":"b"}',
    "a field name of 1 MB": _json(**{MEGABYTE: 1}),
    "a filename of 1 MB": _json(filename=MEGABYTE),
    "a content type of 1 MB": _json(content_type=MEGABYTE),
    "1 MB of spaces": b" " * 1_000_000,
    "a lone surrogate": _json(filename="\ud83c"),
    "a NUL in a name": _json(filename="a\0b"),
    "an owner": _json(owner_id="other"),
    "a status": _json(status="ready"),
    "a mapping template": b'{"title": $input.json("$"), #set($owner = "x")}',
    "a mapping template as a field name": _json(**{"#set($owner = 'x')": "$context.authorizer.claims.sub"}),
    "XML with an external entity": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "a form": b"filename=a.jpg&content_type=image/jpeg&size_bytes=1",
}


@pytest.mark.usefixtures("table_unchanged")
@pytest.mark.parametrize("name", BODIES)
def test_invalid_bodies_are_refused_without_side_effects(demo: Client, name: str) -> None:
    headers = {"Content-Type": "application/json"}
    created = demo.call("POST", "/photos", content=BODIES[name], headers=headers)
    assert created.status_code in (400, 415), created.text
    problem_of(created, Code(created.json()["code"]))
    edited = demo.call("PATCH", f"/photos/{UNKNOWN}", content=BODIES[name], headers=headers)
    problem_of(edited, Code.INVALID_REQUEST)
    # An ingest has no body. The gateway ignores one that is sent.
    ingested = demo.call("POST", f"/photos/{UNKNOWN}/ingest", content=BODIES[name], headers=headers)
    problem_of(ingested, Code.PHOTO_NOT_FOUND)


def test_gateway_replaces_invalid_utf_8_within_strings(demo: Client) -> None:
    """API Gateway decodes the body before the function does and replaces invalid bytes with U+FFFD."""
    body = b'{"filename":"\xff.jpg","content_type":"image/jpeg","size_bytes":1}'
    assert demo.call("POST", "/photos", content=body).json()["photo"]["filename"] == "\ufffd.jpg"


@pytest.mark.parametrize(
    "name", ['"', "'", "\\", "\\u0022", "$foo", "${foo}", "#set($a = 1)", "#end", '"},{"', "a\u2028b", "</script>", "🏔"]
)
def test_template_syntax_in_strings_is_stored_unchanged(demo: Client, record: Record, name: str) -> None:
    """The strings pass the function, both mapping templates of the ingest, and the state machine."""
    data = encoded("png", size=(8, 8))
    created = demo.create(data, filename=name, content_type="image/png")
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    edit = {"title": name, "description": name, "tags": [name]}
    assert demo.call("PATCH", f"/photos/{photo_id}", json=edit).status_code == 200
    shown = demo.ingest(photo_id).json()
    assert {field: shown[field] for field in ("filename", *edit)} == {"filename": name, **edit}
    item = record(photo_id)
    assert item is not None
    assert item["owner_id"]["S"] == created["upload"]["fields"]["key"].split("/")[1]
