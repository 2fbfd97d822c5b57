"""The contract's schemas have the fields, statuses and limits of the code."""

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import get_args

import pytest
from openapi_schema_validator import OAS31Validator

from api import fields, queries
from infrastructure.environment import Environment
from photosky import details
from photosky.errors import PhotoSkyError
from photosky.imaging.media_types import DECLARABLE_CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Status
from photosky.store.listings import Listing, Sort, View
from photosky.store.timeline import Period, Unit
from tests.infrastructure.contract import PHOTO, operations, schema


def test_photo_has_the_documented_fields() -> None:
    shown = PHOTO.present(lambda key: f"https://media.example/{key}")
    assert list(schema("Photo")["properties"]) == schema("Photo")["required"] == list(shown)
    parts = {"Preview": shown["previews"]["thumb"], "PhotoLocation": shown["location"]}
    parts |= {f"Photo{name.capitalize()}": shown[name] for name in ("capture", "image", "embedded")}
    for name, part in parts.items():
        assert sorted(schema(name)["properties"]) == sorted(schema(name)["required"]) == sorted(part)
    assert schema("Rejection")["required"] == list(shown["rejection"])


def test_every_status_is_documented() -> None:
    assert schema("PhotoStatus")["enum"] == [str(status) for status in Status]


def test_ready_photo_is_a_photo_with_fewer_nulls() -> None:
    photo, ready = schema("Photo"), schema("ReadyPhoto")
    assert ready["required"] == photo["required"] == list(ready["properties"]) == list(photo["properties"])
    narrowed = {name for name in photo["properties"] if ready["properties"][name] != photo["properties"][name]}
    assert narrowed == {"status", "sha256", "width", "height", "placeholder", "dominant_color"}
    ingested = [status for status in Status if replace(PHOTO, status=status).is_ingested]
    assert ready["properties"]["status"]["enum"] == list(map(str, ingested))


def test_content_type_of_every_preset_is_documented() -> None:
    documented = schema("Preview")["properties"]["content_type"]["enum"]
    assert {preset.content_type for preset in DEFAULT_PRESETS} <= set(documented)


def test_limits_of_a_new_photo_are_the_handlers() -> None:
    new = schema("NewPhoto")["properties"]
    assert new["filename"]["maxLength"] == fields.MAX_FILENAME_CHARACTERS
    assert new["content_type"]["enum"] == sorted(DECLARABLE_CONTENT_TYPES)


def test_upload_limit_is_described_without_its_value() -> None:
    size = schema("NewPhoto")["properties"]["size_bytes"]
    assert "maximum" not in size, "the limit is a knob of each environment"
    assert "`max_upload_bytes`" in size["description"]
    assert f"({Environment.max_upload_bytes >> 20} MiB unless" in size["description"]


def test_limits_of_an_edit_are_the_handlers() -> None:
    edit = schema("PhotoEdit")["properties"]
    assert edit["title"]["maxLength"] == details.MAX_TITLE_CHARACTERS
    assert edit["description"]["maxLength"] == details.MAX_DESCRIPTION_CHARACTERS
    assert edit["tags"]["maxItems"] == details.MAX_TAGS
    assert edit["tags"]["items"]["maxLength"] == details.MAX_TAG_CHARACTERS


def test_embedded_texts_have_the_limits_of_an_edit() -> None:
    embedded, edit = schema("PhotoEmbedded")["properties"], schema("PhotoEdit")["properties"]
    for name in ("title", "description"):
        assert embedded[name]["maxLength"] == edit[name]["maxLength"]
    assert embedded["keywords"]["maxItems"] == edit["tags"]["maxItems"]
    assert embedded["keywords"]["items"]["maxLength"] == edit["tags"]["items"]["maxLength"]


def test_values_of_the_details_are_documented() -> None:
    photo, image = schema("Photo")["properties"], schema("PhotoImage")["properties"]
    assert photo["taken_at_source"]["enum"] == [*get_args(details.TakenAtSource), "owner", None]
    assert image["colour_space"]["enum"] == [*get_args(details.ColourSpace), None]
    assert schema("PhotoCapture")["properties"]["lens"]["maxLength"] == details.MAX_NAME_CHARACTERS


