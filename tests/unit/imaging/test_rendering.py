"""Previews are upright, in sRGB, of the right size and free of metadata, whatever the picture; and damage is told."""

import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.capture import Capture
from photosky.imaging.decoding import decode
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.imaging.rendering import Preview, Rendered, render
from photosky.location import Location
from tests.pictures import (
    CORNERS,
    PRIMARIES,
    UPRIGHT,
    PictureFormat,
    animation,
    cmyk_profile,
    corners,
    d50_matrix,
    encoded,
    faded,
    grey_profile,
    in_mode,
    inverse,
    many_scans,
    multiply,
    photograph,
    png_chunk,
    png_file,
    rgb_profile,
    tiff_file,
    truncated,
)

FORMATS: tuple[PictureFormat, ...] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
TURNABLE: tuple[PictureFormat, ...] = ("jpeg", "png", "webp", "tiff", "avif", "heic")
PHOTOS = Path(__file__).parents[4] / "shared" / "photos"

FINE = Preset("fine", 4096, 4096, quality=100)
"""As large as the picture, and nearly as exact."""
SMALL = Preset("small", 200, 200, quality=95)


def rendered(data: bytes, *presets: Preset) -> Rendered:
    return render(data, presets or DEFAULT_PRESETS, DEFAULT_LIMITS)


def opened(preview: Preview) -> Image.Image:
    image = Image.open(io.BytesIO(preview.data))
    image.load()
    return image


def shown(data: bytes, preset: Preset = FINE) -> Image.Image:
    return opened(rendered(data, preset).previews[0])


def refusal(data: bytes) -> PhotoSkyError:
    with pytest.raises(PhotoSkyError) as caught:
        rendered(data)
    return caught.value


def difference(left: Image.Image, right: Image.Image) -> float:
    """Mean difference of all samples, 0 to 255."""
    assert (left.size, left.mode) == (right.size, right.mode)
    means = ImageStat.Stat(ImageChops.difference(left, right)).mean
    return sum(means) / len(means)


@pytest.mark.parametrize("picture_format", TURNABLE)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_every_orientation_is_shown_upright(picture_format: PictureFormat, orientation: int) -> None:
    result = rendered(encoded(picture_format, orientation, size=(320, 200)), SMALL)
    image = opened(result.previews[0])
    assert (result.width, result.height, image.size, corners(image)) == (320, 200, (200, 125), UPRIGHT)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("picture_format", "mode"),
    [("png", "L"), ("png", "LA"), ("png", "P"), ("png", "RGBA"), ("png", "I;16"), ("jpeg", "L"), ("jpeg", "CMYK")]
    + [("tiff", mode) for mode in ("L", "LA", "P", "RGBA", "CMYK", "LAB", "I;16", "I", "F")],
)
def test_every_orientation_is_shown_upright_in_every_mode(
    picture_format: PictureFormat, mode: str, orientation: int
) -> None:
    turned = shown(encoded(picture_format, orientation, mode, size=(160, 100)), SMALL).convert("RGBA")
    upright = shown(encoded(picture_format, 1, mode, size=(160, 100)), SMALL).convert("RGBA")
    assert difference(turned, upright) < 3


def test_a_png_that_tells_its_orientation_after_the_pixels_is_shown_upright() -> None:
    data = encoded("png", 6, size=(320, 200))
    start = data.index(b"eXIf") - 4
    chunk = data[start : start + 12 + int.from_bytes(data[start : start + 4])]
    moved = data.replace(chunk, b"").replace(png_chunk(b"IEND", b""), chunk + png_chunk(b"IEND", b""))
    result = rendered(moved, SMALL)
    assert (result.width, result.height, corners(opened(result.previews[0]))) == (320, 200, UPRIGHT)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "PA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
