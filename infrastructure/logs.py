"""Log groups with the retention of the environment."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.environment import Environment


def log_group(scope: Construct, environment: Environment, name: str | None = None) -> logs.LogGroup:
    """Create the log group of `scope`. A named one is deleted with its stack, so that it can be created again."""
    is_retained = environment.retain_data and name is None
    group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=name,
        removal_policy=RemovalPolicy.RETAIN if is_retained else RemovalPolicy.DESTROY,
    )
    # The L2 construct accepts names of durations ("ONE_YEAR"), the knob is a number of days.
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = environment.log_retention_days
    return group
