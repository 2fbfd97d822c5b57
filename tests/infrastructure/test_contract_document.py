"""The contract is a valid OpenAPI document, its examples are what it says, and it refuses what the handler refuses."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from api import requests
from photosky.errors import PhotoSkyError
from photosky.photo import Status
from photosky.store.items import to_item, to_photo
from tests.infrastructure.contract import contract, operations
from tests.infrastructure.test_contract import PHOTO

NEW_PHOTO: Final = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}
NEW_PHOTOS: Final[list[Any]] = [
    NEW_PHOTO,
    NEW_PHOTO | {"sha256": "0" * 64},
    NEW_PHOTO | {"sha256": None},
    NEW_PHOTO | {"sha256": "F" * 64},
    NEW_PHOTO | {"sha256": "0" * 63},
    NEW_PHOTO | {"sha256": 5},
    NEW_PHOTO | {"filename": "ä" * 255},
    NEW_PHOTO | {"filename": "\U0001f4f7" * 255},
    NEW_PHOTO | {"filename": "a" * 256},
    NEW_PHOTO | {"filename": ""},
    NEW_PHOTO | {"filename": "a\tb"},
    NEW_PHOTO | {"filename": "a\x7f"},
    NEW_PHOTO | {"filename": None},
    NEW_PHOTO | {"content_type": "image/heif"},
    NEW_PHOTO | {"content_type": "image/svg+xml"},
    NEW_PHOTO | {"content_type": "IMAGE/JPEG"},
    NEW_PHOTO | {"content_type": None},
    NEW_PHOTO | {"size_bytes": 0},
    NEW_PHOTO | {"size_bytes": "1"},
    NEW_PHOTO | {"size_bytes": 1.5},
    NEW_PHOTO | {"size_bytes": 5.0},
    NEW_PHOTO | {"size_bytes": 0.0},
    NEW_PHOTO | {"size_bytes": 1e400},
    NEW_PHOTO | {"size_bytes": True},
    NEW_PHOTO | {"owner_id": "someone"},
    {"filename": "a.jpg", "content_type": "image/jpeg"},
    {},
    [],
    None,
    "a.jpg",
]
EDITS: Final[list[Any]] = [
    {"title": "a"},
    {"title": None},
    {"title": "a" * 200},
    {"title": "a" * 201},
    {"title": ""},
    {"title": "a\nb"},
    {"title": 5},
    {"description": "a\nb\tc"},
    {"description": None},
    {"description": "a" * 5001},
    {"description": "a\x00"},
    {"tags": []},
    {"tags": ["a", "a"]},
    {"tags": ["a"] * 51},
    {"tags": ["a" * 51]},
    {"tags": [""]},
    {"tags": [None]},
    {"tags": "a"},
    {"tags": None},
    {"favorite": True},
    {"favorite": None},
    {"favorite": 1},
    {"filename": "b.jpg"},
    {"title": "a", "status": "ready"},
    {},
    [],
    None,
]


def test_it_is_a_valid_openapi_document() -> None:
    validate(contract())


def _examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Where an example stands, its schema, and the example."""
    for (verb, path), operation in operations().items():
        body = operation.document.get("requestBody", {"content": {}})
        contents = {"request": body["content"]}
        contents |= {str(status): response.get("content", {}) for status, response in operation.responses.items()}
        for place, content in contents.items():
            for media in content.values():
                examples = {name: example["value"] for name, example in media.get("examples", {}).items()}
                examples |= {"example": media["example"]} if "example" in media else {}
                assert examples, f"{verb} {path} {place} has no example"
                for name, example in examples.items():
                    yield f"{verb} {path} {place} {name}", media["schema"], example


@pytest.mark.parametrize(("schema", "example"), [pytest.param(*rest, id=place) for place, *rest in _examples()])
def test_an_example_is_what_its_schema_says(schema: dict[str, Any], example: Any) -> None:
    assert _faults(schema, example) == []


@pytest.mark.parametrize("body", NEW_PHOTOS, ids=repr)
def test_the_schema_of_a_new_photo_refuses_what_the_handler_refuses(body: Any) -> None:
    assert _is_valid("NewPhoto", body) is _is_read(lambda text: requests.read_create(text, 1000), body)


@pytest.mark.parametrize("body", EDITS, ids=repr)
def test_the_schema_of_an_edit_refuses_what_the_handler_refuses(body: Any) -> None:
    assert _is_valid("PhotoEdit", body) is _is_read(requests.read_edit, body)


@pytest.mark.parametrize("status", Status)
def test_a_photo_in_any_status_is_what_the_schema_says(status: Status) -> None:
    photo = to_photo(to_item(PHOTO) | {"status": str(status)})
    assert _faults(_reference("Photo"), photo.present(lambda key: f"https://media.example/{key}")) == []


def test_every_schema_that_lists_its_properties_allows_no_others() -> None:
    for name, schema in contract()["components"]["schemas"].items():
        if "properties" in schema and name != "Health":
            assert schema["additionalProperties"] is False, name


def _is_valid(name: str, body: Any) -> bool:
    return _faults(_reference(name), body) == []


def _is_read(read: Any, body: Any) -> bool:
    try:
        read(json.dumps(body))
    except PhotoSkyError:
        return False
    return True


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _faults(schema: dict[str, Any], value: Any) -> list[str]:
    validator = OAS31Validator(
        {"components": contract()["components"], **schema}, format_checker=OAS31Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