def test_a_tiff_of_every_mode_keeps_its_colours(mode: str) -> None:
    whole = photograph(160, 120)
    grey = mode in ("L", "LA", "I;16", "I", "F")
    expected = whole.convert("L").convert("RGB") if grey else whole
    if mode == "1":
        expected = whole.convert("1").convert("RGB")
    alpha = faded(whole.size) if mode in ("LA", "RGBA", "PA") else None
    image = shown(encoded("tiff", mode=mode, image=whole))
    assert image.mode == ("RGBA" if alpha else "RGB")
    # A palette of 216 colours, and L*a*b* in 8 bits, are not exact.
    assert difference(image.convert("RGB"), expected) < (20 if mode in ("P", "PA") else 3)
    if alpha:
        assert difference(image.getchannel("A"), alpha) < 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_compressed_tiff_is_decoded(compression: str) -> None:
    assert corners(shown(encoded("tiff", compression=compression))) == UPRIGHT


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = Image.linear_gradient("L")
    image = shown(encoded("png", mode="I;16", image=ramp))
    assert difference(image.convert("L"), ramp) < 1.5


def test_sixteen_bit_grey_whose_white_is_zero_is_inverted() -> None:
    ramp = Image.linear_gradient("L")
    data = encoded("tiff", mode="I;16", image=ramp)
    photometric = struct.pack("<HHLH", 262, 3, 1, 1)
    assert photometric in data
    image = shown(data.replace(photometric, struct.pack("<HHLH", 262, 3, 1, 0)))
    assert difference(image.convert("L"), ImageChops.invert(ramp)) < 1.5


def test_twelve_bit_grey_is_as_bright_as_sixteen_bit_grey() -> None:
    short = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 122, 277: 1, 278: 1, 279: 3}
    data = tiff_file([(tag, 3, 1, value) for tag, value in short.items()], tail=b"\xff\xf0\x00")
    white, black = shown(data).convert("L").tobytes()
    assert (white > 250, black < 5) == (True, True)


def test_a_float_tiff_out_of_every_usual_range_is_stretched_to_what_is_there() -> None:
    ramp = in_mode(Image.linear_gradient("L"), "F").point(lambda level: level * 3000.0 - 1000.0)
    image = shown(encoded("tiff", mode="F", image=ramp))
    assert difference(image.convert("L"), Image.linear_gradient("L")) < 1.5


def test_a_float_tiff_with_nan_is_shown() -> None:
    ramp = in_mode(Image.linear_gradient("L"), "F")
    ramp.putpixel((0, 0), float("nan"))
    assert shown(encoded("tiff", mode="F", image=ramp)).size == (256, 256)


def test_the_transparent_colour_of_a_png_is_kept_at_every_depth() -> None:
    for depth, colour, white, key in [(2, 0, b"\xf0", 3), (4, 0, b"\xff\x00", 15), (8, 0, b"\xff\xff\0\0", 255)]:
        row = b"\0" + white
        data = png_file(4, 1, png_chunk(b"tRNS", key.to_bytes(2)), depth=depth, colour=colour, data=row)
        assert shown(data).getchannel("A").tobytes() == b"\0\0\xff\xff"
    row = b"\0" + b"\xff" * 6 + bytes(6)
    data = png_file(2, 1, png_chunk(b"tRNS", b"\xff" * 6), depth=16, colour=2, data=row)
    assert shown(data).getchannel("A").tobytes() == b"\0\xff"
    data = png_file(2, 1, png_chunk(b"tRNS", b"\xff\xff"), depth=16, colour=0, data=b"\0\xff\xff\0\0")
    assert shown(data).getchannel("A").tobytes() == b"\0\xff"


def test_a_palette_with_transparency_becomes_alpha() -> None:
    data = encoded("png", mode="P", transparency=bytes([128] * 256))
    assert shown(data).getchannel("A").getextrema() == (128, 128)


def test_transparent_pixels_do_not_bleed_into_edges() -> None:
    image = Image.new("RGBA", (400, 400), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 200, 400))
    small = shown(encoded("png", image=image, mode="RGBA"), replace(SMALL, width=37, height=37, quality=100))
    visible = [small.getpixel((x, 18)) for x in range(37)]
    assert all(isinstance(p, tuple) and (p[3] < 128 or p[0] > 4 * p[1]) for p in visible)


def test_alpha_that_hides_nothing_is_left_out() -> None:
    assert shown(encoded("png", image=photograph(50, 40).convert("RGBA"), mode="RGBA")).mode == "RGB"


def test_a_jpeg_preview_of_a_transparent_picture_lies_on_white() -> None:
    data = encoded("png", image=Image.new("RGBA", (50, 40), (0, 0, 0, 0)), mode="RGBA")
    preview = rendered(data, Preset("flat", 50, 50, format="jpeg")).previews[0]
    image = opened(preview)
    assert (image.format, image.mode, image.getextrema()) == ("JPEG", "RGB", ((255, 255),) * 3)


