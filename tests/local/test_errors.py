"""Every code of the error catalogue, over HTTP."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infrastructure.version import VERSION
from local.connection import Connection
from photosky.errors import CATALOGUE, EXPOSED_HEADERS, Code
from photosky.headers import SECURITY_HEADERS
from tests.local.client import ORIGIN, Client, signed_in
from tests.pictures import animation, bomb_png, encoded, giant_jpeg, truncated, wrong_bytes

UNKNOWN = "01890000-0000-7000-8000-000000000000"


def problem_of(response: httpx.Response, code: Code) -> str:
    """Assert that the response is the problem document of the code, and return its detail."""
    entry = CATALOGUE[code]
    assert response.status_code == entry.status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Vary"] == "Origin"
    assert {name: response.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    exposed = {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == set(EXPOSED_HEADERS)
    assert response.headers.get("Retry-After") == ("2" if entry.retryable else None)
    challenge = 'Bearer realm="photosky"' if code is Code.UNAUTHORIZED else None
    assert response.headers.get("WWW-Authenticate") == challenge
    document: dict[str, Any] = response.json()
    errors = document.pop("errors", None)
    assert document == {
        "type": f"urn:photosky:problem:{code}",
        "title": entry.title,
        "status": entry.status,
        "detail": document["detail"],
        "code": str(code),
        "request_id": response.headers["X-Request-Id"],
    }
    assert document["detail"]
    if errors is not None:
        assert code is Code.INVALID_REQUEST
        assert document["detail"] == " ".join(error["detail"] for error in errors)
        assert {len(error) for error in errors} == {2}  # The detail, and a pointer or a parameter.
    return str(document["detail"])


def assert_rejected(
    user: Client, data: bytes, code: Code, objects: Callable[[str], list[str]], content_type: str = "image/jpeg"
) -> None:
    """Assert that an upload is rejected with the code, in the record as well, and that its objects are removed."""
    photo_id, response = user.send(data, content_type=content_type)
    detail = problem_of(response, code)
    photo = user.read(photo_id)
    assert (photo["status"], photo["rejection"]) == ("rejected", {"code": str(code), "detail": detail})
    assert objects(photo_id) == []
    problem_of(user.ingest(photo_id), code)
    problem_of(user.call("GET", f"/photos/{photo_id}/original"), Code.UPLOAD_MISSING)


def test_invalid_body_names_the_field(demo: Client) -> None:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": "many"}
    assert "size_bytes" in problem_of(demo.call("POST", "/photos", json=body), Code.INVALID_REQUEST)


def test_invalid_cursor_is_refused(demo: Client) -> None:
    response = demo.call("GET", "/photos", params={"cursor": base64.urlsafe_b64encode(b'["desc","x"]').decode()})
    assert "cursor" in problem_of(response, Code.INVALID_REQUEST)


def test_ingest_with_an_unknown_body_type_is_refused(demo: Client) -> None:
    response = demo.call("POST", f"/photos/{UNKNOWN}/ingest", content=b"<x/>", headers={"Content-Type": "text/xml"})
    problem_of(response, Code.INVALID_REQUEST)


ROUTES = (
    ("GET", "/photos"),
    ("POST", "/photos"),
    ("GET", f"/photos/{UNKNOWN}"),
    ("PATCH", f"/photos/{UNKNOWN}"),
    ("DELETE", f"/photos/{UNKNOWN}"),
    ("GET", f"/photos/{UNKNOWN}/original"),
    ("POST", f"/photos/{UNKNOWN}/restore"),
    ("POST", f"/photos/{UNKNOWN}/ingest"),
)
"""The routes that need a token."""


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _read(part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return document


def _signed(token: str, key: rsa.RSAPrivateKey, **changes: Any) -> str:
    """A token with changed claims, signed as Cognito signs it."""
    header, claims, _ = token.split(".")
    text = f"{header}.{_part(_read(claims) | changes)}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.fixture(scope="session")
def pool_key(connection: Connection, state: Path, demo: Client) -> rsa.RSAPrivateKey:  # noqa: ARG001 - signing in creates it
    """The private key of the emulated user pool, which on AWS only Cognito has."""
    (path,) = (state / "state" / "cognito-pool-keys").glob(f"{connection.user_pool_id}-id.pem")
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@pytest.fixture(scope="session")
def tokens(
    demo: Client, connection: Connection, aws: Callable[[str], Any], pool_key: rsa.RSAPrivateKey
) -> dict[str, str | None]:
    """Invalid tokens; each differs in one property from the demo user's token."""
    header, claims, signature = demo.token.split(".")
    about = _read(claims)
    cognito, flows = aws("cognito-idp"), ["ALLOW_USER_PASSWORD_AUTH"]

    def sign_in(user_pool_id: str) -> str:
        """The ID token that a second client of a pool gets with the demo user's credentials."""
        client = cognito.create_user_pool_client(UserPoolId=user_pool_id, ClientName="second", ExplicitAuthFlows=flows)[
            "UserPoolClient"
        ]
        with signed_in(
            replace(connection, client_id=client["ClientId"]), connection.username, connection.password
        ) as elsewhere:
            return elsewhere.token

    pool = cognito.create_user_pool(PoolName="elsewhere")["UserPool"]["Id"]
    about_user = {"UserPoolId": pool, "Username": connection.username}
    cognito.admin_create_user(**about_user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**about_user, Password=connection.password, Permanent=True)
    own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = pool_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    by_public_key = f"{_part(_read(header) | {'alg': 'HS256'})}.{claims}"
    return {
        "none": None,
        "empty": "",
        "nonsense": "nonsense",
        "empty bearer token": "Bearer",
        "other claims": f"{header}.{_part(about | {'sub': 'another-user'})}.{signature}",
        "no signature": f"{_part({'alg': 'none'})}.{claims}.",
        "no signature, with the pool's key id": f"{_part(_read(header) | {'alg': 'none'})}.{claims}.",
        "public key as HMAC secret": f"{by_public_key}.{_mac(public, by_public_key)}",
        "another key": _signed(demo.token, own_key),
        "expired": _signed(demo.token, pool_key, exp=int(time.time()) - 1),
        "another issuer": _signed(demo.token, pool_key, iss="https://evil.example"),
        "no audience": _signed(demo.token, pool_key, aud=None),
        "token of another client": sign_in(connection.user_pool_id),
        "token of another pool": sign_in(pool),
        "access token": _access_token(demo, connection),
        "two signatures": f"{demo.token}.{signature}",
    }


