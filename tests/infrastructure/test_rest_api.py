"""The REST API as it is deployed: routes, sign-in, the ingest integration, CORS, gateway responses and the stage."""

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
    ("GET", "/photos/{photo_id}"): "photos",
    ("PATCH", "/photos/{photo_id}"): "photos",
    ("DELETE", "/photos/{photo_id}"): "photos",
    ("GET", "/photos/{photo_id}/original"): "photos",
    ("POST", "/photos/{photo_id}/ingest"): "ingest",
}
"""The design's table: what answers each route, the photos function or the ingest's state machine."""

GATEWAY_ANSWERS: Final = {
    "ACCESS_DENIED": (401, Code.UNAUTHORIZED),
    "BAD_REQUEST_BODY": (400, Code.INVALID_REQUEST),
    "BAD_REQUEST_PARAMETERS": (400, Code.INVALID_REQUEST),
    "DEFAULT_4XX": (400, Code.INVALID_REQUEST),
    "DEFAULT_5XX": (500, Code.INTERNAL_ERROR),
    "EXPIRED_TOKEN": (401, Code.UNAUTHORIZED),
    "INTEGRATION_FAILURE": (500, Code.INTERNAL_ERROR),
    "INTEGRATION_TIMEOUT": (504, Code.INGEST_TIMED_OUT),
    "INVALID_SIGNATURE": (404, Code.ROUTE_NOT_FOUND),
    "MISSING_AUTHENTICATION_TOKEN": (404, Code.ROUTE_NOT_FOUND),
    "QUOTA_EXCEEDED": (429, Code.TOO_MANY_REQUESTS),
    "REQUEST_TOO_LARGE": (400, Code.INVALID_REQUEST),
    "RESOURCE_NOT_FOUND": (404, Code.ROUTE_NOT_FOUND),
    "THROTTLED": (429, Code.TOO_MANY_REQUESTS),
    "UNAUTHORIZED": (401, Code.UNAUTHORIZED),
    "UNSUPPORTED_MEDIA_TYPE": (400, Code.INVALID_REQUEST),
}

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


def test_the_routes_are_the_designs(stack_template: Template) -> None:
    assert {route for route in stack_template.routes() if route[0] not in ("OPTIONS", "ANY")} == set(ROUTES)


def test_every_path_answers_preflights(stack_template: Template) -> None:
    asked = {path for verb, path in stack_template.routes() if verb == "OPTIONS"}
    assert asked == {path for _, path in ROUTES} | {"/"}


def test_every_path_refuses_other_methods_by_itself_without_a_token(stack: Synthesized) -> None:
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


def test_each_route_reaches_what_the_design_says(stack_template: Template) -> None:
    assert {route: _integration(stack_template, stack_template.routes()[route]) for route in ROUTES} == ROUTES


