"""Texts of embedded metadata: decoding, and the bounds of a text on one line or on several."""

import re
from collections.abc import Iterable
from typing import Final

_CONTROL_EXCEPT_WHITESPACE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def decode_text(data: bytes) -> str:
    """A text in UTF-8, or in Windows-1252, which older software writes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def one_line(text: str, max_chars: int) -> str:
    """The text without control characters and repeated spaces, cut to `max_chars`."""
    # Cut before the work as well, because texts of up to 1 MiB occur. Spaces are at most every other character.
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * max_chars])
    return " ".join(printable.split())[:max_chars].strip()


def lines(text: str, max_chars: int) -> str:
    """The text with its lines and tabs, without other control characters, cut to `max_chars`."""
    unified = text[: 4 * max_chars].replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL_EXCEPT_WHITESPACE.sub(" ", unified).strip()[:max_chars].strip()


def keywords(found: Iterable[str], max_keywords: int, max_chars: int) -> tuple[str, ...]:
    """The keywords on one line each, without empty and repeated ones."""
    cut = (one_line(keyword, max_chars) for keyword in found)
    return tuple(dict.fromkeys(filter(None, cut)))[:max_keywords]
