"""The dashboard as a construct: is it up, is it slow, what is rejected and why, what does it cost."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure import graphs
from infrastructure.graphs import Graph, Lines
from infrastructure.monitoring import RUNBOOK
from infrastructure.stack_metrics import StackMetrics

GRID_WIDTH: Final = 24
"""Columns of the grid (CloudWatch guide, "Dashboard body structure and syntax")."""

WIDGET_WIDTH: Final = 6
WIDGET_HEIGHT: Final = 6

_COLD_STARTS: Final = (
    'filter @type = "REPORT"',
    "stats count(*) as runs, count(@initDuration) as cold, pct(@initDuration, 95) as p95_ms by @log",
)


class Dashboard(Construct):
    """The dashboard, which has the name of its stack and one row of widgets for each question."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: StackMetrics,
        alarms: Sequence[cloudwatch.Alarm],
        tracing: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._metrics = metrics
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=Stack.of(self).stack_name,
            default_interval=Duration.hours(12),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        dashboard.add_widgets(self._introduction(tracing))
        dashboard.add_widgets(_alarm_status(alarms), *self._graphs(graphs.AVAILABILITY))
        dashboard.add_widgets(*self._graphs(graphs.EVENTS))
        dashboard.add_widgets(*self._graphs(graphs.LATENCY), self._cold_starts())
        dashboard.add_widgets(*self._graphs(graphs.REJECTIONS))
        dashboard.add_widgets(*self._graphs(graphs.COSTS))

    def _introduction(self, tracing: bool) -> cloudwatch.TextWidget:
        stack = Stack.of(self)
        links = " · ".join(f"[{name}]({url})" for name, url in self._links(stack.region, tracing).items())
        return cloudwatch.TextWidget(
            markdown=f"**{stack.stack_name}**: is it up, is it slow, what is rejected and why, what does it cost. "
            f"`{RUNBOOK}` has a section for each alarm. {links}",
            width=GRID_WIDTH,
            height=1,
        )

    def _links(self, region: str, tracing: bool) -> Mapping[str, str]:
        console = f"https://{region}.console.aws.amazon.com"
        machine = self._metrics.state_machine.state_machine_arn
        links = {
            "logs": f"{console}/cloudwatch/home?region={region}#logsV2:logs-insights",
            "executions": f"{console}/states/home?region={region}#/statemachines/view/{machine}",
        }
        if tracing:
            links["traces"] = f"{console}/cloudwatch/home?region={region}#xray:traces/query"
        return links

    def _graphs(self, rows: Sequence[Graph]) -> list[cloudwatch.IWidget]:
        return [_graph(row, self._metrics) for row in rows]

    def _cold_starts(self) -> cloudwatch.LogQueryWidget:
        return cloudwatch.LogQueryWidget(
            title="Cold starts",
            log_group_names=self._metrics.log_group_names,
            query_lines=list(_COLD_STARTS),
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            width=WIDGET_WIDTH,
            height=WIDGET_HEIGHT,
        )


def _alarm_status(alarms: Sequence[cloudwatch.Alarm]) -> cloudwatch.AlarmStatusWidget:
    return cloudwatch.AlarmStatusWidget(
        title="Is it up?", alarms=list(alarms), width=WIDGET_WIDTH, height=WIDGET_HEIGHT
    )


def _graph(graph: Graph, metrics: StackMetrics) -> cloudwatch.GraphWidget:
    threshold = graph.alarm_threshold
    axis = cloudwatch.YAxisProps(min=0, show_units=False)
    return cloudwatch.GraphWidget(
        title=graph.title,
        left=_labelled(graph.left(metrics)),
        right=_labelled(graph.right(metrics)),
        left_annotations=[] if threshold is None else [cloudwatch.HorizontalAnnotation(value=threshold, label="alarm")],
        left_y_axis=axis,
        right_y_axis=axis,
        width=graph.width,
        height=WIDGET_HEIGHT,
        stacked=graph.stacked,
    )


def _labelled(lines: Lines) -> list[cloudwatch.IMetric]:
    return [metric.with_(label=label) for label, metric in lines.items()]
