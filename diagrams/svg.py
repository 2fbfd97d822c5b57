"""A drawing of cards, lines and labels, written as SVG for light and dark pages."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, Literal

from diagrams.colours import DARK, EDGE, FAINT, GRID, INK, LINE, PAPER, Colour
from diagrams.fonts import ASCENT_EM, DESCENT_EM, SANS, STYLES, text_width
from diagrams.geometry import Box, Point, joined, number, pair, rounded_path

Anchor = Literal["start", "middle", "end"]

CARD_PADDING: Final = 14
CARD_GAP: Final = 14
"""Between the texts of a card and its sides, and between two texts of a row."""


def text_box(at: Point, content: str, style: str = "", anchor: Anchor = "start") -> Box:
    """Return the box that a text fills; `at` is where its baseline starts, is centred or ends."""
    width, size = text_width(content, style), STYLES[style].size_px
    left = at[0] - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return Box(left, at[1] - ASCENT_EM * size, width, (ASCENT_EM + DESCENT_EM) * size)


def card_width(*rows: Sequence[tuple[str, str]]) -> float:
    """Return the width that a card needs; each row has one or two texts with their styles."""
    widths = (sum(text_width(content, style) for content, style in row) + CARD_GAP * (len(row) - 1) for row in rows)
    return max(widths) + 2 * CARD_PADDING


class Drawing:
    """A list of shapes, the lowest first."""

    def __init__(self, title: str, description: str) -> None:
        self._title = title
        self._description = description
        self._shapes: list[str] = []

    def card(self, box: Box, colour: Colour, kind: str, name: str, note: str = "") -> None:
        """Draw a resource: a stripe of its colour, its kind, its name and a note."""
        self.rectangle(box, fill=colour.tint, stroke=colour.strong, radius=8)
        self._shapes.append(
            f'<path d="M{number(box.x + 8)} {number(box.y + 0.75)}H{number(box.right - 8)}" stroke="{colour.strong}" '
            'stroke-width="2.5"/>'
        )
        y = box.y + 20
        self.text((box.x + CARD_PADDING, y), kind.upper(), style="kind", fill=colour.strong)
        self.text((box.x + CARD_PADDING, y + 18), name, style="name")
        if note:
            self.text((box.x + CARD_PADDING, y + 34), note, style="note")

    def rectangle(self, box: Box, *, fill: str, stroke: str, radius: float = 0, dashed: bool = False) -> None:
        """Draw a rectangle, its corners rounded by a radius."""
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<rect x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}" height="{number(box.height)}" '
            f'rx="{number(radius)}" fill="{fill}" stroke="{stroke}"{dashes}/>'
        )

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        """Draw a polygon."""
        corners = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self._shapes.append(f'<polygon points="{corners}" fill="{colour.tint}" stroke="{colour.strong}"/>')

    def text(
        self, at: Point, content: str, *, style: str = "", fill: str | None = None, anchor: Anchor = "start"
    ) -> None:
        """Draw one line of text; `at` is where its baseline starts, is centred or ends."""
        attributes = [f'x="{number(at[0])}" y="{number(at[1])}"']
        attributes += [f'class="{style}"'] if style else []
        # The style sheet takes precedence over a presentation attribute.
        attributes += [f'style="fill:{fill}"'] if fill else []
        attributes += [f'text-anchor="{anchor}"'] if anchor != "start" else []
        self._shapes.append(f"<text {' '.join(attributes)}>{escape(content, quote=False)}</text>")

    def line(self, points: Sequence[Point], *, faint: bool = False, arrow: bool = True) -> None:
        """Draw a line with rounded corners."""
        self.lines([points], faint=faint, arrow=arrow)

    def lines(
        self, several: Sequence[Sequence[Point]], *, faint: bool = False, arrow: bool = True, ground: str = PAPER
    ) -> None:
        """Draw lines that join each other, on a ground of this colour.

        What they cross is cut, so that a crossing does not look like a branch.
        """
        merged = joined(several)
        stroke, name = (FAINT, "faint") if faint else (LINE, "arrow")
        dashes = ' stroke-dasharray="4 4"' if faint else ""
        for points in merged:
            self._shapes.append(f'<path d="{rounded_path(points)}" stroke="{ground}" stroke-width="7"/>')
        for points in merged:
            head = f' marker-end="url(#{name})"' if arrow and points in several else ""
            self._shapes.append(
                f'<path d="{rounded_path(points)}" stroke="{stroke}" stroke-width="1.5"{dashes}{head}/>'
            )

    def rule(self, start: Point, end: Point, colour: str = GRID) -> None:
        """Draw a thin straight line."""
        self._shapes.append(f'<path d="M{pair(start)}L{pair(end)}" stroke="{colour}" stroke-width="1"/>')

    def curve(self, points: Sequence[Point], colour: str, *, width: float = 2, dashed: bool = False) -> None:
        """Draw a line through the points of a chart."""
        steps = "L".join(map(pair, points))
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<path d="M{steps}" stroke="{colour}" stroke-width="{number(width)}" stroke-linejoin="round" '
            f'stroke-linecap="round"{dashes}/>'
        )

    def spot(self, at: Point, colour: str, *, radius: float = 3) -> None:
        """Draw a point of a chart."""
        self._shapes.append(f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="{number(radius)}" fill="{colour}"/>')

    def dot(self, at: Point, letter: str, fill: str) -> None:
        """Draw a circle with a letter in it."""
        self._shapes.append(f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="8.5" fill="{fill}"/>')
        self.text((at[0], at[1] + 3.6), letter, style="letter", anchor="middle")

    def lock(self, at: Point, colour: str) -> None:
        """Draw a padlock; `at` is its lower left corner."""
        x, y = at
        self._shapes.append(
            f'<path d="M{pair((x + 2, y - 5))}v-2.2a2.5 2.5 0 0 1 5 0v2.2" stroke="{colour}" stroke-width="1.4"/>'
            f'<rect x="{number(x)}" y="{number(y - 5.4)}" width="9" height="6.4" rx="1.2" fill="{colour}"/>'
        )

    def _style_sheet(self) -> str:
        rules = [f"text {{ font-family: {SANS}; fill: {INK}; {STYLES[''].css()} }}"]
        rules += [f".{name} {{ {style.css()} }}" for name, style in STYLES.items() if name]
        rules += ["path { fill: none; }", "@media (prefers-color-scheme: dark) {", *self._dark_rules(), "}"]
        return "\n".join(["", *rules, ""])

    def _dark_rules(self) -> list[str]:
        """Return the rules that replace the colours of the shapes; a rule takes precedence over an attribute."""
        rules = [f"text {{ fill: {DARK[INK]}; }}"]
        rules += [f".{name} {{ fill: {DARK[style.fill]}; }}" for name, style in STYLES.items() if style.fill]
        drawn = "".join([*self._shapes, _marker("arrow", LINE), _marker("faint", FAINT), _background(0, 0)])
        for light, dark in DARK.items():
            for name in ("fill", "stroke"):
                if f'{name}="{light}"' in drawn:
                    rules.append(f'[{name}="{light}"] {{ {name}: {dark}; }}')
            if f'style="fill:{light}"' in drawn:
                rules.append(f'[style="fill:{light}"] {{ fill: {dark} !important; }}')
        return rules

    def svg(self, width: float, height: float) -> str:
        """Return the drawing on a background."""
        title, description = escape(self._title, quote=False), escape(self._description, quote=False)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
                f'width="{number(width)}" height="{number(height)}" role="img">',
                f"<title>{title}</title>",
                f"<desc>{description}</desc>",
                f"<style>{self._style_sheet()}</style>",
                "<defs>",
                _marker("arrow", LINE),
                _marker("faint", FAINT),
                "</defs>",
                _background(width, height),
                *self._shapes,
                "</svg>",
                "",
            ]
        )


def _background(width: float, height: float) -> str:
    return (
        f'<rect x="0.5" y="0.5" width="{number(width - 1)}" height="{number(height - 1)}" rx="14" fill="{PAPER}" '
        f'stroke="{EDGE}"/>'
    )


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L7.5 4L0 7.5z" style="fill:{colour}"/></marker>'
    )
