"""The deployed REST API: routes, authorizer, ingest integration, CORS, gateway responses and stage."""

import json
from typing import Any, Final

import pytest

from api import templates
from diagrams.synthesis import Resource, Synthesized, Template
from photosky.errors import CATALOGUE, Code
from photosky.headers import SECURITY_HEADERS

ROUTES: Final = {
    ("GET", "/health"): "photos",
    ("POST", "/photos"): "photos",
    ("GET", "/photos"): "photos",
    ("POST", "/photos/batch"): "photos",
    ("GET", "/photos/{photo_id}"): "photos",
    ("PATCH", "/photos/{photo_id}"): "photos",
    ("DELETE", "/photos/{photo_id}"): "photos",
    ("GET", "/photos/{photo_id}/original"): "photos",
    ("POST", "/photos/{photo_id}/upload"): "photos",
    ("POST", "/photos/{photo_id}/restore"): "photos",
    ("POST", "/photos/{photo_id}/ingest"): "ingest",
    ("GET", "/timeline"): "photos",
    ("GET", "/me"): "photos",
    ("GET", "/changes"): "photos",
}
"""The integration of each route: the photos function, or the ingest's state machine."""

ACCESS_LOG_FIELDS: Final = {
    "request_id": "$context.requestId",
    "trace_id": "$context.xrayTraceId",
    "time": "$context.requestTime",
    "route": "$context.httpMethod $context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_latency_ms": "$context.integrationLatency",
    "integration_status": "$context.integrationStatus",
    "error": "$context.error.responseType",
}


def test_routes(stack_template: Template) -> None:
    assert {route for route in stack_template.routes() if route[0] not in ("OPTIONS", "ANY")} == set(ROUTES)


def test_texts_are_compressed_from_a_kilobyte_on(stack_template: Template) -> None:
    api = stack_template.one("AWS::ApiGateway::RestApi").properties
    assert (api["MinimumCompressionSize"], "BinaryMediaTypes" in api) == (1024, False)


def test_every_path_has_a_preflight(stack_template: Template) -> None:
    paths = {path for verb, path in stack_template.routes() if verb == "OPTIONS"}
    assert paths == {path for _, path in ROUTES} | {"/"}


def test_every_path_refuses_other_methods_without_a_token(stack: Synthesized) -> None:
    refusals = {path: method.properties for (verb, path), method in stack.template.routes().items() if verb == "ANY"}
    assert set(refusals) == {path for _, path in ROUTES}
    for path, method in refusals.items():
        allowed = sorted({verb for verb, its in ROUTES if its == path} | {"OPTIONS"})
        assert method["AuthorizationType"] == "NONE"
        assert method["Integration"] == {
            "Type": "MOCK",
            "PassthroughBehavior": "NEVER",
            "RequestTemplates": dict.fromkeys(
                ("application/json", "application/x-www-form-urlencoded", "text/plain"), '{"statusCode": 405}'
            ),
            "IntegrationResponses": [
                {
                    "StatusCode": "405",
                    "ResponseTemplates": {
                        "application/json": templates.method_not_allowed(stack.environment.allowed_origins, allowed)
                    },
                }
            ],
        }


def test_each_route_has_its_integration(stack_template: Template) -> None:
    assert {route: _integration(stack_template, stack_template.routes()[route]) for route in ROUTES} == ROUTES


