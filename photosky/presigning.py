"""Presigned URLs and upload forms (AWS Signature Version 4, query and POST-policy variants).

URLs are signed here and not by botocore, because the signing time is floored to a window: two listings within
it give the same URL for the same object, and a browser's cache hits. Host and path style stay botocore's choice.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlsplit

from photosky import keys
from photosky.aws import session
from photosky.media import s3_client
from photosky.photo import timestamp
from photosky.settings import settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Credentials:
    """What signs: an access key and, for a role, its session token. Botocore's frozen credentials, renamed."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True)
class SignedUrl:
    """A URL that works without further credentials until `expires_at` (ISO 8601, UTC)."""

    url: str
    expires_at: str


@dataclass(frozen=True)
class UploadForm:
    """A presigned POST: send `fields` and then the file, as multipart/form-data, to `url`."""

    url: str
    fields: Mapping[str, str]
    expires_at: str


@dataclass(frozen=True)
class Endpoint:
    """Where the bucket answers: `https://host` and the path that stands before a key, without a slash at its end."""

    origin: str
    path: str
    region: str

    @classmethod
    def of(cls, client: "S3Client", bucket: str) -> Self:
        """Ask botocore how it addresses the bucket, so that region, dual stack and custom endpoints hold."""
        url = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"}))
        return cls(f"{url.scheme}://{url.netloc}", url.path.removesuffix("/key"), client.meta.region_name)


class Presigner:
    """Signs for one bucket with whatever credentials the function has at that moment.

    A URL lives for `ttl_seconds` from the start of the window in which it was signed; a window is half of that,
    so every URL handed out works for at least half of `ttl_seconds` (and no longer than the role's session).
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        ttl_seconds: int,
        credentials: Callable[[], Credentials],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._ttl_seconds = ttl_seconds
        self._credentials = credentials
        self._clock = clock
        self._endpoint = Endpoint.of(client, bucket)

    def url(self, key: str, **response_headers: str) -> SignedUrl:
        """A GET of one object; `response_headers` are S3's overrides, such as `response_content_disposition`."""
        window = max(1, self._ttl_seconds // 2)
        signed_at = int(self._clock()) // window * window
        overrides = {name.replace("_", "-"): value for name, value in response_headers.items()}
        return SignedUrl(
            url=presign_get(self._endpoint, key, overrides, self._credentials(), signed_at, self._ttl_seconds),
            expires_at=_at(signed_at + self._ttl_seconds),
        )

    def upload_form(self, owner_id: str, photo_id: str, content_type: str, size_bytes: int) -> UploadForm:
        """A POST that S3 accepts for exactly this photo's key, this type and this many bytes."""
        form = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=keys.upload_key(owner_id, photo_id),
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size_bytes, size_bytes]],
            ExpiresIn=self._ttl_seconds,
        )
        return UploadForm(form["url"], form["fields"], _at(int(self._clock()) + self._ttl_seconds))


@cache
def presigner() -> Presigner:
    """The presigner of this deployment."""
    client = s3_client()
    return Presigner(client, settings().bucket_name, settings().url_ttl_seconds, _current_credentials)


def presign_get(
    endpoint: Endpoint,
    key: str,
    overrides: Mapping[str, str],
    credentials: Credentials,
    signed_at: int,
    ttl_seconds: int,
) -> str:
    """The URL that botocore makes for the same clock, byte for byte; `signed_at` is in Unix seconds.

    Follows "Authenticating Requests: Using Query Parameters" of the S3 API reference.
    """
    moment = datetime.fromtimestamp(signed_at, UTC)
    date = moment.strftime("%Y%m%d")
    amz_date = moment.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date}/{endpoint.region}/s3/aws4_request"
    query = {
        **overrides,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": amz_date,
        "X-Amz-Expires": str(ttl_seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        query["X-Amz-Security-Token"] = credentials.token
    pairs = [f"{_encoded(name)}={_encoded(value)}" for name, value in query.items()]
    path = f"{endpoint.path}/{quote(key, safe='/~')}"
    host = endpoint.origin.partition("://")[2]
    request = "\n".join(["GET", path, "&".join(sorted(pairs)), f"host:{host}", "", "host", UNSIGNED_PAYLOAD])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", amz_date, scope, hashlib.sha256(request.encode()).hexdigest()])
    signing_key = _signing_key(credentials.secret_key, date, endpoint.region)
    signature = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{endpoint.origin}{path}?{'&'.join(pairs)}&X-Amz-Signature={signature}"


@lru_cache(maxsize=4)
def _signing_key(secret_key: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _at(seconds: int) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))


def _current_credentials() -> Credentials:
    """What the function's role signs with now; botocore refreshes it when it nears its end.

    Raises RuntimeError where there are no credentials at all.
    """
    credentials = session().get_credentials()
    if credentials is None:
        raise RuntimeError("there are no AWS credentials to sign with")
    frozen = credentials.get_frozen_credentials()
    return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)
