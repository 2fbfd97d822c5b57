"""CloudFormation: an alarm on a metric math expression is stored, but not evaluated.

Gap: MiniStack refuses a template with such an alarm. Its evaluation of other alarms ignores dimensions and periods, so
the tests evaluate alarms with CloudWatch's rules in `tests/alarms.py`.
Closed upstream when a template with `AWS::CloudWatch::Alarm` and `Metrics` deploys without this module.
"""

from collections.abc import Callable
from typing import Any, Final

from local.emulator.wrapping import wrap

_OF_ONE_METRIC: Final = {"MetricName": "of an expression", "Namespace": "of an expression"}
"""Properties that MiniStack requires. They are removed from the record, so that nothing evaluates the alarm."""


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
    """Wrap the function that makes an alarm's record from a template's properties."""
    wrap("services.cloudformation.provisioners", "_cw_metric_alarm_record", "name props", _stored)
