"""The contract's schemas have the fields, statuses and limits of the code."""

from dataclasses import replace
from typing import get_args

from api import fields, requests
from infrastructure.environment import Environment
from photosky import details
from photosky.imaging.formats import DECLARABLE_CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Status
from photosky.store.listings import Listing
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


def test_limits_of_a_listing_are_the_handlers() -> None:
    query = operations()["GET", "/photos"].parameters
    assert set(query) == {"limit", "cursor", "order", "status"}
    assert (query["limit"]["schema"]["default"], query["limit"]["schema"]["maximum"]) == (
        requests.DEFAULT_LIMIT,
        requests.MAX_LIMIT,
    )
    assert query["order"]["schema"]["default"] == requests.read_list({}).order
    assert query["status"]["schema"]["default"] == requests.read_list({}).status
    assert query["status"]["schema"]["enum"] == list(get_args(Listing))
    assert schema("PhotoPage")["properties"]["photos"]["maxItems"] == requests.MAX_LIMIT
