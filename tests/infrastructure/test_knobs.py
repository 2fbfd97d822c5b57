"""What the knobs change that no environment of `cdk.json` turns."""

import json
from typing import Final

import pytest

from diagrams.synthesis import Resource, Synthesized, Template, synthesize_environment
from infrastructure.environment import Environment
from photosky.imaging.presets import Preset

BANNER: Final = Preset("banner", 1200, 400, fit="cover", format="jpeg")


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template of an environment with every knob turned away from its default."""
    environment = Environment(
        name="turned",
        allowed_origins=("https://a.example", "https://b.example"),
        empty_bucket_on_delete=True,
        self_sign_up=True,
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
        alarm_email="on-call@photos.example",
    )
    return synthesize_environment(environment, tmp_path_factory.mktemp("turned")).template


def test_without_tracing_nothing_traces(turned: Template) -> None:
    assert turned.one("AWS::ApiGateway::Stage").properties["TracingEnabled"] is False
    assert turned.one("AWS::StepFunctions::StateMachine").properties["TracingConfiguration"] == {"Enabled": False}
    # No mode at all is PassThrough: a function then only follows what its caller traces, and no one does.
    assert not [f.address for f in _functions(turned) if f.properties.get("TracingConfig", {}).get("Mode") == "Active"]
    assert "xray:" not in json.dumps(turned.document)
    assert not turned.all("AWS::XRay::SamplingRule")


def test_every_alarm_mails_where_there_is_an_address(turned: Template) -> None:
    topic = turned.one("AWS::SNS::Topic")
    subscription = turned.one("AWS::SNS::Subscription").properties
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "on-call@photos.example")
    assert turned.target(subscription["TopicArn"]) == topic
    alarms = turned.all("AWS::CloudWatch::Alarm")
    assert len(alarms) == 4
    for alarm in alarms:
        assert [turned.target(action) for action in alarm.properties["AlarmActions"]] == [topic]


def test_no_alarm_mails_where_there_is_none(prod: Template) -> None:
    assert not prod.all("AWS::SNS::Topic")
    assert not [alarm for alarm in prod.all("AWS::CloudWatch::Alarm") if "AlarmActions" in alarm.properties]


def test_people_may_sign_themselves_up_where_it_is_allowed(turned: Template) -> None:
    pool = turned.one("AWS::Cognito::UserPool").properties
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}


def test_a_bucket_is_emptied_with_its_stack_only_where_it_is_asked_for(
    turned: Template, stacks: dict[str, Synthesized]
) -> None:
    (emptying,) = turned.all("Custom::S3AutoDeleteObjects")
    assert turned.target(emptying.properties["BucketName"]) == turned.one("AWS::S3::Bucket")
    assert not [name for name, stack in stacks.items() if stack.template.all("Custom::S3AutoDeleteObjects")]


def test_the_stage_throttles_as_told(turned: Template) -> None:
    (settings,) = turned.one("AWS::ApiGateway::Stage").properties["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


def test_memory_goes_to_the_functions_that_it_is_for(turned: Template) -> None:
    memory = {f.address: f.properties["MemorySize"] for f in _functions(turned)}
    assert memory == {
        "PhotosApi": 256,
        "Validate": 1024,
        "Previews": 4096,
        "Persist": 1024,
        "Reject": 1024,
        "Fail": 1024,
        "Reconcile": 1024,
    }


def test_every_function_hears_of_the_knobs_that_it_reads(turned: Template) -> None:
    for function in _functions(turned):
        told = function.properties["Environment"]["Variables"]
        assert json.loads(told["PHOTOSKY_ALLOWED_ORIGINS"]) == ["https://a.example", "https://b.example"]
        assert json.loads(told["PHOTOSKY_PRESETS"]) == [BANNER.to_mapping()]
        assert told["PHOTOSKY_MAX_UPLOAD_BYTES"] == "1000000"
        assert told["PHOTOSKY_MAX_FRAMES"] == "3"
        assert told["PHOTOSKY_URL_TTL_SECONDS"] == "120"
        assert told["PHOTOSKY_LOCATION_POLICY"] == "drop"


def test_with_several_origins_a_gateways_own_answer_names_the_callers(turned: Template) -> None:
    allowed = {
        response.properties["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        for response in turned.all("AWS::ApiGateway::GatewayResponse")
    }
    assert allowed == {"method.request.header.Origin"}


def _functions(template: Template) -> list[Resource]:
    """The functions that are ours; CDK brings one of its own to empty the bucket."""
    return [f for f in template.all("AWS::Lambda::Function") if f.properties["Handler"] != "index.handler"]