# Colour


def linear(level: int, gamma: float) -> float:
    return float((level / 255) ** gamma)


def srgb_level(value: float) -> int:
    value = min(1.0, max(0.0, value))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def through_matrices(colour: tuple[int, ...], name: str, gamma: float) -> list[int]:
    """A colour of that profile in sRGB, by the colorimetric equations."""
    xyz = multiply(d50_matrix(PRIMARIES[name]), [linear(level, gamma) for level in colour])
    return [srgb_level(value) for value in multiply(inverse(d50_matrix(PRIMARIES["sRGB"])), xyz)]


def lab_in_srgb(lightness: float, a: float, b: float) -> list[int]:
    """A colour in CIE L*a*b* under D50 in sRGB; none of these is dark enough for the linear part of the curve."""
    middle = (lightness + 16) / 116
    xyz = [0.9642 * (middle + a / 500) ** 3, middle**3, 0.8249 * (middle - b / 200) ** 3]
    return [srgb_level(value) for value in multiply(inverse(d50_matrix(PRIMARIES["sRGB"])), xyz)]


@pytest.mark.parametrize(("name", "gamma"), [("Display P3", 2.2), ("Adobe RGB", 2.2), ("ProPhoto", 1.8)])
@pytest.mark.parametrize("picture_format", ["png", "jpeg", "webp", "tiff", "avif", "heic"])
def test_a_wide_profile_is_converted_to_srgb(picture_format: PictureFormat, name: str, gamma: float) -> None:
    colour = (180, 110, 70)
    options: dict[str, Any] = {"lossless": True} if picture_format == "webp" else {}
    picture = Image.new("RGB", (64, 64), colour)
    data = encoded(picture_format, profile=rgb_profile(name, gamma), image=picture, **options)
    middle = shown(data).getpixel((32, 32))
    assert isinstance(middle, tuple)
    expected = through_matrices(colour, name, gamma)
    assert max(abs(a - b) for a, b in zip(middle, expected, strict=True)) <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["sRGB", "Display P3", "ProPhoto"])
def test_a_profile_and_an_orientation_do_not_disturb_each_other(name: str, orientation: int) -> None:
    image = shown(encoded("jpeg", orientation, profile=rgb_profile(name)), SMALL)
    straight = shown(encoded("jpeg", 1, profile=rgb_profile(name)), SMALL)
    assert difference(image, straight) < 2


def test_a_profile_in_a_picture_with_alpha_leaves_the_alpha_alone() -> None:
    image = Image.new("RGBA", (64, 64), (180, 110, 70, 128))
    pixel = shown(encoded("png", mode="RGBA", image=image, profile=rgb_profile("Display P3"))).getpixel((32, 32))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 128
    expected = through_matrices((180, 110, 70), "Display P3", 2.2)
    assert max(abs(a - b) for a, b in zip(pixel[:3], expected, strict=True)) <= 4


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_is_converted_to_srgb(mode: str) -> None:
    data = encoded("png", mode=mode, image=Image.new("L", (64, 64), 128), profile=grey_profile(1.8))
    pixel = shown(data).convert("RGB").getpixel((2, 32))
    assert isinstance(pixel, tuple)
    assert max(abs(level - srgb_level(linear(128, 1.8))) for level in pixel) <= 3


def test_a_cmyk_profile_is_converted_to_srgb() -> None:
    picture = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    data = encoded("jpeg", mode="CMYK", image=picture, profile=cmyk_profile(), quality=100)
    pixel = shown(data).getpixel((32, 32))
    assert isinstance(pixel, tuple)
    # What `cmyk_profile` says of full cyan.
    expected = lab_in_srgb(55, -35, -50)
    assert max(abs(a - b) for a, b in zip(pixel, expected, strict=True)) <= 4


def test_cmyk_without_a_profile_keeps_its_colours() -> None:
    assert corners(shown(encoded("jpeg", mode="CMYK"))) == UPRIGHT


