"""URLs of previews: equal to botocore's, verifiable with the public key, and the same from every sandbox."""

import base64
import gzip
import json
import random
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto import mock_aws

from photosky import delivery
from photosky.aws import session
from photosky.delivery import EdgeUrls, Sign, kms_signatures, policy, preview_url, preview_urls, signing_ahead
from photosky.presigning import Presigner, SignedUrl
from photosky.settings import Edge
from tests.clock import NOW, Clock
from tests.signing_keys import private_key
from tests.storage import Storage

TTL_SECONDS = 3600
WINDOW_SECONDS = TTL_SECONDS // 2
EXPIRES = NOW // WINDOW_SECONDS * WINDOW_SECONDS + TTL_SECONDS
EDGE = Edge("https://d111111abcdef8.cloudfront.net", "K2JCJMDEHXQW5F", "arn:aws:kms:us-east-1:123456789012:key/one")
OWNER = "0198c2a0-0000-7000-8000-00000000000a"
KEY = f"previews/{OWNER}/photo/execution/thumb-01234567.webp"


def sign(message: bytes) -> bytes:
    """Sign as KMS does, with a key of this process."""
    return private_key("delivery").sign(message, padding.PKCS1v15(), hashes.SHA256())


@pytest.fixture
def urls(clock: Clock) -> EdgeUrls:
    """One-hour URLs."""
    return EdgeUrls(EDGE, TTL_SECONDS, sign, clock)


@pytest.fixture
def kms_key(aws_environment: None, fresh_caches: None, socket_disabled: None) -> Any:  # noqa: ARG001 - for clients
    """A signing key in KMS: its ARN and its public key."""
    with mock_aws(config={"core": {"mock_credentials": False}}):
        client = session().client("kms")
        arn = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        yield arn, load_der_public_key(client.get_public_key(KeyId=arn)["PublicKey"])


