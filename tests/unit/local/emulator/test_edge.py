"""Signed URLs as CloudFront checks them, and the local addresses of distributions."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.emulator.edge import Refusal, local_addresses, refusal, to_distribution
from photosky.delivery import EdgeUrls
from photosky.settings import Edge
from tests.signing_keys import private_key

NOW = 1_790_000_100
TTL_SECONDS = 3600
ADDRESS = "127.0.0.1"
BASE = "http://127.0.0.1:4566/_aws/cloudfront/d111111abcdef8"
DENIED = Refusal("AccessDenied", "Access denied")
OWN, FOREIGN = f"{BASE}/owner-a/photo/execution/thumb.webp", f"{BASE}/owner-b/photo/execution/thumb.webp"


@dataclass(frozen=True)
class Signer:
    """A key pair with its id."""

    id: str

    @property
    def pem(self) -> str:
        """The public key."""
        key = private_key(self.id).public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes, algorithm: type[hashes.HashAlgorithm] = hashes.SHA256) -> bytes:
        """Sign as CloudFront expects it."""
        return private_key(self.id).sign(message, padding.PKCS1v15(), algorithm())

    def query(self, owner: str = "owner-a") -> str:
        """The query string that the functions make for an owner's previews."""
        edge = Edge(BASE, self.id, "arn")
        url = EdgeUrls(edge, TTL_SECONDS, self.sign, lambda: NOW).url(f"previews/{owner}/photo/execution/thumb.webp")
        return url.url.partition("?")[2]


CURRENT, PREVIOUS, REMOVED = Signer("KCURRENT"), Signer("KPREVIOUS"), Signer("KREMOVED")


def check(url: str, query: str, now: float = NOW, signers: Iterable[Signer] = (CURRENT, PREVIOUS)) -> Refusal | None:
    """Check a request of this machine."""
    return refusal(url, query, ADDRESS, {signer.id: signer.pem for signer in signers}, now)


def test_a_signed_url_opens_all_previews_of_its_owner() -> None:
    assert check(OWN, CURRENT.query()) is None
    assert check(f"{BASE}/owner-a/other/execution/large.webp", CURRENT.query()) is None


@pytest.mark.parametrize("signer", [CURRENT, PREVIOUS], ids=["current", "previous"])
def test_every_key_of_the_group_is_accepted(signer: Signer) -> None:
    assert check(OWN, signer.query()) is None


def test_a_removed_key_is_refused() -> None:
    assert check(OWN, REMOVED.query()) == DENIED
    assert check(OWN, PREVIOUS.query(), signers=[CURRENT]) == DENIED


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.replace("Signature=", "Signature=A"),
        lambda query: query.replace("Policy=", "Policy=A"),
        lambda query: query.replace("Policy=e", "Policy=f"),
        lambda query: query.replace("&Hash-Algorithm=SHA256", ""),
        lambda query: query.replace("SHA256", "MD5"),
        lambda query: query.replace("KCURRENT", "KPREVIOUS"),
        lambda query: query + "&Expires=1790009999",
        lambda query: query + "&" + PREVIOUS.query(),
        lambda query: query.partition("&")[2],
        lambda query: "&".join(part for part in query.split("&") if not part.startswith("Signature")),
    ],
    ids=["signature", "policy", "json", "hash", "unknown-hash", "key", "both", "twice", "no-policy", "no-signature"],
)
def test_a_tampered_url_is_refused(change: Callable[[str], str]) -> None:
    assert check(OWN, change(CURRENT.query())) == DENIED


def test_an_unsigned_url_is_refused() -> None:
    assert check(OWN, "") == Refusal("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")


def test_a_foreign_owners_url_is_refused() -> None:
    assert check(FOREIGN, CURRENT.query("owner-a")) == DENIED
    assert check(OWN.replace("owner-a", "owner-ab"), CURRENT.query("owner-a")) == DENIED


def test_another_owners_policy_is_refused_with_an_own_signature() -> None:
    mixed = CURRENT.query("owner-b").partition("&")[0] + "&" + CURRENT.query("owner-a").partition("&")[2]
    assert check(OWN, mixed) == check(FOREIGN, mixed) == DENIED


