"""The API as a frontend uses it; every response is compared with the contract."""

import http
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from local.smoke.contract import Contract
from local.smoke.differences import Difference, Fault

TIMEOUT_SECONDS: Final = 60
"""More than any response takes: an ingest is answered within 29 s (API Gateway quotas, "Integration timeout")."""


@dataclass
class Api:
    """The API of a stack. Without a token, a request is that of a stranger."""

    url: str
    client: httpx.Client
    contract: Contract
    token: str | None = None

    def call(
        self,
        method: str,
        path: str,
        expected: int = http.HTTPStatus.OK,
        *,
        code: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        **parameters: str,
    ) -> httpx.Response:
        """Send a request. Raises Difference if the response is not as expected and as the contract says.

        `path` is the contract's, with `parameters` for its placeholders; `code` is that of an expected problem.
        """
        name = _name(method, path, query)
        response = self.client.request(
            method,
            self.url + path.format(**parameters),
            params=query,
            headers={**({"Authorization": self.token} if self.token else {}), **(headers or {})},
            json=body,
        )
        if response.status_code != expected:
            raise _unexpected(name, response, expected)
        differences = self.contract.differences(method, path, response)
        if not differences and code is not None and response.json()["code"] != code:
            differences = [f"has the code {response.json()['code']} instead of {code}"]
        if differences:
            raise Difference(*(f"{name} {text}" for text in differences))
        return response


def _name(method: str, path: str, query: Mapping[str, str] | None) -> str:
    shown = "&".join(f"{key}={value}" for key, value in (query or {}).items() if key != "cursor")
    return f"{method} {path}" + (f"?{shown}" if shown else "")


def _unexpected(name: str, response: httpx.Response, expected: int) -> Difference:
    problem = problem_of(response)
    text = f"{name} answers {response.status_code} {problem.get('code', '')}".rstrip() + f" instead of {expected}"
    if response.is_server_error:
        return Fault(text, response.headers.get("x-request-id"))
    return Difference(f"{text}: {problem['detail']}" if "detail" in problem else text)


def problem_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return a problem document; empty if the body is none."""
    try:
        document = json.loads(response.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
