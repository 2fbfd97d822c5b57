"""Update expressions, as far as `photosky/store` uses them. Conditions are not evaluated: there is one writer."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks.scale.units import Item

Parameters = Mapping[str, Any]

_CLAUSE: Final = re.compile(r"\b(SET|REMOVE|ADD) (.+?)(?= SET | REMOVE | ADD |$)")
_TERM: Final = re.compile(r", (?![^(]*\))")
"""The comma between two terms, which is outside parentheses."""
_ASSIGNMENT: Final = re.compile(r"(?P<name>\S+) = (?:(?P<default>if_not_exists)\(\S+, )?(?P<value>:\w+)\)?")
_ADDITION: Final = re.compile(r"(?P<name>\S+) (?P<value>:\w+)")
_NAME: Final = re.compile(r"(?P<name>\S+)")


def updated(before: Item | None, parameters: Parameters) -> Item:
    """The item after the update of `parameters`. Raises ValueError for an expression that is not supported."""
    item = {**parameters["Key"], **(before or {})}
    for verb, terms in _CLAUSE.findall(parameters["UpdateExpression"]):
        pattern, apply = _VERBS[verb]
        for term in _TERM.split(terms):
            match = pattern.fullmatch(term)
            if match is None:
                raise ValueError(f"{verb} {term} is not supported.")
            apply(item, match.groupdict(), parameters)
    return item


def attribute(name: str, parameters: Parameters) -> str:
    """The name of an attribute, given by itself or by a placeholder."""
    return str(parameters["ExpressionAttributeNames"][name]) if name.startswith("#") else name


def _set(item: dict[str, Any], term: Mapping[str, str], parameters: Parameters) -> None:
    name = attribute(term["name"], parameters)
    if term["default"] is None or name not in item:
        item[name] = parameters["ExpressionAttributeValues"][term["value"]]


def _remove(item: dict[str, Any], term: Mapping[str, str], parameters: Parameters) -> None:
    item.pop(attribute(term["name"], parameters), None)


def _add(item: dict[str, Any], term: Mapping[str, str], parameters: Parameters) -> None:
    name, step = attribute(term["name"], parameters), parameters["ExpressionAttributeValues"][term["value"]]
    item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(step["N"]))}


_VERBS: Final[Mapping[str, tuple[re.Pattern[str], Callable[[dict[str, Any], Mapping[str, str], Parameters], None]]]] = {
    "SET": (_ASSIGNMENT, _set),
    "REMOVE": (_NAME, _remove),
    "ADD": (_ADDITION, _add),
}