def decoded(text: str) -> bytes:
    """Decode CloudFront's variant of Base64."""
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL, which need no further decoding."""
    return dict(pair.split("=", 1) for pair in url.partition("?")[2].split("&"))


def test_url_is_botocores_with_the_hash_algorithm(urls: EdgeUrls) -> None:
    botocores = CloudFrontSigner(EDGE.public_key_id, sign).generate_presigned_url(
        f"{EDGE.url}/{KEY.removeprefix('previews/')}", policy=policy(f"{EDGE.url}/{OWNER}/*", EXPIRES).decode()
    )
    assert urls.url(KEY).url == f"{botocores}&Hash-Algorithm=SHA256"


def test_policy_is_the_owners_wildcard_and_verifies(urls: EdgeUrls) -> None:
    query = query_of(urls.url(KEY).url)
    assert json.loads(decoded(query["Policy"])) == {
        "Statement": [
            {
                "Resource": f"{EDGE.url}/{OWNER}/*",
                "Condition": {"DateLessThan": {"AWS:EpochTime": EXPIRES}},
            }
        ]
    }
    private_key("delivery").public_key().verify(
        decoded(query["Signature"]), decoded(query["Policy"]), padding.PKCS1v15(), hashes.SHA256()
    )


def test_a_page_needs_one_signature_per_owner_and_window(clock: Clock) -> None:
    signed: list[bytes] = []

    def counting(message: bytes) -> bytes:
        signed.append(message)
        return sign(message)

    urls = EdgeUrls(EDGE, TTL_SECONDS, counting, clock)
    queries = {
        urls.url(f"previews/{OWNER}/{number}/execution/thumb.webp").url.partition("?")[2] for number in range(400)
    }
    assert len(queries) == len(signed) == 1
    urls.url("previews/other/photo/execution/thumb.webp")
    clock.now += WINDOW_SECONDS
    urls.url(KEY)
    assert len(signed) == 3


def test_sandboxes_return_the_same_url_within_a_window(clock: Clock) -> None:
    one, other = (EdgeUrls(EDGE, TTL_SECONDS, sign, clock) for _ in range(2))
    clock.now = EXPIRES - TTL_SECONDS
    first = one.url(KEY)
    clock.now += WINDOW_SECONDS - 1
    assert other.url(KEY) == first
    clock.now += 1
    assert other.url(KEY) != first


def test_expiry_is_that_of_presigned_urls(urls: EdgeUrls, storage: Storage, clock: Clock) -> None:  # noqa: ARG001
    presigned = preview_urls()
    assert isinstance(presigned, Presigner)
    assert urls.url(KEY).expires_at == presigned.url(KEY).expires_at


def test_wildcards_and_separators_in_a_key_are_encoded(urls: EdgeUrls) -> None:
    url = urls.url("previews/a*?&#/photo/thumb.webp").url
    assert url.startswith(f"{EDGE.url}/a%2A%3F%26%23/photo/thumb.webp?Policy=")
    assert json.loads(decoded(query_of(url)["Policy"]))["Statement"][0]["Resource"] == f"{EDGE.url}/a%2A%3F%26%23/*"


@pytest.mark.parametrize("key", ["originals/owner/photo/execution", "incoming/owner/photo", "previewsowner/photo"])
def test_other_objects_get_no_url(urls: EdgeUrls, key: str) -> None:
    with pytest.raises(ValueError, match="previews only"):
        urls.url(key)


def test_kms_signs_deterministically(kms_key: tuple[str, rsa.RSAPublicKey]) -> None:
    arn, public_key = kms_key
    signatures: list[Sign] = [kms_signatures(arn), kms_signatures(arn)]
    first, second = (signature(b"policy") for signature in signatures)
    assert first == second
    public_key.verify(first, b"policy", padding.PKCS1v15(), hashes.SHA256())


def test_signature_is_made_while_the_block_waits(
    storage: Storage,  # noqa: ARG001 - the environment
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_waiting, signed = threading.Event(), threading.Event()

    def waiting(_message: bytes) -> bytes:
        assert is_waiting.wait(10)
        signed.set()
        return b"signature"

    monkeypatch.setattr("photosky.concurrently.ThreadPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(delivery, "kms_signatures", lambda _key: waiting)
    configure(edge=EDGE)
    with signing_ahead(OWNER):
        is_waiting.set()
        assert signed.wait(10)
    is_waiting.clear()
    assert preview_url(KEY).startswith(EDGE.url)  # Without another signature, which would wait.


def test_failed_signature_is_raised_after_the_block(
    storage: Storage,  # noqa: ARG001 - the environment
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_message: bytes) -> bytes:
        raise RuntimeError("refused")

    monkeypatch.setattr(delivery, "kms_signatures", lambda _key: refused)
    configure(edge=EDGE)
    done = []
    with pytest.raises(RuntimeError, match="refused"), signing_ahead(OWNER):
        done.append("block")
    assert done == ["block"]


def test_s3_signs_nothing_ahead(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(delivery, "Threads", lambda _count: pytest.fail("a thread was started"))
    with signing_ahead(OWNER):
        pass


def test_settings_decide_between_s3_and_cloudfront(
    storage: Storage,  # noqa: ARG001 - the environment
    configure: Callable[..., None],
) -> None:
    assert "X-Amz-Signature=" in preview_url(KEY)
    key = session().client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    configure(edge=Edge(EDGE.url, EDGE.public_key_id, key))
    assert preview_url(KEY).startswith(f"{EDGE.url}/{OWNER}/photo/execution/thumb-01234567.webp?Policy=")


def test_a_page_of_a_hundred_photos_is_small_when_compressed(urls: EdgeUrls) -> None:
    """Gzip's window of 32 KiB holds several URLs, which differ in their ids and their preset only."""
    ids = [str(uuid.UUID(int=random.Random(number).getrandbits(128))) for number in range(200)]
    page = [
        urls.url(f"previews/{OWNER}/{photo}/{execution}/{preset}-01234567.webp").url
        for photo, execution in zip(ids[::2], ids[1::2], strict=True)
        for preset in ("thumb", "small", "medium", "large")
    ]
    assert len(page) == 400
    assert len(gzip.compress(json.dumps(page).encode())) < 13_000


def test_signed_url_has_its_expiry(urls: EdgeUrls) -> None:
    signed = urls.url(KEY)
    assert signed == SignedUrl(signed.url, "2026-09-21T15:00:00.000Z")
