"""The ingest's state machine: its states from left to right, its outcomes, and where faults lead."""

from collections.abc import Mapping
from typing import Any, Final

from diagrams.reading import catches, main_path, transitions
from diagrams.svg import INK, KINDS, Box, Drawing, Point
from diagrams.synthesis import Template

MARGIN: Final = 36
COLUMN: Final = 184
HEIGHT: Final = 62
SIZES: Final = {"Task": (118, HEIGHT), "Choice": (124, 46), "Succeed": (118, HEIGHT), "Fail": (118, HEIGHT)}
"""Widths and heights."""

MAIN_Y: Final = 216
LANE: Final = 128
BUS: Final = 34
"""Between the lines above the main path."""


class _Plan:
    """Where each state stands: the main path in one row, what leaves it below, and what faults lead to below that."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.states: Mapping[str, Any] = definition["States"]
        self.main = main_path(definition)
        aside = _reached(self.states, self.main, with_faults=False)
        faults = _reached(self.states, [*self.main, *aside], with_faults=True)
        # What leaves the main path stands before its end, which it goes on to.
        columns = {name: index for index, name in enumerate(self.main[:-1])}
        for index, name in enumerate(aside):
            columns[name] = len(self.main) - 1 + index
        columns[self.main[-1]] = len(self.main) - 1 + len(aside)
        self.end = columns[self.main[-1]]
        tasks = [name for name in faults if self.states[name]["Type"] == "Task"]
        ends = [name for name in faults if name not in tasks]
        columns |= dict.fromkeys(tasks, self.end - 1) | dict.fromkeys(ends, self.end)
        rows = dict.fromkeys(self.main, 0.0) | dict.fromkeys(aside, 1.0) | dict.fromkeys(tasks, 2.0)
        rows |= {name: 2.0 + 0.72 * index for index, name in enumerate(ends)}
        self.boxes = {name: self._box(name, columns[name], rows[name]) for name in columns}
        if set(self.boxes) != set(self.states):
            raise ValueError(f"there is no place for {sorted(set(self.states) - set(self.boxes))}")

    def _box(self, name: str, column: int, row: float) -> Box:
        width, height = SIZES[self.states[name]["Type"]]
        middle = MARGIN + SIZES["Task"][0] / 2 + column * COLUMN
        return Box(middle - width / 2, MAIN_Y + row * LANE + (HEIGHT - height) / 2, width, height)

    def follows(self, name: str, following: str) -> bool:
        """Whether a state is the next one of the main path."""
        return (name, following) in zip(self.main, self.main[1:], strict=False)


def draw(template: Template) -> str:
    """The picture, as SVG."""
    definition = template.definition
    plan = _Plan(definition)
    drawing = Drawing(
        "PhotoSky: the ingest workflow",
        "Every state of the ingest's state machine, the outcomes that lead from one to the next, and the faults that "
        "lead to its failure.",
    )
    drawing.text((MARGIN, 50), "The ingest workflow", style="title")
    machine = template.machine("Ingest").properties["StateMachineType"]
    note = f"{machine.capitalize()}, {definition['TimeoutSeconds']} s at most. Drawn from the synthesized template."
    drawing.text((MARGIN, 71), note, style="note")
    _draw_start(drawing, plan.boxes[definition["StartAt"]])
    _draw_faults(drawing, plan)
    _draw_outcomes(drawing, plan)
    for name, box in plan.boxes.items():
        _draw_state(drawing, name, plan.states[name], box)
    bottom = max(box.bottom for box in plan.boxes.values())
    _draw_legend(drawing, bottom)
    right = max(box.right for box in plan.boxes.values())
    return drawing.svg(right + MARGIN, bottom + 40)


def _draw_start(drawing: Drawing, box: Box) -> None:
    x, y = box.middle[0], box.y - 40
    drawing.line([(x, y), (x, box.y)])
    drawing.text((x, y - 8), "POST …/ingest", style="label", anchor="middle")


def _draw_outcomes(drawing: Drawing, plan: _Plan) -> None:
    """What follows without a fault: along the main path, above it where states are passed over, or below it."""
    buses = _buses(plan)
    lines: dict[str, list[list[Point]]] = {}
    for name in plan.boxes:
        for target, outcomes in _by_target(plan.states[name]).items():
            if plan.follows(name, target) or name not in plan.main:
                line = _onward(plan.boxes[name], plan.boxes[target])
            elif target in buses:
                line = _above(plan.boxes[name], plan.boxes[target], buses[target])
            else:
                line = _below(plan.boxes[name], plan.boxes[target])
            lines.setdefault(target, []).append(line)
            _label(drawing, line, [outcome for outcome in outcomes if outcome])
    for together in lines.values():
        drawing.lines(together)


def _buses(plan: _Plan) -> dict[str, float]:
    """The height of the line above the main path that leads to a state of it, the furthest lowest."""
    targets = [
        target
        for name in plan.main
        for target in _by_target(plan.states[name])
        if target in plan.main and not plan.follows(name, target)
    ]
    order = sorted(dict.fromkeys(targets), key=plan.main.index, reverse=True)
    return {target: MAIN_Y - BUS * (index + 1) for index, target in enumerate(order)}


def _onward(start: Box, goal: Box) -> list[Point]:
    (x, y), end = (start.right, start.middle[1]), goal.middle
    return [(x, y), (goal.x, y)] if y == end[1] else [(x, y), (end[0], y), (end[0], goal.bottom)]


def _above(start: Box, goal: Box, y: float) -> list[Point]:
    # The higher a line runs the further left it leaves, so that lines of one state do not cross.
    x = start.middle[0] + 18 - 36 * (MAIN_Y - BUS - y) / BUS
    end = goal.middle[0]
    return [(x, start.y), (x, y), (end, y), (end, goal.y)]


def _below(start: Box, goal: Box) -> list[Point]:
    x, y = start.middle[0], goal.middle[1]
    return [(x, start.bottom), (x, y), (goal.x, y)]


def _label(drawing: Drawing, line: list[Point], outcomes: list[str]) -> None:
    """What a line says: over it where it is level from the start, else beside its start or behind its first turn."""
    (x, y), (next_x, next_y) = line[0], line[1]
    if y == next_y:
        for index, outcome in enumerate(reversed(outcomes)):
            drawing.text(((x + next_x) / 2 - 2, y - 8 - index * 15), outcome, style="label", anchor="middle")
    elif next_y < y:
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


def _draw_state(drawing: Drawing, name: str, state: Mapping[str, Any], box: Box) -> None:
    match state["Type"]:
        case "Task":
            drawing.card(box, KINDS["AWS::Lambda::Function"], "Task", name)
            tries = sum(retrier["MaxAttempts"] for retrier in state.get("Retry", []))
            again = f", {tries} retry" if tries == 1 else f", {tries} retries"
            drawing.text((box.x + 14, box.y + 53), f"{state['TimeoutSeconds']} s{again}", style="note")
        case "Choice":
            _draw_choice(drawing, name, box)
        case "Succeed":
            drawing.card(box, KINDS["succeed"], "Succeed", name, "with the answer")
        case "Fail":
            drawing.card(box, KINDS["fail"], "Fail", name, state.get("Error", "with its code"))
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
