"""IAM: conditions on the tags of user pools (`aws:ResourceTag`).

Gap: MiniStack gives IAM the tags of some services only, not those of user pools, so that a condition on them fails.
Closed upstream when the smoke test passes with the permissions of its role without this module.
"""

from typing import Final

from local.emulator.wrapping import require

_MODULE: Final = "services.tagging"


def install() -> None:
    """Give IAM the tags of user pools."""
    collect = require(_MODULE, "_collect_cognito", "")
    require(_MODULE, "_RESOURCE_TAG_COLLECTORS").setdefault("cognito-idp", collect)
