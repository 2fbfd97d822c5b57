"""The metrics that the functions publish: their names, units and dimensions, and the log line that tells them.

CloudWatch makes metrics of lines in its embedded format (CloudWatch guide, "Specification: Embedded metric format"), so
publishing one costs no call. It bills every combination of dimensions as a metric of its own, for the hours in which it
is told, so only what an alarm or the dashboard asks for is a dimension; ids are properties of the line, to search by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

NAMESPACE: Final = "PhotoSky"

ENVIRONMENT_VARIABLE: Final = "PHOTOSKY_ENVIRONMENT"
"""Holds the environment's name, the first dimension of every metric: several live in one account."""

Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes"]


@dataclass(frozen=True)
class Metric:
    """A metric's unit, and what tells its series apart."""

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
}
"""By name. `Bytes` and `Pixels` are of the upload, told by the steps that read it; `Refusals` are told once for each
upload or request that is refused; `Overdue` and `OldestOverdue` by every sweep, zero included."""


def embedded(values: Mapping[str, float], about: Mapping[str, str], at_milliseconds: int) -> dict[str, Any]:
    """The line that tells these values, by metric. `about` has their dimensions, and whatever else is to be found.

    Raises KeyError for a metric that is not in `METRICS`, or lacks a dimension.
    """
    directives: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for name in values:
        metric = METRICS[name]
        directives.setdefault(metric.dimensions, []).append({"Name": name, "Unit": metric.unit})
    if lacking := {name for dimensions in directives for name in dimensions} - set(about):
        raise KeyError(*sorted(lacking))
    return {
        "_aws": {
            "Timestamp": at_milliseconds,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": told}
                for dimensions, told in directives.items()
            ],
        },
        **about,
        **values,
    }
