"""Signed cursors of a listing, so that a forged cursor or one of another listing is detected.

A cursor is the base64url encoding, without padding, of the last photo's id (16 bytes) and a signature: the first 16
bytes of an HMAC-SHA256 of owner, listing and that id. Half a digest keeps 128 bits (RFC 2104, section 5).
"""

import base64
import hmac
import json
import uuid
from typing import Final

KEY_BYTES: Final = 32
"""Length of the digest, the minimum that RFC 2104, section 3, recommends for a key."""

_ID_BYTES: Final = 16
_SIGNATURE_BYTES: Final = 16


class InvalidCursorError(ValueError):
    """Raised for a cursor that was not issued for this listing with this key."""


def seal(key: bytes, owner_id: str, listing: str, photo_id: str) -> str:
    """The cursor that continues an owner's listing after a photo. The id must be a UUID.

    The name of a listing includes its order.
    """
    signed = json.dumps([owner_id, listing, photo_id]).encode()
    cursor = uuid.UUID(photo_id).bytes + hmac.digest(key, signed, "sha256")[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(cursor).decode().rstrip("=")


def unseal(key: bytes, owner_id: str, listing: str, cursor: str) -> str:
    """The photo id of a cursor. Raises InvalidCursorError unless `seal` made it from the same values."""
    try:
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        photo_id = str(uuid.UUID(bytes=decoded[:_ID_BYTES]))
    except ValueError as error:
        raise InvalidCursorError(f"it does not start with a photo id: {error}") from error
    # The whole text is compared, because several base64 texts decode to the same bytes.
    if not hmac.compare_digest(seal(key, owner_id, listing, photo_id).encode(), cursor.encode(errors="replace")):
        raise InvalidCursorError("its signature does not match")
    return photo_id
