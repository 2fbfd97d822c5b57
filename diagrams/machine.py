"""A state machine: its states from left to right, their outcomes, the paths of faults, and Maps and branches."""

from collections.abc import Mapping
from typing import Final

from diagrams import reading
from diagrams.colours import INK, KINDS, PAPER
from diagrams.fonts import text_width
from diagrams.geometry import Box, Point
from diagrams.machine_layout import BUS, INSIDE, MARGIN, TIP, Card, Layout, by_target, card, skipped_to
from diagrams.reading import catches, main_path
from diagrams.svg import Drawing
from diagrams.synthesis import Template

TOP: Final = 148
"""The top of the lines above the main path."""

COLOURS: Final = {
    "Task": KINDS["AWS::Lambda::Function"],
    "Pass": KINDS["pass"],
    "Succeed": KINDS["succeed"],
    "Fail": KINDS["fail"],
}
"""By the kind of a card."""


def draw(template: Template, name: str) -> str:
    """Return the picture of a state machine as SVG."""
    machine, definition = template.machine(name), template.definition_of(name)
    buses = len(skipped_to(definition["States"], main_path(definition)))
    layout = Layout(definition, MARGIN, TOP + BUS * max(1, buses))
    drawing = Drawing(
        f"PhotoSky: the {name.lower()} workflow",
        f"The states of the state machine {name}, the outcomes that select the next state, and the paths of faults.",
    )
    drawing.text((MARGIN, 50), f"The {name.lower()} workflow", style="title")
    facts = [machine.properties["StateMachineType"].capitalize()]
    facts += [f"timeout {definition['TimeoutSeconds']} s"] if "TimeoutSeconds" in definition else []
    drawing.text((MARGIN, 71), f"{', '.join(facts)}. Drawn from the synthesized template.", style="note")
    routes = [route for route in reading.routes(template) if route.target == machine]
    caller = f"{routes[0].verb} …/{routes[0].path.rpartition('/')[2]}" if routes else "start"
    _draw_start(drawing, layout.boxes[definition["StartAt"]], caller)
    _draw_states(drawing, layout)
    _draw_legend(drawing, layout.bottom)
    return drawing.svg(layout.right + MARGIN, layout.bottom + 40)


def _draw_states(drawing: Drawing, layout: Layout, ground: str = PAPER) -> None:
    """Draw all states of a layout above their lines, and those of a Map or a Parallel state in its box."""
    _draw_faults(drawing, layout, ground)
    _draw_outcomes(drawing, layout, ground)
    for name, box in layout.boxes.items():
        if name in layout.inner:
            _draw_frame(drawing, card(name, layout.states[name]), box)
            for inner in layout.inner[name]:
                _draw_states(drawing, inner, KINDS["map"].tint)
        elif layout.states[name]["Type"] == "Choice":
            _draw_choice(drawing, name, box)
        else:
            texts = card(name, layout.states[name])
            drawing.card(box, COLOURS[texts.kind], texts.kind, texts.name, texts.note)


def _draw_start(drawing: Drawing, box: Box, caller: str) -> None:
    x, y = box.middle[0], box.y - 40
    drawing.line([(x, y), (x, box.y)])
    drawing.text((x, y - 8), caller, style="label", anchor="middle")


def _draw_outcomes(drawing: Drawing, layout: Layout, ground: str) -> None:
    """Draw the regular transitions: along the main path, above it to skip states, or below it."""
    buses = layout.buses
    lines: dict[str, list[list[Point]]] = {}
    for name in layout.boxes:
        below = _below_targets(layout, name, buses)
        for target, outcomes in by_target(layout.states[name]).items():
            start, goal = layout.boxes[name], layout.boxes[target]
            if target in below:
                line = _below(start, goal, below[target])
            elif target in buses and not layout.follows(name, target) and name in layout.main:
                line = _above(start, goal, buses[target], list(buses).index(target))
            else:
                line = _onward(start, goal)
            lines.setdefault(target, []).append(line)
            _label(drawing, line, [outcome for outcome in outcomes if outcome], is_alone=len(below) < 2)
    for together in lines.values():
        drawing.lines(together, ground=ground)


