"""What a mapping template does with `$context`, found by reading the template instead of rendering it.

API Gateway refuses a second override of a parameter, and documents none that is read (API Gateway guide, "Override your
API's request and response parameters and status codes").
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_DIRECTIVE: Final = re.compile(r"#\{?(\w+)\}?")
_QUOTED_OR_PARENTHESIS: Final = re.compile(r"""'[^']*'|"[^"]*"|[()]""")
_SET: Final = re.compile(r"\s*\$\{?([\w.-]+)\}?\s*=")
_CONTEXT: Final = re.compile(r"\$!?\{?(context\b[\w.-]*)")


def most_overrides(template: str) -> Counter[str]:
    """How often each override is set on the path through the template that sets it most often.

    Raises ValueError for directives other than `#set`, `#if`, `#elseif`, `#else` and `#end`.
    """
    open_blocks = [_Block()]
    for name, argument in _directives(template):
        if name == "set":
            place = _place(argument).lower()  # Header names are case-insensitive.
            open_blocks[-1].sets.update([place] if "override" in place else [])
        elif name == "if":
            open_blocks.append(_Block())
        elif name in ("elseif", "else"):
            open_blocks[-1].end_branch()
        elif name == "end":
            block = open_blocks.pop()
            block.end_branch()
            open_blocks[-1].sets.update(block.most)
        else:
            raise ValueError(f"#{name}")
    (whole,) = open_blocks
    return whole.sets


def context_reads(template: str) -> set[str]:
    """The variables below `$context` that the template reads anywhere."""
    read = Counter(_CONTEXT.findall(template))
    places = [_place(argument) for name, argument in _directives(template) if name == "set"]
    read.subtract(place for place in places if place in read)
    return {name for name, times in read.items() if times}


@dataclass
class _Block:
    """One `#if` that is open: the overrides of its current branch, and the most of the branches before it."""

    sets: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def end_branch(self) -> None:
        self.most |= self.sets
        self.sets = Counter()


def _directives(template: str) -> Iterator[tuple[str, str]]:
    """Each directive's name, and its argument or an empty text."""
    at = 0
    while found := _DIRECTIVE.search(template, at):
        at = _end_of_argument(template, found.end()) if template.startswith("(", found.end()) else found.end()
        yield found[1], template[found.end() + 1 : at - 1]


def _end_of_argument(template: str, start: int) -> int:
    """The end of the parenthesis that opens at `start`; those in string literals do not count."""
    depth = 0
    for found in _QUOTED_OR_PARENTHESIS.finditer(template, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    raise ValueError(template[start:])


def _place(argument: str) -> str:
    """The variable that a `#set` sets."""
    found = _SET.match(argument)
    if found is None:
        raise ValueError(f"#set({argument})")
    return found[1]
