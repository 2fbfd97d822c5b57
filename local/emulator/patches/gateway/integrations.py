"""API Gateway: integrations with Step Functions, mapping templates and timeouts.

Gaps: an `AWS` integration supports Lambda and SQS only, so that `states:action/StartSyncExecution` answers 504; MOCK
responses are not rendered; integrations have no timeout; executions that wait for a busy machine time out.
Closed upstream when `POST /photos/{photo_id}/ingest` answers with a photo without this module.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.patches import tracing, velocity
from local.emulator.patches.gateway.call import (
    JSON,
    MODULE,
    Call,
    choose_template,
    current,
    gateway_error,
    header_parameters,
    internal_error,
    overridden,
    with_headers,
)
from local.emulator.patches.lambdas import MAX_WORKERS_PER_FUNCTION
from local.emulator.patches.permissions import allows
from local.emulator.wrapping import module, require, wrap

logger = logging.getLogger(__name__)

_DEFAULT_TIMEOUT_MS: Final = 29_000


def _timed(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(integration: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        with tracing.called("Lambda", "Invoke"):
            return await _in_time(integration, original(integration, *args, **kwargs))

    return invoke


async def _in_time(integration: Mapping[str, Any], work: Any) -> Any:
    """Return the result, or 504 after the timeout. The backend continues, as on AWS."""
    timeout = int(integration.get("timeoutInMillis") or _DEFAULT_TIMEOUT_MS) / 1000
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.wait_for(asyncio.shield(task), timeout)
    except TimeoutError:
        logger.warning("An integration took longer than its %.1f s", timeout)
        return gateway_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")


def _mocked(original: Callable[..., Any]) -> Callable[..., Any]:
    def mock(integration: dict[str, Any]) -> Any:
        status, headers, body = original(integration)
        call, context = current.get(), current.get().context()
        responses = (integration.get("integrationResponses") or {}).values()
        templates = [choose_template(response.get("responseTemplates"), JSON) for response in responses]
        if body.decode() not in templates:
            return status, headers, b""
        try:
            text = call.render(body.decode(), "", context)
        except velocity.TemplateFailed:
            logger.exception("A mock response's template failed")
            return internal_error()
        status, headers = overridden(status, headers, context)
        return status, headers, text.encode()

    return mock


def _with_step_functions(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(integration: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        target = module(MODULE)._parse_service_integration_uri(integration.get("uri", ""))
        if not target or target[1:3] != ("states", "action"):
            return await original(integration, *args, **kwargs)
        event = module(MODULE)._build_lambda_event_v1(
            *args,
            binary_media_types=kwargs.get("binary_media_types"),
            authorizer_context=kwargs.get("authorizer_context"),
            caller_identity=kwargs.get("caller_identity"),
        )
        async with turns:
            with tracing.called("STEPFUNCTIONS", target[3]):
                return await _in_time(integration, _start(integration, target[3], event["requestContext"]))

    # On AWS, executions run concurrently. Here each waits for a free worker before its timeout starts; otherwise a
    # burst of large pictures would time out in the queue.
    turns = asyncio.Semaphore(MAX_WORKERS_PER_FUNCTION)
    return invoke


async def _start(integration: dict[str, Any], action: str, request_context: dict[str, Any]) -> Any:
    """Call a Step Functions action with the rendered request template, and render its response."""
    call = current.get()
    body = call.body.decode(errors="replace")
    media_type = velocity.Headers(call.headers).get("content-type")
    template = choose_template(integration.get("requestTemplates"), media_type)
    try:
        rendered = call.render(template, body, call.context(request_context)) if template is not None else body
    except (velocity.TemplateFailed, ValueError):
        logger.exception("A request template failed")
        return internal_error()
    status, text = await _call_step_functions(integration.get("credentials") or "", action, rendered)
    try:
        return _integration_response(call, integration, status, text, request_context)
    except (velocity.TemplateFailed, ValueError):
        logger.exception("A response template failed")
        return internal_error()


async def _call_step_functions(role_arn: str, action: str, body: str) -> tuple[int, str]:
    """Call Step Functions with the integration's role, and return status and body."""
    try:
        machine_arn = json.loads(body).get("stateMachineArn", "")
    except (ValueError, AttributeError):
        return 400, json.dumps({"__type": "com.amazon.coral.service#SerializationException"})
    if not allows(role_arn, "apigateway.amazonaws.com", f"states:{action}", machine_arn):
        message = f"{role_arn} is not authorized to perform: states:{action} on resource: {machine_arn}"
        return 400, json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message})
    handle = require("services.stepfunctions", "handle_request", "method path headers body query_params")
    headers = {"x-amz-target": f"AWSStepFunctions.{action}"}
    status, _, text = await handle("POST", "/", headers, body.encode(), {})
    return status, text.decode() if isinstance(text, bytes) else text


def _integration_response(
    call: Call, integration: dict[str, Any], status: int, text: str, request_context: dict[str, Any]
) -> Any:
    selected = module(MODULE)._select_service_integration_response(integration, status)
    if selected is None:
        return internal_error()
    template = choose_template(selected.get("responseTemplates"), JSON)
    context = call.context(request_context)
    body = call.render(template, text, context) if template is not None else text
    headers = with_headers({"Content-Type": JSON}, header_parameters(selected.get("responseParameters"), {}, text))
    answered, headers = overridden(int(selected.get("statusCode") or status), headers, context)
    return answered, headers, body.encode()


def install() -> None:
    """Wrap the functions that call integrations."""
    invocation = (
        "integration api_id stage_name stage resource request_path method headers body query_params path_params "
        "owner_account_id owner_region binary_media_types authorizer_context caller_identity"
    )
    require(MODULE, "_gw_error", "response_type message")
    require(MODULE, "_parse_service_integration_uri", "uri")
    require(MODULE, "_select_service_integration_response", "integration backend_status")
    require("services.stepfunctions", "handle_request", "method path headers body query_params")
    wrap(MODULE, "_invoke_lambda_proxy_v1", invocation, _timed)
    wrap(MODULE, "_invoke_lambda_custom_v1", invocation, _with_step_functions)
    wrap(MODULE, "_invoke_mock_v1", "integration", _mocked)
