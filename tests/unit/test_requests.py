"""Each request is read into a typed value, or refused with the name of its invalid field."""

import json
from typing import Any

import pytest

from api.requests import (
    CreatePhoto,
    is_known,
    read_create,
    read_edit,
    read_if_match,
)
from photosky.errors import FieldError, PhotoSkyError

MAX_UPLOAD_BYTES = 1000
SHA256 = "0123456789abcdef" * 4
CREATE: dict[str, object] = {"filename": "lake.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
NOT_POSITIVE_INTEGERS: list[object] = [0, -1, 0.0, 1.5, "1", True, None, []]
NOT_OBJECTS = [None, "", "{", "[]", "7", '"text"', "null", "NaN", '{"a": Infinity}', "[" * 100_000]


def refusal(error: pytest.ExceptionInfo[PhotoSkyError]) -> tuple[str, str]:
    """The code and the detail."""
    return str(error.value.code), error.value.detail


def without(name: str) -> dict[str, Any]:
    """A body of `POST /photos` without a field."""
    return {field: value for field, value in CREATE.items() if field != name}


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (CREATE, CreatePhoto("lake.jpg", "image/jpeg", 1000, None)),
        (CREATE | {"sha256": SHA256}, CreatePhoto("lake.jpg", "image/jpeg", 1000, SHA256)),
        (CREATE | {"sha256": None}, CreatePhoto("lake.jpg", "image/jpeg", 1000, None)),
        (CREATE | {"filename": '../🏔 \\ "é".png'}, CreatePhoto('../🏔 \\ "é".png', "image/jpeg", 1000, None)),
        (CREATE | {"filename": "x" * 255}, CreatePhoto("x" * 255, "image/jpeg", 1000, None)),
        (CREATE | {"size_bytes": 1}, CreatePhoto("lake.jpg", "image/jpeg", 1, None)),
        (CREATE | {"size_bytes": 5.0}, CreatePhoto("lake.jpg", "image/jpeg", 5, None)),
        *(
            (CREATE | {"content_type": f"image/{name}"}, CreatePhoto("lake.jpg", f"image/{name}", 1000, None))
            for name in ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic", "heif")
        ),
        *(
            (CREATE | {"content_type": declared}, CreatePhoto("lake.jpg", stored, 1000, None))
            for declared, stored in {
                "image/jpg": "image/jpeg",
                "IMAGE/JPEG": "image/jpeg",
                "image/jpeg; charset=binary": "image/jpeg",
                " Image/JPG ;q=1": "image/jpeg",
                "image/pjpeg": "image/jpeg",
                "image/x-png": "image/png",
                "image/tif": "image/tiff",
                "image/heic-sequence": "image/heic",
                "image/heif-sequence": "image/heif",
                "image/avif-sequence": "image/avif",
                "application/octet-stream": "application/octet-stream",
                "": "application/octet-stream",
            }.items()
        ),
    ],
)
def test_new_photo_is_read(body: dict[str, Any], read: CreatePhoto) -> None:
    assert read_create(json.dumps(body), MAX_UPLOAD_BYTES) == read


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        *((without(name), "InvalidRequest", f"{name} is required.") for name in CREATE),
        (CREATE | {"owner_id": "me"}, "InvalidRequest", "'owner_id' is not a field of this request."),
        (CREATE | {"x" * 99: 1}, "InvalidRequest", f"'{'x' * 40}' is not a field of this request."),
        (CREATE | {"\x1b[31m": 1}, "InvalidRequest", "'\\x1b[31m' is not a field of this request."),
        (CREATE | {"filename": ""}, "InvalidRequest", "filename must not be empty."),
        (CREATE | {"filename": "x" * 256}, "InvalidRequest", "filename must have at most 255 characters."),
        (CREATE | {"filename": 7}, "InvalidRequest", "filename must be a string."),
        (CREATE | {"filename": None}, "InvalidRequest", "filename must be a string."),
        *(
            (
                CREATE | {"filename": f"a{character}b"},
                "InvalidRequest",
                "filename must not contain control characters or lone surrogates.",
            )
            for character in ("\n", "\r", "\0", "\x7f", "\ud83c")
        ),
        (CREATE | {"content_type": 7}, "InvalidRequest", "content_type must be a string."),
        *(
            (
                CREATE | {"content_type": content_type},
                "UnsupportedFormat",
                "content_type must be one of image/avif, image/gif, image/heic, image/heif, image/jpeg, image/png, "
                "image/tiff, image/webp, application/octet-stream.",
            )
            for content_type in ("image/svg+xml", "image/*", "image/jpeg/x", "jpeg", "text/html", "image/jpeg\0")
        ),
        *(
            (CREATE | {"size_bytes": size}, "InvalidRequest", "size_bytes must be a positive integer.")
            for size in NOT_POSITIVE_INTEGERS
        ),
        (
            CREATE | {"size_bytes": 1001},
            "UploadTooLarge",
            "size_bytes is 1001; this environment accepts at most 1000.",
        ),
        *(
            (CREATE | {"sha256": digest}, "InvalidRequest", "sha256 must be 64 lowercase hexadecimal digits.")
            for digest in ("", SHA256[1:], SHA256 + "0", SHA256.upper(), "g" * 64, SHA256 + "\n", 7)
        ),
    ],
)
def test_invalid_new_photo_is_refused_with_its_field(body: dict[str, Any], code: str, detail: str) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_create(json.dumps(body), MAX_UPLOAD_BYTES)
    assert refusal(error) == (code, detail)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Evening at the lake 🏔"},
        {"title": None},
        {"title": "x" * 200, "description": "Two lines,\r\n\tand a tab.", "tags": ["a", "b"], "favorite": True},
        {"description": "x" * 5000},
        {"description": None},
        {"tags": []},
        {"tags": [str(number) for number in range(50)]},
        {"tags": ["x" * 50]},
        {"favorite": False},
    ],
)
def test_edit_is_read(changes: dict[str, Any]) -> None:
    assert read_edit(json.dumps(changes), "keep") == changes


