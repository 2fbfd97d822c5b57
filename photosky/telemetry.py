"""Logs, metrics and traces. The one module that knows `aws-xray-sdk`, which is in maintenance mode.

Nothing in here takes a filename, a key, a token or a place: ids, codes and numbers are what may be told.
"""

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter

NAMESPACE: Final = "PhotoSky"

logger: Final = Logger(service="photosky")

_TRACED: Final = "LAMBDA_TASK_ROOT" in os.environ
"""Lambda opens the segment that ours hang below; elsewhere there is none, and nothing to trace."""

_TOLD_OF_CALLS: Final = frozenset(
    {"operation", "region", "request_id", "id_2", "table_name", "index_name", "bucket_name"}
)
"""What a trace says of a call to AWS. The SDK would also put S3's keys there, with the owner's id in them."""


class _Emitter(UDPEmitter):
    """Sends what may be told: no object's key, and of an exception where and what it was, not its message."""

    def send_entity(self, entity: Any) -> None:
        """Send a closed subsegment to Lambda's X-Ray daemon."""
        _tell_less(entity)
        super().send_entity(entity)


def _tell_less(entity: Any) -> None:
    entity.aws = {name: value for name, value in entity.aws.items() if name in _TOLD_OF_CALLS}
    for exception in entity.cause.get("exceptions", []) if isinstance(entity.cause, dict) else []:
        exception.message = None
    if entity.http.get("response", {}).get("status", 500) < 500:
        entity.fault = False  # The SDK calls every exception a fault; a refused condition is none of AWS's.
    for subsegment in entity.subsegments:
        _tell_less(subsegment)


if _TRACED:
    xray_recorder.configure(context_missing="LOG_ERROR", emitter=_Emitter())
    patch(["botocore"])


@contextmanager
def span(name: str, **annotations: str) -> Iterator[None]:
    """Work that the trace shows under its own name, found in X-Ray by its annotations.

    An exception that leaves it is an error there; one that leaves the outermost span, and so the function, is a fault.
    """
    if not _TRACED:
        yield
        return
    outermost = xray_recorder.current_subsegment() is None
    subsegment = xray_recorder.begin_subsegment(name)
    try:
        annotate(**annotations)
        yield
    except Exception as raised:
        if subsegment:
            subsegment.add_exception(raised, traceback.extract_tb(raised.__traceback__))
            subsegment.fault, subsegment.error = outermost, not outermost
        raise
    finally:
        xray_recorder.end_subsegment()


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
