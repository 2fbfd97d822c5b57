"""Logs, metrics and traces. Only this module imports `aws-xray-sdk`, which is in maintenance mode.

Telemetry contains ids, codes and numbers. Do not pass filenames, object keys, tokens or locations.
"""

import json
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter

from photosky.logs import create_logger
from photosky.metrics import ENVIRONMENT_VARIABLE, embedded
from photosky.startup import IN_LAMBDA

P = ParamSpec("P")
T = TypeVar("T")

logger: Final = create_logger()

_TRACED: Final = IN_LAMBDA
"""In Lambda only: its runtime opens the segment that contains our subsegments."""

_CALL_FIELDS: Final = frozenset(
    {"operation", "region", "request_id", "id_2", "table_name", "index_name", "bucket_name"}
)
"""The fields of an AWS call in a trace. The SDK would also add S3's object keys, which contain the owner's id."""


class _Emitter(UDPEmitter):
    """Removes object keys and exception messages from subsegments before they are sent."""

    def send_entity(self, entity: Any) -> None:
        """Send a closed subsegment to Lambda's X-Ray daemon."""
        _redact(entity)
        super().send_entity(entity)


def _redact(entity: Any) -> None:
    entity.aws = {name: value for name, value in entity.aws.items() if name in _CALL_FIELDS}
    for exception in entity.cause.get("exceptions", []) if isinstance(entity.cause, dict) else []:
        exception.message = None
    if entity.http.get("response", {}).get("status", 500) < 500:
        entity.fault = False  # The SDK marks every exception as a fault; a failed condition is a client error.
    for subsegment in entity.subsegments:
        _redact(subsegment)


if _TRACED:
    xray_recorder.configure(context_missing="LOG_ERROR", emitter=_Emitter())
    patch(["botocore"])


@contextmanager
def span(name: str, **annotations: str) -> Iterator[None]:
    """A named part of the trace, with annotations to search by in X-Ray.

    An exception that leaves the span marks it as an error. The outermost span is marked as a fault instead, because
    the exception leaves the function too.
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


def current_span() -> Any:
    """The span of this thread in which others begin, for `in_span`."""
    return xray_recorder.get_trace_entity() if _TRACED else None


def in_span(parent: Any, run: Callable[P, T]) -> Callable[P, T]:
    """The same function for another thread: its spans and AWS calls become parts of a span of this one.

    The SDK keeps the current span per thread.
    """
    if not _TRACED:
        return run

    def run_in_span(*args: P.args, **kwargs: P.kwargs) -> T:
        xray_recorder.set_trace_entity(parent)
        return run(*args, **kwargs)

    return run_in_span


def annotate(**annotations: str) -> None:
    """Add annotations to the current span."""
    subsegment = xray_recorder.current_subsegment() if _TRACED else None
    if subsegment:
        for key, value in annotations.items():
            subsegment.put_annotation(key, value)


def measure(values: Mapping[str, float], **about: str) -> None:
    """Publish values of `photosky.metrics.METRICS` by name; `about` has their dimensions, and ids to search by."""
    environment = os.environ.get(ENVIRONMENT_VARIABLE, "undefined")
    line = embedded(values, {"environment": environment, **about}, int(time.time() * 1000))
    print(json.dumps(line, separators=(",", ":")), flush=True)
