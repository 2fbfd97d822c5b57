"""CloudFormation: an alarm on an expression is stored, and stays as it was made.

Gap: MiniStack refuses a template with such an alarm. What it does evaluate is no measure of ours either: it looks at a
metric whatever its dimensions, and at all periods as one; `tests/alarms.py` has CloudWatch's own rules.
Closed upstream when a template with `AWS::CloudWatch::Alarm` and `Metrics` deploys without this module.
"""

from collections.abc import Callable
from typing import Any, Final

from local.emulator.wrapping import wrap

_OF_ONE_METRIC: Final = {"MetricName": "of an expression", "Namespace": "of an expression"}
"""What a record is asked for, and loses again: with no metric of its own, nothing evaluates it."""


def _stored(original: Callable[..., Any]) -> Callable[..., Any]:
    def record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        if "Metrics" not in props:
            return dict(original(name, props))
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = original(name, plain | _OF_ONE_METRIC)
        unset = {*_OF_ONE_METRIC, "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit"}
        return {key: value for key, value in alarm.items() if key not in unset} | {"Metrics": props["Metrics"]}

    return record


def install() -> None:
    """Wrap what makes an alarm's record of a template's properties."""
    wrap("services.cloudformation.provisioners", "_cw_metric_alarm_record", "name props", _stored)
