"""Compression as API Gateway's guide describes it."""

import gzip
import zlib

import pytest

from local.emulator.patches.gateway.compression import chosen_coding, compressed, decompressed

BODY = b"photo" * 300


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("GZIP;q=0.5, deflate;q=0.8", "deflate"),
        ("br;q=1.0, gzip;q=0.8", None),
        ("gzip;q=0", None),
        ("gzip;q=high", None),
        ("identity", None),
        ("*", None),
        ("", None),
        (None, None),
    ],
)
def test_response_has_the_coding_of_the_highest_weight(accepted: str | None, coding: str | None) -> None:
    assert chosen_coding(accepted) == coding


def test_response_is_compressed_from_the_minimum_on() -> None:
    headers = {"Content-Type": "application/json", "ETag": '"1"'}
    response = (200, headers, BODY)
    status, sent, data = compressed(response, "gzip", len(BODY))
    assert (status, gzip.decompress(data)) == (200, BODY)
    assert sent == {**headers, "Content-Encoding": "gzip", "Content-Length": str(len(data))}
    assert zlib.decompress(compressed(response, "deflate", 0)[2]) == BODY


@pytest.mark.parametrize(
    ("headers", "body", "accepted", "minimum_bytes"),
    [
        ({}, BODY, "gzip", len(BODY) + 1),
        ({}, BODY, "gzip", None),
        ({}, BODY, None, 0),
        ({}, b"", "gzip", 0),
        ({"content-encoding": "br"}, BODY, "gzip", 0),
    ],
)
def test_other_responses_are_sent_as_they_are(
    headers: dict[str, str], body: bytes, accepted: str | None, minimum_bytes: int | None
) -> None:
    assert compressed((200, headers, body), accepted, minimum_bytes) == (200, headers, body)


def test_request_is_decompressed() -> None:
    codings = {"gzip": gzip.compress(BODY), "deflate": zlib.compress(BODY), "Identity": BODY, None: BODY}
    assert [decompressed(data, coding) for coding, data in codings.items()] == [BODY] * 4


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_payload_of_another_coding_is_refused(coding: str) -> None:
    with pytest.raises(ValueError, match=f"the payload is not {coding}"):
        decompressed(BODY, coding)
