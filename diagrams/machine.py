"""A state machine: its states from left to right, its outcomes, where faults lead, and what a Map does with each."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar

from diagrams import reading
from diagrams.reading import catches, main_path, transitions
from diagrams.svg import INK, KINDS, Box, Drawing, Point
from diagrams.synthesis import Template

Place = TypeVar("Place", int, float)
States = Mapping[str, Any]

MARGIN: Final = 36
HEIGHT: Final = 62
CARD: Final = (118.0, float(HEIGHT))
SIZES: Final = {"Task": CARD, "Choice": (124.0, 46.0), "Succeed": CARD, "Fail": CARD, "Pass": CARD}
"""Widths and heights; a Map is as large as what it holds."""

GAP: Final = 66
NARROW_GAP: Final = 30
"""Between columns and rows; and between rows that are less than one apart."""

INSIDE: Final = 22
HEADING: Final = 72
MAP_WIDTH: Final = 180
"""Around a Map's states, above them, and what its heading takes at least."""

TOP: Final = 148
BUS: Final = 34
"""Where the lines above the main path begin, and between them."""


class _Plan:
    """Where each state stands: the main path in one row, what leaves it below, and what faults lead to below that."""

    def __init__(self, definition: Mapping[str, Any], left: float = 0, top: float = 0) -> None:
        self.states: States = definition["States"]
        self.main = main_path(definition)
        self.inner = {name: _Plan(state["ItemProcessor"]) for name, state in self.states.items() if _is_map(state)}
        columns, rows = self._places()
        if set(columns) != set(self.states):
            raise ValueError(f"there is no place for {sorted(set(self.states) - set(columns))}")
        sizes = {name: self._size(name) for name in columns}
        lefts = _starts(columns, {name: width for name, (width, _) in sizes.items()}, left)
        tops = _starts(rows, {name: height for name, (_, height) in sizes.items()}, top)
        self.boxes = {name: _centred(lefts[columns[name]], tops[rows[name]], size) for name, size in sizes.items()}
        for name, inner in self.inner.items():
            box = self.boxes[name]
            x = box.middle[0] - max(found.right for found in inner.boxes.values()) / 2
            self.inner[name] = _Plan(self.states[name]["ItemProcessor"], x, box.y + HEADING)

    def _places(self) -> tuple[dict[str, int], dict[str, float]]:
        """Each state's column and row."""
        aside = _reached(self.states, self.main, with_faults=False)
        faults = _reached(self.states, [*self.main, *aside], with_faults=True)
        tasks = [name for name in faults if self.states[name]["Type"] == "Task"]
        ends = [name for name in faults if name not in tasks]
        columns = {name: index for index, name in enumerate(self.main)}
        rows = dict.fromkeys(self.main, 0.0)
        if transitions(self.states[self.main[-1]]):
            # The main path goes round: what leaves it ends below its last state, one below the other.
            columns |= dict.fromkeys(aside, len(self.main) - 1)
            rows |= {name: 1 + 0.72 * index for index, name in enumerate(aside)}
        else:
            # What leaves the main path stands before its end, which it goes on to.
            columns |= {name: len(self.main) - 1 + index for index, name in enumerate(aside)}
            columns[self.main[-1]] = len(self.main) - 1 + len(aside)
            rows |= dict.fromkeys(aside, 1.0)
        end = columns[self.main[-1]]
        columns |= dict.fromkeys(tasks, end - 1) | dict.fromkeys(ends, end)
        below = max(rows.values()) + 1
        rows |= dict.fromkeys(tasks, below) | {name: below + 0.72 * index for index, name in enumerate(ends)}
        return columns, rows

    def _size(self, name: str) -> tuple[float, float]:
        if name not in self.inner:
            return SIZES[self.states[name]["Type"]]
        boxes = self.inner[name].boxes.values()
        width = max(box.right for box in boxes) + 2 * INSIDE
        return max(width, MAP_WIDTH), max(box.bottom for box in boxes) + HEADING + INSIDE

    @property
    def buses(self) -> dict[str, float]:
        """The height of the line above the main path that leads to a state of it, the furthest lowest."""
        top = min(self.boxes[name].y for name in self.main)
        return {target: top - BUS * (index + 1) for index, target in enumerate(_passed_to(self.states, self.main))}

    def follows(self, name: str, following: str) -> bool:
        """Whether a state is the next one of the main path."""
        return (name, following) in pairwise(self.main)


