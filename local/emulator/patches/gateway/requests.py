"""API Gateway: requests with one id, one trace, and a 502 for a function's fault.

Gaps: the request id differs between header, event and body; a function's fault bypasses the gateway responses; a
method's own throttle set by CloudFormation is ignored; a proxy response with a null body breaks the connection.
Closed upstream when, without this module, `X-Amzn-RequestId` is the event's `requestId` and a function that raises is
answered with the API's DEFAULT_5XX.
"""

from collections.abc import Callable
from typing import Any, Final

from local.emulator.patches import tracing, velocity
from local.emulator.patches.gateway.call import MODULE, Call, Response, current, internal_error, with_headers
from local.emulator.wrapping import module, wrap

_BODYLESS: Final = frozenset({204, 304})


def _executing(original: Callable[..., Any]) -> Callable[..., Any]:
    async def execute(
        request: dict[str, Any],
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, list[str]],
        owner_account_id: str,
        owner_region: str,
    ) -> Any:
        root = tracing.begin(velocity.Headers(headers or {}).get("x-amzn-trace-id"))
        call = Call(request, method, headers or {}, body or b"", query_params or {}, root)
        current.set(call)
        with tracing.request(call.request_id, api_id, stage_name, method, path) as ending:
            response = await original(
                request,
                api_id,
                stage_name,
                method,
                path,
                headers,
                body,
                query_params,
                owner_account_id,
                owner_region,
            )
            if call.faulted:
                response = _faulted(request)
            if not isinstance(response, tuple):
                ending.update(tracing.answered(module(MODULE)._gateway_error_response(response, request)[0]))
                return response
            status, response_headers, text = response
            ending.update(tracing.answered(status))
        identified = {"x-amzn-requestid": call.request_id, "X-Amzn-Trace-Id": f"Root={root}"}
        return status, with_headers(response_headers, identified), b"" if status in _BODYLESS else text or b""

    return execute


def _faulted(request: dict[str, Any]) -> Response:
    """Make the response to a function's fault: DEFAULT_5XX, with 502 unless it has a status."""
    gateway = module(MODULE)
    status, headers, body = gateway._gateway_error_response(internal_error(), request)
    deployed = gateway._deployed_gateway_responses.get(request["api_id"], {}).get(request["stage"].get("deploymentId"))
    customized = (deployed or {}).get("DEFAULT_5XX", {})
    return status if customized.get("statusCode") else 502, headers, body


def _identified(original: Callable[..., Any]) -> Callable[..., Any]:
    def build(*args: Any, **kwargs: Any) -> Any:
        event = original(*args, **kwargs)
        call = current.get()
        event["requestContext"]["requestId"] = call.request_id
        event["headers"] = with_headers(event["headers"], {"X-Amzn-Trace-Id": f"Root={call.trace_root}"})
        return event

    return build


def _noting_faults(original: Callable[..., Any]) -> Callable[..., Any]:
    def shape(result: dict[str, Any]) -> Any:
        response, error = original(result)
        body = result.get("body")
        proxy_response = isinstance(body, dict) and "statusCode" in body
        if error or not (proxy_response or result.get("throttle")):
            current.get().faulted = True
            return {"statusCode": 502}, None
        return response, error

    return shape


def _decoding(original: Callable[..., Any]) -> Callable[..., Any]:
    def settings(stage: dict[str, Any], resource_path: str, http_method: str) -> Any:
        decoded = {decode_setting(key): value for key, value in (stage.get("methodSettings") or {}).items()}
        return original({**stage, "methodSettings": decoded}, resource_path, http_method)

    return settings


def decode_setting(key: str) -> str:
    """Convert CloudFormation's key of a method setting, `/~1photos/GET`, to `/photos/GET`."""
    return key if key == "*/*" else "/" + key.replace("~1", "/").lstrip("/")


def install() -> None:
    """Wrap the functions that run a request and shape a function's response."""
    scope = "api_id stage_name method path headers body query_params owner_account_id owner_region"
    event = (
        "api_id stage_name stage resource request_path method headers body query_params path_params "
        "binary_media_types authorizer_context caller_identity"
    )
    wrap(MODULE, "_execute_in_scope", f"request {scope}", _executing)
    wrap(MODULE, "_build_lambda_event_v1", event, _identified)
    wrap(MODULE, "_lambda_proxy_response", "result", _noting_faults)
    wrap(MODULE, "_method_throttle_settings", "stage resource_path http_method", _decoding)