def test_all_but_health_need_a_signed_in_user(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer")
    for route in ROUTES:
        method = stack_template.routes()[route].properties
        if route == ("GET", "/health"):
            assert (method["AuthorizationType"], method.get("AuthorizerId")) == ("NONE", None)
        else:
            assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
            assert stack_template.target(method["AuthorizerId"]) == authorizer


def test_no_route_asks_for_scopes_because_only_access_tokens_have_them(stack_template: Template) -> None:
    assert not [route for route in ROUTES if "AuthorizationScopes" in stack_template.routes()[route].properties]


def test_the_authorizer_reads_the_stacks_own_user_pool(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer").properties
    assert authorizer["Type"] == "COGNITO_USER_POOLS"
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert stack_template.texts(authorizer["ProviderARNs"]) == ["${Identity/Users.Arn}"]


def test_the_authorizer_takes_the_tokens_of_the_stacks_own_client_only(stack_template: Template) -> None:
    authorizer = stack_template.one("AWS::ApiGateway::Authorizer").properties
    assert stack_template.text(authorizer["IdentityValidationExpression"]) == "^${Identity/Users/Frontend}$"


def test_the_ingest_starts_the_machine_with_nothing_that_a_body_says(stack_template: Template) -> None:
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


def test_the_ingest_answers_by_what_the_execution_came_to(stack: Synthesized) -> None:
    origins = stack.environment.allowed_origins
    refusal = {"application/json": templates.start_error(origins)}
    assert _ingest(stack.template)["IntegrationResponses"] == [
        {"StatusCode": "200", "ResponseTemplates": {"application/json": templates.execution_result(origins)}},
        {"StatusCode": "400", "SelectionPattern": r"4\d{2}", "ResponseTemplates": refusal},
        {"StatusCode": "500", "SelectionPattern": r"5\d{2}", "ResponseTemplates": refusal},
    ]


def test_integrations_have_as_long_as_the_gateway_grants(stack_template: Template) -> None:
    waits = {stack_template.routes()[route].properties["Integration"]["TimeoutInMillis"] for route in ROUTES}
    assert waits == {29_000}


def test_the_photos_function_gives_up_before_the_gateway_does(stack_template: Template) -> None:
    (function,) = (f for f in stack_template.all("AWS::Lambda::Function") if f.address == "PhotosApi")
    assert function.properties["Timeout"] < 29


def test_only_this_apis_routes_may_invoke_the_photos_function(stack_template: Template) -> None:
    allowed = {}
    for permission in stack_template.all("AWS::Lambda::Permission"):
        if stack_template.text(permission.properties["FunctionName"]) == "${Reconcile.Arn}":
            continue  # tests/infrastructure/test_repair.py says who may invoke it.
        assert permission.properties["Action"] == "lambda:InvokeFunction"
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        source = stack_template.text(permission.properties["SourceArn"])
        assert "${Rest/Api}/${Rest/Api/DeploymentStage.v1}/" in source
        allowed[source.rpartition("v1}")[2]] = stack_template.text(permission.properties["FunctionName"])
    assert allowed == {
        f"/{verb}{path.replace('{photo_id}', '*')}": "${PhotosApi.Arn}"
        for (verb, path), answers in ROUTES.items()
        if answers == "photos"
    }


def test_each_gateway_response_is_the_catalogues_problem(stack_template: Template) -> None:
    given = {}
    for response in stack_template.all("AWS::ApiGateway::GatewayResponse"):
        (body,) = response.properties["ResponseTemplates"].values()
        document = json.loads(body)
        code = Code(document["code"])
        assert document == {
            "type": f"urn:photosky:problem:{code}",
            "title": CATALOGUE[code].title,
            "status": CATALOGUE[code].status,
            "detail": document["detail"],
            "code": str(code),
            "request_id": "$context.requestId",
        }
        given[response.properties["ResponseType"]] = (int(response.properties["StatusCode"]), code)
    assert given == GATEWAY_ANSWERS


def test_each_gateway_response_can_be_read_by_the_frontend(stack: Synthesized) -> None:
    origins = stack.environment.allowed_origins
    for response in stack.template.all("AWS::ApiGateway::GatewayResponse"):
        code = GATEWAY_ANSWERS[response.properties["ResponseType"]][1]
        assert response.properties["ResponseParameters"] == _gateway_headers(
            {
                "Access-Control-Allow-Origin": f"'{origins[0]}'"
                if len(origins) == 1
                else "method.request.header.Origin",
                "Access-Control-Expose-Headers": "'ETag,Location,Retry-After,X-Request-Id'",
                **{name: f"'{value}'" for name, value in SECURITY_HEADERS.items()},
                "Content-Type": "'application/problem+json'",
                "Vary": "'Origin'",
                "X-Request-Id": "context.requestId",
            }
            | ({"Retry-After": "'2'"} if CATALOGUE[code].retryable else {})
        )


def test_preflights_allow_what_the_contract_uses(stack: Synthesized) -> None:
    answer = templates.preflight(
        stack.environment.allowed_origins,
        ("GET", "POST", "PATCH", "DELETE"),
        ("Authorization", "Content-Type", "If-Match"),
        3600,
    )
    for (verb, _), method in stack.template.routes().items():
        if verb == "OPTIONS":
            integration = method.properties["Integration"]
            assert (method.properties["AuthorizationType"], integration["Type"]) == ("NONE", "MOCK")
            assert integration["RequestTemplates"] == {"application/json": '{"statusCode": 204}'}
            assert integration["IntegrationResponses"] == [
                {"StatusCode": "204", "ResponseTemplates": {"application/json": answer}}
            ]


def test_every_answer_that_a_template_makes_has_the_headers_that_every_answer_has(stack_template: Template) -> None:
    made = [
        template
        for method in stack_template.routes().values()
        for response in method.properties["Integration"].get("IntegrationResponses", [])
        for template in response["ResponseTemplates"].values()
    ]
    assert len(made) == 6 + 5 + 3, "the preflights, the refusals of other methods, and what the ingest answers"
    for template in made:
        for name, value in SECURITY_HEADERS.items():
            assert template.count(f'#set($context.responseOverride.header.{name} = "{value}")\n') == 1
        # Velocity would read a reference or a directive, and end the text at a quote.
        assert not any(sign in value for value in SECURITY_HEADERS.values() for sign in '$#"')


def test_no_origin_is_a_wildcard_anywhere(stack_template: Template) -> None:
    text = json.dumps(stack_template.document)
    assert "Allow-Origin\": \"'*'" not in text
    assert "Allow-Credentials" not in text
    (rule,) = stack_template.one("AWS::S3::Bucket").properties["CorsConfiguration"]["CorsRules"]
    assert not [origin for origin in rule["AllowedOrigins"] if "*" in origin]
    for function in stack_template.all("AWS::Lambda::Function"):
        assert "*" not in function.properties["Environment"]["Variables"]["PHOTOSKY_ALLOWED_ORIGINS"]


def test_the_stage_traces_throttles_and_measures(stack: Synthesized) -> None:
    stage = stack.template.one("AWS::ApiGateway::Stage").properties
    assert stage["StageName"] == "v1"
    assert stage["TracingEnabled"] is stack.environment.tracing is True
    assert stage["MethodSettings"] == [
        {
            "HttpMethod": "*",
            "ResourcePath": "/*",
            # Request and response bodies in the log would be tokens and URLs in the log.
            "DataTraceEnabled": False,
            "MetricsEnabled": True,
            "ThrottlingBurstLimit": stack.environment.throttle_burst,
            "ThrottlingRateLimit": stack.environment.throttle_rate_per_second,
        }
    ]


def test_the_access_log_names_no_one(stack: Synthesized) -> None:
    log = stack.template.one("AWS::ApiGateway::Stage").properties["AccessLogSetting"]
    assert stack.template.text(log["DestinationArn"]) == "${Rest/AccessLogging/Logs.Arn}"
    assert json.loads(log["Format"]) == {"environment": stack.environment.name} | ACCESS_LOG_FIELDS


def test_the_api_is_regional_and_open_to_no_other_stage(stack_template: Template) -> None:
    assert stack_template.one("AWS::ApiGateway::RestApi").properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert len(stack_template.all("AWS::ApiGateway::Stage")) == 1


@pytest.mark.parametrize("code", [code for code in Code if CATALOGUE[code].status != 401])
def test_the_ingest_can_answer_each_code(prod: Template, code: Code) -> None:
    answer = _ingest(prod)["IntegrationResponses"][0]["ResponseTemplates"]["application/json"]
    assert f'#elseif($code == "{code}")\n#set($http = {CATALOGUE[code].status})\n' in answer


def _integration(template: Template, method: Resource) -> str:
    uri = template.text(method.properties["Integration"]["Uri"])
    if "${PhotosApi.Arn}" in uri:
        assert method.properties["Integration"]["Type"] == "AWS_PROXY"
        return "photos"
    return "ingest" if uri.endswith("states:action/StartSyncExecution") else uri


def _ingest(template: Template) -> dict[str, Any]:
    integration: dict[str, Any] = template.routes()["POST", "/photos/{photo_id}/ingest"].properties["Integration"]
    return integration


def _gateway_headers(headers: dict[str, str]) -> dict[str, str]:
    return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
