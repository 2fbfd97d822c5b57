"""A drawing: cards, lines and labels in one hand, written as SVG that looks the same on light and dark pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

INK: Final = "#1e293b"
MUTED: Final = "#64748b"
LINE: Final = "#475569"
FAINT: Final = "#a9b4c4"
GRID: Final = "#e5eaf1"
PAPER: Final = "#ffffff"

SANS: Final = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, sans-serif"
MONO: Final = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

RADIUS: Final = 9
"""Of a line's corners."""

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Colour:
    """What one kind of resource is drawn in."""

    strong: str
    tint: str


KINDS: Final = {
    "frontend": Colour("#334155", "#f1f5f9"),
    "AWS::ApiGateway::RestApi": Colour("#6d3fc0", "#f4effc"),
    "AWS::Cognito::UserPool": Colour("#b4232a", "#fcefef"),
    "AWS::DynamoDB::Table": Colour("#2456c6", "#ecf1fc"),
    "AWS::Events::Rule": Colour("#b3216b", "#fdf2f8"),
    "AWS::Lambda::Function": Colour("#c2610c", "#fdf3e7"),
    "AWS::S3::Bucket": Colour("#2f7a33", "#edf6ed"),
    "AWS::StepFunctions::StateMachine": Colour("#b3216b", "#fdf2f8"),
    "watch": Colour("#475569", "#f8fafc"),
    "choice": Colour("#475569", "#f8fafc"),
    "map": Colour("#0f766e", "#f3faf9"),
    "pass": Colour("#475569", "#f8fafc"),
    "succeed": Colour("#1f7a4d", "#eaf6f0"),
    "fail": Colour("#b4232a", "#fcefef"),
}
"""By CloudFormation type, or what a drawing adds to them."""

_STYLE: Final = f"""
text {{ font-family: {SANS}; font-size: 12px; fill: {INK}; }}
.mono {{ font-family: {MONO}; font-size: 11.5px; }}
.title {{ font-size: 21px; font-weight: 650; letter-spacing: -0.01em; }}
.name {{ font-size: 14px; font-weight: 600; }}
.kind {{ font-size: 10px; font-weight: 600; letter-spacing: 0.07em; }}
.choice {{ font-size: 13px; font-weight: 500; }}
.note {{ font-size: 11px; fill: {MUTED}; }}
.label {{ font-size: 11.5px; fill: {LINE}; }}
.letter {{ font-size: 10px; font-weight: 700; fill: {PAPER}; }}
path {{ fill: none; }}
"""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


