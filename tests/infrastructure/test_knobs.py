"""The effects of knobs that no reference environment sets."""

import json
from typing import Any, Final

import pytest

from diagrams.synthesis import Resource, Synthesized, Template
from infrastructure.domain import Domain
from infrastructure.environment import Environment, Mfa
from photosky.imaging.presets import Preset
from tests.synthesis import variant

ACL: Final = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/photos/1"
CERTIFICATE: Final = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
TOTP: Final = ["SOFTWARE_TOKEN_MFA"]
BANNER: Final = Preset("banner", 1200, 400, fit="cover", format="jpeg")


@pytest.fixture(scope="module")
def changed() -> Template:
    """The template of an environment in which all knobs differ from their defaults."""
    environment = Environment(
        name="changed",
        allowed_origins=("https://a.example", "https://b.example"),
        empty_bucket_on_delete=True,
        self_sign_up=True,
        mfa="required",
        tracing=False,
        trace_sampling_percent=50,
        presets=(BANNER,),
        max_upload_bytes=1_000_000,
        max_frames=3,
        throttle_rate_per_second=7,
        throttle_burst=9,
        api_memory_mib=256,
        imaging_memory_mib=4096,
        url_ttl_seconds=120,
        location_policy="drop",
        max_audit_removal_percent=5,
        trash_days=7,
        event_archive_days=14,
        max_photos_per_owner=1000,
        max_bytes_per_owner=5_000_000_000,
        budget_usd=25,
        alarm_email="on-call@photos.example",
        sender_email="photos@mail.photos.example",
        web_acl_arn=ACL,
        domain=Domain("Z0123456789ABC", "photos.example", "api.photos.example", CERTIFICATE),
    )
    return variant(environment).template


def test_tracing_can_be_disabled(changed: Template) -> None:
    assert changed.one("AWS::ApiGateway::Stage").properties["TracingEnabled"] is False
    assert changed.machine("Ingest").properties["TracingConfiguration"] == {"Enabled": False}
    # Without a mode, a function is in PassThrough: it traces if its caller does, and no caller does.
    assert not [f.address for f in _functions(changed) if f.properties.get("TracingConfig", {}).get("Mode") == "Active"]
    assert "xray:" not in json.dumps(changed.document)
    assert not changed.all("AWS::XRay::SamplingRule")


def test_budget_sends_messages_about_the_cost_of_this_environment(changed: Template) -> None:
    budget = changed.one("AWS::Budgets::Budget").properties
    assert budget["Budget"] == {
        "BudgetName": "PhotoSky-changed",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 25, "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:photosky-environment$changed"]},
    }
    notifications = [(about["Notification"], about["Subscribers"]) for about in budget["NotificationsWithSubscribers"]]
    above = {"ComparisonOperator": "GREATER_THAN", "ThresholdType": "PERCENTAGE"}
    recipients = [{"SubscriptionType": "EMAIL", "Address": "on-call@photos.example"}]
    assert notifications == [
        ({"NotificationType": "ACTUAL", "Threshold": 80, **above}, recipients),
        ({"NotificationType": "ACTUAL", "Threshold": 100, **above}, recipients),
        ({"NotificationType": "FORECASTED", "Threshold": 100, **above}, recipients),
    ]


def test_all_alarms_notify_the_address(changed: Template) -> None:
    topic = changed.one("AWS::SNS::Topic")
    subscription = changed.one("AWS::SNS::Subscription").properties
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "on-call@photos.example")
    assert changed.target(subscription["TopicArn"]) == topic
    alarms = changed.all("AWS::CloudWatch::Alarm")
    assert alarms
    for alarm in alarms:
        assert [changed.target(action) for action in alarm.properties["AlarmActions"]] == [topic]
        assert [changed.target(action) for action in alarm.properties["OKActions"]] == [topic]


