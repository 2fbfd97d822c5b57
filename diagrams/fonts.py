"""The text styles of the diagrams, and how wide a text is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diagrams.colours import LINE, MUTED, PAPER

SANS: Final = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, sans-serif"
MONO: Final = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

ASCENT_EM: Final = 0.76
DESCENT_EM: Final = 0.24
"""How far letters extend above and below the baseline."""

LAST_REGULAR_WEIGHT: Final = 500
"""Browsers use the bold face for higher weights if a font has two faces only (CSS Fonts Level 4, section 5.2)."""


@dataclass(frozen=True)
class Style:
    """One class of the style sheet."""

    size_px: float
    weight: int = 400
    spacing_em: float = 0
    is_mono: bool = False
    fill: str | None = None
    """The colour, if it differs from that of other texts."""

    def css(self) -> str:
        """Return the declarations."""
        declarations = [f"font-size: {self.size_px:g}px;"]
        declarations += [f"font-family: {MONO};"] if self.is_mono else []
        declarations += [f"font-weight: {self.weight};"] if self.weight != 400 else []
        declarations += [f"letter-spacing: {self.spacing_em:g}em;"] if self.spacing_em else []
        declarations += [f"fill: {self.fill};"] if self.fill else []
        return " ".join(declarations)

    def width(self, text: str) -> float:
        """Return the width of a text in pixels, in DejaVu Sans: on Linux the fallback, and wider than the others."""
        if self.is_mono:
            units = _MONO_WIDTH * len(text)
        else:
            widths = _BOLD_WIDTHS if self.weight > LAST_REGULAR_WEIGHT else _REGULAR_WIDTHS
            units = sum(widths.get(letter, _DEFAULT_WIDTH) for letter in text)
        return self.size_px * (units / 1000 + self.spacing_em * len(text))


def _by_letter(*widths: int) -> Mapping[str, int]:
    """Map widths to letters, starting with the space (U+0020)."""
    return {chr(32 + index): width for index, width in enumerate(widths)}


_MONO_WIDTH: Final = 602
_DEFAULT_WIDTH: Final = 1000
_REGULAR_WIDTHS: Final = _by_letter(
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636),
    *(636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632),
    *(575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685),
    *(611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579),
    *(278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)
_BOLD_WIDTHS: Final = _by_letter(
    *(348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696),
    *(696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683),
    *(683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771),
    *(724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665),
    *(343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838),
)
"""Advance widths of DejaVu Sans 2.37, Sans Mono and Sans Bold, in thousandths of an em."""

STYLES: Final[Mapping[str, Style]] = {
    "": Style(12),
    "mono": Style(11.5, is_mono=True),
    "title": Style(21, weight=650, spacing_em=-0.01),
    "name": Style(14, weight=600),
    "kind": Style(10, weight=600, spacing_em=0.07),
    "choice": Style(13, weight=500),
    "note": Style(11, fill=MUTED),
    "label": Style(11.5, fill=LINE),
    "letter": Style(10, weight=700, fill=PAPER),
}
"""By class; a text without one has the first."""


def text_width(content: str, style: str = "") -> float:
    """Return the width of a text in pixels."""
    return STYLES[style].width(content)