class Drawing:
    """Collects shapes in the order in which they lie on each other."""

    def __init__(self, title: str, description: str) -> None:
        self._title = title
        self._description = description
        self._shapes: list[str] = []

    def card(self, box: Box, colour: Colour, kind: str, name: str, note: str = "") -> None:
        """A resource: a stripe of its colour, its kind, its name, and what else there is to say."""
        self.rectangle(box, fill=colour.tint, stroke=colour.strong, radius=8)
        self._shapes.append(
            f'<path d="M{_n(box.x + 8)} {_n(box.y + 0.75)}H{_n(box.right - 8)}" stroke="{colour.strong}" '
            'stroke-width="2.5"/>'
        )
        y = box.y + 20
        self.text((box.x + 14, y), kind.upper(), style="kind", fill=colour.strong)
        self.text((box.x + 14, y + 18), name, style="name")
        if note:
            self.text((box.x + 14, y + 34), note, style="note")

    def rectangle(self, box: Box, *, fill: str, stroke: str, radius: float = 0, dashed: bool = False) -> None:
        """A rectangle with rounded corners."""
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
            f'rx="{_n(radius)}" fill="{fill}" stroke="{stroke}"{dashes}/>'
        )

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        """A closed shape."""
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._shapes.append(f'<polygon points="{corners}" fill="{colour.tint}" stroke="{colour.strong}"/>')

    def text(
        self, at: Point, content: str, *, style: str = "", fill: str | None = None, anchor: Anchor = "start"
    ) -> None:
        """One line of text; `at` is where its base line starts, has its middle or ends."""
        attributes = [f'x="{_n(at[0])}" y="{_n(at[1])}"']
        attributes += [f'class="{style}"'] if style else []
        # A rule of the style sheet would win over an attribute.
        attributes += [f'style="fill:{fill}"'] if fill else []
        attributes += [f'text-anchor="{anchor}"'] if anchor != "start" else []
        self._shapes.append(f"<text {' '.join(attributes)}>{escape(content, quote=False)}</text>")

    def line(self, points: Sequence[Point], *, faint: bool = False, arrow: bool = True) -> None:
        """A line around rounded corners."""
        self.lines([points], faint=faint, arrow=arrow)

    def lines(self, several: Sequence[Sequence[Point]], *, faint: bool = False, arrow: bool = True) -> None:
        """Lines that run together. What they cross is cut, so that a crossing does not look like a branch."""
        merged = _merged(several)
        stroke, name = (FAINT, "faint") if faint else (LINE, "arrow")
        dashes = ' stroke-dasharray="4 4"' if faint else ""
        for points in merged:
            self._shapes.append(f'<path d="{_rounded(points)}" stroke="{PAPER}" stroke-width="7"/>')
        for points in merged:
            head = f' marker-end="url(#{name})"' if arrow and points in several else ""
            self._shapes.append(f'<path d="{_rounded(points)}" stroke="{stroke}" stroke-width="1.5"{dashes}{head}/>')

    def rule(self, start: Point, end: Point, colour: str = GRID) -> None:
        """A thin straight line that leads the eye."""
        self._shapes.append(
            f'<path d="M{_n(start[0])} {_n(start[1])}L{_n(end[0])} {_n(end[1])}" stroke="{colour}" stroke-width="1"/>'
        )

    def curve(self, points: Sequence[Point], colour: str, *, width: float = 2, dashed: bool = False) -> None:
        """A line through points, as a chart has them."""
        steps = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<path d="M{steps}" stroke="{colour}" stroke-width="{_n(width)}" stroke-linejoin="round" '
            f'stroke-linecap="round"{dashes}/>'
        )

    def spot(self, at: Point, colour: str, *, radius: float = 3) -> None:
        """A small round mark."""
        self._shapes.append(f'<circle cx="{_n(at[0])}" cy="{_n(at[1])}" r="{_n(radius)}" fill="{colour}"/>')

    def dot(self, at: Point, letter: str, fill: str) -> None:
        """A round mark with a letter in it."""
        self._shapes.append(f'<circle cx="{_n(at[0])}" cy="{_n(at[1])}" r="8.5" fill="{fill}"/>')
        self.text((at[0], at[1] + 3.6), letter, style="letter", anchor="middle")

    def lock(self, at: Point, colour: str) -> None:
        """A small padlock; `at` is its lower left corner."""
        x, y = at
        self._shapes.append(
            f'<path d="M{_n(x + 2)} {_n(y - 5)}v-2.2a2.5 2.5 0 0 1 5 0v2.2" stroke="{colour}" stroke-width="1.4"/>'
            f'<rect x="{_n(x)}" y="{_n(y - 5.4)}" width="9" height="6.4" rx="1.2" fill="{colour}"/>'
        )

    def svg(self, width: float, height: float) -> str:
        """The whole picture on a card of its own."""
        title, description = escape(self._title, quote=False), escape(self._description, quote=False)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
                f'width="{_n(width)}" height="{_n(height)}" role="img">',
                f"<title>{title}</title>",
                f"<desc>{description}</desc>",
                f"<style>{_STYLE}</style>",
                "<defs>",
                _marker("arrow", LINE),
                _marker("faint", FAINT),
                "</defs>",
                f'<rect x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="14" fill="{PAPER}" '
                'stroke="#d5dce6"/>',
                *self._shapes,
                "</svg>",
                "",
            ]
        )


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L7.5 4L0 7.5z" style="fill:{colour}"/></marker>'
    )


def _merged(several: Sequence[Sequence[Point]]) -> list[Sequence[Point]]:
    """The lines, but one that turns into another's way ends there: drawn twice, a line would look heavier."""

    def joins(points: Sequence[Point], other: Sequence[Point]) -> bool:
        if len(points) < 3 or points is other or list(points[2:]) != list(other[2:]):
            return False
        rest, whole = _distance(points[1], points[2]), _distance(other[1], other[2])
        return rest < whole and _distance(other[1], points[1]) + rest == whole

    return [
        [*points[:2], _towards(points[1], points[2], RADIUS)]
        if any(joins(points, other) for other in several)
        else points
        for points in several
    ]


def _rounded(points: Sequence[Point]) -> str:
    """A path through points, with quarter turns at its corners."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        # A line may end in a turn; between two turns each has half of the way.
        turn = min(RADIUS, _distance(before, corner) / 2, _distance(corner, after) / (1 if after is points[-1] else 2))
        start, end = _towards(corner, before, turn), _towards(corner, after, turn)
        parts.append(f"L{_n(start[0])} {_n(start[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(end[0])} {_n(end[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _distance(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(start: Point, goal: Point, length: float) -> Point:
    """The point `length` from `start` on the horizontal or vertical way to `goal`."""
    whole = _distance(start, goal) or 1
    return start[0] + (goal[0] - start[0]) * length / whole, start[1] + (goal[1] - start[1]) * length / whole


def _n(value: float) -> str:
    """A number with no more digits than can be seen."""
    return f"{value:.1f}".removesuffix(".0")
