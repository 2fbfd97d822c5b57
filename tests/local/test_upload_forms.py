"""What strangers try: forms that were meant for something else, bodies and ids that are no such things, other hosts."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from local.connection import Connection
from photosky.errors import Code
from photosky.headers import SECURITY_HEADERS
from tests.local.client import ORIGIN, Client
from tests.local.test_errors import UNKNOWN, problem_of
from tests.local.test_journey import unsigned
from tests.pictures import encoded

Record = Callable[[str], dict[str, Any] | None]
Objects = Callable[[str], list[str]]

MILLION: Final = "x" * 1_000_000
NEW_PHOTO: Final[Mapping[str, Any]] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}


# Headers.


def test_every_kind_of_answer_has_the_headers_that_every_answer_has(demo: Client) -> None:
    """Problems of every code have them as well: `problem_of` says so in every test that meets one."""
    data = encoded("jpeg", size=(64, 48))
    created = demo.call("POST", "/photos", json={**NEW_PHOTO, "size_bytes": len(data)})
    photo_id = created.json()["photo"]["photo_id"]
    demo.upload(created.json()["upload"], data)
    answers = {
        "created": (created, 201),
        "ingested": (demo.ingest(photo_id), 200),
        "listed": (demo.call("GET", "/photos"), 200),
        "redirected": (demo.call("GET", f"/photos/{photo_id}/original?redirect=true"), 302),
        "refused by a template": (demo.ingest(UNKNOWN), 404),
        "refused by the function": (demo.call("GET", f"/photos/{UNKNOWN}"), 404),
        "refused by the gateway": (demo.call("GET", "/albums"), 404),
        "unauthorized": (demo.call("GET", "/photos", headers={"Authorization": "x"}), 401),
        "health": (demo.http.get(f"{demo.api_url}/health"), 200),
        "preflight": (demo.http.options(f"{demo.api_url}/photos", headers={"Origin": ORIGIN}), 204),
        "a foreign preflight": (demo.http.options(f"{demo.api_url}/", headers={"Origin": "https://evil.example"}), 204),
        "deleted": (demo.call("DELETE", f"/photos/{photo_id}"), 204),
    }
    assert {kind: answer.status_code for kind, (answer, _) in answers.items()} == {
        kind: status for kind, (_, status) in answers.items()
    }
    found = {
        kind: {name: answer.headers.get_list(name) for name in (*SECURITY_HEADERS, "Vary")}
        for kind, (answer, _) in answers.items()
    }
    expected = {name: [value] for name, value in {**SECURITY_HEADERS, "Vary": "Origin"}.items()}
    assert found == dict.fromkeys(answers, expected)


def test_a_preflight_says_what_an_allowed_origin_may_do_and_nothing_to_another(demo: Client) -> None:
    def told(origin: str) -> dict[str, str]:
        headers = demo.http.options(f"{demo.api_url}/photos/{UNKNOWN}/ingest", headers={"Origin": origin}).headers
        return {name: value for name, value in headers.items() if name.startswith("access-control-")}

    assert told(ORIGIN) == {
        "access-control-allow-headers": "Authorization, Content-Type, If-Match",
        "access-control-allow-methods": "GET, POST, PATCH, DELETE",
        "access-control-allow-origin": ORIGIN,
        "access-control-expose-headers": "ETag, Location, Retry-After, X-Request-Id",
        "access-control-max-age": "3600",
    }
    for foreign in ("https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper(), '"; #set($x = 1)'):
        assert told(foreign) == {}


# The emulator itself.


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:{port}", "127.0.0.1:1"])
def test_another_host_is_answered_by_nothing_that_runs_here(demo: Client, connection: Connection, host: str) -> None:
    """A name that a web page's owner points at loopback is another site to a browser, and to us."""
    named = {"Host": host.format(port=connection.endpoint_url.rpartition(":")[2])}
    for url in (
        f"{demo.api_url}/health",
        f"{connection.endpoint_url}/_ministack/health",
        f"{connection.endpoint_url}/",
    ):
        assert demo.http.get(url, headers=named).status_code == 403
    assert demo.call("GET", "/photos", headers=named).status_code == 403