def test_only_alarms_may_publish_to_the_topic(changed: Template) -> None:
    """A topic policy replaces the default one, and the AWS managed key does not allow alarms."""
    topic, key = changed.one("AWS::SNS::Topic"), changed.one("AWS::KMS::Key")
    assert changed.target(topic.properties["KmsMasterKeyId"]) == key
    assert key.properties["EnableKeyRotation"] is True
    in_this_account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert key.properties["KeyPolicy"]["Statement"][1:] == [
        {
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Condition": in_this_account,
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Resource": "*",
        }
    ]
    without_tls, publish = changed.one("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
    assert (without_tls["Effect"], without_tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    source = publish["Condition"].pop("ArnLike")["aws:SourceArn"]
    assert changed.text(source).endswith(":alarm:PhotoSky-changed-*")
    assert publish == {
        "Sid": "1",
        "Action": "sns:Publish",
        "Condition": in_this_account,
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Resource": {"Ref": topic.logical_id},
    }


def test_alarms_without_an_address_have_no_topic(prod: Template) -> None:
    assert not prod.all("AWS::SNS::Topic")
    assert not [alarm for alarm in prod.all("AWS::CloudWatch::Alarm") if "AlarmActions" in alarm.properties]


def test_self_sign_up_can_be_enabled(changed: Template) -> None:
    pool = changed.one("AWS::Cognito::UserPool").properties
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}


def test_cognito_sends_with_ses_from_the_sender(changed: Template, prod: Template) -> None:
    email = changed.one("AWS::Cognito::UserPool").properties["EmailConfiguration"]
    source = changed.text(email.pop("SourceArn"))
    assert source == "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/mail.photos.example"
    assert email == {"EmailSendingAccount": "DEVELOPER", "From": "photos@mail.photos.example"}
    assert "EmailConfiguration" not in prod.one("AWS::Cognito::UserPool").properties


def test_a_web_acl_protects_the_stage(changed: Template, prod: Template) -> None:
    association = changed.one("AWS::WAFv2::WebACLAssociation").properties
    assert association["WebACLArn"] == ACL
    assert changed.text(association["ResourceArn"]).endswith("/stages/${Rest/Api/DeploymentStage.v1}")
    assert not prod.all("AWS::WAFv2::WebACLAssociation")


def test_the_api_has_its_own_name_only(changed: Template, prod: Template) -> None:
    name = changed.one("AWS::ApiGateway::DomainName")
    assert name.properties == {
        "DomainName": "api.photos.example",
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "RegionalCertificateArn": CERTIFICATE,
        "SecurityPolicy": "TLS_1_2",
    }
    mapping = changed.one("AWS::ApiGateway::BasePathMapping").properties
    assert mapping["BasePath"] == "v1"
    assert changed.target(mapping["DomainName"]) == name
    assert changed.target(mapping["Stage"]) == changed.one("AWS::ApiGateway::Stage")
    record = changed.one("AWS::Route53::RecordSet").properties
    assert (record["Name"], record["Type"], record["HostedZoneId"]) == ("api.photos.example.", "A", "Z0123456789ABC")
    assert changed.one("AWS::ApiGateway::RestApi").properties["DisableExecuteApiEndpoint"] is True
    assert changed.document["Outputs"]["ApiUrl"]["Value"] == "https://api.photos.example/v1/"
    assert not prod.all("AWS::ApiGateway::DomainName")
    assert "DisableExecuteApiEndpoint" not in prod.one("AWS::ApiGateway::RestApi").properties


@pytest.mark.parametrize(
    ("mfa", "expected"),
    [("off", (None, None)), ("optional", ("OPTIONAL", TOTP)), ("required", ("ON", TOTP))],
)
def test_second_factor_is_an_authenticator_app(mfa: Mfa, expected: tuple[Any, Any]) -> None:
    # Here and not above: only the worker that runs this needs the CDK.
    from aws_cdk import Stack, assertions

    from infrastructure.identity import Identity

    stack = Stack()
    Identity(stack, "Identity", environment=Environment("a", ("https://a.example",), mfa=mfa))
    (pool,) = assertions.Template.from_stack(stack).find_resources("AWS::Cognito::UserPool").values()
    assert (pool["Properties"].get("MfaConfiguration"), pool["Properties"].get("EnabledMfas")) == expected


def test_a_bucket_is_emptied_only_on_request(changed: Template, stacks: dict[str, Synthesized]) -> None:
    (emptying,) = changed.all("Custom::S3AutoDeleteObjects")
    assert changed.target(emptying.properties["BucketName"]) == changed.one("AWS::S3::Bucket")
    assert not [name for name, stack in stacks.items() if stack.template.all("Custom::S3AutoDeleteObjects")]


def test_the_stage_has_the_throttle(changed: Template) -> None:
    (settings,) = changed.one("AWS::ApiGateway::Stage").properties["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


def test_events_are_archived(changed: Template) -> None:
    archive = changed.one("AWS::Events::Archive").properties
    assert changed.text(archive["SourceArn"]) == "${EventPipe/Bus.Arn}"
    assert archive["RetentionDays"] == 14
    assert archive["EventPattern"] == {"source": ["photosky"]}


def test_functions_have_their_memory(changed: Template) -> None:
    memory = {f.address: f.properties["MemorySize"] for f in _functions(changed)}
    assert memory == {
        "PhotosApi": 256,
        "Validate": 1024,
        "Previews": 4096,
        "Promote": 1024,
        "Persist": 1024,
        "Reject": 1024,
        "Fail": 1024,
        "Reconcile": 1024,
        "Events": 512,
        "Plan": 1024,
        "Renew": 4096,
    }


def test_functions_receive_the_knobs(changed: Template) -> None:
    for function in _functions(changed):
        variables = function.properties["Environment"]["Variables"]
        assert json.loads(variables["PHOTOSKY_ALLOWED_ORIGINS"]) == ["https://a.example", "https://b.example"]
        assert json.loads(variables["PHOTOSKY_PRESETS"]) == [BANNER.to_mapping()]
        assert variables["PHOTOSKY_MAX_UPLOAD_BYTES"] == "1000000"
        assert variables["PHOTOSKY_MAX_FRAMES"] == "3"
        assert variables["PHOTOSKY_URL_TTL_SECONDS"] == "120"
        assert variables["PHOTOSKY_LOCATION_POLICY"] == "drop"
        assert variables["PHOTOSKY_TRASH_DAYS"] == "7"


def test_gateway_responses_name_the_origin_of_the_request(changed: Template) -> None:
    allowed = {
        response.properties["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        for response in changed.all("AWS::ApiGateway::GatewayResponse")
    }
    assert allowed == {"method.request.header.Origin"}


def _functions(template: Template) -> list[Resource]:
    """Return the functions of PhotoSky; the CDK adds one that empties the bucket."""
    return [f for f in template.all("AWS::Lambda::Function") if f.properties["Handler"] != "index.handler"]
