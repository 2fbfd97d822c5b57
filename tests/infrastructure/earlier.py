"""The template of `PhotoSky-dev` at commit 3aafb94, with the index `unsettled` that release 1.0 has.

Updates from it must not lose data, and add one index, as CloudFormation requires.

It contains all resources that store photos, records and users.
"""

import json
from pathlib import Path
from typing import Any


def earlier_template() -> dict[str, Any]:
    """Read the template."""
    template: dict[str, Any] = json.loads(Path(__file__).with_name("earlier.template.json").read_text())
    return template
