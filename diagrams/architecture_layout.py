"""Where the parts of the architecture's picture are: from left to right callers, functions and a grid of stores.

Boxes are as wide as their texts require, so that no text overlaps another one or leaves its box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from diagrams import reading
from diagrams.fonts import text_width
from diagrams.geometry import Box
from diagrams.reading import Grants, Part, Route
from diagrams.svg import CARD_PADDING, card_width
from diagrams.synthesis import Resource, Template

MARGIN: Final = 36
HEAD: Final = 92
"""The top of the monitoring, below the title."""

ROW: Final = 66
CARD: Final = 52
ROUTE: Final = 23
LINE: Final = 16
"""The heights of a function's row and of its card, of a route and of a line of alarms."""

GAP: Final = 34
STORE_GAP: Final = 22
STACK_GAP: Final = 18
CALL_GAP: Final = 54
TURN: Final = 26
NEXT_TURN: Final = 16
LABEL_GAP: Final = 12
"""Between columns, stores, and cards below the API, along the call of the API, before the turn of a line and the next
one, and around its label."""

ENCLOSURE: Final = 18
"""From a state machine's frame to its functions."""

PATH_INDENT: Final = 84
"""From the edge of the API's card to the path of a route, behind lock and verb."""

MIN_API_WIDTH: Final = 284
MIN_FUNCTION_WIDTH: Final = 238
MIN_COLUMN: Final = 78

STORE_KINDS: Final = {
    "AWS::S3::Bucket": ("S3 bucket", "keys"),
    "AWS::DynamoDB::Table": ("DynamoDB table", "items"),
}
"""The name of a kind of store, and of what it consists of."""

CALLS: Final = {
    "AWS::Lambda::Function": "Lambda proxy",
    "AWS::StepFunctions::StateMachine": "StartSyncExecution",
}
"""The name of an integration by what it calls."""


def source(function: Resource) -> str:
    """Return the file of a function's handler."""
    return str(function.properties["Handler"]).removesuffix(".handler").replace(".", "/") + ".py"


def size(function: Resource) -> str:
    """Return the memory and the timeout of a function."""
    return f"{function.properties['MemorySize']} MiB, {function.properties['Timeout']} s"


@dataclass(frozen=True)
class Column:
    """A column of the grid: the parts of a store that have the same permissions."""

    parts: Sequence[Part]
    labels: Sequence[str]
    left: float
    width: float

    @property
    def store(self) -> Resource:
        """The store that has these parts."""
        return self.parts[0].store

    @property
    def middle(self) -> float:
        """Where its marks are."""
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width


