"""The integrations that need no function: the ingest's execution, CORS preflights and 405."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from api import templates
from api.routes import ALLOWED_HEADERS, INTEGRATION_TIMEOUT_SECONDS, METHODS

BODILESS_CONTENT_TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""What clients declare when they send no body. A request with another type gets 415 from API Gateway."""

PREFLIGHT_MAX_AGE_SECONDS: Final = 3600
"""How long a browser may cache a preflight; Chromium's maximum is two hours."""


def start_ingest(
    state_machine: sfn.IStateMachine, role: iam.IRole, allowed_origins: Sequence[str]
) -> apigateway.AwsIntegration:
    """StartSyncExecution, called by API Gateway itself.

    NEVER: a body of a type without a template must not be passed through, because it would become the whole input.
    """
    error = {"application/json": templates.start_error(allowed_origins)}
    return apigateway.AwsIntegration(
        service="states",
        action="StartSyncExecution",
        integration_http_method="POST",
        options=apigateway.IntegrationOptions(
            credentials_role=role,
            timeout=Duration.seconds(INTEGRATION_TIMEOUT_SECONDS),
            passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
            request_templates=dict.fromkeys(
                BODILESS_CONTENT_TYPES, templates.start_execution(state_machine.state_machine_arn)
            ),
            integration_responses=[
                apigateway.IntegrationResponse(
                    status_code="200",
                    response_templates={"application/json": templates.execution_result(allowed_origins)},
                ),
                apigateway.IntegrationResponse(
                    status_code="400", selection_pattern=r"4\d{2}", response_templates=error
                ),
                apigateway.IntegrationResponse(
                    status_code="500", selection_pattern=r"5\d{2}", response_templates=error
                ),
            ],
        ),
    )


def preflight(allowed_origins: Sequence[str]) -> apigateway.MockIntegration:
    """204 to a browser's OPTIONS. CDK's own preflight has no place for the headers that every response carries."""
    template = templates.preflight(allowed_origins, METHODS, ALLOWED_HEADERS, PREFLIGHT_MAX_AGE_SECONDS)
    return apigateway.MockIntegration(
        request_templates={"application/json": '{"statusCode": 204}'},
        integration_responses=[
            apigateway.IntegrationResponse(status_code="204", response_templates={"application/json": template})
        ],
    )


def method_not_allowed(allowed_origins: Sequence[str], allowed_methods: Sequence[str]) -> apigateway.MockIntegration:
    """405 with `Allow`.

    NEVER: a body that is passed through chooses the status of a mock integration (API Gateway guide, "Mock
    integrations").
    """
    template = templates.method_not_allowed(allowed_origins, allowed_methods)
    return apigateway.MockIntegration(
        passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
        request_templates=dict.fromkeys(BODILESS_CONTENT_TYPES, '{"statusCode": 405}'),
        integration_responses=[
            apigateway.IntegrationResponse(status_code="405", response_templates={"application/json": template})
        ],
    )