def test_all_routes_except_health_need_a_token(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer")
    for route in ROUTES:
        method = stack_template.routes()[route].properties
        if route == ("GET", "/health"):
            assert (method["AuthorizationType"], method.get("AuthorizerId")) == ("NONE", None)
        else:
            assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
            assert stack_template.target(method["AuthorizerId"]) == authorizer


def test_no_route_needs_scopes(stack_template: Template) -> None:
    # Only access tokens have scopes, and the API accepts ID tokens.
    assert not [route for route in ROUTES if "AuthorizationScopes" in stack_template.routes()[route].properties]


def test_authorizer_uses_the_stacks_user_pool(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer").properties
    assert authorizer["Type"] == "COGNITO_USER_POOLS"
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert stack_template.texts(authorizer["ProviderARNs"]) == ["${Identity/Users.Arn}"]


def test_authorizer_accepts_tokens_of_the_stacks_client_only(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer").properties
    assert stack_template.text(authorizer["IdentityValidationExpression"]) == "^${Identity/Users/Frontend}$"


def test_ingest_ignores_the_request_body(stack_template: Template) -> None:
    integration = _ingest(stack_template)
    machine = stack_template.machine("Ingest")
    start = templates.start_execution(f"${{{machine.address}}}")
    assert stack_template.text(integration["Uri"]).endswith(":states:action/StartSyncExecution")
    assert (integration["Type"], integration["IntegrationHttpMethod"]) == ("AWS", "POST")
    assert integration["PassthroughBehavior"] == "NEVER"
    assert {name: stack_template.text(body) for name, body in integration["RequestTemplates"].items()} == {
        "application/json": start,
        "application/x-www-form-urlencoded": start,
        "text/plain": start,
    }
    assert "RequestParameters" not in integration
    assert "$input.body" not in start
    assert "$input.json" not in start


def test_ingest_responses_use_the_templates(stack: Synthesized) -> None:
    origins = stack.environment.allowed_origins
    error = {"application/json": templates.start_error(origins)}
    assert _ingest(stack.template)["IntegrationResponses"] == [
        {"StatusCode": "200", "ResponseTemplates": {"application/json": templates.execution_result(origins)}},
        {"StatusCode": "400", "SelectionPattern": r"4\d{2}", "ResponseTemplates": error},
        {"StatusCode": "500", "SelectionPattern": r"5\d{2}", "ResponseTemplates": error},
    ]


def test_integrations_have_the_maximum_timeout(stack_template: Template) -> None:
    timeouts = {stack_template.routes()[route].properties["Integration"]["TimeoutInMillis"] for route in ROUTES}
    assert timeouts == {29_000}


def test_function_times_out_before_the_gateway(stack_template: Template) -> None:
    (function,) = (f for f in stack_template.all("AWS::Lambda::Function") if f.address == "PhotosApi")
    assert function.properties["Timeout"] < 29


def test_only_routes_of_this_api_may_invoke_the_function(stack_template: Template) -> None:
    allowed = {}
    for permission in stack_template.all("AWS::Lambda::Permission"):
        if stack_template.text(permission.properties["FunctionName"]) == "${Reconcile.Arn}":
            continue  # See tests/infrastructure/test_repair.py.
        assert permission.properties["Action"] == "lambda:InvokeFunction"
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        source = stack_template.text(permission.properties["SourceArn"])
        assert "${Rest/Api}/${Rest/Api/DeploymentStage.v1}/" in source
        allowed[source.rpartition("v1}")[2]] = stack_template.text(permission.properties["FunctionName"])
    assert allowed == {
        f"/{verb}{path.replace('{photo_id}', '*')}": "${PhotosApi.Arn}"
        for (verb, path), integration in ROUTES.items()
        if integration == "photos"
    }


def test_preflights_allow_the_contracts_methods_and_headers(stack: Synthesized) -> None:
    template = templates.preflight(
        stack.environment.allowed_origins,
        ("GET", "POST", "PATCH", "DELETE"),
        ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"),
        3600,
    )
    for (verb, _), method in stack.template.routes().items():
        if verb == "OPTIONS":
            integration = method.properties["Integration"]
            assert (method.properties["AuthorizationType"], integration["Type"]) == ("NONE", "MOCK")
            assert integration["RequestTemplates"] == {"application/json": '{"statusCode": 204}'}
            assert integration["IntegrationResponses"] == [
                {"StatusCode": "204", "ResponseTemplates": {"application/json": template}}
            ]


def test_every_response_template_sets_the_security_headers(stack_template: Template) -> None:
    response_templates = [
        template
        for method in stack_template.routes().values()
        for response in method.properties["Integration"].get("IntegrationResponses", [])
        for template in response["ResponseTemplates"].values()
    ]
    assert len(response_templates) == 12 + 11 + 3, "preflights, refused methods, and the ingest's responses"
    for template in response_templates:
        for name, value in SECURITY_HEADERS.items():
            assert template.count(f'#set($context.responseOverride.header.{name} = "{value}")\n') == 1
        # Velocity would evaluate a reference or a directive, and end the string at a quote.
        assert not any(sign in value for value in SECURITY_HEADERS.values() for sign in '$#"')


def test_no_origin_is_a_wildcard(stack_template: Template) -> None:
    text = json.dumps(stack_template.document)
    assert "Allow-Origin\": \"'*'" not in text
    assert "Allow-Credentials" not in text
    (rule,) = stack_template.one("AWS::S3::Bucket").properties["CorsConfiguration"]["CorsRules"]
    assert not [origin for origin in rule["AllowedOrigins"] if "*" in origin]
    for function in stack_template.all("AWS::Lambda::Function"):
        assert "*" not in function.properties["Environment"]["Variables"]["PHOTOSKY_ALLOWED_ORIGINS"]


def test_stage_traces_throttles_and_measures(stack: Synthesized) -> None:
    stage = stack.template.one("AWS::ApiGateway::Stage").properties
    assert stage["StageName"] == "v1"
    assert stage["TracingEnabled"] is stack.environment.tracing is True
    assert stage["MethodSettings"] == [
        {
            "HttpMethod": "*",
            "ResourcePath": "/*",
            # Data traces would write tokens and URLs to the log.
            "DataTraceEnabled": False,
            "MetricsEnabled": True,
            "ThrottlingBurstLimit": stack.environment.throttle_burst,
            "ThrottlingRateLimit": stack.environment.throttle_rate_per_second,
        }
    ]


def test_access_log_has_no_personal_data(stack: Synthesized) -> None:
    log = stack.template.one("AWS::ApiGateway::Stage").properties["AccessLogSetting"]
    assert stack.template.text(log["DestinationArn"]) == "${Rest/AccessLogging/Logs.Arn}"
    assert json.loads(log["Format"]) == {"environment": stack.environment.name} | ACCESS_LOG_FIELDS


def test_api_is_regional_with_one_stage(stack_template: Template) -> None:
    assert stack_template.one("AWS::ApiGateway::RestApi").properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert len(stack_template.all("AWS::ApiGateway::Stage")) == 1


@pytest.mark.parametrize("code", [code for code in Code if CATALOGUE[code].status != 401])
def test_ingest_can_return_each_code(prod: Template, code: Code) -> None:
    template = _ingest(prod)["IntegrationResponses"][0]["ResponseTemplates"]["application/json"]
    assert f'#elseif($code == "{code}")\n#set($http = {CATALOGUE[code].status})\n' in template


def _integration(template: Template, method: Resource) -> str:
    uri = template.text(method.properties["Integration"]["Uri"])
    if "${PhotosApi.Arn}" in uri:
        assert method.properties["Integration"]["Type"] == "AWS_PROXY"
        return "photos"
    return "ingest" if uri.endswith("states:action/StartSyncExecution") else uri


def _ingest(template: Template) -> dict[str, Any]:
    integration: dict[str, Any] = template.routes()["POST", "/photos/{photo_id}/ingest"].properties["Integration"]
    return integration
