"""A cursor is valid only for the owner, listing and key it was issued for."""

import base64
import uuid

import pytest

from photosky.store.cursors import KEY_BYTES, InvalidCursorError, seal, unseal

KEY = bytes(range(KEY_BYTES))
OWNER = "0b7a3f52-5f0e-4f5c-9a53-2f6f6d1c8e01"
PHOTO_ID = "0199a0a0-0000-7000-8000-000000000025"
CURSOR = seal(KEY, OWNER, "desc", PHOTO_ID)
POSITION = f"2024-05-17T10:11:12.000000000/{PHOTO_ID}"
TEXT_CURSOR = seal(KEY, OWNER, "changes", POSITION)
POSITIONS = [PHOTO_ID, PHOTO_ID.upper(), POSITION, "", "16 ASCII letters", "x" * 120]


def decoded(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def without_padding(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_the_format_of_a_cursor_never_changes() -> None:
    """Clients keep cursors across a deployment."""
    assert CURSOR == "AZmgoAAAcACAAAAAAAAAJYVKT6m-_yQVqw9D09xQdpw"
    assert TEXT_CURSOR == (
        "MjAyNC0wNS0xN1QxMDoxMToxMi4wMDAwMDAwMDAvMDE5OWEwYTAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDI1gIPOuQx0XY1dC6x6TGNGrQ"
    )


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("listing", ["asc", "desc", "changes"])
def test_a_cursor_is_url_safe_and_round_trips(listing: str, position: str) -> None:
    cursor = seal(KEY, OWNER, listing, position)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert unseal(KEY, OWNER, listing, cursor) == position


def test_position_outside_ascii_cannot_be_sealed() -> None:
    with pytest.raises(UnicodeEncodeError):
        seal(KEY, OWNER, "changes", "é")


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


@pytest.mark.parametrize(("listing", "cursor"), [("desc", CURSOR), ("changes", TEXT_CURSOR)])
def test_a_cursor_with_any_flipped_bit_is_invalid(listing: str, cursor: str) -> None:
    sealed = decoded(cursor)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidCursorError):
            unseal(KEY, OWNER, listing, without_padding(bytes(changed)))


@pytest.mark.parametrize(("listing", "cursor"), [("desc", CURSOR), ("changes", TEXT_CURSOR)])
def test_a_shortened_cursor_is_invalid(listing: str, cursor: str) -> None:
    sealed = decoded(cursor)
    parts = [sealed[:end] for end in range(len(sealed))] + [sealed[start:] for start in range(1, len(sealed))]
    for part in parts:
        with pytest.raises(InvalidCursorError):
            unseal(KEY, OWNER, listing, without_padding(part))


def test_a_cursor_of_another_position_is_invalid() -> None:
    """A signature holds for its own position only, also if both take the same bytes."""
    signature = decoded(CURSOR)[16:]
    for position in (POSITION, PHOTO_ID, "16 ASCII letters"):
        with pytest.raises(InvalidCursorError):
            unseal(KEY, OWNER, "desc", without_padding(position.encode() + signature))


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
        without_padding("é".encode() * 8 + bytes(16)),
        without_padding(b"\xff" * 200),
        TEXT_CURSOR,
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
