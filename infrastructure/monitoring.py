"""Alarms on symptoms. A rejected upload is an answer and rings nothing; a fault does."""

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.environment import Environment


class Monitoring(Construct):
    """Faults of ingests, of the API and of Reconcile, and ingests out of time; they mail, where an address is named."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine: sfn.StateMachine,
        reconcile: lambda_.IFunction,
        api: apigateway.RestApi,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        period = Duration.minutes(5)
        alarms = [
            self._alarm("IngestFaults", state_machine.metric_failed(period=period), "An ingest broke."),
            self._alarm("IngestTimeouts", state_machine.metric_timed_out(period=period), "An ingest ran out of time."),
            self._alarm("ApiFaults", api.metric_server_error(period=period), "The API answered 5xx."),
            self._alarm(
                "ReconcileFaults",
                reconcile.metric_errors(period=period),
                "What a dead execution left could not be ended.",
            ),
        ]
        if environment.alarm_email:
            topic = sns.Topic(self, "Alarms", enforce_ssl=True)
            topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
            for alarm in alarms:
                alarm.add_alarm_action(actions.SnsAction(topic))

    def _alarm(self, name: str, metric: cloudwatch.Metric, description: str) -> cloudwatch.Alarm:
        return metric.create_alarm(
            self,
            name,
            alarm_description=description,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
