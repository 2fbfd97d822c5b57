"""The REST API's construct: routes, authorizer, the ingest integration, CORS and gateway responses."""

from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_xray as xray
from constructs import Construct

from api import templates
from infrastructure.environment import Environment
from infrastructure.logs import log_group
from photosky.errors import CATALOGUE, EXPOSED_HEADERS, PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, Code
from photosky.headers import SECURITY_HEADERS

INTEGRATION_TIMEOUT_SECONDS: Final = 29
"""The most that API Gateway grants a REST integration without a quota increase."""

STAGE: Final = "v1"

MAX_SAMPLING_RULE_NAME: Final = 32
"""Characters (CloudFormation, AWS::XRay::SamplingRule)."""

BODILESS_CONTENT_TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""What clients name where no body is read, an ingest's or a wrong method's; a body of another type is refused."""

ALLOWED_METHODS: Final = ("GET", "POST", "PATCH", "DELETE")

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "If-Match")

PREFLIGHT_SECONDS: Final = 3600
"""How long a browser need not ask again; the longest that all of them keep to is two hours (Chromium's)."""


@dataclass(frozen=True)
class GatewayAnswer:
    """What API Gateway itself answers for one of its response types."""

    type: apigateway.ResponseType
    code: Code
    detail: str


GATEWAY_ANSWERS: Final = (
    GatewayAnswer(
        apigateway.ResponseType.UNAUTHORIZED,
        Code.UNAUTHORIZED,
        "Send a valid ID token of this environment's user pool in the Authorization header.",
    ),
    GatewayAnswer(
        apigateway.ResponseType.ACCESS_DENIED,
        Code.UNAUTHORIZED,
        "Send a valid ID token of this environment's user pool in the Authorization header.",
    ),
    GatewayAnswer(
        apigateway.ResponseType.EXPIRED_TOKEN, Code.UNAUTHORIZED, "The token has expired; sign in again or refresh it."
    ),
    GatewayAnswer(
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, Code.ROUTE_NOT_FOUND, "The API has no such route."
    ),
    # No route of ours is signed by SigV4: where API Gateway looks for such a signature, there is no route.
    GatewayAnswer(apigateway.ResponseType.INVALID_SIGNATURE, Code.ROUTE_NOT_FOUND, "The API has no such route."),
    GatewayAnswer(apigateway.ResponseType.RESOURCE_NOT_FOUND, Code.ROUTE_NOT_FOUND, "The API has no such route."),
    GatewayAnswer(
        apigateway.ResponseType.BAD_REQUEST_BODY, Code.INVALID_REQUEST, "The body is not what the contract says."
    ),
    GatewayAnswer(
        apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
        Code.INVALID_REQUEST,
        "A parameter is not what the contract says.",
    ),
    GatewayAnswer(
        apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
        Code.INVALID_REQUEST,
        "Content-Type must be application/json, or absent where there is no body.",
    ),
    GatewayAnswer(apigateway.ResponseType.REQUEST_TOO_LARGE, Code.INVALID_REQUEST, "The body is larger than 10 MB."),
    GatewayAnswer(
        apigateway.ResponseType.THROTTLED, Code.TOO_MANY_REQUESTS, "Too many requests. Ask again in a moment."
    ),
    GatewayAnswer(
        apigateway.ResponseType.QUOTA_EXCEEDED, Code.TOO_MANY_REQUESTS, "Too many requests. Ask again in a moment."
    ),
    GatewayAnswer(
        apigateway.ResponseType.INTEGRATION_TIMEOUT,
        Code.INGEST_TIMED_OUT,
        "The request ran out of time. Ask again in a moment.",
    ),
    GatewayAnswer(
        apigateway.ResponseType.INTEGRATION_FAILURE,
        Code.INTERNAL_ERROR,
        "The request could not be answered. Try again later.",
    ),
    GatewayAnswer(
        apigateway.ResponseType.DEFAULT_4_XX, Code.INVALID_REQUEST, "The request is not what the contract says."
    ),
    GatewayAnswer(
        apigateway.ResponseType.DEFAULT_5_XX,
        Code.INTERNAL_ERROR,
        "The request could not be answered. Try again later.",
    ),
)


class PhotosApi(Construct):
    """Every route of the contract. The ingest starts the state machine itself; the others are one function's."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        state_machine: sfn.IStateMachine,
        user_pool: cognito.IUserPool,
        client: cognito.IUserPoolClient,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._origins = environment.allowed_origins
        self.rest_api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=_api_name(environment),
            description="Photos: create, upload, ingest, list, read, edit, delete.",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            deploy_options=self._stage(environment),
        )
        self.rest_api.node.try_remove_child("Endpoint")  # The same as the stack's own output, under a hashed name.
        if environment.tracing and environment.trace_sampling_percent is not None:
            self._sample(environment, environment.trace_sampling_percent)
        self._add_gateway_answers()
        self._authorizer = self._signed_in(user_pool, client)
        photos_api = apigateway.LambdaIntegration(
            function, allow_test_invoke=False, timeout=Duration.seconds(INTEGRATION_TIMEOUT_SECONDS)
        )
        health = self.rest_api.root.add_resource("health")
        photos = self.rest_api.root.add_resource("photos")
        photo = photos.add_resource("{photo_id}")
        health.add_method("GET", photos_api, authorization_type=apigateway.AuthorizationType.NONE)
        self._add_signed_in(photos, "GET", photos_api)
        self._add_signed_in(photos, "POST", photos_api)
        self._add_signed_in(photo, "GET", photos_api)
        self._add_signed_in(photo, "PATCH", photos_api)
        self._add_signed_in(photo, "DELETE", photos_api)
        original, ingest = photo.add_resource("original"), photo.add_resource("ingest")
        self._add_signed_in(original, "GET", photos_api)
        self._add_signed_in(ingest, "POST", self._ingest(state_machine))
        for resource in (self.rest_api.root, health, photos, photo, original, ingest):
            self._add_preflight(resource)
        for resource in (health, photos, photo, original, ingest):
            self._refuse_other_methods(resource)

    def _sample(self, environment: Environment, percent: int) -> None:
        """The rule that decides which requests are traced: the gateway applies it, and whoever is called follows.

        Its service is the stage (API Gateway developer guide, "Configure AWS X-Ray sampling rules for API Gateway").
        """
        xray.CfnSamplingRule(
            self,
            "Sampling",
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=f"PhotoSky-{environment.name}"[:MAX_SAMPLING_RULE_NAME],
                priority=100,
                reservoir_size=1,
                fixed_rate=percent / 100,
                service_name=f"{_api_name(environment)}/{STAGE}",
                service_type="AWS::ApiGateway::Stage",
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
                version=1,
            ),
        )

    def _signed_in(
        self, user_pool: cognito.IUserPool, client: cognito.IUserPoolClient
    ) -> apigateway.CognitoUserPoolsAuthorizer:
        """ID tokens that the pool gave to this client, and none that it gave to another, should it ever have one.

        API Gateway by itself takes those of every client. Its `identityValidationExpression` is matched against a
        token's `aud`, which an access token does not have (API Gateway developer guide, "Integrate a REST API with an
        Amazon Cognito user pool").
        """
        authorizer = apigateway.CognitoUserPoolsAuthorizer(self, "SignedIn", cognito_user_pools=[user_pool])
        resource = cast(apigateway.CfnAuthorizer, authorizer.node.default_child)
        resource.identity_validation_expression = f"^{client.user_pool_client_id}$"
        return authorizer

    def _add_signed_in(self, resource: apigateway.Resource, verb: str, integration: apigateway.Integration) -> None:
        resource.add_method(
            verb,
            integration,
            authorization_type=apigateway.AuthorizationType.COGNITO,
            authorizer=self._authorizer,
            method_responses=[apigateway.MethodResponse(status_code=status) for status in ("200", "400", "500")],
        )

    def _add_preflight(self, resource: apigateway.IResource) -> None:
        """Answer a browser's OPTIONS. Not CDK's own, which has no place for the headers that every answer carries."""
        answer = templates.preflight(self._origins, ALLOWED_METHODS, ALLOWED_HEADERS, PREFLIGHT_SECONDS)
        resource.add_method(
            "OPTIONS",
            apigateway.MockIntegration(
                request_templates={"application/json": '{"statusCode": 204}'},
                integration_responses=[
                    apigateway.IntegrationResponse(status_code="204", response_templates={"application/json": answer})
                ],
            ),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[apigateway.MethodResponse(status_code="204")],
        )

    def _refuse_other_methods(self, resource: apigateway.Resource) -> None:
        """405 for what the path does not have; needs no token, because it says what the contract says.

        NEVER passes a body through: it would choose the mock's status (API Gateway guide, "mock integrations").
        """
        methods = (method for method in self.rest_api.methods if method.resource.path == resource.path)
        allowed = sorted(method.http_method for method in methods)
        resource.add_method(
            "ANY",
            apigateway.MockIntegration(
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                request_templates=dict.fromkeys(BODILESS_CONTENT_TYPES, '{"statusCode": 405}'),
                integration_responses=[
                    apigateway.IntegrationResponse(
                        status_code="405",
                        response_templates={"application/json": templates.other_method(self._origins, allowed)},
                    )
                ],
            ),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[apigateway.MethodResponse(status_code="405")],
        )

    def _stage(self, environment: Environment) -> apigateway.StageOptions:
        return apigateway.StageOptions(
            stage_name=STAGE,
            tracing_enabled=environment.tracing,
            metrics_enabled=True,
            throttling_rate_limit=environment.throttle_rate_per_second,
            throttling_burst_limit=environment.throttle_burst,
            access_log_destination=apigateway.LogGroupLogDestination(
                log_group(Construct(self, "AccessLogging"), environment)
            ),
            access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LOG),
        )

    def _ingest(self, state_machine: sfn.IStateMachine) -> apigateway.AwsIntegration:
        """StartSyncExecution without a function between. NEVER passes a body through: it would choose the input."""
        role = iam.Role(self, "IngestRole", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(actions=["states:StartSyncExecution"], resources=[state_machine.state_machine_arn])
        )
        start = templates.start_execution(state_machine.state_machine_arn)
        refusal = {"application/json": templates.refusal(self._origins)}
        return apigateway.AwsIntegration(
            service="states",
            action="StartSyncExecution",
            integration_http_method="POST",
            options=apigateway.IntegrationOptions(
                credentials_role=role,
                timeout=Duration.seconds(INTEGRATION_TIMEOUT_SECONDS),
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                request_templates=dict.fromkeys(BODILESS_CONTENT_TYPES, start),
                integration_responses=[
                    apigateway.IntegrationResponse(
                        status_code="200", response_templates={"application/json": templates.answer(self._origins)}
                    ),
                    apigateway.IntegrationResponse(
                        status_code="400", selection_pattern=r"4\d{2}", response_templates=refusal
                    ),
                    apigateway.IntegrationResponse(
                        status_code="500", selection_pattern=r"5\d{2}", response_templates=refusal
                    ),
                ],
            ),
        )

    def _add_gateway_answers(self) -> None:
        for answer in GATEWAY_ANSWERS:
            headers = self._gateway_headers()
            if CATALOGUE[answer.code].retryable:
                headers["Retry-After"] = f"'{RETRY_AFTER_SECONDS}'"
            self.rest_api.add_gateway_response(
                f"Answer{answer.type.response_type}",
                type=answer.type,
                status_code=str(CATALOGUE[answer.code].status),
                response_headers=headers,
                templates={"application/json": templates.gateway_problem(answer.code, answer.detail)},
            )

    def _gateway_headers(self) -> dict[str, str]:
        """CORS for answers that no integration made. A gateway response has no conditions: with one origin it is
        named; with several the caller's own is echoed, which tells it nothing but its own error."""
        origin = f"'{self._origins[0]}'" if len(self._origins) == 1 else "method.request.header.Origin"
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": f"'{','.join(EXPOSED_HEADERS)}'",
            "Vary": "'Origin'",
            **{name: f"'{value}'" for name, value in SECURITY_HEADERS.items()},
            "Content-Type": f"'{PROBLEM_CONTENT_TYPE}'",
            "X-Request-Id": "context.requestId",
        }


def _api_name(environment: Environment) -> str:
    return f"PhotoSky {environment.name}"


_ACCESS_LOG: Final = (
    '{"request_id":"$context.requestId","trace_id":"$context.xrayTraceId","time":"$context.requestTime",'
    '"route":"$context.httpMethod $context.resourcePath","status":"$context.status",'
    '"latency_ms":"$context.responseLatency","integration_latency_ms":"$context.integrationLatency",'
    '"integration_status":"$context.integrationStatus","error":"$context.error.responseType"}'
)
"""One JSON line a request: no path ids, no query, no address."""
