"""The JSONPaths of mapping templates, and the error of a template."""

import re
from typing import Any, Final


class TemplateFailed(ValueError):
    """A template cannot be parsed or rendered; API Gateway answers with an internal error."""


_STEP: Final = re.compile(r"""\.([^.\[\]]+)|\[\s*(?:'([^']*)'|"([^"]*)"|(-?\d+))\s*\]""")


def json_path(document: Any, expression: str) -> Any:
    """Return the value at a JSONPath of names and indexes (`$.a['b'][0]`); None if the document has none."""
    if not expression.startswith("$"):
        raise TemplateFailed(f"not a JSONPath: {expression}")
    value, at = document, 1
    while at < len(expression):
        step = _STEP.match(expression, at)
        if step is None:
            raise TemplateFailed(f"the local gateway does not support this JSONPath: {expression}")
        at = step.end()
        name = next((part for part in step.groups()[:3] if part is not None), None)
        if name is not None:
            value = value.get(name) if isinstance(value, dict) else None
        else:
            index = int(step[4])
            value = value[index] if isinstance(value, list) and -len(value) <= index < len(value) else None
    return value