def test_parameters_of_a_listing_are_the_handlers() -> None:
    query = {name: parameter["schema"] for name, parameter in operations()["GET", "/photos"].parameters.items()}
    default = queries.read_list({})
    assert query == {
        "limit": {"type": "integer", "minimum": 1, "maximum": queries.MAX_LIMIT, "default": default.limit},
        "cursor": {"type": "string", "minLength": 1},
        "sort": {"type": "string", "enum": list(get_args(Sort))},
        "order": {"type": "string", "enum": ["desc", "asc"], "default": default.order},
        "status": {"type": "string", "enum": list(get_args(Listing)), "default": default.view.status},
        "taken_from": {"type": "string", "format": "date"},
        "taken_to": {"type": "string", "format": "date"},
        "favorite": {"type": "boolean", "enum": [True]},
        "tag": {"type": "string", "maxLength": details.MAX_TAG_CHARACTERS, "pattern": query["tag"]["pattern"]},
    }
    assert default == queries.ListPhotos(View(), queries.DEFAULT_LIMIT, "desc", None)
    assert schema("PhotoPage")["properties"]["photos"]["maxItems"] == queries.MAX_LIMIT


@pytest.mark.parametrize(
    "tag",
    ["a", " a ", "\u00e9", "a" * 50, "a" * 51, "", " ", "\u00a0\u3000", "\x85", "\t", "a\0", "\x7f", "\u2028", "a b"],
)
def test_schema_and_handler_agree_on_a_tag(tag: str) -> None:
    documented = operations()["GET", "/photos"].parameters["tag"]["schema"]
    assert OAS31Validator(documented).is_valid(tag) is _is_read({"tag": tag})


@pytest.mark.parametrize(
    "day",
    ["2024-02-29", "2023-02-29", "2024-02-30", "0001-01-01", "9999-12-31", "2024-5-17", "20240517", "", "2024-05-17Z"],
)
def test_schema_and_handler_agree_on_a_date(day: str) -> None:
    for name in ("taken_from", "taken_to"):
        documented = operations()["GET", "/photos"].parameters[name]["schema"]
        validator = OAS31Validator(documented, format_checker=OAS31Validator.FORMAT_CHECKER)
        assert validator.is_valid(day) is _is_read({name: day})


def test_units_of_the_timeline_are_the_handlers() -> None:
    unit = operations()["GET", "/timeline"].parameters["unit"]["schema"]
    assert sorted(unit["enum"]) == sorted(get_args(Unit))
    assert unit["default"] == queries.read_timeline({})
    assert schema("Timeline")["properties"]["unit"]["enum"] == unit["enum"]
    assert list(schema("TimelinePeriod")["properties"]) == [field.name for field in dataclass_fields(Period)]


def test_pages_of_changes_have_the_limits_of_a_listing() -> None:
    changes, photos = operations()["GET", "/changes"].parameters, operations()["GET", "/photos"].parameters
    assert set(changes) == {"limit", "cursor", "start"}
    assert changes["limit"] == photos["limit"]
    assert queries.read_changes({}) == queries.ListChanges(queries.DEFAULT_LIMIT, None)
    assert schema("PhotoChanges")["properties"]["changes"]["maxItems"] == queries.MAX_LIMIT


def test_changes_are_discriminated_by_type() -> None:
    kinds = {"upserted": "UpsertedChange", "deleted": "DeletedChange"}
    references = {kind: f"#/components/schemas/{name}" for kind, name in kinds.items()}
    assert schema("PhotoChange") == {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "type", "mapping": references},
    }
    for kind, name in kinds.items():
        assert schema(name)["properties"]["type"]["enum"] == [kind]


def _is_read(query: dict[str, str]) -> bool:
    try:
        queries.read_list(query)
    except PhotoSkyError:
        return False
    return True
