"""The life of a photo over HTTP, from upload to deletion."""

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from tests.local.client import OBJECTS_OF_A_SMALL_PHOTO, ORIGIN, Client, fetch
from tests.pictures import UPRIGHT, PictureFormat, corners, encoded

FORMATS: tuple[PictureFormat, ...] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
ORIENTED: tuple[PictureFormat, ...] = ("jpeg", "png", "webp", "tiff")
"""Formats with an EXIF orientation that decoders do not apply."""

PRESETS = {"thumb": 256, "small": 640, "medium": 1280, "large": 2048}
SIZES = {
    (1320, 990): {"thumb": (256, 256), "small": (640, 480), "medium": (1280, 960), "large": (1320, 990)},
    (280, 270): {"thumb": (256, 256), "small": (280, 270), "medium": (280, 270), "large": (280, 270)},
}
"""The sizes of the previews by that of the picture.

All previews of the large picture differ. The thumb of the small one shows all corners and is scaled.
"""

LARGE, SMALL = SIZES


def preview_of(photo: dict[str, Any], name: str) -> Image.Image:
    """Fetch a preview by its URL, without other credentials."""
    response = fetch(photo["previews"][name]["url"])
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == photo["previews"][name]["content_type"]
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(response.content) == photo["previews"][name]["size_bytes"]
    return Image.open(io.BytesIO(response.content))


def unsigned(photo: dict[str, Any]) -> dict[str, Any]:
    """A photo without the signatures of its URLs. Each function signs with its own role, so they differ."""
    previews = photo["previews"].items()
    return photo | {
        "previews": {name: preview | {"url": preview["url"].partition("?")[0]} for name, preview in previews}
    }


@pytest.mark.parametrize(
    ("picture_format", "orientation", "size"),
    [(picture_format, 1, LARGE) for picture_format in FORMATS]
    + [(picture_format, orientation, SMALL) for picture_format in ORIENTED for orientation in range(2, 9)],
)
def test_every_format_and_orientation_is_rendered_upright(
    demo: Client, picture_format: PictureFormat, orientation: int, size: tuple[int, int]
) -> None:
    data = encoded(picture_format, orientation, size=size)
    _, response = demo.send(data, filename=f"sea.{picture_format}", content_type=f"image/{picture_format}")
    assert response.status_code == 200, response.text
    photo = response.json()
    assert (photo["status"], photo["width"], photo["height"]) == ("ready", *size)
    previews = {name: preview_of(photo, name) for name in PRESETS}
    assert {name: preview.size for name, preview in previews.items()} == SIZES[size]
    assert {preview.format for preview in previews.values()} == {"WEBP"}
    whole = set(PRESETS) if size == SMALL else set(PRESETS) - {"thumb"}
    assert {name: corners(previews[name]) for name in whole} == dict.fromkeys(whole, UPRIGHT)


def test_photo_is_created_ingested_edited_downloaded_and_deleted(
    demo: Client, objects: Callable[[str], list[str]], record: Callable[[str], dict[str, Any] | None]
) -> None:
    data = encoded("jpeg", size=(800, 600), seed=42)

    created = demo.create(data, filename="Ferien am Meer é.jpg")
    photo_id = created["photo"]["photo_id"]
    assert created["photo"]["status"] == "awaiting_upload"
    assert demo.upload(created["upload"], data).status_code == 204

    ingested = demo.ingest(photo_id)
    assert ingested.status_code == 200
    assert ingested.headers["Access-Control-Allow-Origin"] == ORIGIN
    photo = ingested.json()
    assert photo["status"] == "ready"
    assert re.fullmatch(r"#[0-9a-f]{6}", photo["dominant_color"])
    kinds = {key.partition("/")[0] for key in objects(photo_id)}
    assert kinds == {"originals", "previews"}

    repeated = demo.ingest(photo_id)
    assert (repeated.status_code, unsigned(repeated.json())) == (200, unsigned(photo))
    assert unsigned(demo.read(photo_id)) == unsigned(photo)
    listings = [demo.call("GET", "/photos", params={"limit": 1}).json()["photos"] for _ in range(2)]
    assert listings[0] == listings[1] == [demo.read(photo_id)], (
        "URLs are stable, so that browsers can cache the previews"
    )
    assert unsigned(listings[0][0]) == unsigned(photo)

    edited = demo.call(
        "PATCH",
        f"/photos/{photo_id}",
        json={"title": "Meer", "tags": ["sea", "2026"], "favorite": True},
        headers={"If-Match": ingested.headers["ETag"]},
    )
    assert edited.status_code == 200
    changes = {"title": "Meer", "tags": ["sea", "2026"], "favorite": True}
    assert unsigned(edited.json()) == unsigned(photo) | changes | {"updated_at": edited.json()["updated_at"]}
    assert edited.json()["updated_at"] > photo["updated_at"]

    original = demo.call("GET", f"/photos/{photo_id}/original").json()
    downloaded = fetch(original["url"])
    assert downloaded.content == data
    assert downloaded.headers["Content-Disposition"].endswith("filename*=UTF-8''Ferien%20am%20Meer%20%C3%A9.jpg")
    redirected = demo.call("GET", f"/photos/{photo_id}/original", params={"redirect": "true"})
    assert (redirected.status_code, redirected.headers["Location"]) == (302, original["url"])

    assert demo.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"}).status_code == 204
    assert demo.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"}).status_code == 204
    assert demo.call("GET", f"/photos/{photo_id}").status_code == 404
    assert objects(photo_id) == []
    assert record(photo_id) is None
    assert fetch(original["url"]).status_code == 403, "a role with s3:ListBucket would get 404"