def test_a_page_of_a_foreign_origin_reads_and_starts_nothing(demo: Client, connection: Connection) -> None:
    foreign = {"Origin": "https://evil.example"}
    sign_in = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    assert demo.http.post(f"{connection.endpoint_url}/", headers=foreign | sign_in, content="{}").status_code == 403
    for path in ("/_ministack/health", "/_ministack/reset", "/", "/restapis"):
        assert demo.http.post(f"{connection.endpoint_url}{path}", headers=foreign).status_code == 403
    answer = demo.call("GET", "/photos", headers=foreign)
    assert answer.status_code == 200, "a token is a token; the browser is what keeps the answer from the page"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


# Forms.


@pytest.fixture
def everything(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[], set[str]]:
    """The keys and ETags of all that lies under `originals/` and `previews/`."""

    def find() -> set[str]:
        pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["MediaBucketName"])
        found = [item for page in pages for item in page.get("Contents", [])]
        return {f"{item['Key']} {item['ETag']}" for item in found if not item["Key"].startswith("incoming/")}

    return find


def _tampered(fields: Mapping[str, str], before: str, after: str) -> dict[str, str]:
    """A form whose policy and fields say something else, under the signature of what they said."""
    policy = base64.b64decode(fields["policy"]).decode()
    assert before in policy
    changed = base64.b64encode(policy.replace(before, after).encode()).decode()
    return {name: value.replace(before, after) for name, value in fields.items()} | {"policy": changed}


def test_an_upload_form_takes_what_was_promised_and_nothing_else(
    demo: Client, other: Client, objects: Objects, everything: Callable[[], set[str]]
) -> None:
    data = encoded("jpeg")
    created, theirs = demo.create(data), other.create(data)
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    fields, before = form["fields"], everything()
    key = fields["key"]
    attempts: dict[str, tuple[dict[str, str], bytes]] = {
        **{
            f"another key: {other_key}": (fields | {"key": other_key}, data)
            for other_key in (
                key.replace("incoming/", "originals/"),
                key.replace("incoming/", "previews/"),
                f"{key}/thumb-00000000.webp",
                f"incoming/../originals/{photo_id}",
                theirs["upload"]["fields"]["key"],
                "${filename}",
                "",
            )
        },
        **{
            f"another type: {kind}": (fields | {"Content-Type": kind}, data)
            for kind in ("text/html", "image/png", "image/jpeg; charset=utf-7", "")
        },
        **{f"{len(body)} bytes": (fields, body) for body in (b"", data[:-1], data + b"x", data * 2)},
        **{
            f"a changed policy: {after}": (_tampered(fields, before_, after), data)
            for before_, after in (
                ("incoming/", "originals/"),
                ("incoming/", "previews/"),
                ("image/jpeg", "text/html"),
                (photo_id, theirs["photo"]["photo_id"]),
                (f'"content-length-range", {len(data)}, {len(data)}', '"content-length-range", 0, 99999999'),
            )
        },
        **{f"without {name}": ({n: v for n, v in fields.items() if n != name}, data) for name in fields},
        "another signature": (fields | {"x-amz-signature": "0" * 64}, data),
        "the signature of another form": (
            fields | {"x-amz-signature": theirs["upload"]["fields"]["x-amz-signature"]},
            data,
        ),
        "a field more": (fields | {"acl": "public-read"}, data),
        "metadata": (fields | {"x-amz-meta-owner": "me"}, data),
        "a tag": (fields | {"tagging": "<Tagging/>"}, data),
        "a redirect": (fields | {"success_action_redirect": "https://evil.example"}, data),
    }
    taken = {
        name: status
        for name, (changed, body) in attempts.items()
        if (status := demo.upload({**form, "fields": changed}, body).status_code) < 400
    }
    assert taken == {}
    assert objects(photo_id) == objects(theirs["photo"]["photo_id"]) == []
    assert demo.upload(form, data).status_code == 204
    assert objects(photo_id) == [key]
    assert everything() == before


def test_an_upload_form_that_has_expired_takes_nothing(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Objects
) -> None:
    created = demo.create(b"x")
    key = created["upload"]["fields"]["key"]
    form = aws("s3").generate_presigned_post(Bucket=outputs["MediaBucketName"], Key=key, ExpiresIn=-1)
    response = demo.upload(form, b"x")
    assert (response.status_code, "expired" in response.text) == (403, True)
    assert objects(created["photo"]["photo_id"]) == []