def _mac(key: bytes, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def test_invalid_tokens_are_unauthorized(demo: Client, tokens: dict[str, str | None]) -> None:
    for name, token in tokens.items():
        headers = {"Origin": ORIGIN} | ({} if token is None else {"Authorization": token})
        for method, path in ROUTES:
            response = demo.http.request(method, f"{demo.api_url}{path}", headers=headers)
            assert response.status_code == 401, (name, method, path, response.text)
            problem_of(response, Code.UNAUTHORIZED)
    assert demo.http.get(f"{demo.api_url}/health").json() == {"status": "ok", "version": VERSION}


def test_valid_token_signed_by_the_test_is_accepted(demo: Client, pool_key: rsa.RSAPrivateKey) -> None:
    """So the tokens above are refused for their defects, and not because the test signed them."""
    token = _signed(demo.token, pool_key, exp=int(time.time()) + 60)
    assert token != demo.token
    assert demo.call("GET", "/photos", headers={"Authorization": token}).status_code == 200


def test_bearer_token_is_accepted(demo: Client) -> None:
    assert demo.call("GET", "/photos", headers={"Authorization": f"Bearer {demo.token}"}).status_code == 200


def _access_token(demo: Client, connection: Connection) -> str:
    response = demo.http.post(
        f"{connection.endpoint_url}/",
        json={
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": connection.client_id,
            "AuthParameters": {"USERNAME": connection.username, "PASSWORD": connection.password},
        },
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
    )
    return str(response.json()["AuthenticationResult"]["AccessToken"])


@pytest.mark.parametrize("photo_id", [UNKNOWN, "not-a-uuid", "%22%27%5C%24foo%23set", "%F0%9F%93%B7", "a" * 300])
def test_unknown_photo_is_not_found(demo: Client, photo_id: str) -> None:
    for method, path in (("GET", ""), ("GET", "/original"), ("DELETE", ""), ("POST", "/restore"), ("POST", "/ingest")):
        problem_of(demo.call(method, f"/photos/{photo_id}{path}"), Code.PHOTO_NOT_FOUND)
    problem_of(demo.call("PATCH", f"/photos/{photo_id}", json={"favorite": True}), Code.PHOTO_NOT_FOUND)


def test_unknown_route_is_not_found(demo: Client) -> None:
    problem_of(demo.call("GET", "/albums"), Code.ROUTE_NOT_FOUND)


def test_other_methods_are_not_allowed(demo: Client) -> None:
    for path, allowed in (
        ("/health", "GET, OPTIONS"),
        ("/photos", "GET, OPTIONS, POST"),
        (f"/photos/{UNKNOWN}", "DELETE, GET, OPTIONS, PATCH"),
        (f"/photos/{UNKNOWN}/original", "GET, OPTIONS"),
        (f"/photos/{UNKNOWN}/ingest", "OPTIONS, POST"),
    ):
        response = demo.call("PUT", path)
        problem_of(response, Code.METHOD_NOT_ALLOWED)
        assert response.headers["Allow"] == allowed
        unsigned = demo.http.put(f"{demo.api_url}{path}", json={"title": "any"}, headers={"Origin": ORIGIN})
        problem_of(unsigned, Code.METHOD_NOT_ALLOWED)
    assert demo.http.head(f"{demo.api_url}/health").status_code == 405


def test_ingest_before_the_upload_can_be_repeated(demo: Client) -> None:
    data = encoded("jpeg")
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    problem_of(demo.ingest(photo_id), Code.UPLOAD_MISSING)
    assert demo.read(photo_id)["status"] == "awaiting_upload"
    demo.upload(created["upload"], data)
    assert demo.ingest(photo_id).status_code == 200


def test_second_ingest_is_refused_while_the_first_has_the_lease(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], record: Callable[[str], dict[str, Any] | None]
) -> None:
    created = demo.create(b"x")
    photo_id = created["photo"]["photo_id"]
    item = record(photo_id)
    assert item is not None
    held = {
        "status": {"S": "processing"},
        "execution": {"S": "other"},
        "lease_until": {"N": str(int(time.time()) + 60)},
    }
    aws("dynamodb").put_item(TableName=outputs["PhotosTableName"], Item=item | held)
    problem_of(demo.ingest(photo_id), Code.INGEST_IN_PROGRESS)
    problem_of(demo.call("GET", f"/photos/{photo_id}/original"), Code.INGEST_IN_PROGRESS)


