"""The positions of photos in the grid, by the page's module in Node."""

import json
import subprocess
from typing import Any

from local.page import SOURCE
from local.toolchain import program

SPACE = {"width": 1000, "rowHeight": 220, "gap": 8}


def layout(call: str, *arguments: Any) -> Any:
    """The result of a function of layout.js."""
    script = (
        f"import * as layout from {json.dumps((SOURCE / 'gallery' / 'layout.js').as_uri())};"
        f"console.log(JSON.stringify(layout.{call}(...{json.dumps(arguments)})))"
    )
    command = [program("node"), "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603 - our own


def box(left: float, top: float, width: float, height: float) -> dict[str, float]:
    """A box in the module's format."""
    return {"left": left, "top": top, "width": width, "height": height}


def test_rows_fill_the_width_except_the_last() -> None:
    found = layout("justified", [1.5, 1.5, 2, 1], SPACE)
    row_height = (1000 - 2 * 8) / 5
    assert found["boxes"] == [
        box(0, 0, 1.5 * row_height, row_height),
        box(1.5 * row_height + 8, 0, 1.5 * row_height, row_height),
        box(3 * row_height + 16, 0, 2 * row_height, row_height),
        box(0, row_height + 8, 220, 220),
    ]
    assert found["height"] == row_height + 8 + 220


def test_extreme_aspect_ratios_are_cropped() -> None:
    boxes = layout("justified", [40, 0.01], SPACE)["boxes"]
    assert [one["width"] / one["height"] for one in boxes] == [3, 0.5]


def test_no_photos_have_no_height() -> None:
    assert layout("justified", [], SPACE) == {"boxes": [], "height": 0}


def test_vertical_neighbour_is_the_nearest_of_the_next_row() -> None:
    boxes = [box(0, 0, 500, 200), box(508, 0, 492, 200), box(0, 208, 300, 200), box(308, 208, 692, 200)]
    assert [layout("verticalNeighbour", boxes, index, 1) for index in range(4)] == [2, 3, 2, 3]
    assert [layout("verticalNeighbour", boxes, index, -1) for index in range(4)] == [0, 1, 0, 1]


def test_indices_between_are_those_in_the_range() -> None:
    boxes = [box(0, 208 * row, 1000, 200) for row in range(10)]
    assert layout("indicesBetween", boxes, 300, 700) == {"first": 1, "end": 4}
    assert layout("indicesBetween", boxes, -500, -1) == {"first": 0, "end": 0}
