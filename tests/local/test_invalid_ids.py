"""Invalid photo ids in paths."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

import pytest

from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import UNKNOWN, problem_of

ROUTES: Final = (
    ("GET", ""),
    ("GET", "/original"),
    ("DELETE", ""),
    ("PATCH", ""),
    ("POST", "/restore"),
    ("POST", "/ingest"),
)


@pytest.fixture(scope="module")
def awaiting_photo_id(demo: Client) -> str:
    """The id of a photo that awaits its upload."""
    return str(demo.create(b"x")["photo"]["photo_id"])


IDS: Final = (
    '"',
    "'",
    "\\",
    '","owner_id":"other',
    '\\","owner_id":"other',
    "$foo",
    "$owner",
    "${context.authorizer.claims.sub}",
    '#set($owner = "other")',
    "#end",
    "$util.parseJson('{}')",
    "\0",
    "\n",
    "\r\nX-Injected: 1",
    "\u2028",
    "🏔",
    "..",
    "../health",
    "a/b",
    "{photo_id}",
    "deleted/" + UNKNOWN,
    "cursor-key",
    "a" * 8000,
)


@pytest.mark.usefixtures("table_unchanged")
@pytest.mark.parametrize("photo_id", [quote(text, safe="") for text in IDS] + ["%ff%fe", "%ed%a0%80", "%c0%af", "%"])
def test_invalid_ids_are_not_found(demo: Client, photo_id: str) -> None:
    for method, path in ROUTES:
        options = {"json": {"title": "x"}} if method == "PATCH" else {}
        response = demo.call(method, f"/photos/{photo_id}{path}", **options)
        # An id with a slash is a path without a route.
        assert response.status_code == 404, (method, path, response.text)
        assert response.json()["code"] in ("PhotoNotFound", "RouteNotFound")
        assert "X-Injected" not in response.headers


SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "upper case": str.upper,
    "line break after": lambda photo_id: f"{photo_id}\n",
    "space before": lambda photo_id: f" {photo_id}",
    "NUL after": lambda photo_id: f"{photo_id}\0",
    "braces": lambda photo_id: f"{{{photo_id}}}",
    "no hyphens": lambda photo_id: photo_id.replace("-", ""),
    "URN": lambda photo_id: f"urn:uuid:{photo_id}",
    "quotes": lambda photo_id: f'"{photo_id}"',
    "full width": lambda photo_id: photo_id.replace("0", "\uff10"),
}


@pytest.mark.usefixtures("table_unchanged")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_of_an_id_are_not_found(demo: Client, awaiting_photo_id: str, spelling: str) -> None:
    photo_id = quote(SPELLINGS[spelling](awaiting_photo_id), safe="")
    for method, path in ROUTES:
        options = {"json": {"title": "x"}} if method == "PATCH" else {}
        problem_of(demo.call(method, f"/photos/{photo_id}{path}", **options), Code.PHOTO_NOT_FOUND)
