"""Where the states of a state machine's picture are: the main path in one row, all others below it.

Boxes and gaps are as wide as their texts require, so that no text overlaps another one or leaves its box.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeVar

from diagrams.fonts import text_width
from diagrams.geometry import Box
from diagrams.reading import catches, inner_definitions, main_path, transitions
from diagrams.svg import CARD_PADDING, card_width

Place = TypeVar("Place", int, float)
States = Mapping[str, Any]

MARGIN: Final = 36
CARD_HEIGHT: Final = 62
CHOICE_HEIGHT: Final = 46
MIN_CARD_WIDTH: Final = 118
MIN_CHOICE_WIDTH: Final = 124

TIP: Final = 15
"""The width of a tip of a choice's hexagon."""

MIN_GAP: Final = 66
NARROW_GAP: Final = 30
"""Between columns and rows, and between rows that are less than one apart."""

LABEL_GAP: Final = 14
"""Around the label of a line between two columns; the arrow's head is at its end."""

INSIDE: Final = 22
HEADING: Final = 72
"""Around the states of a Map or a Parallel state, and above them."""

BRANCH_GAP: Final = 28
"""Between the branches of a Parallel state."""

BUS: Final = 34
"""Between the lines above the main path."""


@dataclass(frozen=True)
class Card:
    """The texts of a state's card."""

    kind: str
    name: str
    note: str

    @property
    def width(self) -> float:
        """The width that the texts require."""
        return card_width([(self.kind.upper(), "kind")], [(self.name, "name")], [(self.note, "note")])


def card(name: str, state: Mapping[str, Any]) -> Card:
    """Return the texts of a state. Raises NotImplementedError for a type without a picture."""
    match state["Type"]:
        case "Task":
            retries = sum(retrier["MaxAttempts"] for retrier in state.get("Retry", []))
            return Card(
                "Task", name, f"{state['TimeoutSeconds']} s, {retries} {'retry' if retries == 1 else 'retries'}"
            )
        case "Pass":
            return Card("Pass", name, _pass_note(state.get("Parameters", {})))
        case "Succeed":
            output = state.get("OutputPath", "$").rpartition(".")[2]
            return Card("Succeed", name, f"with the {output.strip('$') or 'state'}")
        case "Fail":
            error = state.get("Error", "with its code")
            return Card("Fail", name, "with its cause" if error == name else error)
        case "Map":
            return _map_card(name, state)
        case "Parallel":
            return Card("parallel", name, f"{len(state['Branches'])} branches, all end")
    raise NotImplementedError(state["Type"])


def _pass_note(parameters: Mapping[str, Any]) -> str:
    """Return what a Pass state adds: constants, or a code."""
    constants = [f"{key}: {value}" for key, value in parameters.items() if not key.endswith(".$")]
    return ", ".join(constants) if constants and "code.$" not in parameters else "with its code"


def _map_card(name: str, state: Mapping[str, Any]) -> Card:
    config = state["ItemProcessor"].get("ProcessorConfig", {})
    kind = "distributed map" if config.get("Mode") == "DISTRIBUTED" else "map"
    notes = [f"{state['MaxConcurrency']} at once"] if state.get("MaxConcurrency") else []
    notes += [f"{config['ExecutionType'].capitalize()} each"] if "ExecutionType" in config else []
    return Card(kind, name, ", ".join(notes))