def test_filename_is_in_normalization_form_c_and_keeps_its_spaces() -> None:
    body = CREATE | {"filename": " Du\u0308nen.jpg "}
    assert read_create(json.dumps(body), MAX_UPLOAD_BYTES).filename == " D\u00fcnen.jpg "


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(
            json.dumps({"tags": ["a", 7, "x" * 51], "favorite": 1, "a/b~c%": 0, "x" * 41: 0, "title": "ok"}), "keep"
        )
    assert error.value.errors == (
        FieldError("'a/b~c%' is not a field of this request.", pointer="#/a~1b~0c%25"),
        FieldError(f"'{'x' * 40}' is not a field of this request.", pointer="#"),
        FieldError("tags[1] must be a string.", pointer="#/tags/1"),
        FieldError("tags[2] must have at most 50 characters.", pointer="#/tags/2"),
        FieldError("favorite must be true or false.", pointer="#/favorite"),
    )
    assert error.value.detail == " ".join(wrong.detail for wrong in error.value.errors)


def test_missing_field_and_unsupported_type_are_an_invalid_request() -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_create(json.dumps({"content_type": "text/plain", "sha256": "x"}), MAX_UPLOAD_BYTES)
    assert [wrong.pointer for wrong in error.value.errors] == ["#/filename", "#/size_bytes", "#/sha256"]


def test_number_of_reported_errors_is_bounded() -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(json.dumps({f"field{number}": 0 for number in range(1000)}), "keep")
    assert len(error.value.errors) == 20


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({}, "The request body must contain at least one of title, description, tags, favorite, taken_at, location."),
        ({"status": "ready"}, "'status' is not a field of this request."),
        ({"title": "x", "filename": "y"}, "'filename' is not a field of this request."),
        ({"title": "x" * 201}, "title must have at most 200 characters."),
        ({"title": "a\nb"}, "title must not contain control characters or lone surrogates."),
        ({"title": ["x"]}, "title must be a string."),
        ({"description": "x" * 5001}, "description must have at most 5000 characters."),
        ({"description": "a\0b"}, "description must not contain control characters or lone surrogates."),
        ({"description": 7}, "description must be a string."),
        ({"tags": None}, "tags must be an array of at most 50 strings."),
        ({"tags": "a"}, "tags must be an array of at most 50 strings."),
        ({"tags": ["a"] * 51}, "tags must be an array of at most 50 strings."),
        ({"tags": ["a", 7]}, "tags[1] must be a string."),
        ({"tags": ["x" * 51]}, "tags[0] must have at most 50 characters."),
        ({"tags": ["a\tb"]}, "tags[0] must not contain control characters or lone surrogates."),
        ({"favorite": None}, "favorite must be true or false."),
        ({"favorite": 1}, "favorite must be true or false."),
        ({"favorite": "true"}, "favorite must be true or false."),
    ],
)
def test_invalid_edit_is_refused_with_its_field(changes: dict[str, Any], detail: str) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(json.dumps(changes), "keep")
    assert refusal(error) == ("InvalidRequest", detail)


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=lambda body: repr(body)[:20])
def test_body_that_is_not_an_object_is_refused(body: str | None) -> None:
    for read in (lambda text: read_edit(text, "keep"), lambda text: read_create(text, MAX_UPLOAD_BYTES)):
        with pytest.raises(PhotoSkyError) as error:
            read(body)
        assert refusal(error) == ("InvalidRequest", "The request body must be a JSON object.")


@pytest.mark.parametrize("body", ['{"title": "a", "title": "b"}', '{"tags": [{"title": 1, "title": 2}]}'])
def test_repeated_field_is_refused(body: str) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(body, "keep")
    assert refusal(error) == ("InvalidRequest", "'title' occurs more than once.")


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        ('"3-ab"', True),
        ('W/"3-ab"', True),
        ('"1-00", W/"3-ab" ,"x"', True),
        (" * ", True),
        ("3-ab", False),
        ('"3"', False),
        ('"3-abc"', False),
    ],
)
def test_if_none_match_is_compared_weakly(header: str | None, known: bool) -> None:
    assert is_known('"3-ab"', header) is known


@pytest.mark.parametrize(
    ("header", "version"), [(None, None), ("*", None), (" * ", None), ('"1"', 1), (' "42-0aff" ', 42), ('"007"', 7)]
)
def test_if_match_is_a_version_or_any(header: str | None, version: int | None) -> None:
    assert read_if_match(header) == version


@pytest.mark.parametrize(
    "header", ["", "1", 'W/"1"', '"1", "2"', '"one"', '"-1"', '"1-"', '"1-x"', '"1', '""', f'"{"9" * 5000}"']
)
def test_invalid_if_match_fails_the_precondition(header: str) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_if_match(header)
    assert refusal(error) == ("PreconditionFailed", "If-Match must be the photo's ETag or *.")
