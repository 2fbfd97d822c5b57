"""A template of before: what dev's was at commit 3aafb94, as `cdk synth` wrote it.

Whatever holds photos was there then. A deployed stack is brought from there to here without losing any.
"""

import json
from pathlib import Path
from typing import Any


def earlier_template() -> dict[str, Any]:
    """The template of `PhotoSky-dev` at that commit."""
    template: dict[str, Any] = json.loads(Path(__file__).with_name("earlier.template.json").read_text())
    return template
