"""The template of the roles that the GitHub workflows assume."""

import re
from typing import Any

from infrastructure.packaging import ROOT


def role_policy(role: str, account: str, region: str) -> dict[str, Any]:
    """Return the only policy of a role, as it is in an account and a region."""
    values = {"Partition": "aws", "AccountId": account, "Region": region}

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return [resolved(part) for part in value]
        if not isinstance(value, dict):
            return value
        if "Fn::Sub" in value:
            return re.sub(r"\$\{AWS::(\w+)\}", lambda found: values[found[1]], value["Fn::Sub"])
        return {str(name): resolved(part) for name, part in value.items()}

    (policy,) = roles_template()["Resources"][role]["Properties"]["Policies"]
    found: dict[str, Any] = resolved(policy["PolicyDocument"])
    return found


def roles_template() -> dict[str, Any]:
    """Read the template, with short forms such as `!Ref X` as `{"Ref": "X"}`."""
    from cfnlint.decode.cfn_yaml import loads  # Here, because each worker of pytest imports this module.

    template: dict[str, Any] = loads((ROOT / ".github" / "aws-roles.yaml").read_text())
    return template
