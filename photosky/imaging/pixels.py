"""Pixel data: what a decoder reads of a file. Everything else is left out, so that damage to it refuses no photo."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO, cast

from photosky.imaging.headers.reading import Piece


def open_pieces(pieces: Sequence[Piece]) -> BinaryIO:
    """A file of consecutive pieces. They may be views of the original, so that it needs no copy."""
    return cast(BinaryIO, _PieceStream(pieces))


class _PieceStream(io.BufferedIOBase):
    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = [piece for piece in pieces if len(piece)]
        self._starts = list(accumulate(map(len, self._pieces), initial=0))
        self._position = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes, by default all that follow."""
        end = self._starts[-1] if size is None or size < 0 else min(self._starts[-1], self._position + size)
        parts = []
        while self._position < end:
            index = bisect_right(self._starts, self._position) - 1
            start = self._position - self._starts[index]
            part = self._pieces[index][start : start + end - self._position]
            parts.append(part)
            self._position += len(part)
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to an offset from the start, the current position or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
