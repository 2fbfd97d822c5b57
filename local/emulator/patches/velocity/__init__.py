r"""Mapping templates in the Velocity dialect of API Gateway.

Gap: MiniStack renders a small subset. The engine here is airspeed, corrected where it differs from Velocity: a
backslash in a string literal is a backslash (otherwise `.replaceAll("\\'", "'")` silently does nothing), a doubled
quote is a quote, names may have hyphens, only null and false are false, null prints as nothing and is not assigned, and
values have Java's methods.
Closed upstream when `tests/unit/local/emulator/test_velocity.py` passes on airspeed alone.

References: API Gateway Developer Guide, "Mapping template and access logging variable reference"; Apache Velocity
1.7, User Guide.
"""

from local.emulator.patches.velocity.engine import render
from local.emulator.patches.velocity.paths import TemplateFailed, json_path
from local.emulator.patches.velocity.values import printed
from local.emulator.patches.velocity.variables import Headers, Input, Overrides, Util

__all__ = ["Headers", "Input", "Overrides", "TemplateFailed", "Util", "json_path", "printed", "render"]