def draw(template: Template, name: str) -> str:
    """The picture of the state machine of this name, as SVG."""
    machine, definition = template.machine(name), template.definition_of(name)
    buses = len(_passed_to(definition["States"], main_path(definition)))
    plan = _Plan(definition, MARGIN, TOP + BUS * max(1, buses))
    drawing = Drawing(
        f"PhotoSky: the {name.lower()} workflow",
        f"Every state of the state machine {name}, the outcomes that lead from one to the next, and where faults lead.",
    )
    drawing.text((MARGIN, 50), f"The {name.lower()} workflow", style="title")
    told = [machine.properties["StateMachineType"].capitalize()]
    told += [f"{definition['TimeoutSeconds']} s at most"] if "TimeoutSeconds" in definition else []
    drawing.text((MARGIN, 71), f"{', '.join(told)}. Drawn from the synthesized template.", style="note")
    routes = [route for route in reading.routes(template) if route.target == machine]
    started = f"{routes[0].verb} …/{routes[0].path.rpartition('/')[2]}" if routes else "start"
    _draw_start(drawing, plan.boxes[definition["StartAt"]], started)
    _draw_states(drawing, plan)
    bottom = max(box.bottom for box in plan.boxes.values())
    _draw_legend(drawing, bottom)
    right = max(box.right for box in plan.boxes.values())
    return drawing.svg(right + MARGIN, bottom + 40)


def _draw_states(drawing: Drawing, plan: _Plan) -> None:
    """All of a plan: its lines below its boxes, and a Map's own states in its box."""
    _draw_faults(drawing, plan)
    _draw_outcomes(drawing, plan)
    for name, box in plan.boxes.items():
        if name in plan.inner:
            _draw_map(drawing, name, plan.states[name], box)
            _draw_states(drawing, plan.inner[name])
        else:
            _draw_state(drawing, name, plan.states[name], box)


def _draw_start(drawing: Drawing, box: Box, told: str) -> None:
    x, y = box.middle[0], box.y - 40
    drawing.line([(x, y), (x, box.y)])
    drawing.text((x, y - 8), told, style="label", anchor="middle")


def _draw_outcomes(drawing: Drawing, plan: _Plan) -> None:
    """What follows without a fault: along the main path, above it where states are passed over, or below it."""
    buses = plan.buses
    lines: dict[str, list[list[Point]]] = {}
    for name in plan.boxes:
        below = _below_targets(plan, name, buses)
        for target, outcomes in _by_target(plan.states[name]).items():
            start, goal = plan.boxes[name], plan.boxes[target]
            if target in below:
                line = _below(start, goal, below[target])
            elif target in buses and not plan.follows(name, target) and name in plan.main:
                line = _above(start, goal, buses[target], list(buses).index(target))
            else:
                line = _onward(start, goal)
            lines.setdefault(target, []).append(line)
            _label(drawing, line, [outcome for outcome in outcomes if outcome], is_alone=len(below) < 2)
    for together in lines.values():
        drawing.lines(together)


def _below_targets(plan: _Plan, name: str, buses: Mapping[str, float]) -> dict[str, float]:
    """The states below the main path that one of it leads to; how far from its middle each line leaves it."""
    if name not in plan.main:
        return {}
    found = [target for target in _by_target(plan.states[name]) if target not in plan.main and target not in buses]
    found.sort(key=lambda target: plan.boxes[target].y)
    return {target: 18 * (len(found) - 1 - 2 * index) for index, target in enumerate(found)}


def _onward(start: Box, goal: Box) -> list[Point]:
    (x, y), end = (start.right, start.middle[1]), goal.middle
    return [(x, y), (goal.x, y)] if y == end[1] else [(x, y), (end[0], y), (end[0], goal.bottom)]


def _above(start: Box, goal: Box, y: float, bus: int) -> list[Point]:
    # The higher a line runs the further left it leaves, so that lines of one state do not cross.
    x = start.middle[0] + 18 - 36 * bus
    # Back at the start of the path, there is what starts it.
    end = goal.middle[0] + (34 if goal.x < start.x else 0)
    return [(x, start.y), (x, y), (end, y), (end, goal.y)]


def _below(start: Box, goal: Box, aside: float = 0) -> list[Point]:
    x, y = start.middle[0] + aside, goal.middle[1]
    return [(x, start.bottom), (x, y), (goal.x, y)]


def _label(drawing: Drawing, line: list[Point], outcomes: list[str], *, is_alone: bool) -> None:
    """What a line says: over it where it is level from the start, else beside its start or behind its first turn."""
    (x, y), (next_x, next_y) = line[0], line[1]
    if y == next_y:
        for index, outcome in enumerate(reversed(outcomes)):
            drawing.text(((x + next_x) / 2 - 2, y - 8 - index * 15), outcome, style="label", anchor="middle")
    elif next_y < y or not is_alone:
        drawing.text((x + 11, next_y - 7), " or ".join(outcomes), style="label")
    else:
        drawing.text((x + 8, y + 20), " or ".join(outcomes), style="label")


def _draw_faults(drawing: Drawing, plan: _Plan) -> None:
    """Lighter, because they are not what anyone waits for."""
    lines: dict[str, list[list[Point]]] = {}
    for name, state in plan.states.items():
        for target in catches(state):
            start, goal = plan.boxes[name], plan.boxes[target]
            x = start.middle[0]
            line = [(x, start.bottom), (x, goal.y)] if x == goal.middle[0] else _below(start, goal)
            lines.setdefault(target, []).append(line)
    for together in lines.values():
        drawing.lines(together, faint=True)


