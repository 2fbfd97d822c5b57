"""The local address of CloudFront distributions, and the check of signed URLs that CloudFront makes.

`https://LABEL.cloudfront.net` is served at `http://127.0.0.1:PORT/_aws/cloudfront/LABEL`, since no name of a
distribution can resolve to this machine.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from local.emulator.guard import EDGE, HOST

_DOMAIN: Final = re.compile(r"https://([a-z0-9]+)\.cloudfront\.net")
_PATH: Final = re.compile(rf"{EDGE}([a-z0-9]+)(/.*)")
_SIGNING: Final = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
_HASHES: Final[Mapping[str, type[hashes.HashAlgorithm]]] = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_DECODED: Final = str.maketrans("-_~", "+=/")


def local_addresses(text: str, port: int | str) -> str:
    """Replace the addresses of distributions in a text by those on this machine."""
    return _DOMAIN.sub(rf"http://{HOST}:{port}{EDGE}\1", text)


def to_distribution(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The ASGI scope of a request as the distribution gets it: with its Host, over TLS. Others are unchanged."""
    found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
    if found is None:
        return scope
    label, path = found.groups()
    replaced = {b"host": f"{label}.cloudfront.net".encode(), b"x-forwarded-proto": b"https"}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in replaced]
    raw_path = scope.get("raw_path", b"").removeprefix(f"{EDGE}{label}".encode())
    return {**scope, "path": path, "raw_path": raw_path, "headers": [*headers, *replaced.items()]}


@dataclass(frozen=True)
class Refusal:
    """Why CloudFront answers 403: the code and message of its XML body."""

    code: str
    message: str


_DENIED: Final = Refusal("AccessDenied", "Access denied")
_NO_KEY: Final = Refusal("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")


def refusal(base_url: str, query: str, address: str, keys: Mapping[str, str], now: float) -> Refusal | None:
    """Check a signed URL; None if it is valid.

    See "Use signed URLs" in the CloudFront developer guide: a canned or a custom policy, signed by a key of the
    behaviour's key groups (`keys`: PEM by id), for this resource, this `address` and this time (Unix seconds).
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    given = {name: value for name, value in pairs if name in _SIGNING}
    if "Key-Pair-Id" not in given:
        return _NO_KEY
    others = urlencode([(name, value) for name, value in pairs if name not in _SIGNING])
    url = f"{base_url}?{others}" if others else base_url
    is_repeated = len(given) < len([name for name, _ in pairs if name in _SIGNING])
    if is_repeated or "Signature" not in given or ("Policy" in given) == ("Expires" in given):
        return _DENIED
    try:
        policy = _decoded(given["Policy"]) if "Policy" in given else _canned(url, int(given["Expires"]))
        _verify(keys[given["Key-Pair-Id"]], _decoded(given["Signature"]), policy, given.get("Hash-Algorithm", "SHA1"))
        (statement,) = json.loads(policy)["Statement"]
        is_allowed = _is_allowed(statement, url, address, now)
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return _DENIED
    return None if is_allowed else _DENIED


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.translate(_DECODED), validate=True)
    except binascii.Error as error:
        raise ValueError("no Base64") from error


def _canned(url: str, expires: int) -> bytes:
    condition = {"DateLessThan": {"AWS:EpochTime": expires}}
    return json.dumps({"Statement": [{"Resource": url, "Condition": condition}]}, separators=(",", ":")).encode()


def _verify(pem: str, signature: bytes, policy: bytes, algorithm: str) -> None:
    """Raise InvalidSignature, or KeyError for an unknown algorithm."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("no RSA key")  # noqa: TRY004 - one of the errors that refuse a request
    key.verify(signature, policy, PKCS1v15(), _HASHES[algorithm]())


def _is_allowed(statement: Mapping[str, Any], url: str, address: str, now: float) -> bool:
    condition = dict(statement["Condition"])
    until = condition.pop("DateLessThan")["AWS:EpochTime"]
    since = condition.pop("DateGreaterThan", {"AWS:EpochTime": 0})["AWS:EpochTime"]
    addresses = condition.pop("IpAddress", {"AWS:SourceIp": "0.0.0.0/0"})["AWS:SourceIp"]
    if condition or addresses not in ("0.0.0.0/0", address, f"{address}/32"):
        return False
    return since < now < until and re.fullmatch(_pattern(statement["Resource"]), url) is not None


def _pattern(resource: str) -> str:
    """The regular expression of a resource, in which `*` is any text and `?` any character."""
    return re.escape(resource).replace(r"\*", ".*").replace(r"\?", ".")
