"""The result of rendering: order of previews, first frame, metadata, tracing spans and threads."""

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from photosky.details import ImageProperties
from photosky.imaging import rendering
from photosky.imaging.capture import Capture
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.imaging.rendering import Preview, Rendered, render
from photosky.location import Location
from tests.pictures import (
    CORNERS,
    ORIENTABLE_FORMATS,
    UPRIGHT,
    PictureFormat,
    animation,
    corners,
    encoded,
    photograph,
)
from tests.profiles import rgb_profile
from tests.unit.imaging.previews import FINE, SMALL, mean_difference, open_preview, render_presets, show

PRESETS = [Preset(name, edge, edge) for name, edge in (("a", 40), ("b", 80), ("c", 120), ("d", 160))]


def test_result_has_all_fields() -> None:
    result = render_presets(encoded("png", image=Image.new("RGB", (64, 64), (200, 30, 60))), SMALL)
    assert result == Rendered(
        format="png",
        width=64,
        height=64,
        frame_count=1,
        placeholder=result.placeholder,
        dominant_color="#c81e3c",
        capture=Capture(),
        image=ImageProperties(
            orientation=1, colour_space="srgb", frame_count=1, has_gain_map=False, is_motion_photo=False
        ),
        previews=(Preview(SMALL, result.previews[0].data, 64, 64, encoded_as=SMALL),),
    )


def test_previews_are_in_the_order_of_presets() -> None:
    presets = (SMALL, FINE, Preset("thumb", 64, 64, "cover"), SMALL)
    assert tuple(preview.preset for preview in render_presets(encoded("png"), *presets).previews) == presets


def test_presets_larger_than_the_picture_share_a_preview() -> None:
    thumb, small, _, large = DEFAULT_PRESETS
    previews = render(encoded("png", size=(300, 200)), DEFAULT_PRESETS, DEFAULT_LIMITS, threads=2).previews
    assert [preview.encoded_as for preview in previews] == [thumb, small, small, small]
    alone = render(encoded("png", size=(300, 200)), [large], DEFAULT_LIMITS).previews[0]
    assert previews[3] == replace(alone, encoded_as=small)


@pytest.mark.parametrize("threads", [1, 2])
def test_previews_are_delivered_once_and_in_at_most_two_groups(threads: int) -> None:
    groups: list[Sequence[Preview]] = []
    rendered = render(encoded("png", size=(300, 200)), PRESETS, DEFAULT_LIMITS, threads=threads, deliver=groups.append)
    assert len(groups) in (1, threads)
    assert sorted(preview.preset.name for group in groups for preview in group) == ["a", "b", "c", "d"]
    assert {preview for group in groups for preview in group} == set(rendered.previews)


def test_most_previews_are_delivered_before_the_last_encode_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    encode, is_delivered = rendering._encode, threading.Event()

    def encode_last(image: Image.Image, preset: Preset, has_graphics: bool) -> bytes:
        if preset.name == "d":
            assert is_delivered.wait(10)
        return encode(image, preset, has_graphics)

    def deliver(previews: Sequence[Preview]) -> None:
        groups.append([preview.preset.name for preview in previews])
        is_delivered.set()

    groups: list[list[str]] = []
    monkeypatch.setattr(rendering, "_encode", encode_last)
    render(encoded("png", size=(300, 200)), PRESETS, DEFAULT_LIMITS, threads=2, deliver=deliver)
    assert [sorted(group) for group in groups] == [["a", "b", "c"], ["d"]]


def test_without_presets_there_are_no_previews() -> None:
    result = render(encoded("jpeg"), [], DEFAULT_LIMITS)
    assert (result.previews, len(result.dominant_color), bool(result.placeholder)) == ((), 7, True)


# Frames


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png", "avif"])
def test_animations_show_their_first_frame(picture_format: Any) -> None:
    result = render_presets(animation(picture_format, 3, (160, 120)), SMALL)
    image = open_preview(result.previews[0]).convert("RGB")
    assert (result.frame_count, corners(image)) == (3, UPRIGHT)
    assert mean_difference(image, photograph(160, 120, seed=1)) < 10


def test_gif_canvas_outside_first_frame_is_transparent() -> None:
    screen = b"GIF89a\4\0\1\0\x80\0\0" + b"\xff\0\0" + b"\0\xff\0"
    data = screen + b",\1\0\0\0\2\0\1\0\0" + b"\2\2\x04\n" + b"\0;"
    image = show(data)
    assert (image.size, image.getchannel("A").tobytes()) == ((4, 1), b"\0\xff\xff\0")


def test_multi_picture_jpeg_shows_its_primary_image() -> None:
    output = io.BytesIO()
    photograph(320, 240).save(output, "MPO", save_all=True, append_images=[photograph(64, 48, seed=9)])
    result = render_presets(output.getvalue(), SMALL)
    assert (result.format, result.width, result.height, result.frame_count) == ("jpeg", 320, 240, 1)
    assert corners(open_preview(result.previews[0])) == UPRIGHT


# Metadata


def test_previews_have_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET MAKER"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)})
    data = encoded("jpeg", exif=exif, profile=rgb_profile("Display P3"), comment=b"SECRET", xmp=b"<x>SECRET</x>")
    result = render_presets(data, SMALL, Preset("flat", 100, 100, format="jpeg"))
    assert result.capture == Capture(camera="SECRET MAKER", location=Location(48.858222, 2.2945))
    for preview in result.previews:
        info = open_preview(preview).info
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(info)
        assert b"SECRET" not in preview.data
        assert b"ICC" not in preview.data


@pytest.mark.parametrize("picture_format", ORIENTABLE_FORMATS)
def test_capture_is_read_from_every_format(picture_format: PictureFormat) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    assert render_presets(encoded(picture_format, exif=exif), SMALL).capture == Capture(camera="Maker")


# Spans and threads


def test_each_part_of_the_work_has_a_span() -> None:
    names = []

    @contextmanager
    def span(name: str) -> Iterator[None]:
        names.append(name)
        yield

    render(encoded("jpeg", size=(2400, 1600)), DEFAULT_PRESETS, DEFAULT_LIMITS, span)
    assert names == ["decode", "colour", "preview large", "preview medium", "preview small", "preview thumb", "encode"]


def test_spans_are_opened_in_the_callers_thread() -> None:
    threads = set()

    @contextmanager
    def span(_: str) -> Iterator[None]:
        threads.add(threading.get_ident())
        yield

    render(encoded("jpeg", size=(2400, 1600)), DEFAULT_PRESETS, DEFAULT_LIMITS, span, threads=2)
    assert threads == {threading.get_ident()}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_previews_do_not_depend_on_threads(mode: str, orientation: int) -> None:
    # A quarter of the default presets' edges: the same stripes and resizes in a sixteenth of the time.
    presets = [
        replace(preset, width=preset.width // 4, height=preset.height // 4, effort=0) for preset in DEFAULT_PRESETS
    ]
    data = encoded("png", orientation, mode, rgb_profile("Display P3"), size=(750, 503), compress_level=1)
    one, two = (render(data, presets, DEFAULT_LIMITS, threads=threads) for threads in (1, 2))
    assert replace(one, previews=()) == replace(two, previews=())
    for left, right in zip(one.previews, two.previews, strict=True):
        assert mean_difference(open_preview(left), open_preview(right)) < 0.1


# The test picture


def test_corner_patches_are_distinguishable() -> None:
    assert set(corners(photograph(50, 50)).values()) == set(CORNERS)