def test_a_form_that_is_used_again_after_the_ingest_changes_nothing_of_the_photo(
    demo: Client, objects: Objects, everything: Callable[[], set[str]]
) -> None:
    data = encoded("jpeg", seed=31)
    sneaky = b"<script>".ljust(len(data), b" ")
    created = demo.create(data)
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    demo.upload(form, data)
    ready = demo.ingest(photo_id).json()
    before = everything()

    assert demo.upload(form, sneaky).status_code == 204, "S3 knows nothing of photos"
    assert [key for key in objects(photo_id) if key.startswith("incoming/")] == [form["fields"]["key"]]
    assert everything() == before
    assert unsigned(demo.read(photo_id)) == unsigned(ready)

    again = demo.ingest(photo_id)
    assert (again.status_code, unsigned(again.json())) == (200, unsigned(ready))
    assert everything() == before
    assert [key for key in objects(photo_id) if key.startswith("incoming/")] == [], "nor is it kept for a day"
    original = demo.call("GET", f"/photos/{photo_id}/original").json()["url"]
    assert httpx.get(original, trust_env=False).content == data


def test_the_same_bytes_sent_twice_at_once_are_two_photos_of_which_each_is_found(demo: Client) -> None:
    """A digest spares an upload once a photo is ready; it never merges two that are under way."""
    data = encoded("jpeg", seed=32)
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda _: demo.send(data), range(2)))
    assert [answer.status_code for _, answer in sent] == [200, 200]
    ids = {photo_id for photo_id, _ in sent}
    sha256 = sent[0][1].json()["sha256"]
    asked = {**NEW_PHOTO, "size_bytes": len(data), "sha256": sha256}
    known = demo.call("POST", "/photos", json=asked)
    assert (known.status_code, known.json()["photo"]["photo_id"] in ids) == (200, True)
    first = known.json()["photo"]["photo_id"]
    assert demo.call("DELETE", f"/photos/{first}").status_code == 204
    left = demo.call("POST", "/photos", json=asked)
    assert {left.json()["photo"]["photo_id"]} == ids - {first}


# Bodies, ids, headers and queries.


@pytest.fixture
def untouched(
    aws: Callable[[str], Any],
    outputs: dict[str, str],
    waiting: str,  # noqa: ARG001 - written before, and not by the test
) -> Iterator[None]:
    """Nothing is written, whoever's it would be: the table is the same behind the test as before it."""

    def records() -> list[dict[str, Any]]:
        pages = aws("dynamodb").get_paginator("scan").paginate(TableName=outputs["PhotosTableName"])
        return sorted((item for page in pages for item in page["Items"]), key=repr)

    before = records()
    yield
    assert records() == before


def _json(**changes: Any) -> bytes:
    return json.dumps({**NEW_PHOTO, **changes}).encode()


BODIES: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "NUL": b"\0" * 100,
    "no UTF-8": b"\xff\xfe\xfd",
    "no UTF-8 between the fields": _json()[:-1] + b",\xff}",
    "overlong UTF-8": b"\xc0\xaf",
    "UTF-16": json.dumps(NEW_PHOTO).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + _json(),
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"title":' * 10_000 + b"1" + b"}" * 10_000,
    "deep and open": b'{"tags":' + b"[" * 1_000_000,
    "NaN": b'{"filename":"a","content_type":"image/jpeg","size_bytes":NaN}',
    "infinity": b'{"filename":"a","content_type":"image/jpeg","size_bytes":1e400}',
    "a huge number": b'{"filename":"a","content_type":"image/jpeg","size_bytes":1' + b"0" * 1_000_000 + b"}",
    "a negative number": _json(size_bytes=-1),
    "a field twice": b'{"title":"a","title":"b","filename":"a","filename":"b"}',
    "a field of a million": _json(**{MILLION: 1}),
    "a filename of a million": _json(filename=MILLION),
    "a type of a million": _json(content_type=MILLION),
    "a million spaces": b" " * 1_000_000,
    "a lone surrogate": _json(filename="\ud83c"),
    "a NUL in a name": _json(filename="a\0b"),
    "an owner": _json(owner_id="somebody"),
    "a status": _json(status="ready"),
    "a template": b'{"title": $input.json("$"), #set($owner = "x")}',
    "a template as a name": _json(**{"#set($owner = 'x')": "$context.authorizer.claims.sub"}),
    "markup": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "a form": b"filename=a.jpg&content_type=image/jpeg&size_bytes=1",
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_such_thing_is_refused_and_changes_nothing(demo: Client, name: str) -> None:
    headers = {"Content-Type": "application/json"}
    created = demo.call("POST", "/photos", content=BODIES[name], headers=headers)
    assert created.status_code in (400, 415), created.text
    problem_of(created, Code(created.json()["code"]))
    edited = demo.call("PATCH", f"/photos/{UNKNOWN}", content=BODIES[name], headers=headers)
    problem_of(edited, Code.INVALID_REQUEST)
    # An ingest has no body; one that is sent is not read, whatever is in it.
    problem_of(
        demo.call("POST", f"/photos/{UNKNOWN}/ingest", content=BODIES[name], headers=headers), Code.PHOTO_NOT_FOUND
    )


