"""`GET /photos/{photo_id}/original`: a URL that downloads the original, or a redirect to it."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from photosky.errors import Code
from photosky.headers import content_disposition
from photosky.photo import Photo, Status
from photosky.presigning import presigner
from tests.api.gateway import call, expect, expect_problem, headers
from tests.api.photos import ORIGINAL, SHA256
from tests.storage import FILENAME, Storage


def download(photo: Photo) -> str:
    """The URL that downloads the original of this photo."""
    assert photo.original is not None
    disposition = content_disposition(photo.filename)
    return presigner().url(photo.original, response_content_disposition=disposition).url


def test_original_has_a_url_with_its_expiry(photo: Photo) -> None:
    expect(
        call("GET", ORIGINAL, photo.photo_id),
        200,
        {"url": download(photo), "expires_at": "2026-09-21T15:00:00.000Z"},
    )
    assert call("GET", ORIGINAL, photo.photo_id, query={"redirect": "false"}).status == 200


def test_original_can_be_a_redirect(photo: Photo) -> None:
    response = call("GET", ORIGINAL, photo.photo_id, query={"redirect": "true"})
    assert (response.status, response.text) == (302, "")
    assert {name: response.headers.get(name) for name in headers(None, Location="")} == headers(
        None, Location=download(photo)
    )


@pytest.mark.parametrize(
    ("filename", "plain", "encoded"),
    [
        ("lake.jpg", "lake.jpg", "lake.jpg"),
        (FILENAME, "Sommer _ber Z_rich.jpg", "Sommer%20%C3%BCber%20Z%C3%BCrich.jpg"),
        ("🏔.png", "_.png", "%F0%9F%8F%94.png"),
        ('a"; filename="b', "a_; filename=_b", "a%22%3B%20filename%3D%22b"),
        ("..\\..\\c", ".._.._c", "..%5C..%5Cc"),
        ("100%~'*.jpg", "100%~'*.jpg", "100%25~%27%2A.jpg"),
        ("d/e", "d/e", "d%2Fe"),
    ],
)
def test_original_is_downloaded_under_its_filename(storage: Storage, filename: str, plain: str, encoded: str) -> None:
    photo = storage.put_ready(SHA256, filename=filename)
    url = call("GET", ORIGINAL, photo.photo_id).document["url"]
    (disposition,) = parse_qs(urlsplit(url).query)["response-content-disposition"]
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert unquote(encoded) == filename


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (Status.PROCESSING, Code.INGEST_IN_PROGRESS, "The photo is being ingested; its original is not available yet."),
        *(
            (status, Code.UPLOAD_MISSING, f"The photo has no original, because its status is {status}.")
            for status in (Status.AWAITING_UPLOAD, Status.REJECTED, Status.FAILED)
        ),
    ],
)
@pytest.mark.parametrize("query", [{}, {"redirect": "true"}])
def test_photo_that_is_not_ready_has_no_original(
    storage: Storage, status: Status, code: Code, detail: str, query: dict[str, str]
) -> None:
    photo = storage.put_photo(status=status)
    expect_problem(call("GET", ORIGINAL, photo.photo_id, query=query), code, detail)


def test_invalid_redirect_is_refused(photo: Photo) -> None:
    response = call("GET", ORIGINAL, photo.photo_id, query={"redirect": "1"})
    expect_problem(response, Code.INVALID_REQUEST, "redirect must be true or false.", parameter="redirect")
