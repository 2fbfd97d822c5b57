"""One request in API Gateway, with the templates and headers of its integration."""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from local.emulator.patches import velocity
from local.emulator.wrapping import module

MODULE: Final = "services.apigateway_v1"
JSON: Final = "application/json"

Response = tuple[int, dict[str, Any], bytes]


@dataclass
class Call:
    """A request, from its arrival to its response."""

    request: dict[str, Any]
    """MiniStack's record of the request; routing adds path parameters and stage."""
    method: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    trace_root: str
    faulted: bool = False
    """Whether the function raised, or returned no proxy response."""

    @property
    def request_id(self) -> str:
        """The request's id, one for header, event and body."""
        return str(self.request["request_id"])

    def context(self, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return `$context`, with `responseOverride` for response templates."""
        return {
            **(more or {}),
            "requestId": self.request_id,
            "httpMethod": self.method,
            "stage": self.request["stage_name"],
            "apiId": self.request["api_id"],
            "resourcePath": self.request["resource_path"],
            "xrayTraceId": f"Root={self.trace_root}",
            "responseOverride": velocity.Overrides(header=velocity.Overrides()),
        }

    def render(self, template: str, body: str, context: Mapping[str, Any]) -> str:
        """Render a template with this request's parameters, and the given body as `$input`."""
        source = velocity.Input(
            body,
            path=self.request["path_params"],
            query={name: values[0] for name, values in self.query.items() if values},
            headers=self.headers,
        )
        stage = self.request["stage"] or {}
        return velocity.render(
            template,
            {
                "input": source,
                "util": velocity.Util(),
                "context": context,
                "stageVariables": stage.get("variables") or {},
            },
        )


current: ContextVar[Call] = ContextVar("photosky_gateway_call")
"""The request of this context."""


def with_headers(headers: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Merge headers; names are compared case-insensitively, and `more` has precedence."""
    replaced = {name.lower() for name in more}
    return {**{name: value for name, value in headers.items() if name.lower() not in replaced}, **more}


def choose_template(templates: Mapping[str, str] | None, media_type: str | None) -> str | None:
    """Choose the template for a media type without its parameters; the default is JSON."""
    wanted = (media_type or JSON).split(";", 1)[0].strip().lower()
    return next((text for name, text in (templates or {}).items() if name.split(";", 1)[0].lower() == wanted), None)


def header_parameters(
    parameters: Mapping[str, str] | None, backend_headers: Mapping[str, str], backend_body: str
) -> dict[str, str]:
    """Return the headers that an integration response maps, from `'text'` or from the backend's response."""
    prefix = "method.response.header."
    mapped: dict[str, str] = {}
    for name, source in (parameters or {}).items():
        if not name.startswith(prefix):
            continue
        if source.startswith("'"):
            mapped[name.removeprefix(prefix)] = source.strip("'")
        elif source.startswith("integration.response.header."):
            wanted = source.removeprefix("integration.response.header.")
            if (value := velocity.Headers(backend_headers).get(wanted)) is not None:
                mapped[name.removeprefix(prefix)] = value
        elif source.startswith("integration.response.body."):
            path = "$." + source.removeprefix("integration.response.body.").removeprefix("$.")
            mapped[name.removeprefix(prefix)] = velocity.printed(velocity.json_path(json.loads(backend_body), path))
    return mapped


def overridden(status: int, headers: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Apply what a template has set below `$context.responseOverride`."""
    override = context["responseOverride"]
    more = {name: velocity.printed(value) for name, value in override["header"].items()}
    return int({"status": status, **override}["status"]), with_headers(headers, more)


def gateway_error(kind: str, message: str) -> Any:
    """Make MiniStack's error of a gateway response type."""
    return module(MODULE)._gw_error(kind, message)


def internal_error() -> Any:
    """Make the error of an integration that failed."""
    return gateway_error("DEFAULT_5XX", "Internal server error")