def test_a_cmyk_jpeg_without_adobes_marker_is_read_as_one_of_theirs_as_every_viewer_does() -> None:
    data = encoded("jpeg", mode="CMYK")
    start = data.index(b"\xff\xee")
    plain = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]
    assert corners(shown(plain)) == UPRIGHT


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("L", rgb_profile("ProPhoto")),
        ("RGB", grey_profile()),
        ("CMYK", rgb_profile("ProPhoto")),
        ("RGB", cmyk_profile()),
        ("RGB", b"no profile at all"),
        ("RGB", rgb_profile("ProPhoto")[:200]),
        ("RGB", rgb_profile("ProPhoto").replace(b"RGB ", b"8CLR", 1)),
        ("RGB", rgb_profile("ProPhoto").replace(b"RGB ", b"RGB\xfb", 1)),
    ],
)
def test_a_profile_that_is_broken_or_of_another_kind_is_left_out_of_account(mode: str, profile: bytes) -> None:
    with_profile = shown(encoded("jpeg", mode=mode, profile=profile))
    assert difference(with_profile, shown(encoded("jpeg", mode=mode))) == 0


# Sizes


def test_the_default_presets_make_these_sizes() -> None:
    result = rendered(encoded("jpeg", 6, size=(3000, 2000), exif=None))
    sizes = [(preview.preset.name, preview.width, preview.height) for preview in result.previews]
    assert sizes == [("thumb", 256, 256), ("small", 640, 427), ("medium", 1280, 853), ("large", 2048, 1365)]
    assert [opened(preview).size for preview in result.previews] == [size[1:] for size in sizes]


def test_a_decode_three_percent_under_a_preset_is_taken_as_it_is() -> None:
    result = rendered(encoded("jpeg", size=(400, 300)), Preset("half", 205, 205), Preset("thumb", 64, 64, "cover"))
    assert [(preview.width, preview.height) for preview in result.previews] == [(200, 150), (64, 64)]


@pytest.mark.parametrize("width", [1023, 1024, 1025, 1031])
def test_a_cover_preview_is_never_a_pixel_short(width: int) -> None:
    result = rendered(encoded("jpeg", size=(width, 2 * width)), Preset("thumb", 256, 256, "cover"))
    assert (result.previews[0].width, result.previews[0].height) == (256, 256)


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_small_picture_is_never_enlarged(picture_format: PictureFormat) -> None:
    result = rendered(encoded(picture_format, size=(100, 66)))
    assert [(preview.width, preview.height) for preview in result.previews] == [(66, 66), *[(100, 66)] * 3]


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 4000), (5000, 3)])
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "tiff", "webp"])
def test_an_extreme_aspect_keeps_every_side(picture_format: PictureFormat, size: tuple[int, int]) -> None:
    result = rendered(encoded(picture_format, size=size, image=Image.new("RGB", size, (200, 30, 60))))
    assert (result.width, result.height) == size
    for preview in result.previews:
        assert min(opened(preview).size) >= 1
        assert max(preview.width, preview.height) <= 2048


def test_previews_come_in_the_order_of_their_presets_and_equal_ones_twice() -> None:
    presets = (SMALL, FINE, Preset("thumb", 64, 64, "cover"), SMALL)
    assert tuple(preview.preset for preview in rendered(encoded("png"), *presets).previews) == presets


def test_no_presets_make_no_previews_but_all_the_rest() -> None:
    result = render(encoded("jpeg"), [], DEFAULT_LIMITS)
    assert (result.previews, len(result.dominant_color), bool(result.placeholder)) == ((), 7, True)


def test_a_preview_shows_what_a_decode_in_full_shows() -> None:
    whole = photograph(1600, 1200)
    expected = whole.resize((400, 300), Image.Resampling.LANCZOS)
    presets = (Preset("a", 800, 800), Preset("b", 400, 400, quality=100))
    image = opened(rendered(encoded("jpeg", image=whole, quality=95), *presets).previews[1])
    assert difference(image, expected) < 1.5


