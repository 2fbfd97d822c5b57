"""The user pool, and the client of the frontends."""

from collections.abc import Mapping
from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infrastructure.environment import ENVIRONMENT_TAG, Environment, Mfa
from infrastructure.findings import accept

_MFA: Final[Mapping[Mfa, cognito.Mfa]] = {"optional": cognito.Mfa.OPTIONAL, "required": cognito.Mfa.REQUIRED}
_ONLY_TOTP: Final = cognito.MfaSecondFactor(sms=False, otp=True)
"""Codes by SMS cost per message and can be intercepted."""


class Identity(Construct):
    """A Cognito user pool with e-mail addresses as names, and a public client without a secret, for browsers."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        mfa = _MFA.get(environment.mfa)
        self.pool = cognito.UserPool(
            self,
            "Users",
            sign_in_aliases=cognito.SignInAliases(email=True),
            self_sign_up_enabled=environment.self_sign_up,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            mfa=mfa,
            mfa_second_factor=_ONLY_TOTP if mfa else None,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_uppercase=True, require_symbols=True
            ),
            deletion_protection=environment.retain_data,
            removal_policy=RemovalPolicy.RETAIN if environment.retain_data else RemovalPolicy.DESTROY,
        )
        # The id of a pool is random, so the role of the smoke test selects it by this tag (.github/aws-roles.yaml).
        Tags.of(self.pool).add(ENVIRONMENT_TAG, environment.name)
        if environment.sender_email:
            self._send_with_ses(environment.sender_email)
        if environment.mfa != "required":
            accept(
                self.pool,
                "COG2",
                because="Required MFA would lock out users of frontends that cannot enrol a second factor.",
            )
        accept(
            self.pool,
            "COG8",
            because="The Plus plan costs 0.02 USD per user and month, Essentials nothing up to 10,000 users.",
        )
        self.client = self.pool.add_client(
            "Frontend",
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
        )

    def _send_with_ses(self, sender: str) -> None:
        """Send Cognito's messages with SES of the stack's region, because its own sender sends 50 a day.

        The sender's domain must be a verified identity (Cognito guide, "Email settings for Amazon Cognito user pools").
        """
        identity = Stack.of(self).format_arn(service="ses", resource="identity", resource_name=sender.partition("@")[2])
        pool = cast(cognito.CfnUserPool, self.pool.node.default_child)
        pool.email_configuration = cognito.CfnUserPool.EmailConfigurationProperty(
            email_sending_account="DEVELOPER", from_=sender, source_arn=identity
        )
