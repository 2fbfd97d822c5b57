"""The existing metrics: those of each service's guide, and those that PhotoSky publishes."""

from collections.abc import Mapping, Set
from typing import Final

from photosky.metrics import METRICS, NAMESPACE

_SERVICES: Final[Mapping[str, tuple[Set[str], tuple[Set[str], ...]]]] = {
    # API Gateway guide, "Amazon API Gateway dimensions and metrics".
    "AWS/ApiGateway": (
        {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
        ({"ApiName", "Stage"}, {"ApiName", "Stage", "Resource", "Method"}),
    ),
    # Step Functions guide, "Monitoring Step Functions metrics using Amazon CloudWatch".
    "AWS/States": (
        {
            "ExecutionsStarted",
            "ExecutionsSucceeded",
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionThrottled",
            "ExecutionTime",
            "ExpressExecutionBilledDuration",
        },
        ({"StateMachineArn"},),
    ),
    # Lambda guide, "Types of metrics for Lambda functions".
    "AWS/Lambda": (
        {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"},
        ({"FunctionName"},),
    ),
    # DynamoDB guide, "DynamoDB Metrics and dimensions".
    "AWS/DynamoDB": (
        {"ReadThrottleEvents", "WriteThrottleEvents", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
        ({"TableName"}, {"TableName", "GlobalSecondaryIndexName"}),
    ),
    # SQS guide, "Available CloudWatch metrics for Amazon SQS".
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible"}, ({"QueueName"},)),
    # EventBridge guide, "Monitoring Amazon EventBridge Pipes".
    "AWS/EventBridge/Pipes": (
        {"ExecutionFailed", "ExecutionPartiallyFailed", "ExecutionTimeout", "EventCount"},
        ({"PipeName"},),
    ),
    # CloudFront developer guide, "CloudFront metrics".
    "AWS/CloudFront": (
        {"Requests", "BytesDownloaded", "BytesUploaded", "4xxErrorRate", "5xxErrorRate", "TotalErrorRate"},
        ({"DistributionId", "Region"},),
    ),
    # S3 guide, "Metrics and dimensions".
    "AWS/S3": ({"BucketSizeBytes", "NumberOfObjects"}, ({"BucketName", "StorageType"},)),
    # CloudWatch Logs guide, "Monitoring with CloudWatch metrics".
    "AWS/Logs": ({"IncomingBytes"}, ({"LogGroupName"},)),
}


def exists(namespace: str, name: str, dimensions: Set[str]) -> bool:
    """Whether a metric with exactly these dimensions is published."""
    if namespace == NAMESPACE:
        # The metric filter publishes `Throttled`.
        published = {known: set(metric.dimensions) for known, metric in METRICS.items()} | {
            "Throttled": {"environment"}
        }
        return published.get(name) == dimensions
    names, combinations = _SERVICES[namespace]
    return name in names and dimensions in combinations
