"""Real photographs, if they are present: their final status and their previews."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.toolchain import ROOT
from tests.local.client import Client
from tests.local.test_journey import PRESETS, preview_of

PHOTOS = ROOT.parent / "shared" / "photos"

REJECTED = {
    "corrupt-header.jpg": "CorruptImage",
    "giant-image.jpg": "TooManyPixels",
    "truncated.jpg": "CorruptImage",
    "truncated.png": "CorruptImage",
}

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
}

FILES = sorted(PHOTOS.iterdir()) if PHOTOS.is_dir() else []


@pytest.mark.skipif(not FILES, reason="there are no real photographs in ../shared/photos")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_real_photograph_has_the_expected_status_and_previews(
    demo: Client, objects: Callable[[str], list[str]], file: Path
) -> None:
    photo_id, response = demo.send(
        file.read_bytes(), filename=file.name, content_type=CONTENT_TYPES[file.suffix.lower()]
    )
    if file.name in REJECTED:
        assert response.json()["code"] == REJECTED[file.name]
        assert demo.read(photo_id)["status"] == "rejected"
        assert objects(photo_id) == []
        return
    assert response.status_code == 200, response.text
    photo = response.json()
    width, height = photo["width"], photo["height"]
    for name, edge in PRESETS.items():
        scale = min(1, edge / max(width, height))
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        expected = (min(edge, width, height),) * 2 if name == "thumb" else fitted
        size = preview_of(photo, name).size
        assert all(abs(found - wanted) <= 1 + 0.03 * wanted for found, wanted in zip(size, expected, strict=True)), name
    if "Landscape" in file.name:
        assert (width, height) == (1800, 1200)
    if "Portrait" in file.name:
        assert (width, height) == (1200, 1800)
