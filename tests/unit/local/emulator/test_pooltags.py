"""The tags of user pools in conditions of IAM policies."""

from local.emulator.patches import pooltags
from local.emulator.wrapping import module


def test_policies_see_the_tags_of_user_pools() -> None:
    pooltags.install()
    cognito = module("services.cognito")
    pool = {"Id": "us-east-1_AbCdEfGhI", "UserPoolTags": {"photosky-environment": "local"}}
    arn = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool['Id']}"
    cognito._user_pools[pool["Id"]] = pool
    try:
        assert module("services.tagging").resource_tags(arn) == pool["UserPoolTags"]
    finally:
        del cognito._user_pools[pool["Id"]]