def _draw_map(drawing: Drawing, name: str, state: Mapping[str, Any], box: Box) -> None:
    """What a Map's states lie in: how it is run, over what, and how many at once."""
    colour = KINDS["map"]
    config = state["ItemProcessor"].get("ProcessorConfig", {})
    kind = "distributed map" if config.get("Mode") == "DISTRIBUTED" else "map"
    told = [f"{state['MaxConcurrency']} at once"] if state.get("MaxConcurrency") else []
    told += [f"{config['ExecutionType'].capitalize()} each"] if "ExecutionType" in config else []
    drawing.rectangle(box, fill=colour.tint, stroke=colour.strong, radius=10, dashed=True)
    drawing.text((box.x + INSIDE, box.y + 22), kind.upper(), style="kind", fill=colour.strong)
    drawing.text((box.x + INSIDE, box.y + 41), name, style="name")
    drawing.text((box.x + INSIDE, box.y + 57), ", ".join(told), style="note")


def _draw_state(drawing: Drawing, name: str, state: Mapping[str, Any], box: Box) -> None:
    match state["Type"]:
        case "Task":
            drawing.card(box, KINDS["AWS::Lambda::Function"], "Task", name)
            tries = sum(retrier["MaxAttempts"] for retrier in state.get("Retry", []))
            again = f", {tries} retry" if tries == 1 else f", {tries} retries"
            drawing.text((box.x + 14, box.y + 53), f"{state['TimeoutSeconds']} s{again}", style="note")
        case "Choice":
            _draw_choice(drawing, name, box)
        case "Pass":
            drawing.card(box, KINDS["pass"], "Pass", name, "with its code")
        case "Succeed":
            answer = state.get("OutputPath", "$").rpartition(".")[2]
            drawing.card(box, KINDS["succeed"], "Succeed", name, f"with the {answer.strip('$') or 'state'}")
        case "Fail":
            error = state.get("Error", "with its code")
            drawing.card(box, KINDS["fail"], "Fail", name, "with its cause" if error == name else error)
        case other:
            raise NotImplementedError(other)


def _draw_choice(drawing: Drawing, name: str, box: Box) -> None:
    y, tip = box.middle[1], 15
    corners = [
        (box.x, y),
        (box.x + tip, box.y),
        (box.right - tip, box.y),
        (box.right, y),
        (box.right - tip, box.bottom),
        (box.x + tip, box.bottom),
    ]
    drawing.polygon(corners, KINDS["choice"])
    drawing.text((box.middle[0], y + 4.5), name, style="choice", anchor="middle")


def _draw_legend(drawing: Drawing, bottom: float) -> None:
    y = bottom - 8
    drawing.line([(MARGIN, y), (MARGIN + 34, y)])
    drawing.text((MARGIN + 44, y + 4), "outcome", style="note", fill=INK)
    drawing.line([(MARGIN + 118, y), (MARGIN + 152, y)], faint=True)
    drawing.text((MARGIN + 162, y + 4), "fault: an error, or no time left", style="note", fill=INK)


def _passed_to(states: States, main: Sequence[str]) -> list[str]:
    """The states of the main path that lines above it lead to, the furthest first."""
    following = set(pairwise(main))
    found = {target for name in main for target in _by_target(states[name]) if (name, target) not in following}
    return sorted(found.intersection(main), key=main.index, reverse=True)


def _is_map(state: Mapping[str, Any]) -> bool:
    return bool(state["Type"] == "Map")


def _centred(left: tuple[float, float], top: tuple[float, float], size: tuple[float, float]) -> Box:
    """A box of this size in the middle of a column and a row, each by its start and its size."""
    return Box(left[0] + (left[1] - size[0]) / 2, top[0] + (top[1] - size[1]) / 2, *size)


def _starts(places: Mapping[str, Place], sizes: Mapping[str, float], start: float) -> dict[Place, tuple[float, float]]:
    """Where each column or row starts, and its size: that of the largest in it."""
    found: dict[Place, tuple[float, float]] = {}
    before: Place | None = None
    for place in sorted(set(places.values())):
        if before is not None:
            start += found[before][1] + (GAP if place - before >= 1 else NARROW_GAP)
        found[place] = (start, max(sizes[name] for name in places if places[name] == place))
        before = place
    return found


def _by_target(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """The outcomes of a state by where they lead."""
    found: dict[str, list[str]] = {}
    for outcome, target in transitions(state):
        found.setdefault(target, []).append(outcome)
    return found


def _reached(states: Mapping[str, Any], known: list[str], *, with_faults: bool) -> list[str]:
    """The states that follow on the known ones, but are not among them."""
    found: list[str] = []
    for name in known:
        _follow(states, name, {*known}, found, with_faults=with_faults)
    return found


def _follow(states: Mapping[str, Any], name: str, known: set[str], found: list[str], *, with_faults: bool) -> None:
    following = [target for _, target in transitions(states[name])]
    following += catches(states[name]) if with_faults else []
    for target in following:
        if target not in known and target not in found:
            found.append(target)
            _follow(states, target, known, found, with_faults=with_faults)
