"""Presigned URLs and forms are byte-equal to botocore's, except that the signing time is rounded down."""

import base64
import hmac
import json
import random
import re
import string
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from boto3 import Session
from types_boto3_s3 import S3Client

from photosky.presigning import (
    Credentials,
    Endpoint,
    Presigner,
    SignedUrl,
    UploadForm,
    _signing,
    presign_get,
    presigner,
)
from photosky.settings import Settings
from photosky.store.media import s3_client
from tests.clock import NOW, Clock
from tests.conftest import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN

TTL_SECONDS = 3600
WINDOW_SECONDS = TTL_SECONDS // 2
WITH_TOKEN = Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN)
WITHOUT_TOKEN = Credentials(ACCESS_KEY, SECRET_KEY, None)
DISPOSITION = "attachment; filename=\"So_mer.jpg\"; filename*=UTF-8''So%CC%88mer%20%28~1%29.jpg"
TEXT = [*"abcXYZ019 -_.~+!*'()&=?#%:;@$,\"\\[]{}|^`<>", "ü", "é", "日", "本", "🏔", "\N{COMBINING DIAERESIS}"]


def random_keys(count: int) -> list[str]:
    """Keys of one to five parts, with all characters that need encoding."""
    draw = random.Random(20260921)
    return ["a//b", "./a", "a/../b", "a/", "a b+c~d", "%2F", "ü" * 300] + [
        "/".join("".join(draw.choices(TEXT, k=draw.randint(1, 12))) for _ in range(draw.randint(1, 5)))
        for _ in range(count)
    ]


Connect = Callable[..., S3Client]


@pytest.fixture
def connect(
    aws_environment: None,  # noqa: ARG001 - boto3 reads it
    fresh_caches: None,  # noqa: ARG001
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Connect:
    """Creates the functions' client for a region, credentials and, optionally, an endpoint."""
    clock.freeze_botocore(monkeypatch)

    def create(
        region: str = "us-east-1", credentials: Credentials = WITH_TOKEN, endpoint_url: str | None = None
    ) -> S3Client:
        session = Session(
            region_name=region,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
        )
        monkeypatch.setattr("photosky.store.media.session", lambda: session)
        if endpoint_url:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
        s3_client.cache_clear()
        return s3_client()

    return create


@pytest.mark.parametrize("credentials", [WITH_TOKEN, WITHOUT_TOKEN], ids=["session token", "no token"])
@pytest.mark.parametrize(
    ("region", "endpoint_url", "origin", "path"),
    [
        ("us-east-1", None, "https://media.s3.us-east-1.amazonaws.com", ""),
        ("eu-central-1", None, "https://media.s3.eu-central-1.amazonaws.com", ""),
        ("cn-north-1", None, "https://media.s3.cn-north-1.amazonaws.com.cn", ""),
        ("eu-west-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566", "/media"),
    ],
    ids=["us-east-1", "eu-central-1", "cn-north-1", "endpoint"],
)
def test_url_is_botocores_at_the_same_time(
    connect: Connect, region: str, endpoint_url: str | None, origin: str, path: str, credentials: Credentials
) -> None:
    client = connect(region, credentials, endpoint_url)
    endpoint = Endpoint.of_bucket(client, "media")
    assert endpoint == Endpoint(origin, path, region)
    for number, key in enumerate(random_keys(300)):
        overrides = {"response-content-disposition": DISPOSITION} if number % 2 else {}
        ours = presign_get(endpoint, key, overrides, credentials, NOW, TTL_SECONDS)
        parameters = {"Bucket": "media", "Key": key} | (
            {"ResponseContentDisposition": DISPOSITION} if overrides else {}
        )
        assert ours == client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=TTL_SECONDS)


def random_credentials(count: int) -> list[Credentials]:
    """Access keys in AWS's alphabet; every fifth without a session token."""
    draw, base64_characters = random.Random(20260922), string.ascii_letters + string.digits + "+/="
    return [
        Credentials(
            "ASIA" + "".join(draw.choices(string.ascii_uppercase + string.digits, k=16)),
            "".join(draw.choices(base64_characters, k=40)),
            "".join(draw.choices(base64_characters, k=draw.randint(1, 1200))) if number % 5 else None,
        )
        for number in range(count)
    ]


def test_url_is_botocores_for_any_credentials(connect: Connect) -> None:
    for credentials, key in zip(random_credentials(20), random_keys(13), strict=True):
        client = connect("ap-southeast-2", credentials)
        ours = presign_get(Endpoint.of_bucket(client, "media"), key, {}, credentials, NOW, TTL_SECONDS)
        assert ours == client.generate_presigned_url(
            "get_object", Params={"Bucket": "media", "Key": key}, ExpiresIn=TTL_SECONDS
        )


def test_bucket_name_with_dots_is_in_the_path(connect: Connect) -> None:
    """A wildcard certificate does not cover dots, so botocore uses no virtual host."""
    client = connect()
    ours = presign_get(Endpoint.of_bucket(client, "my.media"), "a key", {}, WITH_TOKEN, NOW, TTL_SECONDS)
    parameters = {"Bucket": "my.media", "Key": "a key"}
    assert ours == client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=TTL_SECONDS)


@pytest.fixture
def one_hour_presigner(connect: Connect, clock: Clock) -> Presigner:
    """A presigner of one-hour URLs."""
    return Presigner(connect(), "media", TTL_SECONDS, lambda: WITH_TOKEN, clock)


