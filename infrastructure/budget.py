"""The monthly budget: e-mails when the environment's cost exceeds shares of it."""

from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infrastructure.environment import ENVIRONMENT_TAG

NOTIFICATIONS: Final = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kinds of cost and percentages of the budget above which an e-mail is sent; at most five (AWS::Budgets::Budget)."""


class Budget(Construct):
    """A budget of `usd` a month.

    Budgets sends the e-mails itself, so that the topic of the alarms needs no permission for it. An operator has to
    activate the tag for cost allocation once per account (docs/deploying.md); until then, the budget sees no cost.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: str, usd: int, email: str) -> None:
        super().__init__(scope, construct_id)
        subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)
        budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=Stack.of(self).stack_name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                # "user:" marks a tag of the account's users (AWS CLI reference, "budgets create-budget").
                cost_filters={"TagKeyValue": [f"user:{ENVIRONMENT_TAG}${environment}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percent in NOTIFICATIONS
            ],
        )
