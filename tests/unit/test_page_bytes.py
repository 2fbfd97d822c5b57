"""The size of a page on the wire, with signatures and a session token of real length."""

import base64
import gzip
import json
from collections.abc import Collection as Names
from dataclasses import replace
from random import Random
from typing import Final
from urllib.parse import parse_qs, quote

import pytest
from boto3 import Session
from botocore.config import Config

from benchmarks.library.collection import Collection
from benchmarks.scale.usage import SESSION_TOKEN_CHARACTERS
from photosky.delivery import EdgeUrls, PreviewUrls
from photosky.photo import Photo
from photosky.presigning import Credentials, Presigner
from photosky.settings import Edge

GZIP_LEVEL: Final = 6
"""zlib's default. API Gateway documents no level."""

PHOTOS: Final = 100
NOW: Final = 1_795_876_376.0
TILES: Final = frozenset({"small", "medium"})
"""What the page asks for, with the default presets."""

RANDOM: Final = Random(15)
TOKEN: Final = base64.b64encode(RANDOM.randbytes(SESSION_TOKEN_CHARACTERS * 3 // 4)).decode()
CREDENTIALS: Final = Credentials("ASIA0123456789ABCDEF", "secret", TOKEN)
SIGNATURE: Final = RANDOM.randbytes(256)
"""Of an RSA key of 2,048 bits."""


@pytest.fixture(scope="module")
def urls() -> dict[str, PreviewUrls]:
    """What signs as a function does, at a fixed time, by the value of the knob `delivery`."""
    client = Session().client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id=CREDENTIALS.access_key,
        aws_secret_access_key=CREDENTIALS.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    bucket = "photosky-prod-storagemedia9333cb25-1a2b3c4d5e6f"
    edge = Edge("https://d111111abcdef8.cloudfront.net", "K2JCJMDEHXQW5F", "arn:aws:kms:eu-central-1:1:key/1")
    return {
        "s3": Presigner(client, bucket, 3600, lambda: CREDENTIALS, clock=lambda: NOW),
        "cloudfront": EdgeUrls(edge, 3600, lambda _: SIGNATURE, clock=lambda: NOW),
    }


def wire_bytes(urls: PreviewUrls, photos: list[Photo], only: Names[str] | None = None) -> int:
    """The size of a page of these photos, serialized as by the function and compressed."""
    shown = [photo.present(lambda key: urls.url(key).url, only) for photo in photos]
    assert {len(photo["previews"]) for photo in shown} == {4 if only is None else len(only)}
    body = json.dumps({"photos": shown, "next_cursor": "A" * 96}).encode()
    return len(gzip.compress(body, GZIP_LEVEL))


def alike(photo: Photo, other: Photo) -> Photo:
    """`photo` with the id, the digest, the time and the objects of another one, as one of a series."""
    previews = {name: one._replace(key=other.previews[name].key) for name, one in photo.previews.items()}
    own = {"photo_id": other.photo_id, "sha256": other.sha256, "created_at": other.created_at}
    return replace(photo, **own, previews=previews)  # type: ignore[arg-type]


PAGE: Final = [Collection(2 * PHOTOS).photo(number) for number in range(PHOTOS)]
"""Photos of ten years, with other cameras, places and texts each."""


SERIES: Final = [alike(PAGE[3], photo) for photo in PAGE]
"""Photos with the same camera, place and texts."""


def test_urls_have_tokens_and_signatures_of_real_length(urls: dict[str, PreviewUrls]) -> None:
    key = PAGE[0].previews["small"].key
    assert f"X-Amz-Security-Token={quote(TOKEN, safe='')}" in urls["s3"].url(key).url
    assert len(parse_qs(urls["cloudfront"].url(key).url)["Signature"][0]) == 344  # 256 bytes in Base64.


@pytest.mark.parametrize(
    ("delivery", "only", "max_bytes"),
    [
        ("s3", None, 40_000),
        ("s3", TILES, 25_000),
        ("cloudfront", None, 20_000),
        ("cloudfront", TILES, 15_000),
    ],
)
def test_page_of_a_series_is_small(
    urls: dict[str, PreviewUrls], delivery: str, only: frozenset[str] | None, max_bytes: int
) -> None:
    assert wire_bytes(urls[delivery], SERIES, only) <= max_bytes


@pytest.mark.parametrize(
    ("delivery", "only", "max_bytes"),
    [
        ("s3", None, 50_000),
        ("s3", TILES, 36_000),
        ("s3", frozenset({"thumb"}), 30_000),
        ("s3", frozenset(), 20_000),
        ("cloudfront", None, 30_000),
        ("cloudfront", TILES, 26_000),
    ],
)
def test_page_of_photos_without_common_metadata_is_small(
    urls: dict[str, PreviewUrls], delivery: str, only: frozenset[str] | None, max_bytes: int
) -> None:
    assert wire_bytes(urls[delivery], PAGE, only) <= max_bytes