def test_an_expired_url_is_refused() -> None:
    expires = NOW // (TTL_SECONDS // 2) * (TTL_SECONDS // 2) + TTL_SECONDS
    assert check(OWN, CURRENT.query(), now=expires - 1) is None
    assert check(OWN, CURRENT.query(), now=expires) == DENIED


def test_another_distributions_policy_is_refused() -> None:
    assert check(OWN.replace("d111111abcdef8", "d222222abcdef8"), CURRENT.query()) == DENIED


@pytest.mark.parametrize(
    ("condition", "is_allowed"),
    [
        ({"DateLessThan": {"AWS:EpochTime": NOW + 1}, "DateGreaterThan": {"AWS:EpochTime": NOW - 1}}, True),
        ({"DateLessThan": {"AWS:EpochTime": NOW + 1}, "DateGreaterThan": {"AWS:EpochTime": NOW + 1}}, False),
        ({"DateLessThan": {"AWS:EpochTime": NOW + 1}, "IpAddress": {"AWS:SourceIp": "127.0.0.1/32"}}, True),
        ({"DateLessThan": {"AWS:EpochTime": NOW + 1}, "IpAddress": {"AWS:SourceIp": "192.0.2.1/32"}}, False),
        ({"DateLessThan": {"AWS:EpochTime": NOW + 1}, "Other": {}}, False),
        ({"DateGreaterThan": {"AWS:EpochTime": NOW - 1}}, False),
    ],
)
def test_conditions_of_a_custom_policy(condition: dict[str, Any], is_allowed: bool) -> None:
    policy = json.dumps({"Statement": [{"Resource": f"{BASE}/owner-?/*", "Condition": condition}]})
    url = CloudFrontSigner(CURRENT.id, CURRENT.sign).generate_presigned_url(OWN, policy=policy)
    assert (check(OWN, f"{url.partition('?')[2]}&Hash-Algorithm=SHA256") is None) == is_allowed


def test_a_canned_policy_with_sha1_and_a_query_is_accepted() -> None:
    from datetime import UTC, datetime

    signer = CloudFrontSigner(CURRENT.id, lambda message: CURRENT.sign(message, hashes.SHA1))
    url = signer.generate_presigned_url(f"{OWN}?size=large", date_less_than=datetime.fromtimestamp(NOW + 60, UTC))
    assert check(OWN, url.partition("?")[2]) is None
    assert check(OWN, url.partition("?")[2].replace("large", "small")) == DENIED


def test_addresses_of_distributions_are_local() -> None:
    text = '{"url": "https://d111111abcdef8.cloudfront.net", "key": "K1"}'
    assert local_addresses(text, 4566) == f'{{"url": "{BASE}", "key": "K1"}}'
    assert local_addresses("https://example.com", 4566) == "https://example.com"


def test_request_reaches_the_distribution_with_its_host_and_path() -> None:
    path = "/_aws/cloudfront/d111111abcdef8/owner/ü.webp"
    headers = [(b"Host", b"127.0.0.1:4566"), (b"origin", b"http://localhost:5173")]
    scope = {"type": "http", "path": path, "raw_path": quote(path).encode(), "headers": headers}
    assert to_distribution(scope) == {
        "type": "http",
        "path": "/owner/ü.webp",
        "raw_path": b"/owner/%C3%BC.webp",
        "headers": [
            (b"origin", b"http://localhost:5173"),
            (b"host", b"d111111abcdef8.cloudfront.net"),
            (b"x-forwarded-proto", b"https"),
        ],
    }


@pytest.mark.parametrize(
    "path", ["/", "/media/previews/a.webp", "/_aws/cloudfront/d1", "/_aws/execute-api/a/v1/photos"]
)
def test_other_requests_are_unchanged(path: str) -> None:
    scope = {"type": "http", "path": path, "headers": [(b"host", b"127.0.0.1:4566")]}
    assert to_distribution(scope) is scope
