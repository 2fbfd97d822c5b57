"""An HTTP client that depends on the contract and the connection file only, not on PhotoSky's code."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from local.connection import Connection

ORIGIN = "http://localhost:5173"

OBJECTS_OF_A_SMALL_PHOTO: Final = 3
"""The original, the thumb, and the preview that is the same for all presets larger than the picture."""

NO_CERTIFICATES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The stack serves plain HTTP. To load the certificates of all authorities takes longer than most requests."""


@dataclass(frozen=True)
class Client:
    """One signed-in user of the running stack."""

    api_url: str
    token: str
    http: httpx.Client

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request with the user's token and an allowed origin."""
        headers = {"Authorization": self.token, "Origin": ORIGIN} | options.pop("headers", {})
        return self.http.request(method, f"{self.api_url}{path}", headers=headers, **options)

    def create(self, data: bytes, *, filename: str = "photo.jpg", content_type: str = "image/jpeg") -> dict[str, Any]:
        """Create a photo for these bytes and return the body of the `POST /photos` response."""
        body = {"filename": filename, "content_type": content_type, "size_bytes": len(data)}
        response = self.call("POST", "/photos", json=body)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    def upload(self, form: dict[str, Any], data: bytes) -> httpx.Response:
        """Upload bytes with a presigned form."""
        return self.http.post(form["url"], data=form["fields"], files={"file": ("blob", data)})

    def ingest(self, photo_id: str) -> httpx.Response:
        """Run the ingest and return its response."""
        return self.call("POST", f"/photos/{photo_id}/ingest")

    def send(self, data: bytes, **options: str) -> tuple[str, httpx.Response]:
        """Create, upload and ingest a photo. Returns its id and the response of the ingest."""
        created = self.create(data, **options)
        photo_id: str = created["photo"]["photo_id"]
        uploaded = self.upload(created["upload"], data)
        assert uploaded.status_code == 204, uploaded.text
        return photo_id, self.ingest(photo_id)

    def read(self, photo_id: str) -> dict[str, Any]:
        """Return the photo as the API shows it."""
        response = self.call("GET", f"/photos/{photo_id}")
        assert response.status_code == 200, response.text
        photo: dict[str, Any] = response.json()
        return photo


def fetch(url: str, **options: Any) -> httpx.Response:
    """Get a URL with no credentials but its own."""
    return httpx.get(url, trust_env=False, verify=NO_CERTIFICATES, **options)


@contextmanager
def signed_in(connection: Connection, username: str, password: str) -> Iterator[Client]:
    """Sign in at Cognito over HTTP, without an SDK. Connections are closed when the block ends."""
    with httpx.Client(trust_env=False, timeout=60, verify=NO_CERTIFICATES) as http:
        yield Client(connection.api_url, _id_token(http, connection, username, password), http)


@contextmanager
def signed_up(connection: Connection, cognito: Any, username: str) -> Iterator[Client]:
    """Create a user with the root user's credentials and sign in."""
    password = "Another-user-1234!"
    cognito.admin_create_user(UserPoolId=connection.user_pool_id, Username=username, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=connection.user_pool_id, Username=username, Password=password, Permanent=True
    )
    with signed_in(connection, username, password) as client:
        yield client


def _id_token(http: httpx.Client, connection: Connection, username: str, password: str) -> str:
    response = http.post(
        f"{connection.endpoint_url}/",
        content=json.dumps(
            {
                "AuthFlow": "USER_PASSWORD_AUTH",
                "ClientId": connection.client_id,
                "AuthParameters": {"USERNAME": username, "PASSWORD": password},
            }
        ),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
    )
    assert response.status_code == 200, response.text
    token: str = response.json()["AuthenticationResult"]["IdToken"]
    return token
