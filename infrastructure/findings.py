"""Findings of cdk-nag's AwsSolutions pack that are accepted, each beside its resource and with its reason.

cdk-nag itself is known to `app.py` alone; what is accepted is written in CDK's own words.
"""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, *rules: str, because: str) -> None:
    """Accept these rules' findings on a construct and on what is below it.

    A rule is named as `S1`, or with one finding of it as `IAM5[Resource::*]`; other findings of it stay open.
    """
    for rule in rules:
        Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=because))
