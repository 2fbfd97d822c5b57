"""CloudWatch's rules, as far as our alarms need them: what embedded metric lines publish, and when an alarm rings.

The emulator has neither, so this is what alarms are held against: read from the template, fed with samples. A period
is a list of samples; time runs from the first to the last, and an alarm is judged at the end of the last.
"""

import ast
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diagrams.synthesis import Resource, Template

Samples = Sequence[Sequence[float]]
"""Of one metric, by period; a period without any is one in which nothing was published."""

Points = list[float | None]

Key = tuple[str, str, frozenset[tuple[str, str]]]
"""What names a metric: its namespace, its name and its dimensions, all of them."""

LOOKS_BACK: Final = 2
"""How many periods before those that it evaluates an alarm takes into account where some of them are empty: as in the
tables of CloudWatch's guide, "Configuring how CloudWatch alarms treat missing data"."""

_COMPARES: Final = {
    "GreaterThanOrEqualToThreshold": float.__ge__,
    "LessThanThreshold": float.__lt__,
}


@dataclass(frozen=True)
class Watched:
    """One metric of an alarm, and by which statistic it is read."""

    key: Key
    statistic: str
    period_seconds: int


@dataclass(frozen=True)
class Alarm:
    """An alarm as its template has it. The metric of one without an expression is called `value`."""

    name: str
    description: str
    expressions: Mapping[str, str]
    metrics: Mapping[str, Watched]
    judged: str
    """Which expression or metric is held against the threshold."""
    comparison: str
    threshold: float
    datapoints_to_alarm: int
    evaluation_periods: int
    missing: str

    @classmethod
    def of(cls, template: Template, resource: Resource) -> "Alarm":
        """Read one. Raises KeyError for what CloudWatch wants and the template lacks."""
        told = resource.properties
        queries = told.get("Metrics") or [{"Id": "value", "MetricStat": _as_query(told)}]
        (judged,) = [query["Id"] for query in queries if query.get("ReturnData", True)]
        return cls(
            name=resource.name,
            description=told["AlarmDescription"],
            expressions={query["Id"]: query["Expression"] for query in queries if "Expression" in query},
            metrics={
                query["Id"]: _watched(template, query["MetricStat"]) for query in queries if "MetricStat" in query
            },
            judged=judged,
            comparison=told["ComparisonOperator"],
            threshold=float(told["Threshold"]),
            datapoints_to_alarm=told["DatapointsToAlarm"],
            evaluation_periods=told["EvaluationPeriods"],
            missing=told["TreatMissingData"],
        )

    def points(self, samples: Mapping[str, Samples]) -> Points:
        """What is held against the threshold, by period, from the samples of every metric by its id."""
        periods = max(map(len, samples.values()), default=0)
        series: dict[str, Points] = {}
        for name, watched in self.metrics.items():
            told = samples.get(name, ())
            series[name] = [
                _statistic(watched.statistic, told[index] if index < len(told) else ()) for index in range(periods)
            ]

        def resolve(name: str) -> Points:
            if name not in series:
                series[name] = evaluate(self.expressions[name], resolve, periods)
            return series[name]

        return resolve(self.judged)

    def rings(self, samples: Mapping[str, Samples]) -> bool:
        """Whether the alarm is in ALARM at the end of the last period."""
        return self.is_breached(self.points(samples))

    def is_breached(self, points: Sequence[float | None]) -> bool:
        """The same from the points that are held against the threshold."""
        looked_at = points[-(self.evaluation_periods + LOOKS_BACK) :]
        breaching = [
            _COMPARES[self.comparison](float(point), self.threshold) for point in looked_at if point is not None
        ][-self.evaluation_periods :]
        filled = {"breaching": True, "notBreaching": False}[self.missing]
        breaching += [filled] * (self.evaluation_periods - len(breaching))
        return sum(breaching) >= self.datapoints_to_alarm

    def fed(self, published: Mapping[Key, Samples]) -> dict[str, Samples]:
        """The samples of this alarm's metrics, by their ids, of all that was published."""
        return {name: published[watched.key] for name, watched in self.metrics.items() if watched.key in published}


def evaluate(expression: str, resolve: Any, periods: int) -> Points:
    """The points of a metric math expression. Raises ValueError for syntax that none of ours uses.

    What is missing on one side of an operator is missing in what comes out (CloudWatch guide, "Metric math syntax").
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
        raise ValueError(f"{ast.unparse(node)} in {expression} is not known here")

    tree = ast.parse(expression, mode="eval").body
    return [at(tree, index) for index in range(periods)]


def published(lines: Iterable[str]) -> dict[Key, Samples]:
    """What log lines publish in one period: every sample, by its metric. Lines that are not of the format do not."""
    found: dict[Key, list[float]] = {}
    for line in lines:
        for key, value in _embedded(line):
            found.setdefault(key, []).append(value)
    return {key: [samples] for key, samples in found.items()}


def _embedded(line: str) -> Iterable[tuple[Key, float]]:
    try:
        told = json.loads(line)
    except ValueError:
        return
    if not isinstance(told, dict) or "_aws" not in told:
        return
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, told[name]) for name in names)
            for metric in directive["Metrics"]:
                yield (directive["Namespace"], metric["Name"], dimensions), float(told[metric["Name"]])


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
    raise ValueError(f"{type(operator).__name__} is not known here")


def _statistic(name: str, samples: Sequence[float]) -> float | None:
    if not samples:
        return None
    match name:
        case "Sum":
            return float(sum(samples))
        case "SampleCount":
            return float(len(samples))
        case "Maximum":
            return float(max(samples))
    if not name.startswith("p"):
        raise ValueError(f"the statistic {name} is not known here")
    return float(sorted(samples)[math.ceil(len(samples) * float(name[1:]) / 100) - 1])


def _as_query(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Metric": {name: properties[name] for name in ("Namespace", "MetricName", "Dimensions")},
        "Stat": properties.get("ExtendedStatistic") or properties["Statistic"],
        "Period": properties["Period"],
    }


def _watched(template: Template, query: Mapping[str, Any]) -> Watched:
    metric = query["Metric"]
    dimensions = frozenset((one["Name"], template.text(one["Value"])) for one in metric["Dimensions"])
    return Watched((metric["Namespace"], metric["MetricName"], dimensions), query["Stat"], query["Period"])