@pytest.mark.parametrize("edge", [300, 700, 800, 1100, 2000])
@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("size", [(2000, 1500), (2001, 1497), (1497, 2003)])
def test_a_jpeg_looks_the_same_at_every_scale_that_it_is_decoded_at(
    edge: int, subsampling: int, size: tuple[int, int]
) -> None:
    """1/4 for 300 pixels, 3/8 for 700, 1/2 for 800, and the whole above."""
    whole = photograph(*size)
    result = rendered(
        encoded("jpeg", image=whole, quality=95, subsampling=subsampling), Preset("a", edge, edge, quality=100)
    )
    image = opened(result.previews[0])
    assert difference(image, whole.resize(image.size, Image.Resampling.LANCZOS)) < 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_two_threads_make_the_previews_that_one_makes(mode: str, orientation: int) -> None:
    data = encoded("png", orientation, mode, rgb_profile("Display P3"), size=(3000, 2003))
    alone, shared = (render(data, DEFAULT_PRESETS, DEFAULT_LIMITS, threads=threads) for threads in (1, 2))
    assert replace(alone, previews=()) == replace(shared, previews=())
    for left, right in zip(alone.previews, shared.previews, strict=True):
        assert difference(opened(left), opened(right)) < 0.1


def test_spans_are_opened_in_the_callers_thread_whoever_does_the_work() -> None:
    threads = set()

    @contextmanager
    def span(_: str) -> Iterator[None]:
        threads.add(threading.get_ident())
        yield

    render(encoded("jpeg", size=(2400, 1600)), DEFAULT_PRESETS, DEFAULT_LIMITS, span, threads=2)
    assert threads == {threading.get_ident()}


# Metadata


def test_previews_carry_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET MAKER"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)})
    data = encoded("jpeg", exif=exif, profile=rgb_profile("Display P3"), comment=b"SECRET", xmp=b"<x>SECRET</x>")
    result = rendered(data, SMALL, Preset("flat", 100, 100, format="jpeg"))
    assert result.capture == Capture(camera="SECRET MAKER", location=Location(48.858222, 2.2945))
    for preview in result.previews:
        info = opened(preview).info
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(info)
        assert b"SECRET" not in preview.data
        assert b"ICC" not in preview.data


@pytest.mark.parametrize("picture_format", TURNABLE)
def test_capture_is_read_from_every_format(picture_format: PictureFormat) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    assert rendered(encoded(picture_format, exif=exif), SMALL).capture == Capture(camera="Maker")


def test_the_whole_of_a_result() -> None:
    result = rendered(encoded("png", image=Image.new("RGB", (64, 64), (200, 30, 60))), SMALL)
    assert result == Rendered(
        format="png",
        width=64,
        height=64,
        frame_count=1,
        placeholder=result.placeholder,
        dominant_color="#c81e3c",
        capture=Capture(),
        previews=(Preview(SMALL, result.previews[0].data, 64, 64),),
    )


def test_spans_are_opened_for_each_part_of_the_work() -> None:
    names = []

    @contextmanager
    def span(name: str) -> Iterator[None]:
        names.append(name)
        yield

    render(encoded("jpeg", size=(2400, 1600)), DEFAULT_PRESETS, DEFAULT_LIMITS, span)
    assert names == ["decode", "colour", "preview large", "preview medium", "preview small", "preview thumb", "encode"]


# Animations and kin


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png", "avif"])
def test_an_animation_shows_its_first_frame(picture_format: Any) -> None:
    result = rendered(animation(picture_format, 3, (160, 120)), SMALL)
    image = opened(result.previews[0]).convert("RGB")
    assert (result.frame_count, corners(image)) == (3, UPRIGHT)
    assert difference(image, photograph(160, 120, seed=1)) < 10


def test_a_first_frame_that_leaves_canvas_free_leaves_it_transparent() -> None:
    screen = b"GIF89a\4\0\1\0\x80\0\0" + b"\xff\0\0" + b"\0\xff\0"
    data = screen + b",\1\0\0\0\2\0\1\0\0" + b"\2\2\x04\n" + b"\0;"
    image = shown(data)
    assert (image.size, image.getchannel("A").tobytes()) == ((4, 1), b"\0\xff\xff\0")


def test_a_jpeg_of_several_pictures_shows_the_primary_one() -> None:
    output = io.BytesIO()
    photograph(320, 240).save(output, "MPO", save_all=True, append_images=[photograph(64, 48, seed=9)])
    result = rendered(output.getvalue(), SMALL)
    assert (result.format, result.width, result.height, result.frame_count) == ("jpeg", 320, 240, 1)
    assert corners(opened(result.previews[0])) == UPRIGHT


