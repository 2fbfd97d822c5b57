"""Presigned URLs and upload forms (AWS Signature Version 4, query and POST policy variants).

URLs are signed here and not by botocore, because the signing time is rounded down to a window. Two listings within a
window contain the same URL for an object, so that browsers can cache it. Botocore still chooses host and path style.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import quote, urlsplit

from photosky.aws import session
from photosky.photo import timestamp
from photosky.settings import settings
from photosky.store import keys
from photosky.store.media import s3_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"


class Credentials(NamedTuple):
    """An access key and, for a role, its session token, as in botocore's frozen credentials."""

    access_key: str
    secret_key: str
    token: str | None


class SignedUrl(NamedTuple):
    """A URL that is valid without further credentials until `expires_at` (ISO 8601, UTC)."""

    url: str
    expires_at: str


class UploadForm(NamedTuple):
    """A presigned POST of `fields` and then the file, as multipart/form-data, to `url`."""

    url: str
    fields: Mapping[str, str]
    expires_at: str


class Endpoint(NamedTuple):
    """The bucket's address: `https://host`, the path before a key without its last slash, and the region."""

    origin: str
    path: str
    region: str

    @property
    def host(self) -> str:
        """The Host header."""
        return self.origin.partition("://")[2]

    @classmethod
    def of_bucket(cls, client: "S3Client", bucket: str) -> Self:
        """The address that botocore uses, with its settings for region, dual stack and custom endpoints."""
        url = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"}))
        return cls(f"{url.scheme}://{url.netloc}", url.path.removesuffix("/key"), client.meta.region_name)


class Presigner:
    """Signs URLs and forms for one bucket with the function's current credentials.

    A URL is valid for `ttl_seconds` from the start of its window, which is half as long. So it is valid for at least
    half of `ttl_seconds` after it was returned, but no longer than the role's session.
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
        self._endpoint = Endpoint.of_bucket(client, bucket)

    def url(self, key: str, **response_headers: str) -> SignedUrl:
        """The URL for a GET of an object, with S3's overrides of response headers (`response_content_disposition`)."""
        signed_at = window_start(self._clock(), self._ttl_seconds)
        overrides = {name.replace("_", "-"): value for name, value in response_headers.items()}
        return SignedUrl(
            url=presign_get(self._endpoint, key, overrides, self._credentials(), signed_at, self._ttl_seconds),
            expires_at=unix_timestamp(signed_at + self._ttl_seconds),
        )

    def upload_form(self, owner_id: str, photo_id: str, content_type: str, size_bytes: int) -> UploadForm:
        """The form for an upload: S3 accepts only this photo's key, this content type and this number of bytes."""
        form = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=keys.upload_key(owner_id, photo_id),
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size_bytes, size_bytes]],
            ExpiresIn=self._ttl_seconds,
        )
        return UploadForm(form["url"], form["fields"], unix_timestamp(int(self._clock()) + self._ttl_seconds))


@cache
def presigner() -> Presigner:
    """The presigner of this deployment."""
    client = s3_client()
    return Presigner(client, settings().bucket_name, settings().url_ttl_seconds, _current_credentials)


def window_start(now: float, ttl_seconds: int) -> int:
    """The signing time for a URL that is made `now`, rounded down to half of its validity. Both in Unix seconds."""
    window = max(1, ttl_seconds // 2)
    return int(now) // window * window


def unix_timestamp(unix_seconds: int) -> str:
    """A time in Unix seconds as the API shows it."""
    return timestamp(datetime.fromtimestamp(unix_seconds, UTC))


def presign_get(
    endpoint: Endpoint,
    key: str,
    overrides: Mapping[str, str],
    credentials: Credentials,
    signed_at: int,
    ttl_seconds: int,
) -> str:
    """Sign a GET at `signed_at` (Unix seconds). The URL is byte-equal to botocore's for the same time.

    See "Authenticating Requests: Using Query Parameters" in the S3 API reference.
    """
    signing = _signing(credentials, endpoint.region, signed_at, ttl_seconds)
    query, canonical_query = signing.query, signing.canonical_query
    if overrides:
        pairs = [f"{_encoded(name)}={_encoded(value)}" for name, value in overrides.items()]
        query = "&".join([*pairs, query])
        canonical_query = "&".join(sorted([*pairs, *signing.query.split("&")]))
    path = f"{endpoint.path}/{quote(key, safe='/~')}"
    request = f"GET\n{path}\n{canonical_query}\nhost:{endpoint.host}\n\nhost\n{UNSIGNED_PAYLOAD}"
    to_sign = signing.preamble + hashlib.sha256(request.encode()).hexdigest()
    signature = hmac.digest(signing.key, to_sign.encode(), "sha256").hex()
    return f"{endpoint.origin}{path}?{query}&X-Amz-Signature={signature}"


class _Signing(NamedTuple):
    """The parts that all URLs of a window and of the same credentials share; a listing has hundreds of URLs."""

    query: str
    """The parameters in botocore's order."""
    canonical_query: str
    """The parameters sorted by name, as they are signed."""
    preamble: str
    """The string to sign, up to the digest of the request."""
    key: bytes


@lru_cache(maxsize=4)
def _signing(credentials: Credentials, region: str, signed_at: int, ttl_seconds: int) -> _Signing:
    moment = datetime.fromtimestamp(signed_at, UTC)
    date, amz_date = moment.strftime("%Y%m%d"), moment.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date}/{region}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": amz_date,
        "X-Amz-Expires": str(ttl_seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        query["X-Amz-Security-Token"] = credentials.token
    pairs = [f"{_encoded(name)}={_encoded(value)}" for name, value in query.items()]
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return _Signing("&".join(pairs), "&".join(sorted(pairs)), f"AWS4-HMAC-SHA256\n{amz_date}\n{scope}\n", key)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _current_credentials() -> Credentials:
    """The credentials of the function's role, which botocore refreshes before they expire.

    Raises RuntimeError if there are none.
    """
    credentials = session().get_credentials()
    if credentials is None:
        raise RuntimeError("there are no AWS credentials to sign with")
    frozen = credentials.get_frozen_credentials()
    return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)
