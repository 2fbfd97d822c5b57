"""The predicted memory is at least the memory that rendering uses, and at most 1.5 to 2.5 times as much."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.graphics import screenshot
from tests.pictures import PictureFormat, encoded, grainy_photograph, in_mode, zone_plate
from tests.profiles import rgb_profile
from tests.tiffs import Options, tiff

ROOT = Path(__file__).parents[3]
STATUS = Path("/proc/self/status")

Measure = Callable[[bytes, int, int, str], dict[str, int]]

LARGE: Final = 2048
"""The edge of the largest preview."""

MEDIUM: Final = 1280
"""The edge of the second preview. Its encoder needs more memory than most decoders of 2.5 megapixels."""

SMALL: Final = 640
"""The edge of the third preview. If it is the largest, decoding 2.5 megapixels needs most memory."""

OVERLAPS: Final = 5
"""Renders on a busy machine until its scheduler lets two threads run at the same time."""

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
    ("GIF", "gif", "P", {}),
    ("TIFF", "tiff", "RGB", {}),
    ("LZW TIFF", "tiff", "RGB", {"compression": "tiff_lzw"}),
    ("oriented TIFF", "tiff", "RGB", {"compression": "tiff_lzw", "orientation": 6}),
    ("float TIFF", "tiff", "F", {}),
    ("AVIF", "avif", "RGB", {"speed": 10, "quality": 30}),
    ("AVIF with alpha", "avif", "RGBA", {"speed": 10, "quality": 30}),
    ("HEIC", "heic", "RGB", {"quality": 10, "enc_params": {"preset": "ultrafast"}}),
]

WITH_TWO_THREADS: Final = {"JPEG": MEDIUM, "grey JPEG": MEDIUM, "PNG with alpha": LARGE, "grey PNG with alpha": MEDIUM}
"""The edge of the largest preview by picture.

