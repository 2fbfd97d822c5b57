"""Accepted findings of cdk-nag's AwsSolutions pack, each at its resource and with its reason.

Only `app.py` depends on cdk-nag; an accepted finding is an acknowledgment of the CDK.
"""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, *rules: str, because: str) -> None:
    """Accept the findings of these rules on a construct and its children.

    A rule is given as `S1`, or with a single finding as `IAM5[Resource::*]`; its other findings remain open.
    """
    for rule in rules:
        Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=because))
