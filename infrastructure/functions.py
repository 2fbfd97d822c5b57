"""A Lambda function with its asset, its log group and its role."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure import packaging
from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.logs import log_group
from photosky.logs import LEVEL_VARIABLE
from photosky.metrics import ENVIRONMENT_VARIABLE

TARGETS: Final = {"lambda": packaging.LAMBDA, "host": packaging.HOST}


class Function(lambda_.Function):
    """A function that runs the `handler` of a module. Its role may write its log and traces, and what `allow` adds."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        module: str,
        packages: packaging.Packages,
        memory_mib: int,
        timeout_seconds: int,
        variables: Mapping[str, str],
        environment: Environment,
    ) -> None:
        asset = packaging.build(module, packages, TARGETS[environment.runtime])
        role = iam.Role(scope, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        super().__init__(
            scope,
            construct_id,
            # The name of the file has the digest of its content, so that 70 MB need not be hashed again.
            code=lambda_.Code.from_asset(str(asset), asset_hash=asset.stem),
            handler=f"{module}.handler",
            runtime=lambda_.Runtime(f"python{TARGETS[environment.runtime].python}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mib,
            timeout=Duration.seconds(timeout_seconds),
            role=role,
            tracing=lambda_.Tracing.ACTIVE if environment.tracing else lambda_.Tracing.DISABLED,
            environment={
                **variables,
                ENVIRONMENT_VARIABLE: environment.name,
                LEVEL_VARIABLE: environment.log_level,
                "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            },
            log_group=log_group(Construct(scope, f"{construct_id}Logging"), environment),
        )
        self.memory_mib = memory_mib
        self.log_group.grant_write(role)
        if environment.tracing:
            accept(role, "IAM5[Resource::*]", because="X-Ray supports no resource-level permissions.")
        if environment.runtime == "host":
            accept(self, "L1", because="The functions run on the Python of this machine.")

    @property
    def resource_arns_for_grant_invoke(self) -> list[str]:
        """The ARN that grants to invoke name; without those of versions and aliases, which do not exist."""
        return [self.function_arn]

    def allow(self, actions: Sequence[str], resources: Sequence[str]) -> None:
        """Allow exactly these actions on exactly these resources."""
        self.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