def test_bytes_that_are_no_utf_8_within_a_text_are_what_the_gateway_makes_of_them(demo: Client) -> None:
    """It reads a body as text before anybody else does, and puts U+FFFD for what is none."""
    body = b'{"filename":"\xff.jpg","content_type":"image/jpeg","size_bytes":1}'
    assert demo.call("POST", "/photos", content=body).json()["photo"]["filename"] == "\ufffd.jpg"


@pytest.mark.parametrize(
    "name", ['"', "'", "\\", "\\u0022", "$foo", "${foo}", "#set($a = 1)", "#end", '"},{"', "\u2028", "</script>", "🏔"]
)
def test_whatever_a_text_says_is_only_text(demo: Client, record: Record, name: str) -> None:
    """Through the function, both mapping templates of an ingest, and the state machine between them."""
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


IDS: Final = (
    '"',
    "'",
    "\\",
    '","owner_id":"somebody',
    '\\","owner_id":"somebody',
    "$foo",
    "$owner",
    "${context.authorizer.claims.sub}",
    '#set($owner = "somebody")',
    "#end",
    "$util.parseJson('{}')",
    "\0",
    "\n",
    "\r\nX-Injected: 1",
    "\u2028",
    "🏔",
    "..",
    "../health",
    "a/b",
    "{photo_id}",
    "deleted/" + UNKNOWN,
    "cursor-key",
    "a" * 8000,
)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("photo_id", [quote(text, safe="") for text in IDS] + ["%ff%fe", "%ed%a0%80", "%c0%af", "%"])
def test_an_id_that_is_none_is_a_photo_that_is_not_there(demo: Client, photo_id: str) -> None:
    for method, path in (("GET", ""), ("GET", "/original"), ("DELETE", ""), ("PATCH", ""), ("POST", "/ingest")):
        options = {"json": {"title": "x"}} if method == "PATCH" else {}
        response = demo.call(method, f"/photos/{photo_id}{path}", **options)
        # A slash makes another path of it, and of that there is no route.
        assert response.status_code == 404, (method, path, response.text)
        assert response.json()["code"] in ("PhotoNotFound", "RouteNotFound")
        assert "X-Injected" not in response.headers


ALMOST: Final[Mapping[str, Callable[[str], str]]] = {
    "upper case": str.upper,
    "a line break behind": lambda photo_id: f"{photo_id}\n",
    "a space before": lambda photo_id: f" {photo_id}",
    "a NUL behind": lambda photo_id: f"{photo_id}\0",
    "braces": lambda photo_id: f"{{{photo_id}}}",
    "no hyphens": lambda photo_id: photo_id.replace("-", ""),
    "a URN": lambda photo_id: f"urn:uuid:{photo_id}",
    "quotes": lambda photo_id: f'"{photo_id}"',
    "full width": lambda photo_id: photo_id.replace("0", "\uff10"),
}