def _below_targets(layout: Layout, name: str, buses: Mapping[str, float]) -> dict[str, float]:
    """Return the states below the main path to which a state of it leads, and the offset of each line."""
    if name not in layout.main:
        return {}
    found = [target for target in by_target(layout.states[name]) if target not in layout.main and target not in buses]
    found.sort(key=lambda target: layout.boxes[target].y)
    return {target: 18 * (len(found) - 1 - 2 * index) for index, target in enumerate(found)}


def _onward(start: Box, goal: Box) -> list[Point]:
    (x, y), end = (start.right, start.middle[1]), goal.middle
    return [(x, y), (goal.x, y)] if y == end[1] else [(x, y), (end[0], y), (end[0], goal.bottom)]


def _above(start: Box, goal: Box, y: float, bus: int) -> list[Point]:
    # The higher a line is, the further left it starts, so that the lines of a state do not cross.
    x = start.middle[0] + 18 - 36 * bus
    # At the start of the path, the middle belongs to its caller.
    end = goal.middle[0] + (34 if goal.x < start.x else 0)
    return [(x, start.y), (x, y), (end, y), (end, goal.y)]


def _below(start: Box, goal: Box, aside: float = 0) -> list[Point]:
    x, y = start.middle[0] + aside, goal.middle[1]
    return [(x, start.bottom), (x, y), (goal.x, y)]


def _label(drawing: Drawing, line: list[Point], outcomes: list[str], *, is_alone: bool) -> None:
    """Label a line: above it if it starts level, else next to its start or after its first turn."""
    (x, y), (next_x, next_y) = line[0], line[1]
    if y == next_y:
        for index, outcome in enumerate(reversed(outcomes)):
            drawing.text(((x + next_x) / 2 - 2, y - 8 - index * 15), outcome, style="label", anchor="middle")
    elif next_y < y or not is_alone:
        drawing.text((x + 11, next_y - 7), " or ".join(outcomes), style="label")
    else:
        drawing.text((x + 8, y + 20), " or ".join(outcomes), style="label")


def _draw_faults(drawing: Drawing, layout: Layout, ground: str) -> None:
    """Draw the paths of faults in a lighter colour than the regular ones."""
    lines: dict[str, list[list[Point]]] = {}
    for name, state in layout.states.items():
        for target in catches(state):
            start, goal = layout.boxes[name], layout.boxes[target]
            x = start.middle[0]
            line = [(x, start.bottom), (x, goal.y)] if x == goal.middle[0] else _below(start, goal)
            lines.setdefault(target, []).append(line)
    for together in lines.values():
        drawing.lines(together, faint=True, ground=ground)


def _draw_frame(drawing: Drawing, texts: Card, box: Box) -> None:
    """Draw the frame of a Map or a Parallel state: its kind, its name and its concurrency."""
    colour, x = KINDS["map"], box.x + INSIDE
    drawing.rectangle(box, fill=colour.tint, stroke=colour.strong, radius=10, dashed=True)
    drawing.text((x, box.y + 22), texts.kind.upper(), style="kind", fill=colour.strong)
    drawing.text((x, box.y + 41), texts.name, style="name")
    drawing.text((x, box.y + 57), texts.note, style="note")


def _draw_choice(drawing: Drawing, name: str, box: Box) -> None:
    y = box.middle[1]
    corners = [
        (box.x, y),
        (box.x + TIP, box.y),
        (box.right - TIP, box.y),
        (box.right, y),
        (box.right - TIP, box.bottom),
        (box.x + TIP, box.bottom),
    ]
    drawing.polygon(corners, KINDS["choice"])
    drawing.text((box.middle[0], y + 4.5), name, style="choice", anchor="middle")


def _draw_legend(drawing: Drawing, bottom: float) -> None:
    x, y = float(MARGIN), bottom - 8
    for label, is_fault in (("outcome", False), ("fault: an error or a timeout", True)):
        drawing.line([(x, y), (x + 34, y)], faint=is_fault)
        drawing.text((x + 44, y + 4), label, style="note", fill=INK)
        x += 44 + text_width(label, "note") + 30