class Layout:
    """The boxes of all states, and the lines above the main path."""

    def __init__(self, definition: Mapping[str, Any], left: float = 0, top: float = 0) -> None:
        self.states: States = definition["States"]
        self.main = main_path(definition)
        self.inner = {
            name: [Layout(inner) for inner in inner_definitions(state)]
            for name, state in self.states.items()
            if _is_frame(state)
        }
        columns, rows = self._places()
        if set(columns) != set(self.states):
            raise ValueError(f"there is no place for {sorted(set(self.states) - set(columns))}")
        sizes = {name: self._size(name) for name in columns}
        lefts = _starts(columns, {name: width for name, (width, _) in sizes.items()}, left, self._gap())
        tops = _starts(rows, {name: height for name, (_, height) in sizes.items()}, top, MIN_GAP)
        self.boxes = {name: _centred(lefts[columns[name]], tops[rows[name]], size) for name, size in sizes.items()}
        for name, inner in self.inner.items():
            box = self.boxes[name]
            x = box.middle[0] - _width(inner) / 2
            for index, definition in enumerate(inner_definitions(self.states[name])):
                inner[index] = Layout(definition, x, box.y + HEADING)
                x = inner[index].right + BRANCH_GAP

    def _places(self) -> tuple[dict[str, int], dict[str, float]]:
        """Return the column and the row of each state."""
        handlers = {target for state in self.states.values() for target in catches(state)}
        aside = _reached(self.states, self.main, with_faults=False, without=handlers)
        faults = _reached(self.states, [*self.main, *aside], with_faults=True)
        tasks = [name for name in faults if self.states[name]["Type"] == "Task"]
        ends = [name for name in faults if name not in tasks]
        columns = {name: index for index, name in enumerate(self.main)}
        rows = dict.fromkeys(self.main, 0.0)
        if transitions(self.states[self.main[-1]]):
            # The main path is a loop: what leaves it ends below its last state, one below the other.
            columns |= dict.fromkeys(aside, len(self.main) - 1)
            rows |= {name: 1 + 0.72 * index for index, name in enumerate(aside)}
        else:
            # What leaves the main path is placed before its end, to which it leads.
            columns |= {name: len(self.main) - 1 + index for index, name in enumerate(aside)}
            columns[self.main[-1]] = len(self.main) - 1 + len(aside)
            rows |= dict.fromkeys(aside, 1.0)
        end = columns[self.main[-1]]
        columns |= dict.fromkeys(tasks, end - 1) | dict.fromkeys(ends, end)
        below = max(rows.values()) + 1
        rows |= dict.fromkeys(tasks, below) | {name: below + 0.72 * index for index, name in enumerate(ends)}
        return columns, rows

    def _size(self, name: str) -> tuple[float, float]:
        state = self.states[name]
        if state["Type"] == "Choice":
            return max(MIN_CHOICE_WIDTH, text_width(name, "choice") + 2 * TIP), CHOICE_HEIGHT
        if name not in self.inner:
            cards = [card(found, other).width for found, other in self.states.items() if _is_card(other)]
            return max(MIN_CARD_WIDTH, *cards), CARD_HEIGHT
        inner = self.inner[name]
        heading = card(name, state).width + 2 * (INSIDE - CARD_PADDING)
        return max(_width(inner) + 2 * INSIDE, heading), max(one.bottom for one in inner) + HEADING + INSIDE

    def _gap(self) -> float:
        """Return the gap between columns: as wide as the widest label of a line from one to the next."""
        labels = [
            outcome
            for name, following in pairwise(self.main)
            for outcome, target in transitions(self.states[name])
            if target == following
        ]
        return max([MIN_GAP, *(text_width(label, "label") + LABEL_GAP for label in labels)])

    @property
    def right(self) -> float:
        """The right end of all states."""
        return max(box.right for box in self.boxes.values())

    @property
    def bottom(self) -> float:
        """The lower end of all states."""
        return max(box.bottom for box in self.boxes.values())

    @property
    def buses(self) -> dict[str, float]:
        """The height of the line above the main path that leads to a state, the line to the last state lowest."""
        top = min(self.boxes[name].y for name in self.main)
        return {target: top - BUS * (index + 1) for index, target in enumerate(skipped_to(self.states, self.main))}

    def follows(self, name: str, following: str) -> bool:
        """Whether a state is the next one of the main path."""
        return (name, following) in pairwise(self.main)


def skipped_to(states: States, main: Sequence[str]) -> list[str]:
    """Return the states to which lines above the main path lead, the last first."""
    following = set(pairwise(main))
    found = {target for name in main for target in by_target(states[name]) if (name, target) not in following}
    return sorted(found.intersection(main), key=main.index, reverse=True)


def by_target(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the outcomes of a state by the next state."""
    found: dict[str, list[str]] = {}
    for outcome, target in transitions(state):
        found.setdefault(target, []).append(outcome)
    return found


def _is_frame(state: Mapping[str, Any]) -> bool:
    """Whether a state is drawn as a frame around others."""
    return state["Type"] in ("Map", "Parallel")


def _is_card(state: Mapping[str, Any]) -> bool:
    return state["Type"] != "Choice" and not _is_frame(state)


def _width(branches: Sequence["Layout"]) -> float:
    """Return the width of layouts that begin at 0, next to each other."""
    return sum(branch.right for branch in branches) + BRANCH_GAP * (len(branches) - 1)


def _centred(left: tuple[float, float], top: tuple[float, float], size: tuple[float, float]) -> Box:
    """Return a box of this size in the middle of a column and a row, each given by its start and its size."""
    return Box(left[0] + (left[1] - size[0]) / 2, top[0] + (top[1] - size[1]) / 2, *size)


def _starts(
    places: Mapping[str, Place], sizes: Mapping[str, float], start: float, gap: float
) -> dict[Place, tuple[float, float]]:
    """Return the start and the size of each column or row; the size is that of its largest state."""
    found: dict[Place, tuple[float, float]] = {}
    before: Place | None = None
    for place in sorted(set(places.values())):
        if before is not None:
            start += found[before][1] + (gap if place - before >= 1 else NARROW_GAP)
        found[place] = (start, max(sizes[name] for name in places if places[name] == place))
        before = place
    return found


def _reached(states: States, known: list[str], *, with_faults: bool, without: Set[str] = frozenset()) -> list[str]:
    """Return the states that follow the known ones and are not among them; nothing that follows `without` only."""
    found: list[str] = []
    for name in known:
        _follow(states, name, {*known, *without}, found, with_faults=with_faults)
    return found


def _follow(states: Mapping[str, Any], name: str, known: set[str], found: list[str], *, with_faults: bool) -> None:
    following = [target for _, target in transitions(states[name])]
    following += catches(states[name]) if with_faults else []
    for target in following:
        if target not in known and target not in found:
            found.append(target)
            _follow(states, target, known, found, with_faults=with_faults)
