"""Least privilege: the complete permissions of every role of the stack."""

import re
from collections.abc import Iterator
from typing import Any, Final

from diagrams.synthesis import Resource, Template
from tests.synthesis import synthesized

Grants = dict[tuple[str, ...], tuple[str, ...]]
"""Resources by actions; `media` is the bucket, `photos` the table, `ingest` the workflow, `source` a source bucket."""

SOURCE: Final = "photosky-import"
"""The only bucket in `import_buckets` of any environment of `cdk.json`; those without one have no function Transfer."""

ALL_OBJECTS: Final = ("media/incoming/*", "media/originals/*", "media/previews/*")

GRANTS: Final[dict[str, Grants]] = {
    "PhotosApi": {
        (
            *("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
            *("dynamodb:Query", "dynamodb:UpdateItem"),
        ): ("photos",),
        ("dynamodb:Query",): (
            *("photos/index/changed", "photos/index/digest", "photos/index/favorites"),
            *("photos/index/favorites-taken", "photos/index/ready", "photos/index/taken", "photos/index/trashed"),
        ),
        ("s3:GetObject",): ("media/originals/*", "media/previews/*"),
        ("s3:PutObject",): ("media/incoming/*",),
        ("s3:DeleteObject",): ALL_OBJECTS,
    },
    "Validate": {
        ("s3:GetObject",): ("media/incoming/*",),
        ("s3:ListBucket",): ("media",),
        ("dynamodb:UpdateItem",): ("photos",),
    },
    "Previews": {
        ("s3:GetObject",): ("media/incoming/*",),
        ("s3:PutObject",): ("media/previews/*",),
    },
    "Promote": {
        ("s3:GetObject",): ("media/incoming/*",),
        ("s3:PutObject",): ("media/originals/*",),
        ("s3:ListBucket",): ("media",),
    },
    "Persist": {
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"): ("photos",),
        ("s3:GetObject",): ("media/incoming/*", "media/previews/*"),
        ("s3:PutObject",): ("media/originals/*",),
        ("s3:ListBucket",): ("media",),
        ("s3:DeleteObject",): ALL_OBJECTS,
    },
    "Reject": {
        ("dynamodb:UpdateItem",): ("photos",),
        ("s3:DeleteObject",): ALL_OBJECTS,
    },
    "Fail": {
        ("dynamodb:UpdateItem",): ("photos",),
        ("s3:DeleteObject",): ALL_OBJECTS,
    },
    "Reconcile": {
        (
            *("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
            *("dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
        ): ("photos",),
        ("dynamodb:Query",): ("photos/index/unsettled",),
        ("s3:ListBucket",): ("media",),
        ("s3:DeleteObject",): ALL_OBJECTS,
        ("states:StartSyncExecution",): ("ingest",),
    },
    "Events": {
        ("s3:DeleteObject",): ("media/incoming/*", "media/previews/*/facts.json"),
    },
    "Plan": {
        ("dynamodb:Scan",): ("photos",),
    },
    "Transfer": {
        ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"): ("photos",),
        ("dynamodb:Query",): ("photos/index/digest",),
        ("s3:PutObject",): ("media/incoming/*",),
        ("s3:GetObject",): ("source/*",),
        ("states:StartSyncExecution",): ("ingest",),
    },
    "Renew": {
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"): ("photos",),
        ("s3:GetObject",): ("media/originals/*",),
        ("s3:PutObject",): ("media/previews/*",),
    },
}
"""The permissions of each function, in addition to its log, its traces and Reconcile's dead letters."""

ON_EVERY_RESOURCE: Final = {
    # X-Ray supports no resource-level permissions (Service Authorization Reference, "AWS X-Ray").
    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    (
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ),
    # Step Functions needs these for its logs (its guide, "Logging using CloudWatch Logs").
    (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ),
}
"""The only actions on the resource `*`: their services support no other resource."""


def test_no_statement_has_a_wildcard_action(stack_template: Template) -> None:
    actions = [action for statement in _statements(stack_template) for action in _listed(statement["Action"])]
    assert actions
    assert not [action for action in actions if action == "*" or action.endswith(":*")]
    # Neither patterns such as s3:Get*.
    assert not [action for action in actions if "*" in action]


def test_every_statement_names_actions_and_resources(stack_template: Template) -> None:
    for statement in _statements(stack_template):
        assert set(statement) == {"Action", "Effect", "Resource"}
        assert statement["Effect"] == "Allow"


def test_only_traces_and_log_delivery_apply_to_all_resources(stack_template: Template) -> None:
    on_all = {
        tuple(sorted(_listed(statement["Action"])))
        for statement in _statements(stack_template)
        if "*" in stack_template.texts(statement["Resource"])
    }
    assert on_all == ON_EVERY_RESOURCE


def test_each_function_has_exactly_its_permissions(stack_template: Template) -> None:
    found = {f.address: _own_grants(stack_template, f) for f in stack_template.all("AWS::Lambda::Function")}
    assert found == {name: grants for name, grants in GRANTS.items() if name != "Transfer" or name in found}
    assert ("Transfer" in found) == ("ImportBuckets" in stack_template.document["Outputs"])


def test_each_function_has_its_own_role(stack_template: Template) -> None:
    functions = stack_template.all("AWS::Lambda::Function")
    roles = {function.address: _role(stack_template, function) for function in functions}
    assert len({role.address for role in roles.values()}) == len(functions)
    for role in roles.values():
        assert _principals(role) == [{"Service": "lambda.amazonaws.com"}]
        assert "ManagedPolicyArns" not in role.properties


def test_the_permissions_of_the_reprocess_machine(stack_template: Template) -> None:
    assert _machine_grants(stack_template, "Reprocess") == {
        ("lambda:InvokeFunction", "${Plan.Arn}"),
        ("lambda:InvokeFunction", "${Renew.Arn}"),
        *_of_a_distributed_map("Maintenance/Reprocess", "MaintenanceReprocessD52D97AA"),
    }


def test_the_permissions_of_the_import_machine() -> None:
    template = synthesized("local").template
    (logical_id,) = (name for name in template.document["Resources"] if re.fullmatch("ImportsImport[0-9A-F]{8}", name))
    assert _machine_grants(template, "Import") == {
        ("lambda:InvokeFunction", "${Transfer.Arn}"),
        # It lists the source buckets, and writes nothing but results (Step Functions guide, "ResultWriter (Map)").
        ("s3:ListBucket", "arn:${AWS::Partition}:s3:::photosky-import"),
        *(
            (f"s3:{action}", "${Storage/Media.Arn}/imports/*")
            for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
        ),
        *_of_a_distributed_map("Imports/Import", logical_id),
    }


def _machine_grants(template: Template, machine: str) -> set[tuple[str, str]]:
    """The actions and resources of a state machine's role, without logs and traces."""
    role = template.target(template.machine(machine).properties["RoleArn"])
    assert role is not None
    assert _principals(role) == [{"Service": "states.amazonaws.com"}]
    return {
        (action, resource)
        for statement in template.statements(role)
        for action in _listed(statement["Action"])
        for resource in template.texts(statement["Resource"])
        if not action.startswith(("logs:", "xray:"))
    }


def _of_a_distributed_map(machine: str, logical_id: str) -> Iterator[tuple[str, str]]:
    """What a Distributed Map needs (Step Functions guide, "IAM policies for Distributed Map")."""
    name = f"{{'Fn::Select': [6, {{'Fn::Split': [':', {{'Ref': '{logical_id}'}}]}}]}}"
    executions = f"arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:execution:{name}"
    yield "states:StartExecution", f"${{{machine}}}"
    yield "states:DescribeExecution", f"{executions}:*"
    yield "states:StopExecution", f"{executions}:*"
    yield "states:RedriveExecution", f"{executions}/*:*"


def test_the_ingest_machine_invokes_its_steps_only(stack_template: Template) -> None:
    role = stack_template.target(stack_template.machine("Ingest").properties["RoleArn"])
    assert role is not None
    assert _principals(role) == [{"Service": "states.amazonaws.com"}]
    invoked = [
        resource
        for statement in stack_template.statements(role)
        if statement["Action"] == "lambda:InvokeFunction"
        for resource in stack_template.texts(statement["Resource"])
    ]
    steps = set(GRANTS) - {"PhotosApi", "Reconcile", "Events", "Plan", "Renew", "Transfer"}
    assert sorted(invoked) == sorted(f"${{{name}.Arn}}" for name in steps)


def test_the_ingest_route_starts_the_machine_only(stack_template: Template) -> None:
    method = stack_template.routes()["POST", "/photos/{photo_id}/ingest"]
    role = stack_template.target(method.properties["Integration"]["Credentials"])
    assert role is not None
    assert _principals(role) == [{"Service": "apigateway.amazonaws.com"}]
    assert [
        (statement["Action"], stack_template.text(statement["Resource"]))
        for statement in stack_template.statements(role)
    ] == [("states:StartSyncExecution", "${Workflow/Ingest}")]


def test_the_pipe_reads_the_stream_and_sends_events_only(stack_template: Template) -> None:
    role = stack_template.target(stack_template.one("AWS::Pipes::Pipe").properties["RoleArn"])
    assert role is not None
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "pipes.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    found = {
        tuple(_listed(statement["Action"])): stack_template.texts(statement["Resource"])
        for statement in stack_template.statements(role)
    }
    reads = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")
    assert found == {
        reads: ["${Storage/Photos.StreamArn}"],
        ("lambda:InvokeFunction",): ["${Events.Arn}"],
        ("events:PutEvents",): ["${EventPipe/Bus.Arn}"],
        ("sqs:SendMessage",): ["${EventPipe/DeadLetters.Arn}"],
    }


def test_the_only_managed_policy_is_for_api_gateway_logs(stack_template: Template) -> None:
    managed = {
        role.address: stack_template.texts(role.properties["ManagedPolicyArns"])
        for role in stack_template.all("AWS::IAM::Role")
        if "ManagedPolicyArns" in role.properties
    }
    assert managed == {
        "Rest/Api/CloudWatchRole": [
            "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        ]
    }


def test_no_role_has_other_policies(stack_template: Template) -> None:
    assert not stack_template.all("AWS::IAM::ManagedPolicy")
    assert not stack_template.all("AWS::IAM::RolePolicy")
    assert not [role.address for role in stack_template.all("AWS::IAM::Role") if "Policies" in role.properties]


def _statements(template: Template) -> Iterator[dict[str, Any]]:
    for policy in template.all("AWS::IAM::Policy"):
        yield from policy.properties["PolicyDocument"]["Statement"]


def _own_grants(template: Template, function: Resource) -> Grants:
    """Return the permissions of a function without log, traces and dead letters; fails if these are missing."""
    grants = {
        tuple(sorted(_listed(statement["Action"]))): tuple(
            sorted(_readable(text) for text in template.texts(statement["Resource"]))
        )
        for statement in template.statements(_role(template, function))
    }
    assert grants.pop(("logs:CreateLogStream", "logs:PutLogEvents")) == (f"${{{function.address}Logging/Logs.Arn}}",)
    assert grants.pop(("xray:PutTelemetryRecords", "xray:PutTraceSegments")) == ("*",)
    dead_letters = ("${Repair/DeadLetters.Arn}",) if function.address == "Reconcile" else None
    assert grants.pop(("sqs:SendMessage",), None) == dead_letters
    return grants


def _readable(resource: str) -> str:
    names = {
        "${Storage/Media.Arn}": "media",
        "${Storage/Photos.Arn}": "photos",
        "${Workflow/Ingest}": "ingest",
        f"arn:${{AWS::Partition}}:s3:::{SOURCE}": "source",
    }
    for reference, name in names.items():
        resource = resource.replace(reference, name)
    return resource


def _role(template: Template, function: Resource) -> Resource:
    role = template.target(function.properties["Role"])
    assert role is not None
    return role


def _principals(role: Resource) -> list[Any]:
    return [statement["Principal"] for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]]


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
