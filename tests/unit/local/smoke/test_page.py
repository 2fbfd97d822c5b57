"""The smoke test's step for the page."""

from typing import Any, Final

import httpx
import pytest

from infrastructure.page_policy import FIXED_POLICY
from local.smoke.context import Context
from local.smoke.differences import Difference, NotApplicable
from local.smoke.page import page
from photosky.store.media import IMMUTABLE
from tests.unit.local.smoke.apis import context_with

FOLDER: Final = "0123456789abcdef"
DOCUMENT: Final = f"""<meta http-equiv="content-security-policy" content="default-src 'none'" />
<script type="importmap">{{"imports": {{"a": "./{FOLDER}/a.js"}}}}</script>"""
CONFIG: Final = {
    "api_url": "https://api.example/v1",
    "client_id": "client",
    "trash_days": 30,
    "self_sign_up": False,
    "mfa": "off",
}


def context(**changed: httpx.Response) -> Context:
    """The context of a stack whose page answers as expected, except for these responses."""
    answers = {
        "/": httpx.Response(
            200, text=DOCUMENT, headers={"cache-control": "no-cache", "content-security-policy": FIXED_POLICY}
        ),
        f"/{FOLDER}/config.json": httpx.Response(200, json=CONFIG, headers={"cache-control": IMMUTABLE}),
        "/missing.js": httpx.Response(404),
    }
    names = {"document": "/", "config": f"/{FOLDER}/config.json", "missing": "/missing.js"}
    answers |= {names[name]: response for name, response in changed.items()}
    found = context_with(lambda request: answers[request.url.path], delivery="cloudfront", page=True)
    found.previews_url = "https://d1.cloudfront.net"
    found.stack = type(found.stack)(found.stack.clients, {"UserPoolClientId": "client"})
    return found


def differences(**changed: httpx.Response) -> tuple[str, ...]:
    """What the step reports."""
    with pytest.raises(Difference) as raised:
        page(context(**changed))
    return raised.value.texts


def test_page_of_this_stack_passes() -> None:
    page(context())


def test_environment_without_a_page_has_no_step() -> None:
    with pytest.raises(NotApplicable, match="the environment has no page"):
        page(context_with(lambda _request: httpx.Response(500)))


@pytest.mark.parametrize(
    ("response", "status"),
    [(httpx.Response(404), 404), (httpx.Response(403, text=DOCUMENT), 403), (httpx.Response(200, text="<p>"), 200)],
)
def test_document_that_was_not_written_is_named(response: httpx.Response, status: int) -> None:
    assert differences(document=response) == (f"the page's document answers {status}; `make page` writes it",)


def test_missing_policies_are_named() -> None:
    bare = DOCUMENT.partition("\n")[2]
    assert differences(document=httpx.Response(200, text=bare)) == (
        f"the page's Content-Security-Policy is None instead of {FIXED_POLICY!r}",
        "the page's document has no policy for what it loads",
        "the document's Cache-Control is None instead of 'no-cache'",
    )


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"api_url": "https://other.example/v1"}, "api_url of the page is 'https://other.example/v1' instead of"),
        ({"client_id": None}, "client_id of the page is None instead of 'client'"),
        ({"trash_days": 7}, "trash_days of the page is 7 instead of 30"),
    ],
)
def test_configuration_of_another_stack_is_named(changed: dict[str, Any], difference: str) -> None:
    response = httpx.Response(200, json=CONFIG | changed, headers={"cache-control": IMMUTABLE})
    (found,) = differences(config=response)
    assert found.startswith(difference)


def test_missing_configuration_and_wrong_status_of_missing_files_are_named() -> None:
    assert differences(config=httpx.Response(403), missing=httpx.Response(403)) == (
        "the page's config.json answers 403 instead of 200",
        "the status of a missing file of the page is 403 instead of 404",
    )
