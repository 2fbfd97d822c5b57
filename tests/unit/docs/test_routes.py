"""README's table of routes: its rows, and a page without a table."""

from typing import Any, Final

import pytest

from docs.routes import HEAD, update

CONTRACT: Final[dict[str, Any]] = {
    "paths": {
        "/photos": {
            "parameters": [],
            "post": {
                "summary": "Create a photo",
                "responses": {
                    "200": {"$ref": "#/components/responses/Created"},
                    "304": {"description": "Not changed"},
                    "400": {"description": "Refused"},
                },
            },
            "get": {
                "summary": "Read a photo",
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/Photo"}}}}},
            },
        }
    },
    "components": {
        "Photo": {"properties": {"photo_id": {}, "status": {}}},
        "responses": {"Created": {"content": {"application/json": {"schema": {"properties": {"a": {}, "b": {}}}}}}},
    },
}


def test_table_is_replaced_and_the_rest_is_kept() -> None:
    assert update(f"# Title\n\n{HEAD}| `GET /old` | Old | 200 |\n\nText\n", CONTRACT) == (
        f"# Title\n\n{HEAD}"
        "| `POST /photos` | Create a photo | 200 `{a, b}`, 304 |\n"
        "| `GET /photos` | Read a photo | 200 `photo` |\n"
        "\nText\n"
    )


def test_page_without_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="the page has no table that begins with"):
        update("# Title\n", CONTRACT)
