"""The environments that diagrams, figures and tests describe: those of `cdk.json` as this repository delivers it.

They do not change with the `cdk.json` of a deployment, so that its environments make no diagram stale and fail no test.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ENVIRONMENTS: Final[Mapping[str, Mapping[str, Any]]] = json.loads(
    Path(__file__).with_name("environments.json").read_text(encoding="utf-8")
)
"""The knobs of each environment, by its name."""
