"""An emulated account with several environments, deployed and destroyed by the CDK CLI."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.deploy import Target, stack_outputs
from local.toolchain import Cdk
from tests import synthesis

_WITHOUT_APPROVAL: Final = ("--require-approval", "never", "--progress", "events")


@dataclass(frozen=True)
class Stack:
    """A deployed CloudFormation stack. `resources` are physical ids by logical id, `types` are their types."""

    status: str
    termination_protection: bool
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    types: Mapping[str, str]

    def of_type(self, type_: str) -> list[str]:
        """The physical ids of one type."""
        return sorted(self.resources[logical] for logical, found in self.types.items() if found == type_)


class Account:
    """An emulated account and the CDK CLI that deploys to it."""

    def __init__(self, target: Target, cdk: Cdk, folder: Path) -> None:
        self.target, self.cdk, self.folder = target, cdk, folder

    @staticmethod
    def assembly(name: str) -> Path:
        """The directory of the environment's cloud assembly."""
        return synthesis.assembly(name)

    def deploy(self, name: str) -> None:
        """Deploy the environment's assembly. The local stack's deployment tests `cdk deploy -c env=NAME`."""
        self.deploy_assembly(self.assembly(name))

    def deploy_assembly(self, assembly: Path, credentials: Mapping[str, str] | None = None) -> None:
        """Deploy an assembly with these credentials, by default the root user's. Raises CommandFailed."""
        environment = {**self.target.environment(), **(credentials or {})}
        self.cdk.run_assembly(["deploy", *_WITHOUT_APPROVAL], assembly, environment, print)

    def template(self, name: str) -> dict[str, Any]:
        """The environment's template."""
        path = self.assembly(name) / f"PhotoSky-{name}.template.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def create(self, name: str, template: Mapping[str, Any]) -> None:
        """Create the environment's stack without starting the CLI. The packages must be uploaded."""
        self._change("create", name, template)

    def update(self, name: str, template: Mapping[str, Any]) -> None:
        """Update the environment's stack without starting the CLI."""
        self._change("update", name, template)

    def _change(self, verb: str, name: str, template: Mapping[str, Any]) -> None:
        """Use the bucket of the bootstrap, since a template is longer than a request may be."""
        cloudformation = self.target.client("cloudformation")
        bootstrap = stack_outputs(self.target, "CDKToolkit")
        assert bootstrap is not None
        stack, bucket, key = f"PhotoSky-{name}", bootstrap["BucketName"], f"{name}.json"
        self.target.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
        change = {"create": cloudformation.create_stack, "update": cloudformation.update_stack}[verb]
        change(
            StackName=stack,
            TemplateURL=f"{self.target.endpoint_url}/{bucket}/{key}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter(f"stack_{verb}_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    def diff(self, name: str, credentials: Mapping[str, str]) -> str:
        """The output of `cdk diff` with the options of the GitHub workflow. Raises CommandFailed."""
        lines: list[str] = []
        environment = {**self.target.environment(), **credentials}
        self.cdk.run_assembly(["diff", "--method", "template"], self.assembly(name), environment, lines.append)
        return "\n".join(lines)

    def destroy(self, name: str) -> None:
        """Destroy the environment's stack. Raises CommandFailed."""
        self.cdk.run_assembly(["destroy", "--force"], self.assembly(name), self.target.environment(), print)

    def delete(self, name: str) -> None:
        """Delete the environment's stack as `destroy` does, without starting the CLI. Raises ClientError."""
        cloudformation, stack = self.target.client("cloudformation"), f"PhotoSky-{name}"
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    def stack(self, name: str) -> Stack:
        """The environment's current stack."""
        cloudformation = self.target.client("cloudformation")
        (found,) = cloudformation.describe_stacks(StackName=f"PhotoSky-{name}")["Stacks"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=f"PhotoSky-{name}")
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return Stack(
            status=found["StackStatus"],
            termination_protection=found["EnableTerminationProtection"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]},
            resources={r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources},
            types={r["LogicalResourceId"]: r["ResourceType"] for r in resources},
        )

    def resources(self) -> Mapping[str, set[str]]:
        """The physical ids of the account's resources, by type."""
        client = self.target.client
        apis = client("apigateway").get_rest_apis(limit=500)["items"]
        alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
        machines = client("stepfunctions").list_state_machines()["stateMachines"]
        functions = client("lambda").get_paginator("list_functions").paginate()
        groups = client("logs").get_paginator("describe_log_groups").paginate()
        roles = client("iam").get_paginator("list_roles").paginate()
        return {
            "AWS::S3::Bucket": {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]},
            "AWS::DynamoDB::Table": set(client("dynamodb").list_tables()["TableNames"]),
            "AWS::Cognito::UserPool": {
                pool["Id"] for pool in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
            },
            "AWS::Lambda::Function": {item["FunctionName"] for page in functions for item in page["Functions"]},
            "AWS::Logs::LogGroup": {item["logGroupName"] for page in groups for item in page["logGroups"]},
            "AWS::IAM::Role": {item["RoleName"] for page in roles for item in page["Roles"]},
            "AWS::StepFunctions::StateMachine": {machine["stateMachineArn"] for machine in machines},
            "AWS::ApiGateway::RestApi": {api["id"] for api in apis},
            "AWS::Events::Rule": {rule["Name"] for rule in client("events").list_rules()["Rules"]},
            "AWS::CloudWatch::Alarm": {alarm["AlarmName"] for alarm in alarms},
        }


@dataclass(frozen=True)
class Destruction:
    """The resources of an account before and after a stack was destroyed."""

    stack: Stack
    before: Mapping[str, set[str]]
    after: Mapping[str, set[str]]

    @property
    def removed(self) -> dict[str, list[str]]:
        """The physical ids of the removed resources, by type."""
        return {type_: sorted(names - self.after[type_]) for type_, names in self.before.items()}

    def retained(self) -> list[str]:
        """The logical ids of the stack's resources that still exist."""
        return sorted(
            logical
            for logical, name in self.stack.resources.items()
            if name in self.after.get(self.stack.types[logical], ())
        )
