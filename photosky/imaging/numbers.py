"""Numbers of embedded metadata, in binary or as text."""

import math
import re
from typing import Final

_NUMBER: Final = re.compile(r"\s*([+-]?\d{1,18}(?:\.\d{0,18})?)(?:/(\d{1,18}(?:\.\d{0,18})?))?\s*", re.ASCII)
_SIGNIFICANT_DIGITS: Final = 6


def parse_number(text: str) -> float | None:
    """A number in a text, such as `5.6` or the rational `56/10` (XMP, part 1, section 8.2.1); None for another text."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    divisor = float(found[2] or 1)
    return float(found[1]) / divisor if divisor else None


def positive(value: float | None) -> float | None:
    """The value to six significant digits; None unless it is positive and finite."""
    if value is None or not math.isfinite(value) or value <= 0:
        return None
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
