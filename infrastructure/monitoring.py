"""The alarms as a construct, with the topic that notifies operators."""

from typing import Final, cast

from aws_cdk import ArnFormat, Aws, CfnCondition, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.alarms import ALARMS, EDGE_ALARMS, Alarm
from infrastructure.environment import Environment
from infrastructure.stack_metrics import StackMetrics
from photosky.metrics import NAMESPACE

RUNBOOK: Final = "docs/runbook.md"
EDGE_METRICS_REGION: Final = "us-east-1"


class Monitoring(Construct):
    """The alarms. If the environment has an `alarm_email`, they send a message on ALARM and on OK."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: StackMetrics,
        access_log: logs.ILogGroup,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._count_throttled_requests(access_log)
        self.alarms = [self._create_alarm(alarm, metrics) for alarm in ALARMS]
        edge_alarms = self._create_edge_alarms(metrics) if metrics.distribution else []
        if environment.alarm_email:
            topic = self._create_topic()
            topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
            for alarm in (*self.alarms, *edge_alarms):
                alarm.add_alarm_action(actions.SnsAction(topic))
                alarm.add_ok_action(actions.SnsAction(topic))

    def _count_throttled_requests(self, access_log: logs.ILogGroup) -> None:
        logs.MetricFilter(
            self,
            "Throttled",
            log_group=access_log,
            filter_pattern=logs.FilterPattern.string_value("$.status", "=", "429"),
            metric_namespace=NAMESPACE,
            metric_name="Throttled",
            metric_value="1",
            dimensions={"environment": "$.environment"},
        )

    def _create_edge_alarms(self, metrics: StackMetrics) -> list[cloudwatch.Alarm]:
        """Create the alarms of the distribution, if the stack is in us-east-1.

        CloudFront publishes its metrics there only (developer guide, "CloudFront metrics"), and an alarm reads metrics
        of its own region.
        """
        has_metrics = CfnCondition(
            self, "HasEdgeMetrics", expression=Fn.condition_equals(Aws.REGION, EDGE_METRICS_REGION)
        )
        alarms = [self._create_alarm(alarm, metrics) for alarm in EDGE_ALARMS]
        for alarm in alarms:
            cast(cloudwatch.CfnAlarm, alarm.node.default_child).cfn_options.condition = has_metrics
        return alarms

    def _create_alarm(self, alarm: Alarm, metrics: StackMetrics) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            alarm.name,
            alarm_name=f"{Stack.of(self).stack_name}-{alarm.name}",
            alarm_description=(
                f"{alarm.meaning} Condition: {alarm.condition}. What to do: {RUNBOOK}#{alarm.name.lower()}"
            ),
            metric=alarm.metric(metrics),
            threshold=alarm.threshold,
            evaluation_periods=alarm.evaluated_periods,
            datapoints_to_alarm=alarm.breaching_periods,
            comparison_operator=(
                cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                if alarm.comparison == "below"
                else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=(
                cloudwatch.TreatMissingData.BREACHING
                if alarm.missing_data == "breaching"
                else cloudwatch.TreatMissingData.NOT_BREACHING
            ),
        )

    def _create_topic(self) -> sns.Topic:
        """Return an encrypted topic that the stack's alarms may publish to.

        The AWS managed key of SNS does not allow CloudWatch, so the topic has its own key. A topic policy replaces
        the default one, so it names CloudWatch too.
        """
        stack = Stack.of(self)
        cloudwatch_service = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        in_this_account = {"StringEquals": {"aws:SourceAccount": stack.account}}
        key = kms.Key(
            self,
            "AlarmsKey",
            description=f"Encrypts the alarm messages of {stack.stack_name}",
            enable_key_rotation=True,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch_service],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # In a key policy, `*` is this key.
                conditions=in_this_account,
            )
        )
        topic = sns.Topic(self, "Alarms", enforce_ssl=True, master_key=key)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch_service],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={**in_this_account, "ArnLike": {"aws:SourceArn": alarms}},
            )
        )
        return topic