@pytest.fixture(scope="module")
def waiting(demo: Client) -> str:
    """The id of a photo that awaits its upload."""
    return str(demo.create(b"x")["photo"]["photo_id"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("almost", ALMOST)
def test_an_id_has_one_spelling(demo: Client, waiting: str, almost: str) -> None:
    other_spelling = quote(ALMOST[almost](waiting), safe="")
    for method, path in (("GET", ""), ("GET", "/original"), ("DELETE", ""), ("PATCH", ""), ("POST", "/ingest")):
        options = {"json": {"title": "x"}} if method == "PATCH" else {}
        problem_of(demo.call(method, f"/photos/{other_spelling}{path}", **options), Code.PHOTO_NOT_FOUND)


HEADERS: Final = (
    ("Origin", '"; #set($owner = "x")'),
    ("Origin", "null"),
    ("Accept", "\xff"),
    ("Accept", "text/html"),
    ("X-Amz-Target", "DynamoDB_20120810.ListTables"),
    ("X-Amzn-Trace-Id", "$foo\"'"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Amz-Security-Token", "x"),
    ("X-Request-Id", "chosen"),
    ("Cookie", "$owner=1"),
    ("Content-Encoding", "gzip"),
    ("If-None-Match", "*"),
    ("Range", "bytes=0-0"),
    ("photo_id", UNKNOWN),
)


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=lambda text: ascii(text))
def test_a_header_changes_neither_whose_nor_which_photo_it_is(demo: Client, name: str, value: str) -> None:
    photo_id = demo.create(b"x")["photo"]["photo_id"]
    sent = {name: value.encode("latin-1")}
    edited = demo.call("PATCH", f"/photos/{photo_id}", json={"title": name}, headers=sent)
    assert (edited.status_code, edited.json()["photo_id"], edited.json()["title"]) == (200, photo_id, name)
    ingested = demo.call("POST", f"/photos/{photo_id}/ingest", headers=sent)
    assert (ingested.status_code, ingested.json()["code"]) == (409, "UploadMissing")
    for answer in (edited, ingested):
        assert answer.headers["X-Request-Id"] != "chosen"
        assert answer.headers.get("Access-Control-Allow-Origin") in ((None,) if name == "Origin" else (ORIGIN,))


@pytest.mark.parametrize(
    "value", ['"' + "9" * 5000 + '"', "\xff", '"1', "$foo", '"#set($a)"', 'W/"1"', '"1", "2"', "1 OR 1"]
)
def test_an_if_match_that_is_none_never_holds(demo: Client, record: Record, value: str) -> None:
    photo_id = demo.create(b"x")["photo"]["photo_id"]
    before = record(photo_id)
    sent = {"If-Match": value.encode("latin-1")}
    problem_of(demo.call("PATCH", f"/photos/{photo_id}", json={"title": "x"}, headers=sent), Code.PRECONDITION_FAILED)
    assert record(photo_id) == before


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_a_head_that_is_too_long_is_not_even_read(demo: Client, size: int) -> None:
    """Neither a path nor a header of that length comes through API Gateway, which takes 10,240 bytes in all."""
    answer = demo.call("PATCH", f"/photos/{UNKNOWN}", json={"title": "x"}, headers={"If-Match": "9" * size})
    assert answer.status_code == 431


QUERIES: Final = (
    "limit=0",
    "limit=101",
    "limit=%ff",
    "limit=$foo",
    "limit=1%00",
    f"limit={'9' * 8000}",
    "limit",
    "order=%23set(%24a)",
    "order=asc%27%20OR%201%3D1",
    "owner_id=somebody",
    "%24foo=1",
    "=",
    "cursor=",
    "cursor=made-up",
    "cursor=%f0%9f",
    "cursor=%ed%a0%80",
    f"cursor={'A' * 43}",
    f"cursor={'A' * 8000}",
    f"cursor={base64.urlsafe_b64encode(json.dumps(['desc', UNKNOWN]).encode()).decode()}",
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_a_query_that_is_none_is_refused(demo: Client, query: str) -> None:
    problem_of(demo.call("GET", f"/photos?{query}"), Code.INVALID_REQUEST)


def test_a_cursor_is_no_use_to_anybody_else_nor_for_anything_else(demo: Client, other: Client) -> None:
    for seed in (33, 34):
        demo.send(encoded("png", size=(8, 8), seed=seed), content_type="image/png")
    cursor = demo.call("GET", "/photos", params={"limit": "1"}).json()["next_cursor"]
    assert demo.call("GET", "/photos", params={"cursor": cursor}).status_code == 200
    problem_of(other.call("GET", "/photos", params={"cursor": cursor}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor, "order": "asc"}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor[:-1]}), Code.INVALID_REQUEST)
