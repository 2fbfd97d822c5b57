"""Log groups, all alike: kept as long as the environment says."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.environment import Environment


def log_group(scope: Construct, environment: Environment, name: str | None = None) -> logs.LogGroup:
    """The log group of `scope`. One with a name goes with its stack, or the stack could not be made again."""
    retained = environment.retain_data and name is None
    group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=name,
        removal_policy=RemovalPolicy.RETAIN if retained else RemovalPolicy.DESTROY,
    )
    # The L2 takes names of durations ("ONE_YEAR"); the knob is CloudWatch's own number of days.
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = environment.log_retention_days
    return group
