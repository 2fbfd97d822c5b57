"""The metrics of one stack, found by what they are of: alarms and dashboard read the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from api.rest_api import STAGE
from infrastructure.functions import Function
from photosky.metrics import METRICS, NAMESPACE

PERIOD: Final = Duration.minutes(5)
"""As long as a sweep's; and CloudWatch keeps five-minute sums for 63 days (CloudWatch guide, "Metrics retention")."""


@dataclass(frozen=True)
class Signals:
    """What the stack's parts tell about themselves."""

    environment: str
    functions: Mapping[str, Function]
    """By name: `PhotosApi`, `Validate`, ..."""
    state_machine: sfn.StateMachine
    rest_api: apigateway.RestApi
    table: dynamodb.Table
    indexes: tuple[str, ...]
    dead_letters: sqs.Queue

    def own(self, name: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
        """One that the functions publish. Raises ValueError where `photosky.metrics` gives it other dimensions."""
        known = {"environment": self.environment, **dimensions}
        if set(known) != set(METRICS[name].dimensions):
            raise ValueError(f"{name} has the dimensions {METRICS[name].dimensions}, not {tuple(known)}")
        return _metric(NAMESPACE, name, statistic, known)

    def step(self, name: str, statistic: str, step: str, outcome: str) -> cloudwatch.Metric:
        """One that a step publishes with each of its outcomes."""
        return self.own(name, statistic, step=step, outcome=outcome)

    def throttled(self) -> cloudwatch.Metric:
        """Requests that API Gateway refused with 429, which it has no metric of its own for: of the access log."""
        return _metric(NAMESPACE, "Throttled", "Sum", {"environment": self.environment})

    def api(self, name: str, statistic: str, route: str | None = None) -> cloudwatch.Metric:
        """API Gateway's, of all routes or of one, such as `GET /photos`."""
        dimensions = {"ApiName": self.rest_api.rest_api_name, "Stage": STAGE}
        if route is not None:
            method, _, resource = route.partition(" ")
            dimensions |= {"Resource": resource, "Method": method}
        return _metric("AWS/ApiGateway", name, statistic, dimensions)

    def workflow(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Step Functions', of the ingest."""
        return _metric("AWS/States", name, statistic, {"StateMachineArn": self.state_machine.state_machine_arn})

    def function(self, function: str, name: str, statistic: str) -> cloudwatch.Metric:
        """Lambda's, of one function."""
        return _metric("AWS/Lambda", name, statistic, {"FunctionName": self.functions[function].function_name})

    def of_table(self, name: str, index: str | None = None) -> cloudwatch.Metric:
        """DynamoDB's sum, of the table alone or of one of its indexes: the table's does not hold theirs."""
        dimensions = {"TableName": self.table.table_name}
        if index is not None:
            dimensions["GlobalSecondaryIndexName"] = index
        return _metric("AWS/DynamoDB", name, "Sum", dimensions)

    def letters(self) -> cloudwatch.Metric:
        """How many dead letters nobody has taken away."""
        dimensions = {"QueueName": self.dead_letters.queue_name}
        return _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", dimensions)


def math(expression: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """An expression on metrics and other expressions, by the names that it calls them."""
    return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, period=PERIOD)


def _metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dict(dimensions),
        period=PERIOD,
    )
