"""URLs of previews: presigned URLs of S3, or CloudFront URLs if the environment has a distribution.

CloudFront accepts one signature for all previews of an owner: that of a custom policy whose resource ends in a
wildcard. The signature is deterministic (RSASSA-PKCS1-v1_5, RFC 8017, section 8.2), and the time is rounded down to a
window. Within a window, all sandboxes of all functions therefore return the same URLs, and browsers can cache them.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Final, Protocol
from urllib.parse import quote

from botocore.config import Config

from photosky.aws import session
from photosky.concurrently import Threads
from photosky.presigning import SignedUrl, presigner, unix_timestamp, window_start
from photosky.settings import Edge, settings
from photosky.store.keys import PREVIEWS_PREFIX

Sign = Callable[[bytes], bytes]
"""Signs a message of up to 4,096 bytes (KMS API reference, "Sign") by RSASSA-PKCS1-v1_5 with SHA-256."""

SIGNING_ALGORITHM: Final = "RSASSA_PKCS1_V1_5_SHA_256"

HASH_ALGORITHM: Final = "SHA256"
"""Without this parameter CloudFront expects SHA-1 (developer guide, "Create a signed URL using a custom policy"), which
KMS does not offer."""

KEPT_SIGNATURES: Final = 1000
"""Signatures that a sandbox keeps, each of about 0.6 KB: one per owner and window."""

_REPLACED: Final = str.maketrans("+=/", "-_~")
"""Characters of Base64 that are invalid in a query string, and CloudFront's replacements (same page)."""


class PreviewUrls(Protocol):
    """What makes the URLs of previews."""

    def url(self, key: str) -> SignedUrl:
        """The URL of a preview, by its key in the media bucket."""


class EdgeUrls:
    """Signed CloudFront URLs. Validity and window are those of `Presigner`, so `expires_at` is the same."""

    def __init__(self, edge: Edge, ttl_seconds: int, sign: Sign, clock: Callable[[], float] = time.time) -> None:
        self._edge = edge
        self._ttl_seconds = ttl_seconds
        self._sign = sign
        self._clock = clock
        self._query = lru_cache(maxsize=KEPT_SIGNATURES)(self._signed_query)

    def url(self, key: str) -> SignedUrl:
        """The URL of a preview. Raises ValueError for a key outside the previews' prefix."""
        if not key.startswith(PREVIEWS_PREFIX):
            raise ValueError("CloudFront delivers previews only")
        path = quote(key.removeprefix(PREVIEWS_PREFIX), safe="/~")
        expires = self._expires()
        owner, _, _ = path.partition("/")
        return SignedUrl(f"{self._edge.url}/{path}?{self._query(owner, expires)}", unix_timestamp(expires))

    def sign(self, owner_id: str) -> None:
        """Sign for an owner, unless it was done within the window. The URLs that follow need no call."""
        self._query(quote(owner_id, safe="~"), self._expires())

    def _expires(self) -> int:
        return window_start(self._clock(), self._ttl_seconds) + self._ttl_seconds

    def _signed_query(self, owner: str, expires: int) -> str:
        """The query string of all previews of an owner. `quote` has encoded wildcards in the id."""
        statement = policy(f"{self._edge.url}/{owner}/*", expires)
        return (
            f"Policy={_encoded(statement)}&Signature={_encoded(self._sign(statement))}"
            f"&Key-Pair-Id={self._edge.public_key_id}&Hash-Algorithm={HASH_ALGORITHM}"
        )


def policy(resource: str, expires: int) -> bytes:
    """A custom policy that allows a resource until `expires` (Unix seconds)."""
    condition = {"DateLessThan": {"AWS:EpochTime": expires}}
    return json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]}, separators=(",", ":")).encode()


def preview_url(key: str) -> str:
    """The URL of a preview, by its key in the media bucket."""
    return preview_urls().url(key).url


@contextmanager
def signing_ahead(owner_id: str) -> Iterator[None]:
    """Sign for an owner while the block waits for other calls. Nothing is done for S3, whose URLs need no call."""
    urls = edge_urls()
    if urls is None:
        yield
        return
    with Threads(1) as threads:
        signed = threads.start(urls.sign, owner_id)
        yield
    signed.result()


def preview_urls() -> PreviewUrls:
    """What makes the URLs of previews in this environment, the same object in each call."""
    return edge_urls() or presigner()


@cache
def edge_urls() -> EdgeUrls | None:
    """The URLs of CloudFront; None if the environment has no distribution."""
    edge = settings().edge
    return None if edge is None else EdgeUrls(edge, settings().url_ttl_seconds, kms_signatures(edge.signing_key))


def kms_signatures(key_arn: str) -> Sign:
    """Signatures by a KMS key, whose private key never leaves KMS."""
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3})
    client: Any = session().client("kms", config=config)

    def sign(message: bytes) -> bytes:
        response = client.sign(KeyId=key_arn, Message=message, MessageType="RAW", SigningAlgorithm=SIGNING_ALGORITHM)
        return bytes(response["Signature"])

    return sign


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode().translate(_REPLACED)
