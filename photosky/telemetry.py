"""Logs, metrics and traces. The one module that knows `aws-xray-sdk`, which is in maintenance mode.

Nothing in here takes a filename, a key, a token or a place: ids, codes and numbers are what may be told.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aws_lambda_powertools import Logger
from aws_xray_sdk.core import patch, xray_recorder

from photosky.metrics import ENVIRONMENT_VARIABLE, embedded

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


def measure(values: Mapping[str, float], **about: str) -> None:
    """Publish values by the names in `photosky.metrics.METRICS`; `about` has their dimensions, and ids to search by."""
    environment = os.environ.get(ENVIRONMENT_VARIABLE, "undefined")
    line = embedded(values, {"environment": environment, **about}, int(time.time() * 1000))
    print(json.dumps(line, separators=(",", ":")), flush=True)
