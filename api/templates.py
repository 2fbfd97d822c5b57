"""The mapping templates (VTL) of the API, generated from the error catalogue.

StartSyncExecution responds with 200 even if the execution failed, so the response template distinguishes a photo from
a rejection, a declined request and a fault. Only the token's `sub` and the path's id reach the workflow.

Each path through a template sets an override at most once, and none reads one: a second override fails the response,
and whether an override can be read is not documented (API Gateway guide, "Override your API's request and response
parameters and status codes").
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from photosky.errors import (
    CATALOGUE,
    EXPOSED_HEADERS,
    PROBLEM_CONTENT_TYPE,
    PROBLEM_TYPE_PREFIX,
    RETRY_AFTER_SECONDS,
    Code,
    problem,
)
from photosky.headers import SECURITY_HEADERS

_UNESCAPED_APOSTROPHES: Final = '.replaceAll("\\\\\'", "\'")'
"""escapeJavaScript writes \\' , which is not JSON (API Gateway guide, "$util variables")."""


def start_execution(state_machine_arn: str) -> str:
    """The request: an execution named by the request id. Its input is the token's owner and the path's id."""
    return f"""#set($owner = {_escaped("$context.authorizer.claims.sub")})
#set($photo = {_escaped("$input.params().path.get('photo_id')")})
#set($q = '"')
#set($payload = "{{${{q}}owner_id${{q}}:${{q}}$owner${{q}},${{q}}photo_id${{q}}:${{q}}$photo${{q}}}}")
{{
  "stateMachineArn": "{state_machine_arn}",
  "name": "$context.requestId",
  "input": "{_escaped("$payload")}"
}}"""


def execution_result(allowed_origins: Sequence[str]) -> str:
    """The response to a finished execution: the photo, or a problem document."""
    return f"""{_headers(allowed_origins)}
#set($code = "{Code.INTERNAL_ERROR}")
#set($detail = "The ingest failed because of an internal error. Upload the photo again.")
#set($outcome = "failed")
#set($status = $input.path('$.status'))
#if($status == "SUCCEEDED")
#set($result = $util.parseJson($input.path('$.output')))
#set($outcome = $result.outcome)
#if($outcome != "ready")
#set($code = $result.code)
#set($detail = $result.detail)
#end
#elseif($status == "TIMED_OUT" || $input.path('$.error') == "{Code.INGEST_TIMED_OUT}")
#set($code = "{Code.INGEST_TIMED_OUT}")
#set($detail = "The ingest timed out. Retry after the interval in Retry-After.")
#end
#if($outcome == "ready")
#set($context.responseOverride.header.ETag = $result.etag)
$result.photo
#else
{_problem()}
#end"""


def start_error(allowed_origins: Sequence[str]) -> str:
    """The response if Step Functions did not start the execution: throttled, or a fault."""
    return f"""{_headers(allowed_origins)}
#set($code = "{Code.INTERNAL_ERROR}")
#set($detail = "The ingest could not be started. Try again later.")
#if($input.json('$').contains("Throttl"))
#set($code = "{Code.TOO_MANY_REQUESTS}")
#set($detail = "Too many ingests are in progress. Retry after the interval in Retry-After.")
#end
{_problem()}"""


def method_not_allowed(allowed_origins: Sequence[str], allowed_methods: Sequence[str]) -> str:
    """The response to a method that the path does not support: 405 with `Allow` (RFC 9110, section 15.5.6)."""
    detail = "The path does not support this method. The Allow header lists those that it supports."
    return f"""{_headers(allowed_origins)}
#set($context.responseOverride.header.Allow = "{", ".join(allowed_methods)}")
#set($context.responseOverride.header.Content-Type = "{PROBLEM_CONTENT_TYPE}")
{gateway_problem(Code.METHOD_NOT_ALLOWED, detail)}"""


def gateway_problem(code: Code, detail: str) -> str:
    """The problem document of a gateway response, in which only `$context` variables are available."""
    return json.dumps(problem(code, detail, "$context.requestId"))


def preflight(
    allowed_origins: Sequence[str], methods: Sequence[str], headers: Sequence[str], max_age_seconds: int
) -> str:
    """The response to a preflight. It has CORS headers for allowed origins only."""
    return _headers(
        allowed_origins,
        {
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": ", ".join(headers),
            "Access-Control-Max-Age": str(max_age_seconds),
        },
    )


def _headers(allowed_origins: Sequence[str], more_cors: Mapping[str, str] | None = None) -> str:
    """CORS headers for allowed origins, and the headers of every response.

    Both spellings of `Origin` are read, because `$input.params().header` has names as the client sent them.
    """
    cors = {"Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS), **(more_cors or {})}
    is_allowed = " || ".join(f'$origin == "{origin}"' for origin in allowed_origins)
    return f"""#set($origin = $input.params().header.get("Origin"))
#if(!$origin || $origin == "")#set($origin = $input.params().header.get("origin"))#end
#if({is_allowed})
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
{_set_headers(cors)}
#end
{_set_headers({**SECURITY_HEADERS, "Vary": "Origin"})}
#set($context.responseOverride.header.X-Request-Id = $context.requestId)"""


def _set_headers(headers: Mapping[str, str]) -> str:
    return "\n".join(_header(name, value) for name, value in headers.items())


def _header(name: str, value: str) -> str:
    return f'#set($context.responseOverride.header.{name} = "{value}")'


def _problem() -> str:
    """A problem document (RFC 9457) for `$code` and `$detail`; an unknown code becomes InternalError."""
    rows = "".join(
        f"""#elseif($code == "{code}")
#set($http = {entry.status})
#set($title = "{entry.title}")
"""
        for code, entry in CATALOGUE.items()
    )
    fault = CATALOGUE[Code.INTERNAL_ERROR]
    return f"""#set($http = {fault.status})
#set($title = "{fault.title}")
#if(!$code)
#set($code = "{Code.INTERNAL_ERROR}")
{rows}#else
#set($code = "{Code.INTERNAL_ERROR}")
#end
#if({_any_of("$code", (code for code, entry in CATALOGUE.items() if entry.retryable))})
{_header("Retry-After", str(RETRY_AFTER_SECONDS))}
#end
#set($context.responseOverride.status = $http)
{_header("Content-Type", PROBLEM_CONTENT_TYPE)}
{{
  "type": "{PROBLEM_TYPE_PREFIX}$code",
  "title": "$title",
  "status": $http,
  "detail": "{_escaped("$detail")}",
  "code": "$code",
  "request_id": "$context.requestId"
}}"""


def _escaped(reference: str) -> str:
    return f"$util.escapeJavaScript({reference}){_UNESCAPED_APOSTROPHES}"


def _any_of(reference: str, codes: Iterable[Code]) -> str:
    return " || ".join(f'{reference} == "{code}"' for code in codes)
