"""A cursor is valid only for the owner, order and key it was issued for."""

import base64
import uuid

import pytest

from photosky.store.cursors import KEY_BYTES, InvalidCursorError, seal, unseal

KEY = bytes(range(KEY_BYTES))
OWNER = "0b7a3f52-5f0e-4f5c-9a53-2f6f6d1c8e01"
PHOTO_ID = "0199a0a0-0000-7000-8000-000000000025"
CURSOR = seal(KEY, OWNER, "desc", PHOTO_ID)


def without_padding(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_the_format_of_a_cursor_never_changes() -> None:
    """Clients keep cursors across a deployment."""
    assert CURSOR == "AZmgoAAAcACAAAAAAAAAJYVKT6m-_yQVqw9D09xQdpw"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_cursor_is_url_safe_and_round_trips(order: str) -> None:
    cursor = seal(KEY, OWNER, order, PHOTO_ID)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert unseal(KEY, OWNER, order, cursor) == PHOTO_ID


@pytest.mark.parametrize(
    ("key", "owner_id", "order"),
    [
        (bytes(KEY_BYTES), OWNER, "desc"),
        (KEY, "e6d1c0de-0000-4f5c-9a53-2f6f6d1c8e02", "desc"),
        (KEY, OWNER, "asc"),
        (KEY, f'{OWNER}", "desc', "desc"),
        (KEY, "", f"{OWNER}desc"),
    ],
    ids=["another key", "another owner", "the other order", "an owner that looks like two values", "values shifted"],
)
def test_a_cursor_of_another_listing_is_invalid(key: bytes, owner_id: str, order: str) -> None:
    with pytest.raises(InvalidCursorError):
        unseal(key, owner_id, order, CURSOR)


def test_a_cursor_with_any_flipped_bit_is_invalid() -> None:
    sealed = base64.urlsafe_b64decode(CURSOR + "=")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidCursorError):
            unseal(KEY, OWNER, "desc", without_padding(bytes(changed)))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "null",
        "A",
        "====",
        "ü",
        "\ud83c",
        "\0",
        PHOTO_ID,
        without_padding(b'["desc", "0199a0a0-0000-7000-8000-000000000025"]'),
        without_padding(uuid.UUID(PHOTO_ID).bytes),
        without_padding(uuid.UUID(PHOTO_ID).bytes + bytes(16)),
        CURSOR[:-1],
        CURSOR[:-1] + "x",  # Decodes to the same bytes: the last letter's two low bits are unused.
        CURSOR + "=",
        CURSOR + "A",
        f" {CURSOR}",
        f"{CURSOR}\n",
        CURSOR.replace("_", "/").replace("-", "+"),
        CURSOR * 2,
        "A" * 1_000_000,
        "é" * 1_000_000,
    ],
    ids=lambda cursor: ascii(cursor)[:30],
)
def test_a_forged_or_differently_encoded_cursor_is_invalid(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        unseal(KEY, OWNER, "desc", cursor)
