"""API Gateway: the Step Functions integration, mapping templates, timeouts, one client's ID tokens, one request id.

Gaps: an `AWS` integration reaches Lambda and SQS only, so `states:action/StartSyncExecution` answers 504; MOCK
responses print their template unrendered; a function's fault and an integration's timeout pass by the gateway
responses; a method without scopes takes access tokens; a Cognito authorizer's expression for the audience is passed
over; a method's own throttle set by CloudFormation is not found; a proxy response whose body is null breaks the
connection; the request id differs between header, event and body; executions that wait for a busy machine time out.
Closed upstream when `POST /photos/{photo_id}/ingest` answers with a photo without this module.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from local.emulator.patches import tracing, velocity
from local.emulator.patches.lambdas import MAX_WORKERS_PER_FUNCTION
from local.emulator.patches.permissions import allows
from local.emulator.wrapping import module, require, wrap

logger = logging.getLogger(__name__)

_DEFAULT_TIMEOUT_MS: Final = 29_000
_MODULE: Final = "services.apigateway_v1"
_JSON: Final = "application/json"
_BODYLESS: Final = frozenset({204, 304})

Response = tuple[int, dict[str, Any], bytes]


@dataclass
class Call:
    """One request on its way through the gateway."""

    request: dict[str, Any]
    """MiniStack's own record of the request; it fills in path parameters and stage while it routes."""
    method: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    trace_root: str
    faulted: bool = False
    """Whether the function raised, or answered something that is no proxy response."""

    @property
    def request_id(self) -> str:
        return str(self.request["request_id"])

    def context(self, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """`$context`, with room for what a response template overrides."""
        return {
            **(more or {}),
            "requestId": self.request_id,
            "httpMethod": self.method,
            "stage": self.request["stage_name"],
            "apiId": self.request["api_id"],
            "resourcePath": self.request["resource_path"],
            "xrayTraceId": f"Root={self.trace_root}",
            "responseOverride": {"status": None, "header": {}},
        }

    def render(self, template: str, body: str, context: Mapping[str, Any]) -> str:
        """A template's text, with this request's parameters and the given body as `$input`."""
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


_call: ContextVar[Call] = ContextVar("photosky_gateway_call")


def with_headers(headers: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`headers` with `more` put over them, whatever the case of a name."""
    replaced = {name.lower() for name in more}
    return {**{name: value for name, value in headers.items() if name.lower() not in replaced}, **more}


def choose_template(templates: Mapping[str, str] | None, media_type: str | None) -> str | None:
    """The template for a media type, whose parameters do not count; none says JSON."""
    wanted = (media_type or _JSON).split(";", 1)[0].strip().lower()
    return next((text for name, text in (templates or {}).items() if name.split(";", 1)[0].lower() == wanted), None)


def header_parameters(
    parameters: Mapping[str, str] | None, backend_headers: Mapping[str, str], backend_body: str
) -> dict[str, str]:
    """The headers that an integration response maps: `'text'`, or a value of the backend's answer."""
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
    """Status and headers after what the template set below `$context.responseOverride`."""
    override = context["responseOverride"]
    more = {name: velocity.printed(value) for name, value in override["header"].items() if value is not None}
    return int(override["status"] or status), with_headers(headers, more)


def _gateway_error(kind: str, message: str) -> Any:
    return module(_MODULE)._gw_error(kind, message)


def _internal_error() -> Any:
    return _gateway_error("DEFAULT_5XX", "Internal server error")


# --- The request ----------------------------------------------------------------------------------------------------


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
        _call.set(call)
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
                ending.update(tracing.answered(module(_MODULE)._gateway_error_response(response, request)[0]))
                return response
            status, answer, text = response
            ending.update(tracing.answered(status))
        identified = {"x-amzn-requestid": call.request_id, "X-Amzn-Trace-Id": f"Root={root}"}
        return status, with_headers(answer, identified), b"" if status in _BODYLESS else text or b""

    return execute


def _faulted(request: dict[str, Any]) -> Response:
    """API Gateway's answer to a function's fault: its DEFAULT_5XX, with 502 unless that has a status of its own."""
    gateway = module(_MODULE)
    status, headers, body = gateway._gateway_error_response(_internal_error(), request)
    deployed = gateway._deployed_gateway_responses.get(request["api_id"], {}).get(request["stage"].get("deploymentId"))
    customized = (deployed or {}).get("DEFAULT_5XX", {})
    return status if customized.get("statusCode") else 502, headers, body


def _identified(original: Callable[..., Any]) -> Callable[..., Any]:
    def build(*args: Any, **kwargs: Any) -> Any:
        event = original(*args, **kwargs)
        call = _call.get()
        event["requestContext"]["requestId"] = call.request_id
        event["headers"] = with_headers(event["headers"], {"X-Amzn-Trace-Id": f"Root={call.trace_root}"})
        return event

    return build


def _timed(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(integration: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        with tracing.called("Lambda", "Invoke"):
            return await _in_time(integration, original(integration, *args, **kwargs))

    return invoke


async def _in_time(integration: Mapping[str, Any], work: Any) -> Any:
    """The work's result, or the gateway's 504; the work itself goes on, as a backend does."""
    timeout = int(integration.get("timeoutInMillis") or _DEFAULT_TIMEOUT_MS) / 1000
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.wait_for(asyncio.shield(task), timeout)
    except TimeoutError:
        logger.warning("An integration took longer than its %.1f s", timeout)
        return _gateway_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")


def _fault_noticing(original: Callable[..., Any]) -> Callable[..., Any]:
    def shape(result: dict[str, Any]) -> Any:
        response, error = original(result)
        body = result.get("body")
        proxy_response = isinstance(body, dict) and "statusCode" in body
        if error or not (proxy_response or result.get("throttle")):
            _call.get().faulted = True
            return {"statusCode": 502}, None
        return response, error

    return shape


def _decoding(original: Callable[..., Any]) -> Callable[..., Any]:
    def settings(stage: dict[str, Any], resource_path: str, http_method: str) -> Any:
        decoded = {decode_setting(key): value for key, value in (stage.get("methodSettings") or {}).items()}
        return original({**stage, "methodSettings": decoded}, resource_path, http_method)

    return settings


def decode_setting(key: str) -> str:
    """The key of a stage's method setting, `resource path/method`, from CloudFormation's `/~1photos/GET`."""
    return key if key == "*/*" else "/" + key.replace("~1", "/").lstrip("/")


# --- Authorizer and gateway responses -------------------------------------------------------------------------------


def _id_tokens_only(original: Callable[..., Any]) -> Callable[..., Any]:
    async def validate(
        authorizer: Any, method_obj: dict[str, Any], headers: Any, query_params: Any, stage: Any
    ) -> tuple[Any, Any]:
        claims, error = await original(authorizer, method_obj, headers, query_params, stage)
        if error is not None:
            return claims, error
        is_id_token = method_obj.get("authorizationScopes") or claims.get("token_use") == "id"
        expression = authorizer.get("identityValidationExpression")
        if not is_id_token or (expression and not re.fullmatch(expression, str(claims.get("aud")))):
            return None, _gateway_error("UNAUTHORIZED", "Unauthorized")
        return claims, None

    return validate


_LEFT_OVER: Final = re.compile(r"\$(?:\{(context(?:\.\w+)+)\}|(context(?:\.[A-Za-z]\w*)+))")


def _fully_rendered(original: Callable[..., Any]) -> Callable[..., Any]:
    def respond(error: Any, request: dict[str, Any]) -> Response:
        status, headers, body = original(error, request)
        variables = {"context.error.validationErrorString": error.message or ""}
        text = _LEFT_OVER.sub(lambda found: variables.get(found[1] or found[2], ""), body.decode())
        merged: dict[str, Any] = {}
        for name, value in headers.items():
            merged = with_headers(merged, {name: value})
        return status, merged, text.encode()

    return respond


# --- Integrations ---------------------------------------------------------------------------------------------------


def _mocked(original: Callable[..., Any]) -> Callable[..., Any]:
    def mock(integration: dict[str, Any]) -> Any:
        status, headers, body = original(integration)
        call, context = _call.get(), _call.get().context()
        responses = (integration.get("integrationResponses") or {}).values()
        templates = [choose_template(response.get("responseTemplates"), _JSON) for response in responses]
        if body.decode() not in templates:
            return status, headers, b""
        try:
            text = call.render(body.decode(), "", context)
        except velocity.TemplateFailed:
            logger.exception("A mock response's template failed")
            return _internal_error()
        status, headers = overridden(status, headers, context)
        return status, headers, text.encode()

    return mock


def _with_step_functions(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(integration: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        target = module(_MODULE)._parse_service_integration_uri(integration.get("uri", ""))
        if not target or target[1:3] != ("states", "action"):
            return await original(integration, *args, **kwargs)
        event = module(_MODULE)._build_lambda_event_v1(
            *args,
            binary_media_types=kwargs.get("binary_media_types"),
            authorizer_context=kwargs.get("authorizer_context"),
            caller_identity=kwargs.get("caller_identity"),
        )
        async with turns:
            with tracing.called("STEPFUNCTIONS", target[3]):
                return await _in_time(integration, _start(integration, target[3], event["requestContext"]))

    # AWS has room for every execution; here each waits until one of the functions' workers is free for it, before its
    # clock starts. Else a burst of large pictures times out in a queue that only this machine has.
    turns = asyncio.Semaphore(MAX_WORKERS_PER_FUNCTION)
    return invoke


async def _start(integration: dict[str, Any], action: str, request_context: dict[str, Any]) -> Any:
    """Call a Step Functions action with the request's template and answer with the response's."""
    call = _call.get()
    body = call.body.decode(errors="replace")
    media_type = velocity.Headers(call.headers).get("content-type")
    template = choose_template(integration.get("requestTemplates"), media_type)
    try:
        rendered = call.render(template, body, call.context(request_context)) if template is not None else body
    except (velocity.TemplateFailed, ValueError):
        logger.exception("A request template failed")
        return _internal_error()
    status, text = await _call_step_functions(integration.get("credentials") or "", action, rendered)
    try:
        return _integration_response(call, integration, status, text, request_context)
    except (velocity.TemplateFailed, ValueError):
        logger.exception("A response template failed")
        return _internal_error()


async def _call_step_functions(role_arn: str, action: str, body: str) -> tuple[int, str]:
    """Status and body that Step Functions answers to the integration's role."""
    try:
        machine_arn = json.loads(body).get("stateMachineArn", "")
    except (ValueError, AttributeError):
        return 400, json.dumps({"__type": "com.amazon.coral.service#SerializationException"})
    if not allows(role_arn, "apigateway.amazonaws.com", f"states:{action}", machine_arn):
        message = f"{role_arn} is not authorized to perform: states:{action} on resource: {machine_arn}"
        return 400, json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message})
    handle = require("services.stepfunctions", "handle_request", "method path headers body query_params")
    headers = {"x-amz-target": f"AWSStepFunctions.{action}"}
    status, _, answer = await handle("POST", "/", headers, body.encode(), {})
    return status, answer.decode() if isinstance(answer, bytes) else answer


def _integration_response(
    call: Call, integration: dict[str, Any], status: int, text: str, request_context: dict[str, Any]
) -> Any:
    selected = module(_MODULE)._select_service_integration_response(integration, status)
    if selected is None:
        return _internal_error()
    template = choose_template(selected.get("responseTemplates"), _JSON)
    context = call.context(request_context)
    body = call.render(template, text, context) if template is not None else text
    headers = with_headers({"Content-Type": _JSON}, header_parameters(selected.get("responseParameters"), {}, text))
    answered, headers = overridden(int(selected.get("statusCode") or status), headers, context)
    return answered, headers, body.encode()


def install() -> None:
    """Wrap the gateway's data plane; routing, authorizer, throttling and validation stay MiniStack's."""
    invocation = (
        "integration api_id stage_name stage resource request_path method headers body query_params path_params "
        "owner_account_id owner_region binary_media_types authorizer_context caller_identity"
    )
    scope = "api_id stage_name method path headers body query_params owner_account_id owner_region"
    event = (
        "api_id stage_name stage resource request_path method headers body query_params path_params "
        "binary_media_types authorizer_context caller_identity"
    )
    require(_MODULE, "_gw_error", "response_type message")
    require(_MODULE, "_parse_service_integration_uri", "uri")
    require(_MODULE, "_select_service_integration_response", "integration backend_status")
    require("services.stepfunctions", "handle_request", "method path headers body query_params")
    wrap(_MODULE, "_execute_in_scope", f"request {scope}", _executing)
    wrap(_MODULE, "_build_lambda_event_v1", event, _identified)
    wrap(_MODULE, "_invoke_lambda_proxy_v1", invocation, _timed)
    wrap(_MODULE, "_invoke_lambda_custom_v1", invocation, _with_step_functions)
    wrap(_MODULE, "_invoke_mock_v1", "integration", _mocked)
    wrap(_MODULE, "_lambda_proxy_response", "result", _fault_noticing)
    wrap(_MODULE, "_method_throttle_settings", "stage resource_path http_method", _decoding)
    wrap(_MODULE, "_validate_cognito_authorizer", "authorizer method_obj headers query_params stage", _id_tokens_only)
    wrap(_MODULE, "_gateway_error_response", "error request", _fully_rendered)
