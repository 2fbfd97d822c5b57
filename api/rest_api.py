"""The REST API's construct: the routes of `api/routes.py`, the authorizer and the stage."""

from typing import Final, cast

from aws_cdk import Duration, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_wafv2 as wafv2
from aws_cdk import aws_xray as xray
from constructs import Construct

from api import integrations
from api.gateway_responses import add_gateway_responses
from api.routes import INTEGRATION_TIMEOUT_SECONDS, ROUTES, Integration, Route, methods_of
from infrastructure.domain import Domain
from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.logs import log_group

STAGE: Final = "v1"

MIN_COMPRESSION_BYTES: Final = 1024
"""Responses from this size on are compressed for clients that accept it (API Gateway guide, "Payload compression for
REST APIs"). Smaller ones fit into one packet in any case."""

MAX_SAMPLING_RULE_NAME: Final = 32
"""Characters (CloudFormation, AWS::XRay::SamplingRule)."""


class PhotosApi(Construct):
    """Every route of the contract. API Gateway starts the ingest itself; one function serves the other routes."""

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
        self.access_log = log_group(Construct(self, "AccessLogging"), environment)
        self.rest_api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=_api_name(environment),
            description="Photos: create, upload, ingest, list, read, edit, delete.",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            # With a name of its own, the API has one address only.
            disable_execute_api_endpoint=True if environment.domain else None,
            # Texts need no binary media types: those tell API Gateway which bodies of a backend are no text.
            min_compression_size=Size.bytes(MIN_COMPRESSION_BYTES),
            deploy_options=self._stage_options(environment),
        )
        # CDK's output for the endpoint: the stack has the same one under a name without a hash.
        self.rest_api.node.try_remove_child("Endpoint")
        if environment.tracing and environment.trace_sampling_percent is not None:
            self._add_sampling_rule(environment, environment.trace_sampling_percent)
        self._accept_findings(environment)
        add_gateway_responses(self.rest_api, self._origins)
        if environment.web_acl_arn:
            wafv2.CfnWebACLAssociation(
                self,
                "Firewall",
                resource_arn=self.rest_api.deployment_stage.stage_arn,
                web_acl_arn=environment.web_acl_arn,
            )
        self.url = self._add_domain(environment.domain) if environment.domain else self.rest_api.url
        self._authorizer = self._token_authorizer(user_pool, client)
        self._add_routes(function, state_machine)

    def _add_routes(self, function: lambda_.IFunction, state_machine: sfn.IStateMachine) -> None:
        served_by: dict[Integration, apigateway.Integration] = {
            "function": apigateway.LambdaIntegration(
                function,
                allow_test_invoke=False,
                timeout=Duration.seconds(INTEGRATION_TIMEOUT_SECONDS),
            ),
            "ingest": integrations.start_ingest(state_machine, self._ingest_role(state_machine), self._origins),
        }
        for route in ROUTES:
            self._add_method(route, served_by[route.integration])
        self._add_preflight(self.rest_api.root)
        for path in dict.fromkeys(route.path for route in ROUTES):
            resource = self.rest_api.root.resource_for_path(path)
            self._add_preflight(resource)
            self._add_other_methods(resource, methods_of(path))

    def _add_method(self, route: Route, integration: apigateway.Integration) -> None:
        resource = self.rest_api.root.resource_for_path(route.path)
        if route.is_open:
            method = resource.add_method(
                route.method, integration, authorization_type=apigateway.AuthorizationType.NONE
            )
            accept(method, "APIG4", "COG4", because="Health checks have no token, and the response has no data.")
            return
        resource.add_method(
            route.method,
            integration,
            authorization_type=apigateway.AuthorizationType.COGNITO,
            authorizer=self._authorizer,
            method_responses=[apigateway.MethodResponse(status_code=status) for status in ("200", "400", "500")],
        )

    def _add_preflight(self, resource: apigateway.IResource) -> None:
        method = resource.add_method(
            "OPTIONS",
            integrations.preflight(self._origins),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[apigateway.MethodResponse(status_code="204")],
        )
        accept(
            method, "APIG4", because="A browser sends a preflight without credentials (Fetch, CORS-preflight fetch)."
        )

    def _add_other_methods(self, resource: apigateway.Resource, allowed_methods: list[str]) -> None:
        """405 to every other method. It needs no token, because it returns only what the contract says."""
        method = resource.add_method(
            "ANY",
            integrations.method_not_allowed(self._origins, allowed_methods),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[apigateway.MethodResponse(status_code="405")],
        )
        accept(method, "APIG4", "COG4", because="It returns 405 to every caller, as the contract says.")

    def _ingest_role(self, state_machine: sfn.IStateMachine) -> iam.Role:
        role = iam.Role(self, "IngestRole", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(actions=["states:StartSyncExecution"], resources=[state_machine.state_machine_arn])
        )
        return role

    def _token_authorizer(
        self, user_pool: cognito.IUserPool, client: cognito.IUserPoolClient
    ) -> apigateway.CognitoUserPoolsAuthorizer:
        """Accept ID tokens that the pool issued to this client.

        API Gateway alone accepts those of every client of the pool. `identityValidationExpression` is matched against
        the token's `aud`, which access tokens do not have (API Gateway guide, "Integrate a REST API with an Amazon
        Cognito user pool").
        """
        authorizer = apigateway.CognitoUserPoolsAuthorizer(self, "SignedIn", cognito_user_pools=[user_pool])
        resource = cast(apigateway.CfnAuthorizer, authorizer.node.default_child)
        resource.identity_validation_expression = f"^{client.user_pool_client_id}$"
        return authorizer

    def _stage_options(self, environment: Environment) -> apigateway.StageOptions:
        return apigateway.StageOptions(
            stage_name=STAGE,
            tracing_enabled=environment.tracing,
            metrics_enabled=True,
            throttling_rate_limit=environment.throttle_rate_per_second,
            throttling_burst_limit=environment.throttle_burst,
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LOG % environment.name),
        )

    def _add_domain(self, domain: Domain) -> str:
        """Serve the stage under the domain's name, at the same path as under the default one; return the URL."""
        name = apigateway.DomainName(
            self,
            "Domain",
            domain_name=domain.api,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", domain.api_certificate_arn),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        name.add_base_path_mapping(self.rest_api, base_path=STAGE, stage=self.rest_api.deployment_stage)
        route53.ARecord(
            self,
            "Name",
            zone=route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.hosted_zone_name
            ),
            record_name=domain.api,
            target=route53.RecordTarget.from_alias(targets.ApiGatewayDomain(name)),
        )
        return f"https://{domain.api}/{STAGE}/"

    def _add_sampling_rule(self, environment: Environment, percent: int) -> None:
        """Decide which requests are traced: API Gateway applies the rule, and the services that it calls follow.

        The rule's service is the stage (API Gateway guide, "Configure AWS X-Ray sampling rules for API Gateway").
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

    def _accept_findings(self, environment: Environment) -> None:
        accept(
            self.rest_api,
            "APIG2",
            because="The function validates each request, and its 400 names the field; an ingest reads no body.",
        )
        accept(
            self.rest_api.node.find_child("CloudWatchRole"),
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
            because="The managed policy that API Gateway's guide prescribes for writing logs, one role per account.",
        )
        if not environment.web_acl_arn:
            accept(
                self.rest_api.deployment_stage,
                "APIG3",
                because="Every route but /health needs a token, and the stage throttles. A web ACL costs 5 USD a "
                "month, plus 1 per rule and 0.60 per million requests; the knob `web_acl_arn` adds one.",
            )
        accept(
            self.rest_api.deployment_stage,
            "APIG6",
            because="The access log has one line per request. The execution log would contain ids and claims, in a "
            "group that API Gateway creates and that never expires.",
        )


def _api_name(environment: Environment) -> str:
    return f"PhotoSky {environment.name}"


_ACCESS_LOG: Final = (
    '{"environment":"%s","request_id":"$context.requestId","trace_id":"$context.xrayTraceId","time":"$context.requestTime",'
    '"route":"$context.httpMethod $context.resourcePath","status":"$context.status",'
    '"latency_ms":"$context.responseLatency","integration_latency_ms":"$context.integrationLatency",'
    '"integration_status":"$context.integrationStatus","error":"$context.error.responseType"}'
)
"""One JSON line per request. It has no path ids, query or address."""
