"""The predicted memory is at least the memory that rendering uses, and at most 1.5 or 2 times as much."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import PictureFormat, encoded, zone_plate
from tests.profiles import rgb_profile

ROOT = Path(__file__).parents[3]
STATUS = Path("/proc/self/status")

# Each render runs in a new process, because the peak is per process. Imports precede the measurement.
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

needs_proc_status = pytest.mark.skipif(not STATUS.exists(), reason="only Linux has a peak per process in /proc")

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
    ("oriented TIFF", "tiff", "RGB", {"compression": "tiff_lzw", "orientation": 6}),
    ("float TIFF", "tiff", "F", {}),
    ("AVIF", "avif", "RGB", {"speed": 10}),
    ("AVIF with alpha", "avif", "RGBA", {"speed": 10}),
    ("HEIC", "heic", "RGB", {"enc_params": {"preset": "ultrafast"}}),
]


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize(("size", "max_ratio"), [((1200, 900), 2), ((3000, 2000), 1.5)], ids=["1 MP", "6 MP"])
@pytest.mark.parametrize(
    ("picture_format", "mode", "options"), [case[1:] for case in PICTURES], ids=[case[0] for case in PICTURES]
)
def test_prediction_matches_the_memory_used(
    tmp_path: Path,
    picture_format: PictureFormat,
    mode: str,
    options: dict[str, Any],
    size: tuple[int, int],
    max_ratio: float,
) -> None:
    _check_prediction(tmp_path, encoded(picture_format, mode=mode, size=size, **options), max_ratio)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_jpegs_are_predicted_at_their_decode_scale(tmp_path: Path, progressive: bool) -> None:
    _check_prediction(tmp_path, encoded("jpeg", size=(6000, 4000), progressive=progressive))


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_fine_jpegs_are_predicted_at_full_scale(tmp_path: Path, progressive: bool) -> None:
    plate = encoded("jpeg", image=zone_plate(4000, 3000), progressive=progressive)
    _check_prediction(tmp_path, plate, prediction="full_decode_bytes")


def _check_prediction(folder: Path, data: bytes, max_ratio: float = 1.5, prediction: str = "decode_bytes") -> None:
    source = folder / "picture"
    source.write_bytes(data)
    for threads in ("1", "2"):
        command = [sys.executable, "-c", RENDER, str(source), threads, prediction]
        result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
        used, predicted = json.loads(result.stdout)
        assert used <= predicted <= max_ratio * used, f"{used} of {predicted} bytes with {threads} threads"