def test_same_filename_twice_creates_two_photos(demo: Client) -> None:
    first, _ = demo.send(encoded("jpeg", seed=1), filename="IMG_0001.jpg")
    second, _ = demo.send(encoded("jpeg", seed=2), filename="IMG_0001.jpg")
    assert demo.read(first)["sha256"] != demo.read(second)["sha256"]


def test_known_digest_returns_the_photo_without_an_upload(demo: Client, other: Client) -> None:
    data = encoded("jpeg", seed=99)
    photo_id, response = demo.send(data)
    sha256 = response.json()["sha256"]
    body = {"filename": "again.jpg", "content_type": "image/jpeg", "size_bytes": len(data), "sha256": sha256}

    known = demo.call("POST", "/photos", json=body)
    assert (known.status_code, known.json()) == (200, {"photo": demo.read(photo_id)})
    assert other.call("POST", "/photos", json=body).status_code == 201, "digests of other owners must not be disclosed"


def test_simultaneous_uploads_of_the_same_bytes_are_two_photos(demo: Client) -> None:
    """A digest avoids an upload only when a photo with the same bytes is ready."""
    data = encoded("jpeg", seed=98)
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda _: demo.send(data), range(2)))
    assert [response.status_code for _, response in sent] == [200, 200]
    ids = {photo_id for photo_id, _ in sent}
    sha256 = sent[0][1].json()["sha256"]
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": len(data), "sha256": sha256}
    known = demo.call("POST", "/photos", json=body)
    assert (known.status_code, known.json()["photo"]["photo_id"] in ids) == (200, True)
    first = known.json()["photo"]["photo_id"]
    assert demo.call("DELETE", f"/photos/{first}", params={"permanent": "true"}).status_code == 204
    remaining = demo.call("POST", "/photos", json=body)
    assert {remaining.json()["photo"]["photo_id"]} == ids - {first}


def test_listing_contains_every_ready_photo_in_order(other: Client) -> None:
    ready = [other.send(encoded("png", size=(40, 30), seed=seed), content_type="image/png")[0] for seed in range(7)]
    other.create(b"never uploaded")

    def walk(order: str) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": "3", "order": order} | ({"cursor": cursor} if cursor else {})
            page = other.call("GET", "/photos", params=query).json()
            found += [photo["photo_id"] for photo in page["photos"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert walk("asc") == ready
    assert walk("desc") == ready[::-1]


def test_photos_of_other_owners_look_like_missing_photos(demo: Client, other: Client) -> None:
    waiting = demo.create(b"x")["photo"]["photo_id"]
    ready, _ = demo.send(encoded("jpeg"))
    rejected, refused = demo.send(b"no picture")
    deleted = demo.create(b"x")["photo"]["photo_id"]
    assert (refused.status_code, demo.call("DELETE", f"/photos/{deleted}").status_code) == (415, 204)
    before = [demo.read(photo_id) for photo_id in (waiting, ready, rejected)]

    def observe(method: str, photo_id: str, path: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body for the other user, without the request's ids and date."""
        options = {"json": {"title": "changed"}} if method == "PATCH" else {}
        response = other.call(method, f"/photos/{photo_id}{path}", **options)
        request_id = response.headers["X-Request-Id"]
        headers = {
            name: value.replace(request_id, "REQUEST")
            for name, value in response.headers.items()
            if name not in ("date", "x-amzn-trace-id")
        }
        return response.status_code, headers, response.text.replace(request_id, "REQUEST")

    for method, path in (
        ("GET", ""),
        ("GET", "/original"),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/restore"),
        ("POST", "/ingest"),
    ):
        missing = observe(method, "01890000-0000-7000-8000-000000000000", path)
        assert missing[0] == 404
        for photo_id in (waiting, ready, rejected, deleted):
            assert observe(method, photo_id, path) == missing, (method, path)
    assert [demo.read(photo_id) for photo_id in (waiting, ready, rejected)] == before


def test_only_listed_origins_may_call_the_api_and_upload(demo: Client) -> None:
    form = demo.create(b"x")["upload"]
    for url in (f"{demo.api_url}/photos", form["url"]):
        preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        allowed = demo.http.options(url, headers=preflight | {"Origin": ORIGIN})
        refused = demo.http.options(url, headers=preflight | {"Origin": "https://evil.example"})
        assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert refused.headers.get("Access-Control-Allow-Origin") not in ("https://evil.example", "*")
        # S3 always allows credentials for a listed origin. The API never does: it uses no cookies.
        if url.startswith(demo.api_url):
            assert "Access-Control-Allow-Credentials" not in allowed.headers


def test_bucket_refuses_unsigned_requests(demo: Client, objects: Callable[[str], list[str]]) -> None:
    photo_id, response = demo.send(encoded("jpeg"))
    url = response.json()["previews"]["thumb"]["url"].partition("?")[0]
    assert fetch(url).status_code == 403
    assert len(objects(photo_id)) == OBJECTS_OF_A_SMALL_PHOTO
