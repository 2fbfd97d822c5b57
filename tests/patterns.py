"""Event patterns with the operators that PhotoSky uses (EventBridge guide, "Comparison operators")."""

from typing import Any


def matches(pattern: Any, value: Any) -> bool:
    """Whether a value, None for a missing one, matches a pattern."""
    if isinstance(pattern, dict):
        return all(matches(inner, (value or {}).get(name)) for name, inner in pattern.items())
    (operator,) = pattern
    match operator:
        case {"exists": True}:
            return value is not None
        case {"anything-but": excluded}:
            return value is not None and value not in excluded
    return bool(value == operator)
