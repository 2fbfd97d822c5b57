"""Logs, metrics and traces. The one module that knows `aws-xray-sdk`, which is in maintenance mode.

Nothing in here takes a filename, a key, a token or a place: ids, codes and numbers are what may be told.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_xray_sdk.core import patch, xray_recorder

NAMESPACE: Final = "PhotoSky"

logger: Final = Logger(service="photosky")

_TRACED: Final = "LAMBDA_TASK_ROOT" in os.environ
"""Lambda opens the segment that ours hang below; elsewhere there is none, and nothing to trace."""

if _TRACED:
    xray_recorder.configure(context_missing="LOG_ERROR")
    patch(["botocore"])


@contextmanager
def span(name: str, **annotations: str) -> Iterator[None]:
    """Work that the trace shows under its own name, found in X-Ray by its annotations."""
    if not _TRACED:
        yield
        return
    with xray_recorder.in_subsegment(name):
        annotate(**annotations)
        yield


def annotate(**annotations: str) -> None:
    """Add annotations to the span that is open now."""
    subsegment = xray_recorder.current_subsegment() if _TRACED else None
    if subsegment:
        for key, value in annotations.items():
            subsegment.put_annotation(key, value)


def count(name: str, events: int = 1, **dimensions: str) -> None:
    """Count events of a kind, as an EMF line that CloudWatch turns into a metric."""
    with single_metric(name=name, unit=MetricUnit.Count, value=events, namespace=NAMESPACE) as metric:
        for key, value in dimensions.items():
            metric.add_dimension(name=key, value=value)
