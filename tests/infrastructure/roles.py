"""The template of the roles that GitHub's workflows take on, read with CloudFormation's short forms."""

from typing import Any

from cfnlint.decode.cfn_yaml import loads

from infrastructure.packaging import ROOT


def roles_template() -> dict[str, Any]:
    """The template, with each short form as the long one: `!Ref X` is `{"Ref": "X"}`."""
    template: dict[str, Any] = loads((ROOT / ".github" / "aws-roles.yaml").read_text())
    return template
