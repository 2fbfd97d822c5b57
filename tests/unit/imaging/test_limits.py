"""The memory that a header predicts is never below what rendering takes, and at most half as much again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import PictureFormat, encoded, rgb_profile, zone_plate

ROOT = Path(__file__).parents[3]
STATUS = Path("/proc/self/status")

# In a process of its own, because a peak is a process's. Importing is not rendering: that comes before.
RENDER = """
import io, json, sys
from pathlib import Path
import pillow_heif
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.imaging.rendering import render

def status(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024

source, threads = Path(sys.argv[1]), int(sys.argv[2])
before = status("VmRSS")
data = source.read_bytes()
header = inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS, DEFAULT_PRESETS, threads)
render(data, DEFAULT_PRESETS, DEFAULT_LIMITS, threads=threads)
print(json.dumps([status("VmHWM") - before, getattr(header, sys.argv[3])]))
"""

PICTURES: list[tuple[str, PictureFormat, str, dict[str, Any]]] = [
    ("JPEG", "jpeg", "RGB", {"profile": rgb_profile("Display P3"), "orientation": 6}),
    ("grey JPEG", "jpeg", "L", {}),
    ("CMYK JPEG", "jpeg", "CMYK", {}),
    ("progressive JPEG", "jpeg", "RGB", {"progressive": True, "subsampling": 0}),
    ("PNG", "png", "RGB", {"compress_level": 1}),
    ("PNG with alpha", "png", "RGBA", {"compress_level": 1}),
    ("grey PNG with alpha", "png", "LA", {"compress_level": 1}),
    ("16-bit PNG", "png", "I;16", {"compress_level": 1}),
    ("palette PNG", "png", "P", {"compress_level": 1}),
    ("WebP", "webp", "RGB", {"method": 0}),
    ("lossless WebP with alpha", "webp", "RGBA", {"method": 0, "lossless": True, "quality": 0}),
    ("GIF", "gif", "RGB", {}),
    ("TIFF", "tiff", "RGB", {}),
    ("LZW TIFF", "tiff", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF on its side", "tiff", "RGB", {"compression": "tiff_lzw", "orientation": 6}),
    ("float TIFF", "tiff", "F", {}),
    ("AVIF", "avif", "RGB", {"speed": 10}),
    ("AVIF with alpha", "avif", "RGBA", {"speed": 10}),
    ("HEIC", "heic", "RGB", {"enc_params": {"preset": "ultrafast"}}),
]


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells a process its peak without its parent's")
@pytest.mark.parametrize(("size", "most"), [((1200, 900), 2), ((3000, 2000), 1.5)], ids=["1 MP", "6 MP"])
@pytest.mark.parametrize(
    ("picture_format", "mode", "options"), [case[1:] for case in PICTURES], ids=[case[0] for case in PICTURES]
)
def test_rendering_takes_at_most_the_memory_that_was_predicted_and_not_much_less(
    tmp_path: Path,
    picture_format: PictureFormat,
    mode: str,
    options: dict[str, Any],
    size: tuple[int, int],
    most: float,
) -> None:
    _holds(tmp_path, encoded(picture_format, mode=mode, size=size, **options), most)


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells a process its peak without its parent's")
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_a_jpeg_is_predicted_at_the_scale_that_it_is_decoded_at(tmp_path: Path, progressive: bool) -> None:
    _holds(tmp_path, encoded("jpeg", size=(6000, 4000), progressive=progressive))


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells a process its peak without its parent's")
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_a_finely_detailed_jpeg_is_predicted_at_its_full_size(tmp_path: Path, progressive: bool) -> None:
    plate = encoded("jpeg", image=zone_plate(4000, 3000), progressive=progressive)
    _holds(tmp_path, plate, prediction="full_decode_bytes")


def _holds(folder: Path, data: bytes, most: float = 1.5, prediction: str = "decode_bytes") -> None:
    source = folder / "picture"
    source.write_bytes(data)
    for threads in ("1", "2"):
        command = [sys.executable, "-c", RENDER, str(source), threads, prediction]
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
        used, predicted = json.loads(told.stdout)
        assert used <= predicted <= most * used, f"{used} of {predicted} bytes with {threads} threads"
