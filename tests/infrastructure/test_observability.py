"""Logs, traces and settings of all environments."""

from typing import Any

from diagrams.synthesis import Synthesized, Template
from infrastructure.version import VERSION
from photosky.metrics import ENVIRONMENT_VARIABLE
from photosky.settings import Settings


def test_log_groups_have_the_retention_of_the_environment(stack: Synthesized) -> None:
    retentions = {
        group.address: group.properties["RetentionInDays"] for group in stack.template.all("AWS::Logs::LogGroup")
    }
    steps = ("Validate", "Previews", "Promote", "Persist", "Reject", "Fail", "Plan", "Renew")
    functions = (*steps, "Reconcile", "Events", "PhotosApi")
    groups = {f"{function}Logging/Logs" for function in functions} | {
        "Workflow/Logs",
        "Maintenance/Logs",
        "Rest/AccessLogging/Logs",
        *(("TransferLogging/Logs", "Imports/Logs") if stack.environment.import_buckets else ()),
    }
    assert retentions == dict.fromkeys(groups, stack.environment.log_retention_days)


def test_log_groups_of_prod_are_retained(prod: Template) -> None:
    retained = {group.address: group.document["DeletionPolicy"] for group in prod.all("AWS::Logs::LogGroup")}
    assert [retained.pop(f"{named}/Logs") for named in ("Workflow", "Maintenance")] == ["Delete", "Delete"]
    assert set(retained.values()) == {"Retain"}


def test_functions_have_their_log_group_and_level(stack: Synthesized) -> None:
    for function in stack.template.all("AWS::Lambda::Function"):
        group = stack.template.text(function.properties["LoggingConfig"]["LogGroup"])
        assert group == f"${{{function.address}Logging/Logs}}"
        assert function.properties["Environment"]["Variables"]["PHOTOSKY_LOG_LEVEL"] == stack.environment.log_level


def test_the_ingest_logs_all_events(stack: Synthesized) -> None:
    logging = stack.template.machine("Ingest").properties["LoggingConfiguration"]
    (destination,) = logging["Destinations"]
    group = stack.template.target(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
    assert group is not None
    # With this prefix, the log resource policy of the account stays below 5120 characters (Step Functions guide).
    assert group.properties["LogGroupName"] == f"/aws/vendedlogs/states/{stack.stack_name}/ingest"
    assert logging["Level"] == "ALL"
    assert logging["IncludeExecutionData"] is stack.environment.log_execution_data


def test_only_local_and_dev_log_execution_data(stacks: dict[str, Synthesized]) -> None:
    logged = {name: stack.environment.log_execution_data for name, stack in stacks.items()}
    assert logged == {"local": True, "dev": True, "staging": False, "prod": False}


def test_stage_machine_and_functions_are_traced(stack_template: Template) -> None:
    assert stack_template.one("AWS::ApiGateway::Stage").properties["TracingEnabled"] is True
    machine = stack_template.machine("Ingest").properties
    assert machine["TracingConfiguration"] == {"Enabled": True}
    modes = {f.address: f.properties["TracingConfig"]["Mode"] for f in stack_template.all("AWS::Lambda::Function")}
    assert set(modes.values()) == {"Active"}


def test_sampling_rules_of_the_environments(stacks: dict[str, Synthesized]) -> None:
    rules = {
        name: [rule.properties["SamplingRule"] for rule in stack.template.all("AWS::XRay::SamplingRule")]
        for name, stack in stacks.items()
    }

    def sampling(name: str, rate: float) -> list[dict[str, Any]]:
        return [
            {
                "RuleName": f"PhotoSky-{name}",
                "Priority": 100,
                "ReservoirSize": 1,
                "FixedRate": rate,
                "ServiceName": f"PhotoSky {name}/v1",
                "ServiceType": "AWS::ApiGateway::Stage",
                "Host": "*",
                "HTTPMethod": "*",
                "URLPath": "*",
                "ResourceARN": "*",
                "Version": 1,
            }
        ]

    assert rules == {
        "local": [],
        "dev": sampling("dev", 1),
        "staging": sampling("staging", 1),
        "prod": sampling("prod", 0.1),
    }


def test_prod_and_staging_log_no_debug_messages(stacks: dict[str, Synthesized]) -> None:
    levels = {name: stack.environment.log_level for name, stack in stacks.items()}
    assert levels == {"local": "DEBUG", "dev": "DEBUG", "staging": "INFO", "prod": "INFO"}


def test_functions_have_the_settings_of_the_environment(stack: Synthesized) -> None:
    expected = Settings(
        table_name="${Storage/Photos}",
        bucket_name="${Storage/Media}",
        allowed_origins=stack.environment.allowed_origins,
        presets=stack.environment.presets,
        max_upload_bytes=stack.environment.max_upload_bytes,
        max_frames=stack.environment.max_frames,
        url_ttl_seconds=stack.environment.url_ttl_seconds,
        location_policy=stack.environment.location_policy,
        max_audit_removal_percent=stack.environment.max_audit_removal_percent,
        trash_days=stack.environment.trash_days,
        max_photos_per_owner=stack.environment.max_photos_per_owner,
        max_bytes_per_owner=stack.environment.max_bytes_per_owner,
        version=VERSION,
    )
    for function in stack.template.all("AWS::Lambda::Function"):
        variables = function.properties["Environment"]["Variables"]
        texts = {name: stack.template.text(value) for name, value in variables.items()}
        assert Settings.from_environment(texts) == expected
        assert texts[ENVIRONMENT_VARIABLE] == stack.environment.name
