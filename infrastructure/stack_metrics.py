"""The CloudWatch metrics of one stack, as alarms and dashboard read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from api.rest_api import STAGE
from infrastructure.functions import Function
from photosky.metrics import METRICS, NAMESPACE

PERIOD: Final = Duration.minutes(5)
"""The interval of the sweep. CloudWatch keeps values of five minutes for 63 days (its guide, "Metrics retention")."""


@dataclass(frozen=True)
class StackMetrics:
    """The resources of a stack that publish metrics, with one method for each service."""

    environment: str
    functions: Mapping[str, Function]
    """By name: `PhotosApi`, `Validate`, ..."""
    state_machine: sfn.StateMachine
    rest_api: apigateway.RestApi
    bucket: s3.Bucket
    table: dynamodb.Table
    indexes: tuple[str, ...]
    dead_letters: sqs.Queue
    pipe: pipes.CfnPipe
    event_dead_letters: sqs.Queue
    distribution: cloudfront.Distribution | None = None

    @property
    def log_group_names(self) -> list[str]:
        """The log groups of the functions."""
        return [function.log_group.log_group_name for function in self.functions.values()]

    def custom(self, name: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
        """Return a metric that the functions publish. Raises ValueError if `METRICS` names other dimensions."""
        known = {"environment": self.environment, **dimensions}
        if set(known) != set(METRICS[name].dimensions):
            raise ValueError(f"{name} has the dimensions {METRICS[name].dimensions}, not {tuple(known)}")
        return _metric(NAMESPACE, name, statistic, known)

    def step(self, name: str, statistic: str, step: str, outcome: str) -> cloudwatch.Metric:
        """Return a metric that a workflow step publishes with one of its outcomes."""
        return self.custom(name, statistic, step=step, outcome=outcome)

    def throttled_requests(self) -> cloudwatch.Metric:
        """Return the count of 429 responses, from the access log: API Gateway publishes no metric for 429 alone."""
        return _metric(NAMESPACE, "Throttled", "Sum", {"environment": self.environment})

    def api(self, name: str, statistic: str, route: str | None = None) -> cloudwatch.Metric:
        """Return a metric of API Gateway, for all routes or for one, such as `GET /photos`."""
        dimensions = {"ApiName": self.rest_api.rest_api_name, "Stage": STAGE}
        if route is not None:
            method, _, resource = route.partition(" ")
            dimensions |= {"Resource": resource, "Method": method}
        return _metric("AWS/ApiGateway", name, statistic, dimensions)

    def workflow(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of Step Functions for the ingest workflow."""
        return _metric("AWS/States", name, statistic, {"StateMachineArn": self.state_machine.state_machine_arn})

    def function(self, function: str, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of Lambda for one function."""
        return _metric("AWS/Lambda", name, statistic, {"FunctionName": self.functions[function].function_name})

    def dynamodb(self, name: str, index: str | None = None) -> cloudwatch.Metric:
        """Return the sum of a metric of DynamoDB, for the table or one index; the table's excludes its indexes."""
        dimensions = {"TableName": self.table.table_name}
        if index is not None:
            dimensions["GlobalSecondaryIndexName"] = index
        return _metric("AWS/DynamoDB", name, "Sum", dimensions)

    def edge(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of CloudFront, which publishes them in us-east-1 only. Raises ValueError without one."""
        if self.distribution is None:
            raise ValueError("the environment has no distribution")
        dimensions = {"DistributionId": self.distribution.distribution_id, "Region": "Global"}
        return _metric("AWS/CloudFront", name, statistic, dimensions)

    def pipe_metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of the pipe that makes events."""
        # A pipe's `Ref` is its name.
        return _metric("AWS/EventBridge/Pipes", name, statistic, {"PipeName": self.pipe.ref})

    def visible_dead_letters(self, queue: sqs.Queue) -> cloudwatch.Metric:
        """Return the number of messages in a dead-letter queue."""
        dimensions = {"QueueName": queue.queue_name}
        return _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", dimensions)


def math(expression: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """Return a metric math expression on metrics and other expressions, by the names that it uses."""
    return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, period=PERIOD)


def _metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dict(dimensions),
        period=PERIOD,
    )
