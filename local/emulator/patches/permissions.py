"""IAM: the permissions of the roles that AWS services assume.

Gap: MiniStack checks the permissions of API callers, but not those of integrations' and state machines' roles.
Closed upstream when an integration whose role lacks `states:StartSyncExecution` is refused without this module.
"""

import json
from typing import Any

from local.emulator.wrapping import module, require


def allows(role_arn: str, service: str, action: str, resource_arn: str) -> bool:
    """Whether a role exists, trusts a service (such as `apigateway.amazonaws.com`) and allows the action."""
    evaluator = module("core.iam_evaluator")
    account, _, path = role_arn.removeprefix("arn:aws:iam::").partition(":role/")
    name = path.rsplit("/", 1)[-1]
    role = module("services.iam")._roles.get_scoped(account, None, name)
    if role is None or not trusts(role.get("AssumeRolePolicyDocument"), service):
        return False
    context = evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/{service}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=resource_arn.split(":")[3],
    )
    gather = require("core.iam_evaluator", "_gather_role_policies", "role_name account_id")
    return bool(evaluator.evaluate(context, gather(name, account)).decision == "Allow")


def trusts(document: Any, service: str) -> bool:
    """Whether a trust policy allows a service to assume its role."""
    policy = json.loads(document) if isinstance(document, str) else document or {}
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in _listed(statement.get("Action"))
        and service in _listed((statement.get("Principal") or {}).get("Service"))
        for statement in _listed(policy.get("Statement"))
    )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
