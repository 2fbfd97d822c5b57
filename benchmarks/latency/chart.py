"""The calls of one ingest before and after, on one time axis, with the longest chain of calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.latency.measures import Traced
from diagrams.colours import GRID, KINDS, LINE, MUTED, PAPER, Colour
from diagrams.geometry import Box
from diagrams.svg import Drawing, text_box
from local.critical_path import Call, longest_chain

MARGIN: Final = 36
LABELS_WIDTH: Final = 170
AXIS_WIDTH: Final = 690
END_WIDTH: Final = 64
"""For the duration of a bar that ends at the end of the axis."""

TOP: Final = 118
HEAD: Final = 44
"""Above the rows of a panel: its title, and the numbers of the axis."""

ROW: Final = 19
BAR: Final = 11
GAP: Final = 30

STEP: Final = KINDS["AWS::Lambda::Function"]
PIXELS: Final = KINDS["monitoring"]
COLOURS: Final = {"s3": KINDS["AWS::S3::Bucket"], "dynamodb": KINDS["AWS::DynamoDB::Table"]}
LEGEND: Final = (
    ("step of the workflow", STEP),
    ("work on pixels", PIXELS),
    ("S3", COLOURS["s3"]),
    ("DynamoDB", COLOURS["dynamodb"]),
)

_TICKS: Final = 8
"""At most, on the axis."""


@dataclass(frozen=True)
class Row:
    """One bar: a step of the workflow, one of its calls, or its work on pixels."""

    call: Call
    colour: Colour
    is_step: bool = False
    is_thin: bool = False
    is_filled: bool = True


@dataclass(frozen=True)
class Panel:
    """One ingest: a title, its trace, and the place of its first row."""

    title: str
    traced: Traced
    top: float

    @property
    def rows(self) -> list[Row]:
        """Each step, followed by its calls and its work in the order of their start."""
        return list(_rows(self.traced))

    @property
    def bottom(self) -> float:
        """The lower edge of the last row."""
        return self.top + HEAD + ROW * len(self.rows)


def draw(ingests: Sequence[tuple[str, Traced]]) -> str:
    """Draw ingests one below the other as SVG; each has a name."""
    drawing = Drawing(
        "PhotoSky: the critical path of an ingest",
        "For each ingest, the steps of the workflow, their calls of S3 and DynamoDB and their work over time. Filled "
        "calls are the longest chain of calls, each of which starts after the former has ended.",
    )
    drawing.text((MARGIN, 50), "An ingest of a 12-megapixel JPEG at AWS latencies", style="title")
    note = "Filled: the longest chain of calls, each starting after the former ended. Outlined: others. Numbers: ms."
    drawing.text((MARGIN, 71), note, style="note")
    _draw_legend(drawing)
    longest = max(one.request.seconds for _, one in ingests)
    top = float(TOP)
    for name, traced in ingests:
        panel = Panel(_title(name, traced), traced, top)
        _draw_panel(drawing, panel, longest)
        top = panel.bottom + GAP
    return drawing.svg(2 * MARGIN + LABELS_WIDTH + AXIS_WIDTH + END_WIDTH, top - GAP + MARGIN)


def step_seconds(longest: float) -> float:
    """Return the distance of an axis's numbers: 1, 2 or 5 times a power of ten, for at most `_TICKS` of them."""
    return next(
        factor * 10.0**power
        for power in range(-3, 4)
        for factor in (1, 2, 5)
        if longest / (factor * 10.0**power) <= _TICKS
    )


def _title(name: str, traced: Traced) -> str:
    chain = len(longest_chain(traced.calls))
    milliseconds = f"{1000 * traced.request.seconds:,.0f} ms"
    return f"{name}: {milliseconds}, {len(traced.calls)} calls, {chain} one after the other"


def _rows(traced: Traced) -> Iterator[Row]:
    chain = set(longest_chain(traced.calls))
    for step in sorted(traced.invocations, key=lambda one: one.started):
        yield Row(step, STEP, is_step=True, is_thin=True)
        own = [one for one in [*traced.calls, *traced.work] if _is_within(one, step)]
        for one in sorted(own, key=lambda one: one.started):
            if one.service in COLOURS:
                yield Row(one, COLOURS[one.service], is_filled=one in chain)
            else:
                yield Row(one, PIXELS, is_thin=True)


def _is_within(one: Call, invocation: Call) -> bool:
    """Whether an invocation made a call. Other functions may run at the same time, and the same one once more later."""
    return one.caller == invocation.caller and invocation.started <= one.started <= invocation.ended


def _draw_legend(drawing: Drawing) -> None:
    x = float(MARGIN)
    for name, colour in LEGEND:
        drawing.rectangle(Box(x, 86, 22, BAR), fill=colour.strong, stroke=colour.strong, radius=2)
        drawing.text((x + 30, 96), name, style="label")
        x += 66 + 7 * len(name)


def _draw_panel(drawing: Drawing, panel: Panel, longest: float) -> None:
    left, first = MARGIN + LABELS_WIDTH, panel.top + HEAD
    pixels = AXIS_WIDTH / longest
    drawing.text((MARGIN, panel.top + 10), panel.title, style="name")
    step = step_seconds(longest)
    for number in range(int(longest / step) + 1):
        x = left + number * step * pixels
        drawing.rule((x, first - 4), (x, panel.bottom), LINE if number == 0 else GRID)
        drawing.text((x, first - 10), f"{1000 * number * step:,.0f} ms", style="note", anchor="middle")
    for index, row in enumerate(panel.rows):
        _draw_row(
            drawing, row, first + ROW * index, left + (row.call.started - panel.traced.request.started) * pixels, pixels
        )


def _draw_row(drawing: Drawing, row: Row, top: float, x: float, pixels: float) -> None:
    baseline = top + ROW - 6
    if row.is_step:
        drawing.text((MARGIN, baseline), row.call.operation.capitalize(), style="label")
    else:
        drawing.text((MARGIN + 16, baseline), row.call.operation, style="note")
    width = max(2.0, row.call.seconds * pixels)
    height = BAR / 3 if row.is_thin else BAR
    fill = row.colour.strong if row.is_filled else PAPER
    box = Box(x, top + (ROW - height) / 2, width, height)
    drawing.rectangle(box, fill=fill, stroke=row.colour.strong, radius=min(2, height / 2))
    at, duration = (box.right + 6, baseline), f"{1000 * row.call.seconds:,.0f}"
    drawing.rectangle(text_box(at, duration, "note"), fill=PAPER, stroke=PAPER)  # Over the axis's lines.
    drawing.text(at, duration, style="note", fill=MUTED)
