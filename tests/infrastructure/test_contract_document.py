"""The contract is a valid OpenAPI document; its schemas accept its examples and refuse what the handler refuses."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from api import requests
from infrastructure.packaging import ROOT
from photosky.errors import PhotoSkyError
from photosky.photo import Status
from photosky.store.items import to_item, to_photo
from tests.infrastructure.contract import PHOTO, contract, followed, operations

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
    NEW_PHOTO | {"content_type": "image/jpg"},
    NEW_PHOTO | {"content_type": "application/octet-stream"},
    NEW_PHOTO | {"content_type": ""},
    NEW_PHOTO | {"content_type": "image/x"},
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
    {"taken_at": "2026-08-02"},
    {"taken_at": "2024-02-29T18:41:07.5+02:00"},
    {"taken_at": "2025-02-29"},
    {"taken_at": "2026-04-31"},
    {"taken_at": "0000-01-01"},
    {"taken_at": "2026-08-02T24:00:00"},
    {"taken_at": "2026-08-02T18:41:60"},
    {"taken_at": "2026-08-02T18:41:07+24:00"},
    {"taken_at": None},
    {"location": {"latitude": 54.9, "longitude": 8}},
    {"location": {"latitude": -90, "longitude": 180, "altitude_m": None}},
    {"location": {"latitude": 90.5, "longitude": 8}},
    {"location": {"latitude": 1}},
    {"location": {"latitude": 1, "longitude": 1, "depth": 1}},
    {"location": None},
    {"favorite": True},
    {"favorite": None},
    {"favorite": 1},
    {"filename": "b.jpg"},
    {"title": "a", "status": "ready"},
    {},
    [],
    None,
]


def test_contract_is_a_valid_openapi_document() -> None:
    validate(contract())


def test_license_and_contact_are_the_projects() -> None:
    info = contract()["info"]
    license_text = (ROOT / "LICENSE").read_text()
    assert info["license"] == {"name": "MIT", "identifier": "MIT"}
    assert license_text.startswith("MIT License\n")
    assert info["contact"]["name"] in license_text


def test_every_reference_resolves_and_every_component_is_used() -> None:
    references = set(_references(contract()))
    assert all(followed({"$ref": reference}) is not None for reference in references)
    defined = {
        f"#/components/{kind}/{name}"
        for kind in set(contract()["components"]) - {"securitySchemes"}
        for name in contract()["components"][kind]
    }
    assert defined == references


def _examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """The place of each example, its schema, and the example."""
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
def test_example_matches_its_schema(schema: dict[str, Any], example: Any) -> None:
    assert _faults(schema, example) == []


@pytest.mark.parametrize("body", NEW_PHOTOS, ids=repr)
def test_schema_and_handler_agree_on_new_photos(body: Any) -> None:
    assert _is_valid("NewPhoto", body) is _is_read(lambda text: requests.read_create(text, 1000), body)


@pytest.mark.parametrize("body", EDITS, ids=repr)
def test_schema_and_handler_agree_on_edits(body: Any) -> None:
    assert _is_valid("PhotoEdit", body) is _is_read(lambda text: requests.read_edit(text, "keep"), body)


@pytest.mark.parametrize("status", Status)
def test_photo_in_any_status_matches_its_schema(status: Status) -> None:
    photo = to_photo(to_item(PHOTO) | {"status": str(status)})
    assert _faults(_reference("Photo"), photo.present(lambda key: f"https://media.example/{key}")) == []


def test_schemas_allow_no_other_properties() -> None:
    for name, schema in contract()["components"]["schemas"].items():
        if "properties" in schema and name != "Health":
            assert schema["additionalProperties"] is False, name


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    return [found for item in value for found in _references(item)] if isinstance(value, list) else []


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
