"""The template of the roles that the GitHub workflows assume."""

from typing import Any

from cfnlint.decode.cfn_yaml import loads

from infrastructure.packaging import ROOT


def roles_template() -> dict[str, Any]:
    """Read the template, with short forms such as `!Ref X` as `{"Ref": "X"}`."""
    template: dict[str, Any] = loads((ROOT / ".github" / "aws-roles.yaml").read_text())
    return template