class Layout:
    """What the template has to show, and the box, row and column of each part."""

    def __init__(self, template: Template) -> None:
        self.routes = reading.routes(template)
        self.machine = template.machine("Ingest")
        machines = template.all("AWS::StepFunctions::StateMachine")
        self.machines = sorted(machines, key=lambda machine: machine != self.machine)
        self.timeouts = {m.address: template.definition_of(m.name).get("TimeoutSeconds") for m in machines}
        self.steps = {m.address: list(reading.functions(template, m.name).values()) for m in self.machines}
        self.targets = _targets(self.routes)
        self.direct = [target for target in self.targets if target.type == "AWS::Lambda::Function"]
        self.triggers = reading.triggers(template)
        self.triggered = [f for f in template.all("AWS::Lambda::Function") if f.address in self.triggers]
        self.functions = [*self.direct, *self.triggered, *(step for steps in self.steps.values() for step in steps)]
        self.grants: dict[str, Grants] = {f.address: reading.grants(template, f) for f in self.functions}
        self.signed = reading.signed_grants(template, self.direct[0])
        self.monitoring = reading.monitoring(template)
        self._place_columns()
        self.columns = _columns(reading.columns(template, [*self.grants.values(), self.signed]), self.grid_left)
        self._place_rows()

    def _place_columns(self) -> None:
        frontend_width = card_width([("BROWSER", "kind")], [("Frontend", "name")], [("of a listed origin", "note")])
        self.frontend_width = max(132, frontend_width)
        self.api_left = MARGIN + self.frontend_width + CALL_GAP
        self.api_width = max(MIN_API_WIDTH, *self._api_widths())
        calls = max(text_width(CALLS[target.type], "label") for target in self.targets)
        last_turn = TURN + NEXT_TURN * (len(self.targets) - 1)
        self.functions_left = self.api_left + self.api_width + last_turn + LABEL_GAP + calls + LABEL_GAP + ENCLOSURE
        self.function_width = max(MIN_FUNCTION_WIDTH, *map(_function_width, self.functions))
        self.functions_right = self.functions_left + self.function_width
        self.grid_left = self.functions_right + GAP

    def _api_widths(self) -> Iterable[float]:
        """Return the widths that the column of the API requires for its routes and for the triggers."""
        for route in self.routes:
            yield PATH_INDENT + text_width(route.path, "mono") + CARD_PADDING
        for trigger in self.triggers.values():
            yield card_width(*([(name, "name"), (note, "note")] for name, note in trigger.rows))

    def _place_rows(self) -> None:
        self.alarm_lines = _wrapped(self.monitoring.alarms, self.functions_right - self.api_left - 2 * CARD_PADDING)
        self.head_bottom = max(HEAD + 54 + LINE * len(self.alarm_lines), MARGIN + _store_height(self.columns))
        self.rows: dict[str, float] = {}
        self.frames: dict[str, Box] = {}
        below = self._stack(self.direct, self.head_bottom + 22)
        for machine in self.machines:
            below = self._frame(machine, below + 6)
        above = self.pool
        for function in self.triggered:
            # The card of the trigger is level with the function, and may be higher than the function's.
            clear = above.bottom + STACK_GAP + (self._trigger_height(function) - CARD) / 2
            below = self._stack([function], max(below, clear))
            above = self.trigger(function)
        self.signed_row = max(below, above.bottom) + 4
        self.bottom = self.signed_row + CARD

    def _stack(self, functions: Sequence[Resource], top: float) -> float:
        """Give each function a row, the first at `top`. Return the top of the next row."""
        self.rows |= {function.address: top + index * ROW for index, function in enumerate(functions)}
        return top + len(functions) * ROW

    def _frame(self, machine: Resource, top: float) -> float:
        """Give a state machine a frame with a row for each step. Return the top of the next row."""
        end = self._stack(self.steps[machine.address], top + 50)
        left, width = self.functions_left - ENCLOSURE, self.function_width + 2 * ENCLOSURE
        self.frames[machine.address] = Box(left, top, width, end - top - 4)
        return end + 18

    @property
    def api(self) -> Box:
        """The card of the API, with a gap after the routes of each target."""
        height = 62 + len(self.routes) * ROUTE + len(self.targets) * 14
        return Box(self.api_left, self.rows[self.direct[0].address], self.api_width, height)

    @property
    def frontend(self) -> Box:
        """The card of the frontend, next to the API."""
        return Box(MARGIN, self.api.y, self.frontend_width, 72)

    @property
    def pool(self) -> Box:
        """The card of the user pool, below the API and the label of the line between them."""
        return Box(self.api_left, self.api.bottom + 2 * LINE, self.api_width, 66)

    def function(self, function: Resource) -> Box:
        """Return the card of a function."""
        return Box(self.functions_left, self.rows[function.address], self.function_width, CARD)

    def trigger(self, function: Resource) -> Box:
        """Return the card of what invokes a function, level with it."""
        height = self._trigger_height(function)
        return Box(self.api_left, self.function(function).middle[1] - height / 2, self.api_width, height)

    def _trigger_height(self, function: Resource) -> float:
        return 34 + 18 * len(self.triggers[function.address].rows)

    @property
    def monitor(self) -> Box:
        """The card of the alarms, traces and logs, above what they observe."""
        return Box(self.api_left, HEAD, self.functions_right - self.api_left, self.head_bottom - HEAD)

    @property
    def stores(self) -> list[tuple[Resource, Box]]:
        """The stores and their cards; one with a long list of parts begins next to the title."""
        found = dict.fromkeys(column.store for column in self.columns)
        return [(store, self._store([column for column in self.columns if column.store == store])) for store in found]

    def _store(self, columns: Sequence[Column]) -> Box:
        is_highest = _store_height(columns) == _store_height(self.columns)
        height = self.head_bottom - MARGIN if is_highest else max(self.head_bottom - HEAD, _store_height(columns))
        return Box(columns[0].left, self.head_bottom - height, columns[-1].right - columns[0].left, height)

    @property
    def right(self) -> float:
        """The right edge of the grid."""
        return self.columns[-1].right


def _targets(routes: Sequence[Route]) -> list[Resource]:
    """Return what the routes call, functions first."""
    found = {route.target.address: route.target for route in routes}
    return sorted(found.values(), key=lambda target: (target.type != "AWS::Lambda::Function", target.address))


def _columns(found: Sequence[Sequence[Part]], left: float) -> list[Column]:
    """Place columns next to each other, each as wide as its labels require."""
    columns: list[Column] = []
    for parts in found:
        if columns:
            left = columns[-1].right + (0 if columns[-1].store == parts[0].store else STORE_GAP)
        labels = [_label(part) for part in parts]
        width = max(MIN_COLUMN, *(text_width(label, "mono") + 2 * CARD_PADDING for label in labels))
        columns.append(Column(parts, labels, left, width))
    return columns


def _store_height(columns: Sequence[Column]) -> float:
    """Return the height that a store's card requires for its kind, its name and the labels of its columns."""
    return 58 + LINE * max(len(column.labels) for column in columns)


def _label(part: Part) -> str:
    slash = "/" if part.store.type == "AWS::S3::Bucket" else ""
    return f"{part.name}{slash}" if part.name else STORE_KINDS[part.store.type][1]


def _function_width(function: Resource) -> float:
    return card_width(
        [("LAMBDA", "kind"), (size(function), "note")], [(function.name, "name"), (source(function), "mono")]
    )


def _wrapped(names: Sequence[str], width: float) -> list[str]:
    """Join names with commas, in lines of at most this width."""
    lines: list[str] = []
    for name in names:
        longer = f"{lines[-1]}, {name}" if lines else name
        if lines and text_width(f"{longer},", "mono") <= width:
            lines[-1] = longer
        else:
            lines.append(name)
    return [*(f"{line}," for line in lines[:-1]), *lines[-1:]]