Previews of other pictures are encoded in the same way: threads work on colour or grey, with or without alpha.
"""

# Samples per pixel, their type, and how they are stored.
TIFF_KINDS: dict[str, tuple[int, str, Options]] = {
    "16-bit planes": (3, "u2", Options(is_planar=True)),
    "16-bit RGB in tiles": (3, "u2", Options(tile=(256, 256))),
    "16-bit RGBA": (4, "u2", Options(extras=[2], rows=64)),
    "premultiplied planes": (4, "u1", Options(extras=[1], is_planar=True, rows=64)),
    "big-endian 16-bit grey": (1, "u2", Options(photometric=1, order=">")),
    "16-bit grey with alpha": (2, "u2", Options(photometric=1, extras=[2], rows=64)),
    "premultiplied grey": (2, "u1", Options(photometric=1, extras=[1])),
    "half-precision grey": (1, "f2", Options(photometric=1)),
    "double-precision grey": (1, "f8", Options(photometric=1, rows=64)),
    "32-bit grey": (1, "u4", Options(photometric=1, rows=64)),
    "signed grey": (1, "i2", Options(photometric=1)),
    "palette": (1, "u1", Options(photometric=3, colour_map=range(768))),
    "palette with alpha": (2, "u1", Options(photometric=3, extras=[2], colour_map=range(768))),
    "CIELab": (3, "u1", Options(photometric=8, rows=64)),
    "16-bit ICCLab": (3, "u2", Options(photometric=9, rows=64)),
    "YCbCr": (3, "u1", Options(photometric=6, tags={530: [1, 1]})),
    "CMYK": (4, "u1", Options(photometric=5)),
    "CMYK planes": (4, "u2", Options(photometric=5, is_planar=True)),
    "BigTIFF": (3, "u1", Options(is_big=True)),
}


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measure]:
    """A function that renders a file with a number of threads and the previews up to an edge of this many pixels.

    The name of a prediction is its limit. It returns the memory used and the predictions.
    """
    source = tmp_path_factory.mktemp("renders") / "picture"
    command = [sys.executable, "-m", "tests.unit.imaging.render_memory"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        requests, responses = process.stdin, process.stdout
        assert requests is not None
        assert responses is not None

        def send(data: bytes, threads: int, max_edge: int, limit: str) -> dict[str, int]:
            source.write_bytes(data)
            print(source, threads, max_edge, limit, file=requests, flush=True)
            found: dict[str, int] = json.loads(responses.readline())
            return found

        yield send


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "max_edge", "max_ratio"), [((960, 720), MEDIUM, 2), ((2000, 1280), SMALL, 1.6)], ids=["0.7 MP", "2.5 MP"]
)
@pytest.mark.parametrize(("name", "picture_format", "mode", "options"), PICTURES, ids=[case[0] for case in PICTURES])
def test_prediction_matches_the_memory_used(
    measure: Measure,
    name: str,
    picture_format: PictureFormat,
    mode: str,
    options: dict[str, Any],
    size: tuple[int, int],
    max_edge: int,
    max_ratio: float,
) -> None:
    photo = grainy_photograph(*size)
    picture = in_mode(photo, mode)
    if mode.endswith("A"):
        picture.putalpha(photo.convert("L"))  # Its detail is what an encoder of alpha needs most memory for.
    data = encoded(picture_format, mode=mode, image=picture, **options)
    if name in WITH_TWO_THREADS:
        _check_prediction(measure, data, max_ratio, max_edge=WITH_TWO_THREADS[name])
    else:
        assert _matches(measure, data, 1, max_ratio, "decode_bytes", max_edge)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("size", [(1500, 1000), (960, 720)], ids=["1.5 MP", "not reduced"])
@pytest.mark.parametrize("is_plate", [False, True], ids=["smooth", "rings"])
def test_any_alpha_is_predicted(measure: Measure, size: tuple[int, int], *, is_plate: bool) -> None:
    picture = in_mode(grainy_photograph(*size), "RGBA")
    if is_plate:
        picture.putalpha(zone_plate(*size).convert("L"))
    _check_prediction(measure, encoded("png", image=picture, mode="RGBA", compress_level=1), 2.5, max_edge=MEDIUM)


@cache
def photograph_samples() -> NDArray[np.uint8]:
    """Colours and alpha of a photograph of 2.5 megapixels."""
    return np.asarray(in_mode(grainy_photograph(2000, 1280), "RGBA"))


def tiff_of_kind(kind: str, tags: Mapping[int, Sequence[int]] | None = None) -> bytes:
    """A TIFF of 2.5 megapixels."""
    channels, dtype, options = TIFF_KINDS[kind]
    bands = photograph_samples()[..., {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]].astype(dtype)
    scale = 1 / 255 if dtype[0] == "f" else np.iinfo(dtype).max // 255
    return tiff(
        bands if scale == 1 else bands * np.dtype(dtype).type(scale),
        replace(options, tags={**options.tags, **(tags or {})}),
    )


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("kind", TIFF_KINDS)
def test_prediction_matches_the_memory_of_tiff_kinds(measure: Measure, kind: str) -> None:
    assert _matches(measure, tiff_of_kind(kind), 1, 2.1, "decode_bytes", SMALL)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["16-bit planes", "16-bit RGBA", "double-precision grey", "palette with alpha"])
def test_turned_tiffs_and_two_threads_are_predicted(measure: Measure, kind: str) -> None:
    # Previews are turned and encoded in the same way after each kind of samples: colour, grey, both with alpha.
    _check_prediction(measure, tiff_of_kind(kind, {274: [6]}), 2, max_edge=MEDIUM)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_jpegs_are_predicted_at_their_decode_scale(measure: Measure, progressive: bool) -> None:
    # The prediction includes a search for missing rows, which this file does not need.
    max_ratio = 1.75 if progressive else 1.5
    _check_prediction(measure, encoded("jpeg", size=(6000, 4000), progressive=progressive), max_ratio)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_graphics_are_predicted_with_lossless_previews(measure: Measure, mode: str) -> None:
    data = encoded("png", image=in_mode(screenshot(1024, 768), mode), compress_level=1)
    _check_prediction(measure, data, 2, "full_decode_bytes", max_edge=MEDIUM)


@needs_proc_status
@pytest.mark.slow
def test_jpegs_of_200_megapixels_need_little_memory(measure: Measure) -> None:
    ramp = Image.linear_gradient("L").resize((16320, 12240))
    assert _matches(measure, encoded("jpeg", mode="L", image=ramp, quality=30), 2, 2, "decode_bytes", LARGE)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_fine_jpegs_are_predicted_at_full_scale(measure: Measure, progressive: bool) -> None:
    plate = encoded("jpeg", image=zone_plate(1900, 1425), progressive=progressive)
    _check_prediction(measure, plate, prediction="full_decode_bytes", max_edge=MEDIUM)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("prediction", ["decode_bytes", "full_decode_bytes"])
@pytest.mark.parametrize("max_edge", [SMALL, MEDIUM])
@pytest.mark.parametrize("subsampling", [0, 2], ids=["4:4:4", "4:2:0"])
def test_searches_for_missing_rows_are_predicted(
    measure: Measure, subsampling: int, max_edge: int, prediction: str
) -> None:
    """A small progressive JPEG is decoded several times, at full scale if the limit allows it."""
    data = encoded("jpeg", size=(2448, 1632), progressive=True, subsampling=subsampling)
    _check_prediction(measure, data, 1.75, prediction, max_edge=max_edge)


@needs_proc_status
@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 860), (1920, 1280)], ids=["1 MP", "2.5 MP"])
def test_small_previews_are_predicted_with_profile_and_orientation(measure: Measure, size: tuple[int, int]) -> None:
    # What does not depend on the size is a tenth of the memory.
    data = encoded("jpeg", image=grainy_photograph(*size), profile=rgb_profile("Display P3"), orientation=6)
    assert _matches(measure, data, 1, 2, "decode_bytes", SMALL)


def _check_prediction(
    measure: Measure,
    data: bytes,
    max_ratio: float = 1.5,
    prediction: str = "decode_bytes",
    *,
    max_edge: int = LARGE,
) -> None:
    assert _matches(measure, data, 1, max_ratio, prediction, max_edge)
    assert any(_matches(measure, data, 2, max_ratio, prediction, max_edge) for _ in range(OVERLAPS))


def _matches(measure: Measure, data: bytes, threads: int, max_ratio: float, prediction: str, max_edge: int) -> bool:
    """Whether the prediction is at most `max_ratio` times the memory used; less than that must never be predicted."""
    found = measure(data, threads, max_edge, prediction)
    used, predicted = found["used"], found[prediction]
    assert used <= predicted, f"{used} of {predicted} bytes with {threads} threads"
    print(f"{used} of {predicted} bytes with {threads} threads")
    return predicted <= max_ratio * used