def test_concurrent_ingests_create_the_photo_once(demo: Client, objects: Callable[[str], list[str]]) -> None:
    data = encoded("jpeg", size=(1600, 1200), seed=5)
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: demo.ingest(photo_id), range(4)))
    for response in responses:
        if response.status_code != 200:
            problem_of(response, Code.INGEST_IN_PROGRESS)
    assert any(response.status_code == 200 for response in responses)
    assert demo.read(photo_id)["status"] == "ready"
    assert len(objects(photo_id)) == 5


def test_edit_of_an_outdated_version_fails_the_precondition(demo: Client) -> None:
    photo_id, response = demo.send(encoded("jpeg"))
    version = {"If-Match": response.headers["ETag"]}
    assert demo.call("PATCH", f"/photos/{photo_id}", json={"title": "one"}, headers=version).status_code == 200
    problem_of(
        demo.call("PATCH", f"/photos/{photo_id}", json={"title": "two"}, headers=version), Code.PRECONDITION_FAILED
    )
    assert demo.read(photo_id)["title"] == "one"


def test_too_large_upload_is_refused_before_it_starts(demo: Client) -> None:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 10**9}
    problem_of(demo.call("POST", "/photos", json=body), Code.UPLOAD_TOO_LARGE)


def test_unsupported_type_is_refused_before_the_upload(demo: Client) -> None:
    body = {"filename": "a.svg", "content_type": "image/svg+xml", "size_bytes": 10}
    assert "content_type" in problem_of(demo.call("POST", "/photos", json=body), Code.UNSUPPORTED_FORMAT)


def test_other_formats_with_an_image_name_are_rejected(demo: Client, objects: Callable[[str], list[str]]) -> None:
    assert_rejected(demo, wrong_bytes(), Code.UNSUPPORTED_FORMAT, objects)
    assert_rejected(demo, b"<svg xmlns='http://www.w3.org/2000/svg'/>", Code.UNSUPPORTED_FORMAT, objects)


def test_truncated_image_is_rejected(demo: Client, objects: Callable[[str], list[str]]) -> None:
    assert_rejected(demo, truncated(encoded("jpeg"), 2000), Code.CORRUPT_IMAGE, objects)
    assert_rejected(demo, truncated(encoded("png"), 2000), Code.CORRUPT_IMAGE, objects, "image/png")


def test_decompression_bomb_is_rejected(demo: Client, objects: Callable[[str], list[str]]) -> None:
    assert_rejected(demo, giant_jpeg(), Code.TOO_MANY_PIXELS, objects)
    assert_rejected(demo, bomb_png(20_000, 20_000), Code.TOO_MANY_PIXELS, objects, "image/png")


def test_animation_with_too_many_frames_is_rejected(demo: Client, objects: Callable[[str], list[str]]) -> None:
    assert_rejected(demo, animation("gif", 1001, (4, 4)), Code.TOO_MANY_FRAMES, objects, "image/gif")


def test_too_many_requests_are_throttled(demo: Client, aws: Callable[[str], Any]) -> None:
    with _throttled(demo, aws("apigateway")):
        responses = [demo.call("GET", "/photos", params={"limit": 1}) for _ in range(20)]
    throttled = [response for response in responses if response.status_code != 200]
    assert throttled
    for response in throttled:
        problem_of(response, Code.TOO_MANY_REQUESTS)


@contextmanager
def _throttled(demo: Client, gateway: Any) -> Iterator[None]:
    """Throttle listings to one per second."""
    api_id, stage = demo.api_url.split("/")[-2:]
    path = "/~1photos/GET/throttling"

    def set_to(rate: str, burst: str) -> None:
        gateway.update_stage(
            restApiId=api_id,
            stageName=stage,
            patchOperations=[
                {"op": "replace", "path": f"{path}/rateLimit", "value": rate},
                {"op": "replace", "path": f"{path}/burstLimit", "value": burst},
            ],
        )

    set_to("1", "2")
    try:
        yield
    finally:
        set_to("1000", "1000")
