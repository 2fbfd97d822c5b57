"""Signed cursors, so that a forged cursor or one of another listing is detected.

A cursor is the base64url encoding, without padding, of a position and a signature: the first 16 bytes of an HMAC-SHA256
of owner, listing and position. Half a digest keeps 128 bits (RFC 2104, section 5). A position that is a UUID takes 16
bytes, any other ASCII text one byte per character.
"""

import base64
import hmac
import json
import uuid
from collections.abc import Iterator
from typing import Final

from photosky.photo import is_photo_id

KEY_BYTES: Final = 32
"""Length of the digest, the minimum that RFC 2104, section 3, recommends for a key."""

_ID_BYTES: Final = 16
_SIGNATURE_BYTES: Final = 16


class InvalidCursorError(ValueError):
    """Raised for a cursor that was not issued for this listing with this key."""


def seal(key: bytes, owner_id: str, listing: str, position: str) -> str:
    """The cursor that continues an owner's listing after a position, an ASCII text.

    The name of a listing includes everything that selects and orders its entries.
    """
    signed = json.dumps([owner_id, listing, position]).encode()
    packed = uuid.UUID(position).bytes if is_photo_id(position) else position.encode("ascii")
    cursor = packed + hmac.digest(key, signed, "sha256")[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(cursor).decode().rstrip("=")


def unseal(key: bytes, owner_id: str, listing: str, cursor: str) -> str:
    """The position of a cursor. Raises InvalidCursorError unless `seal` made it from the same values."""
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:-_SIGNATURE_BYTES]
    except ValueError as error:
        raise InvalidCursorError(f"it is not base64url: {error}") from error
    for position in _positions(packed):
        # The whole text is compared, because several base64 texts decode to the same bytes.
        if hmac.compare_digest(seal(key, owner_id, listing, position).encode(), cursor.encode(errors="replace")):
            return position
    raise InvalidCursorError("its signature does not match")


def _positions(packed: bytes) -> Iterator[str]:
    """What these bytes can stand for. 16 bytes are an id or a text; the signature decides."""
    if len(packed) == _ID_BYTES:
        yield str(uuid.UUID(bytes=packed))
    if packed.isascii():
        yield packed.decode("ascii")
