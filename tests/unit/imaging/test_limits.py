"""The predicted memory is at least the memory that rendering uses, and at most 1.5 or 2 times as much."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import PictureFormat, encoded, zone_plate
from tests.profiles import rgb_profile

ROOT = Path(__file__).parents[3]
STATUS = Path("/proc/self/status")

# Each render runs in a new process, because the peak is per process. It is forked from one that has the imports, which
# take longer than most renders.
SERVER = """
import io, json, os, sys
from pathlib import Path
import pillow_heif
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.imaging.rendering import render

def status(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024

def measure(source, threads, prediction):
    before = status("VmRSS")
    data = Path(source).read_bytes()
    header = inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS, DEFAULT_PRESETS, threads)
    render(data, DEFAULT_PRESETS, DEFAULT_LIMITS, threads=threads)
    print(json.dumps([status("VmHWM") - before, getattr(header, prediction)]), flush=True)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        measure(*json.loads(line))
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("a render failed; its error is above")
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


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    """A process that measures the memory of renders, each in a fork of itself."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", SERVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize(("size", "max_ratio"), [((1200, 900), 2), ((3000, 2000), 1.5)], ids=["1 MP", "6 MP"])
@pytest.mark.parametrize(
    ("picture_format", "mode", "options"), [case[1:] for case in PICTURES], ids=[case[0] for case in PICTURES]
)
def test_prediction_matches_the_memory_used(
    server: subprocess.Popen[str],
    tmp_path: Path,
    picture_format: PictureFormat,
    mode: str,
    options: dict[str, Any],
    size: tuple[int, int],
    max_ratio: float,
) -> None:
    _check_prediction(server, tmp_path, encoded(picture_format, mode=mode, size=size, **options), max_ratio)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_jpegs_are_predicted_at_their_decode_scale(
    server: subprocess.Popen[str], tmp_path: Path, progressive: bool
) -> None:
    _check_prediction(server, tmp_path, encoded("jpeg", size=(6000, 4000), progressive=progressive))


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_fine_jpegs_are_predicted_at_full_scale(
    server: subprocess.Popen[str], tmp_path: Path, progressive: bool
) -> None:
    plate = encoded("jpeg", image=zone_plate(4000, 3000), progressive=progressive)
    _check_prediction(server, tmp_path, plate, prediction="full_decode_bytes")


def _check_prediction(
    server: subprocess.Popen[str],
    folder: Path,
    data: bytes,
    max_ratio: float = 1.5,
    prediction: str = "decode_bytes",
) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    source = folder / "picture"
    source.write_bytes(data)
    for threads in (1, 2):
        server.stdin.write(json.dumps([str(source), threads, prediction]) + "\n")
        server.stdin.flush()
        result = server.stdout.readline()
        assert result, "the render failed; its error is on stderr"
        used, predicted = json.loads(result)
        assert used <= predicted <= max_ratio * used, f"{used} of {predicted} bytes with {threads} threads"