# Damage


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("share", [0.98, 0.6, 0.3])
def test_a_truncated_file_is_corrupt(picture_format: PictureFormat, share: float) -> None:
    data = encoded(picture_format, size=(600, 400))
    assert refusal(data[: int(len(data) * share)]).code == Code.CORRUPT_IMAGE


@pytest.mark.parametrize("size", [(600, 400), (3000, 2000)])
@pytest.mark.parametrize("missing", [1, 2, 3, 10])
def test_a_jpeg_that_lacks_even_its_end_marker_is_corrupt(size: tuple[int, int], missing: int) -> None:
    error = refusal(truncated(encoded("jpeg", size=size), missing))
    assert (error.code, error.detail) == (
        Code.CORRUPT_IMAGE,
        "The JPEG data cannot be decoded. Upload an undamaged copy of the file.",
    )


@pytest.mark.parametrize("picture_format", ["jpeg", "png", "gif", "webp", "tiff"])
def test_bytes_after_the_end_do_no_harm(picture_format: PictureFormat) -> None:
    assert rendered(encoded(picture_format) + b"trailing" * 500, SMALL).format == picture_format


def test_a_picture_that_is_larger_inside_than_its_header_says_is_not_decoded() -> None:
    data = encoded("png", size=(320, 240))
    forged = replace(inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS), width=10, height=10)
    with pytest.raises(PhotoSkyError) as caught:
        decode(data, forged, [SMALL], DEFAULT_LIMITS.memory_bytes)
    assert caught.value.code == Code.CORRUPT_IMAGE


def test_a_jpeg_of_a_hundred_scans_is_decoded_and_of_more_refused() -> None:
    assert rendered(many_scans(100), SMALL).format == "jpeg"
    error = refusal(many_scans(101))
    assert (error.code, error.detail) == (
        Code.CORRUPT_IMAGE,
        "The JPEG has more than 100 scans. Upload it as a baseline JPEG.",
    )


def test_markers_in_metadata_are_no_scans() -> None:
    assert rendered(encoded("jpeg", comment=b"\xff\xda\0\2" * 200), SMALL).format == "jpeg"


def test_a_profile_that_inflates_to_a_hundred_megabytes_is_refused() -> None:
    packed = zlib.compress(bytes(100_000_000), 9)
    error = refusal(png_file(1, 1, png_chunk(b"iCCP", b"a\0\0" + packed), data=bytes(4)))
    assert (error.code, error.detail) == (
        Code.CORRUPT_IMAGE,
        "The PNG data cannot be decoded. Upload an undamaged copy of the file.",
    )


def test_a_profile_of_two_megabytes_is_no_bomb() -> None:
    profile = rgb_profile("Display P3") + bytes(2_000_000)
    assert corners(shown(encoded("png", profile=profile))) == UPRIGHT


def test_a_failure_of_the_machine_is_not_told_as_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "resize", exhausted)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", exhausted)
    with pytest.raises(MemoryError):
        rendered(encoded("png"))


# Real photos


def real_photos() -> list[Path]:
    return sorted(PHOTOS.iterdir()) if PHOTOS.is_dir() else []


REFUSED = {
    "corrupt-header.jpg": Code.CORRUPT_IMAGE,
    "truncated.jpg": Code.CORRUPT_IMAGE,
    "truncated.png": Code.CORRUPT_IMAGE,
    "giant-image.jpg": Code.TOO_MANY_PIXELS,
}


@pytest.mark.skipif(not real_photos(), reason="the photos are not beside the checkout")
def test_real_photos_are_rendered_and_damaged_ones_refused() -> None:
    refused = {}
    for photo in real_photos():
        try:
            result = rendered(photo.read_bytes(), SMALL)
        except PhotoSkyError as error:
            refused[photo.name] = error.code
        else:
            assert result.previews[0].width > 0
    assert refused == REFUSED


@pytest.mark.skipif(not real_photos(), reason="the photos are not beside the checkout")
@pytest.mark.parametrize("series", ["Landscape", "Portrait"])
def test_real_photos_of_all_orientations_look_alike(series: str) -> None:
    images = [shown((PHOTOS / f"orientation_{series}_{index}.jpg").read_bytes(), SMALL) for index in range(1, 9)]
    assert [difference(image, images[0]) < 6 for image in images] == [True] * 8


def test_corner_patches_are_told_apart() -> None:
    assert set(corners(photograph(50, 50)).values()) == set(CORNERS)
