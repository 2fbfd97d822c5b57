"""The metrics that the functions publish: their names, units and dimensions, and their log line.

CloudWatch extracts metrics from log lines in its embedded metric format (CloudWatch guide, "Specification: Embedded
metric format"), so publishing needs no API call. Each combination of dimension values is billed as one metric for each
hour with data. So only what an alarm or the dashboard needs is a dimension; ids are other properties of the line.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

NAMESPACE: Final = "PhotoSky"

ENVIRONMENT_VARIABLE: Final = "PHOTOSKY_ENVIRONMENT"
"""The variable with the environment's name, the first dimension of every metric: an account can have several."""

Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes"]


class Metric(NamedTuple):
    """The unit and the dimensions of a metric."""

    unit: Unit
    dimensions: tuple[str, ...]


_STEP: Final = ("environment", "step", "outcome")

METRICS: Final[Mapping[str, Metric]] = {
    "Steps": Metric("Count", _STEP),
    "Duration": Metric("Milliseconds", _STEP),
    "Bytes": Metric("Bytes", _STEP),
    "Pixels": Metric("Count", _STEP),
    "Refusals": Metric("Count", ("environment", "code")),
    "Reconciled": Metric("Count", ("environment", "outcome")),
    "Overdue": Metric("Count", ("environment",)),
    "OldestOverdue": Metric("Seconds", ("environment",)),
    "StoppedAudits": Metric("Count", ("environment",)),
    "EventDelay": Metric("Seconds", ("environment",)),
}
"""By name. The steps that read an upload publish its `Bytes` and `Pixels`. `Refusals` counts each refused upload or
request once. Every sweep publishes `Overdue` and `OldestOverdue`, also if they are zero."""


def embedded(values: Mapping[str, float], about: Mapping[str, str], at_milliseconds: int) -> dict[str, Any]:
    """The log line for values by metric name. `about` has their dimensions and other properties to search by.

    Raises KeyError if a metric is not in `METRICS`, or if a dimension is missing.
    """
    directives: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for name in values:
        metric = METRICS[name]
        directives.setdefault(metric.dimensions, []).append({"Name": name, "Unit": metric.unit})
    if missing := {name for dimensions in directives for name in dimensions} - set(about):
        raise KeyError(*sorted(missing))
    return {
        "_aws": {
            "Timestamp": at_milliseconds,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
                for dimensions, metrics in directives.items()
            ],
        },
        **about,
        **values,
    }