def test_urls_within_a_window_are_equal(one_hour_presigner: Presigner, clock: Clock) -> None:
    clock.now = float(NOW // WINDOW_SECONDS * WINDOW_SECONDS)
    first = one_hour_presigner.url("previews/a")
    clock.tick(WINDOW_SECONDS - 0.001)
    assert one_hour_presigner.url("previews/a") == first
    clock.tick(0.001)
    assert one_hour_presigner.url("previews/a") != first


def test_signing_key_is_derived_once_per_page(one_hour_presigner: Presigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """One HMAC per URL makes signing cheap; `make bench` measures it."""
    digests: list[object] = []

    def counting(key: bytes, message: bytes, digest: str) -> bytes:
        digests.append(message)
        return hmac.HMAC(key, message, digest).digest()

    monkeypatch.setattr("photosky.presigning.hmac.digest", counting)
    _signing.cache_clear()
    urls = {one_hour_presigner.url(f"previews/{number}").url for number in range(400)}
    key_derivation = ("date", "region", "service", "request")
    assert (len(urls), len(digests)) == (400, 400 + len(key_derivation))


def test_url_has_its_expiry(one_hour_presigner: Presigner) -> None:
    signed = one_hour_presigner.url("previews/a", response_content_disposition=DISPOSITION)
    assert signed == SignedUrl(signed.url, "2026-09-21T15:00:00.000Z")
    assert parse_qs(urlsplit(signed.url).query) | {"X-Amz-Signature": ["…"]} == {
        "response-content-disposition": [DISPOSITION],
        "X-Amz-Algorithm": ["AWS4-HMAC-SHA256"],
        "X-Amz-Credential": [f"{ACCESS_KEY}/20260921/us-east-1/s3/aws4_request"],
        "X-Amz-Date": ["20260921T140000Z"],
        "X-Amz-Expires": ["3600"],
        "X-Amz-SignedHeaders": ["host"],
        "X-Amz-Security-Token": [SESSION_TOKEN],
        "X-Amz-Signature": ["…"],
    }


@pytest.mark.parametrize("ttl_seconds", [60, 61, 599, 3600, 43_200])
def test_url_is_valid_for_half_to_all_of_its_ttl(connect: Connect, clock: Clock, ttl_seconds: int) -> None:
    signer = Presigner(connect(), "media", ttl_seconds, lambda: WITH_TOKEN, clock)
    draw = random.Random(ttl_seconds)
    for _ in range(200):
        clock.now = NOW + draw.uniform(0, 2 * ttl_seconds)
        query = parse_qs(urlsplit(signer.url("previews/a").url).query)
        signed_at = _seconds(query["X-Amz-Date"][0])
        left = signed_at + int(query["X-Amz-Expires"][0]) - clock.now
        assert ttl_seconds / 2 <= left <= ttl_seconds


def test_urls_use_the_current_credentials(connect: Connect, clock: Clock) -> None:
    current = [WITH_TOKEN]
    signer = Presigner(connect(), "media", TTL_SECONDS, lambda: current[-1], clock)
    first = signer.url("previews/a")
    current.append(Credentials("ASIANEXT", "next", "next token"))
    assert "ASIANEXT" in signer.url("previews/a").url
    current.pop()
    assert signer.url("previews/a") == first


def test_deployed_presigner_uses_the_functions_role(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connect()
    settings = Settings("photos", "media", ("https://a.example",), (), 1, 1, TTL_SECONDS, "drop", 1, 30, 0, 0, "1.0.0")
    monkeypatch.setattr("photosky.presigning.settings", lambda: settings)
    query = parse_qs(urlsplit(presigner().url("previews/a").url).query)
    assert query["X-Amz-Security-Token"] == [SESSION_TOKEN]
    assert query["X-Amz-Credential"][0].startswith(f"{ACCESS_KEY}/")


def test_signing_without_credentials_raises(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connect()
    settings = Settings("photos", "media", ("https://a.example",), (), 1, 1, TTL_SECONDS, "drop", 1, 30, 0, 0, "1.0.0")
    monkeypatch.setattr("photosky.presigning.settings", lambda: settings)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    signer = presigner()
    with pytest.raises(RuntimeError, match="no AWS credentials"):
        signer.url("previews/a")


@pytest.mark.parametrize("credentials", [WITH_TOKEN, WITHOUT_TOKEN], ids=["session token", "no token"])
def test_form_accepts_one_key_type_and_size(connect: Connect, clock: Clock, credentials: Credentials) -> None:
    signer = Presigner(connect(credentials=credentials), "media", TTL_SECONDS, lambda: credentials, clock)
    form = signer.upload_form("owner", "photo", "image/jpeg", 1234)
    token = {"x-amz-security-token": credentials.token} if credentials.token else {}
    signing = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{ACCESS_KEY}/20260921/us-east-1/s3/aws4_request",
        "x-amz-date": "20260921T141500Z",
        **token,
    }
    policy = form.fields["policy"]
    assert json.loads(base64.b64decode(policy)) == {
        "expiration": "2026-09-21T15:15:00Z",
        "conditions": [
            {"Content-Type": "image/jpeg"},
            ["content-length-range", 1234, 1234],
            {"bucket": "media"},
            {"key": "incoming/owner/photo"},
            *({name: value} for name, value in signing.items()),
        ],
    }
    assert form == UploadForm(
        url="https://media.s3.us-east-1.amazonaws.com/",
        fields={
            "Content-Type": "image/jpeg",
            "key": "incoming/owner/photo",
            **signing,
            "policy": policy,
            "x-amz-signature": form.fields["x-amz-signature"],
        },
        expires_at="2026-09-21T15:15:00.000Z",
    )
    assert re.fullmatch("[0-9a-f]{64}", form.fields["x-amz-signature"])


def _seconds(amz_date: str) -> float:
    return datetime.strptime(f"{amz_date}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
