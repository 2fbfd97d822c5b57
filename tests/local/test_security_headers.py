"""The security headers and `Vary`, which every response of the API has."""

from photosky.headers import SECURITY_HEADERS
from tests.local.client import ORIGIN, Client
from tests.local.test_errors import UNKNOWN
from tests.pictures import encoded


def test_every_response_has_the_security_headers(demo: Client) -> None:
    """`problem_of` checks the same headers for every error code."""
    data = encoded("jpeg", size=(64, 48))
    created = demo.call(
        "POST", "/photos", json={"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": len(data)}
    )
    photo_id = created.json()["photo"]["photo_id"]
    demo.upload(created.json()["upload"], data)
    responses = {
        "created": (created, 201),
        "ingested": (demo.ingest(photo_id), 200),
        "listed": (demo.call("GET", "/photos"), 200),
        "redirected": (demo.call("GET", f"/photos/{photo_id}/original?redirect=true"), 302),
        "error of a mapping template": (demo.ingest(UNKNOWN), 404),
        "error of the function": (demo.call("GET", f"/photos/{UNKNOWN}"), 404),
        "error of the gateway": (demo.call("GET", "/albums"), 404),
        "unauthorized": (demo.call("GET", "/photos", headers={"Authorization": "x"}), 401),
        "health": (demo.http.get(f"{demo.api_url}/health"), 200),
        "preflight": (demo.http.options(f"{demo.api_url}/photos", headers={"Origin": ORIGIN}), 204),
        "preflight of another origin": (
            demo.http.options(f"{demo.api_url}/", headers={"Origin": "https://evil.example"}),
            204,
        ),
        "deleted": (demo.call("DELETE", f"/photos/{photo_id}"), 204),
    }
    assert {kind: response.status_code for kind, (response, _) in responses.items()} == {
        kind: status for kind, (_, status) in responses.items()
    }
    found = {
        kind: {name: response.headers.get_list(name) for name in (*SECURITY_HEADERS, "Vary")}
        for kind, (response, _) in responses.items()
    }
    expected = {name: [value] for name, value in {**SECURITY_HEADERS, "Vary": "Origin"}.items()}
    assert found == dict.fromkeys(responses, expected)
