"""Values as Velocity prints, compares and calls them: those of Java."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final


def printed(value: Any) -> str:
    """Return a value's text: empty for null, lower case for booleans, and Java's for maps and lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_nested(item) for item in value) + "]"
    return str(value)


def _nested(value: Any) -> str:
    return "null" if value is None else printed(value)


def truth(value: Any) -> bool:
    """Whether a value counts as true. In Velocity 1.x only null and false do not."""
    return value is not None and value is not False


def equal(left: Any, right: Any) -> bool:
    """Compare as `==`: numbers by value, values of different classes by their text."""
    if left is None or right is None:
        return left is right
    if is_number(left) and is_number(right):
        return bool(left == right)
    return bool(left == right) if type(left) is type(right) else printed(left) == printed(right)


def is_number(value: Any) -> bool:
    """Whether a value is a number in Java; Python's booleans are ints."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Make a comparison that is false unless both values are numbers."""
    return lambda left, right: is_number(left) and is_number(right) and compare(left, right)


def _replacement(text: str) -> Callable[[re.Match[str]], str]:
    """Make a replacement as Java's: `$1` is a group, and a backslash quotes the next character."""
    return lambda found: re.sub(
        r"\\(.)|\$(\d)", lambda part: part[1] if part[1] else found[int(part[2])] or "", text, flags=re.DOTALL
    )


_ANY_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "equals": lambda self, other: type(self) is type(other) and self == other,
    "toString": printed,
}
_STRING_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "contains": lambda self, part: part in self,
    "endsWith": lambda self, part: self.endswith(part),
    "equalsIgnoreCase": lambda self, other: isinstance(other, str) and self.lower() == other.lower(),
    "indexOf": lambda self, part: self.find(part),
    "isEmpty": lambda self: self == "",
    "length": len,
    "matches": lambda self, pattern: re.fullmatch(pattern, self) is not None,
    "replace": lambda self, old, new: self.replace(old, new),
    "replaceAll": lambda self, pattern, new: re.sub(pattern, _replacement(new), self),
    "split": lambda self, pattern: re.split(pattern, self),
    "startsWith": lambda self, part: self.startswith(part),
    "substring": lambda self, start, end=None: self[start:end],
    "toLowerCase": lambda self: self.lower(),
    "toUpperCase": lambda self: self.upper(),
    "trim": lambda self: self.strip(),
}
_LIST_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda self, item: self.append(item) or True,
    "contains": lambda self, item: item in self,
    "get": lambda self, index: self[index],
    "isEmpty": lambda self: not self,
    "size": len,
}
_MAP_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "containsKey": lambda self, key: key in self,
    "get": lambda self, key: self.get(key),
    "isEmpty": lambda self: not self,
    "keySet": lambda self: list(self.keys()),
    "put": lambda self, key, value: self.__setitem__(key, value),
    "size": len,
    "values": lambda self: list(self.values()),
}


def methods_of(value: Any) -> Mapping[str, Callable[..., Any]]:
    """Return the Java methods of a value's class."""
    if isinstance(value, str):
        return {**_ANY_METHODS, **_STRING_METHODS}
    if isinstance(value, list):
        return {**_ANY_METHODS, **_LIST_METHODS}
    if isinstance(value, Mapping):
        return {**_ANY_METHODS, **_MAP_METHODS}
    return _ANY_METHODS
