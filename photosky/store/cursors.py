"""Cursors of a listing: sealed, so that one which was made up, or given for another listing, is told from ours.

A cursor is base64url without padding of the last photo's id (16 bytes) and the first 16 bytes of an HMAC-SHA256 over
the owner, the order and that id. Truncating to half the digest keeps 128 bits (RFC 2104, section 5).
"""

import base64
import hmac
import json
import uuid
from typing import Final

KEY_BYTES: Final = 32
"""As long as the digest, which is what RFC 2104, section 3, asks of a key."""

_ID_BYTES: Final = 16
_SEAL_BYTES: Final = 16


class InvalidCursorError(ValueError):
    """Raised when a cursor is not one that was made for this listing with this key."""


def seal(key: bytes, owner_id: str, order: str, photo_id: str) -> str:
    """The cursor for what follows this photo, a UUID, in this owner's photos in this order."""
    about = json.dumps([owner_id, order, photo_id]).encode()
    sealed = uuid.UUID(photo_id).bytes + hmac.digest(key, about, "sha256")[:_SEAL_BYTES]
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(key: bytes, owner_id: str, order: str, cursor: str) -> str:
    """The photo id that a cursor stands for. Raises InvalidCursorError unless `seal` made it from the same values."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        photo_id = str(uuid.UUID(bytes=sealed[:_ID_BYTES]))
    except ValueError as error:
        raise InvalidCursorError(f"it does not start with a photo id: {error}") from error
    # The whole text, not the seal alone: base64 has several spellings of the same bytes.
    if not hmac.compare_digest(seal(key, owner_id, order, photo_id).encode(), cursor.encode(errors="replace")):
        raise InvalidCursorError("its seal does not hold")
    return photo_id
