"""CloudWatch's rules for metrics and alarms, as far as our alarms use them.

The emulator implements neither. So tests read alarms from the template and evaluate them here, on samples. A period is
a list of samples, the latest period is the last one, and an alarm is evaluated at its end.
"""

import ast
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diagrams.synthesis import Resource, Template

Samples = Sequence[Sequence[float]]
"""The samples of a metric by period; an empty period is one without data."""

Points = list[float | None]

Key = tuple[str, str, frozenset[tuple[str, str]]]
"""The identity of a metric: its namespace, its name and all its dimensions."""

EXTRA_PERIODS: Final = 2
"""The earlier periods that an alarm uses in place of empty ones, as in the tables of CloudWatch's guide, "Configuring
how CloudWatch alarms treat missing data"."""

_COMPARISONS: Final = {
    "GreaterThanOrEqualToThreshold": float.__ge__,
    "LessThanThreshold": float.__lt__,
}


@dataclass(frozen=True)
class MetricStat:
    """One metric of an alarm, with its statistic and its period."""

    key: Key
    statistic: str
    period_seconds: int


@dataclass(frozen=True)
class Alarm:
    """An alarm of a template. If it has no expression, its metric is called `value`."""

    name: str
    description: str
    expressions: Mapping[str, str]
    metrics: Mapping[str, MetricStat]
    returned: str
    """The id of the expression or metric that is compared with the threshold."""
    comparison: str
    threshold: float
    datapoints_to_alarm: int
    evaluation_periods: int
    missing: str

    @classmethod
    def from_resource(cls, template: Template, resource: Resource) -> "Alarm":
        """Read an alarm. Raises KeyError if a required property is missing."""
        properties = resource.properties
        queries = properties.get("Metrics") or [{"Id": "value", "MetricStat": _as_query(properties)}]
        (returned,) = [query["Id"] for query in queries if query.get("ReturnData", True)]
        return cls(
            name=resource.name,
            description=properties["AlarmDescription"],
            expressions={query["Id"]: query["Expression"] for query in queries if "Expression" in query},
            metrics={
                query["Id"]: _metric_stat(template, query["MetricStat"]) for query in queries if "MetricStat" in query
            },
            returned=returned,
            comparison=properties["ComparisonOperator"],
            threshold=float(properties["Threshold"]),
            datapoints_to_alarm=properties["DatapointsToAlarm"],
            evaluation_periods=properties["EvaluationPeriods"],
            missing=properties["TreatMissingData"],
        )

    def points(self, samples: Mapping[str, Samples]) -> Points:
        """Return the values that are compared with the threshold, by period, from samples by metric id."""
        periods = max(map(len, samples.values()), default=0)
        series: dict[str, Points] = {}
        for name, metric in self.metrics.items():
            found = samples.get(name, ())
            series[name] = [
                _statistic(metric.statistic, found[index] if index < len(found) else ()) for index in range(periods)
            ]

        def resolve(name: str) -> Points:
            if name not in series:
                series[name] = evaluate(self.expressions[name], resolve, periods)
            return series[name]

        return resolve(self.returned)

    def is_in_alarm(self, samples: Mapping[str, Samples]) -> bool:
        """Whether the alarm is in ALARM at the end of the last period."""
        return self.is_breached(self.points(samples))

    def is_breached(self, points: Sequence[float | None]) -> bool:
        """The same, from the values that are compared with the threshold."""
        evaluated = points[-(self.evaluation_periods + EXTRA_PERIODS) :]
        breaching = [
            _COMPARISONS[self.comparison](float(point), self.threshold) for point in evaluated if point is not None
        ][-self.evaluation_periods :]
        filled = {"breaching": True, "notBreaching": False}[self.missing]
        breaching += [filled] * (self.evaluation_periods - len(breaching))
        return sum(breaching) >= self.datapoints_to_alarm

    def select(self, published: Mapping[Key, Samples]) -> dict[str, Samples]:
        """Return the published samples of this alarm's metrics, by metric id."""
        return {name: published[metric.key] for name, metric in self.metrics.items() if metric.key in published}


def evaluate(expression: str, resolve: Any, periods: int) -> Points:
    """Return the values of a metric math expression. Raises ValueError for syntax that no alarm uses.

    An operator with a missing operand has a missing result (CloudWatch guide, "Metric math syntax").
    """

    def at(node: ast.expr, index: int) -> float | None:
        match node:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.Name(id=name):
                point: float | None = resolve(name)[index]
                return point
            case ast.Call(func=ast.Name(id="FILL"), args=[series, filling]):
                return point if (point := at(series, index)) is not None else at(filling, index)
            case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
                held = at(condition, index)
                return None if held is None else at(yes if held else no, index)
            case ast.Call(func=ast.Name(id="MAX"), args=[ast.List(elts=elements)]):
                points = [at(element, index) for element in elements]
                return None if None in points else max(point for point in points if point is not None)
            case ast.BinOp(left=left, op=operator, right=right):
                return _operate(operator, at(left, index), at(right, index))
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return _operate(operator, at(left, index), at(right, index))
        raise ValueError(f"{ast.unparse(node)} in {expression} is not implemented")

    tree = ast.parse(expression, mode="eval").body
    return [at(tree, index) for index in range(periods)]


def published(lines: Iterable[str]) -> dict[Key, Samples]:
    """Return the samples that log lines publish in one period. Lines in another format publish none."""
    found: dict[Key, list[float]] = {}
    for line in lines:
        for key, value in _embedded(line):
            found.setdefault(key, []).append(value)
    return {key: [samples] for key, samples in found.items()}


def _embedded(line: str) -> Iterable[tuple[Key, float]]:
    try:
        document = json.loads(line)
    except ValueError:
        return
    if not isinstance(document, dict) or "_aws" not in document:
        return
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, document[name]) for name in names)
            for metric in directive["Metrics"]:
                yield (directive["Namespace"], metric["Name"], dimensions), float(document[metric["Name"]])


def _operate(operator: ast.operator | ast.cmpop, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case ast.Add():
            return left + right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right if right else None
        case ast.Gt():
            return float(left > right)
        case ast.GtE():
            return float(left >= right)
    raise ValueError(f"{type(operator).__name__} is not implemented")


def _statistic(name: str, samples: Sequence[float]) -> float | None:
    if not samples:
        return None
    match name:
        case "Sum":
            return float(sum(samples))
        case "Average":
            return float(sum(samples)) / len(samples)
        case "SampleCount":
            return float(len(samples))
        case "Maximum":
            return float(max(samples))
    if not name.startswith("p"):
        raise ValueError(f"the statistic {name} is not implemented")
    return float(sorted(samples)[math.ceil(len(samples) * float(name[1:]) / 100) - 1])


def _as_query(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Metric": {name: properties[name] for name in ("Namespace", "MetricName", "Dimensions")},
        "Stat": properties.get("ExtendedStatistic") or properties["Statistic"],
        "Period": properties["Period"],
    }


def _metric_stat(template: Template, query: Mapping[str, Any]) -> MetricStat:
    metric = query["Metric"]
    dimensions = frozenset((one["Name"], template.text(one["Value"])) for one in metric["Dimensions"])
    return MetricStat((metric["Namespace"], metric["MetricName"], dimensions), query["Stat"], query["Period"])
