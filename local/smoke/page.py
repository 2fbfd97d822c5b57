"""The step for the page behind CloudFront: everyone gets it, with its policy, and it uses this stack."""

import http
from collections.abc import Iterator
from typing import Final

import httpx

from infrastructure.page_policy import FIXED_POLICY
from local.page import CONFIG
from local.page_release import REVALIDATED, folder_of
from local.smoke.context import Context
from local.smoke.differences import Difference, NotApplicable, compare, report
from photosky.store.media import IMMUTABLE

_POLICY: Final = 'http-equiv="content-security-policy"'


def page(context: Context) -> None:
    """The document, its configuration, and the answer to a missing file."""
    if not context.environment.page:
        raise NotApplicable("the environment has no page")
    if context.previews_url is None:
        raise Difference("the stack has no distribution")
    document = context.api.client.get(f"{context.previews_url}/")
    folder = folder_of(document.text) if document.status_code == http.HTTPStatus.OK else None
    if folder is None:
        raise Difference(f"the page's document answers {document.status_code}; `make page` writes it")
    config = context.api.client.get(f"{context.previews_url}/{folder}/{CONFIG}")
    report([*_of_document(document), *_of_config(context, config), *_of_missing(context)])


def _of_document(document: httpx.Response) -> Iterator[str]:
    yield from compare(
        "the page's Content-Security-Policy", document.headers.get("content-security-policy"), FIXED_POLICY
    )
    if _POLICY not in document.text:
        yield "the page's document has no policy for what it loads"
    yield from compare("the document's Cache-Control", document.headers.get("cache-control"), REVALIDATED)


def _of_config(context: Context, config: httpx.Response) -> Iterator[str]:
    if config.status_code != http.HTTPStatus.OK:
        yield f"the page's {CONFIG} answers {config.status_code} instead of 200"
        return
    found, environment = config.json(), context.environment
    expected = {
        "api_url": context.api.url,
        "client_id": context.stack.outputs["UserPoolClientId"],
        "trash_days": environment.trash_days,
        "self_sign_up": environment.self_sign_up,
        "mfa": environment.mfa,
    }
    for name, value in expected.items():
        yield from compare(f"{name} of the page", found.get(name), value)
    yield from compare(f"the Cache-Control of {CONFIG}", config.headers.get("cache-control"), IMMUTABLE)


def _of_missing(context: Context) -> Iterator[str]:
    status = context.api.client.get(f"{context.previews_url}/missing.js").status_code
    yield from compare("the status of a missing file of the page", status, http.HTTPStatus.NOT_FOUND.value)
