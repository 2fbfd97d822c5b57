"""Steps: pictures of every format become photos, and a damaged one does not."""

import hashlib
import http
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx
from PIL import Image, UnidentifiedImageError

from local.smoke import pictures
from local.smoke.context import JPEG, Context, Sent
from local.smoke.differences import Difference, compare, report
from local.smoke.tracing import new_root, sampled
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.imaging.presets import Preset
from photosky.location import apply_location_policy

_MIN_INSIDE_RATIO: Final = 0.97
"""Of the longer edge to that of the preset (docs/api.md, "Images")."""


def ingest(context: Context, format_: str) -> None:
    """A picture of a format becomes a photo."""
    picture, root = pictures.picture(format_), new_root()
    photo_id, upload_url = create(context, picture.data, picture.filename, CONTENT_TYPES[format_])
    response = context.api.call("POST", "/photos/{photo_id}/ingest", photo_id=photo_id, headers=sampled(root))
    context.sent[format_] = Sent(photo_id, picture, upload_url, response.headers["x-request-id"], root, response.json())
    if format_ == JPEG:
        context.changes.append("Photo Ready")


def fields(context: Context) -> None:
    """The photos have the fields that follow from their pictures and from the environment."""
    report(
        f"{format_}: {text}"
        for format_, sent in context.sent.items()
        for name, value in _expected_fields(context, sent).items()
        for text in compare(name, sent.photo[name], value)
    )


def previews(context: Context) -> None:
    """The photos have one preview per preset of the environment, which can be fetched and decoded."""
    report(
        f"{format_}: {text}" for format_, sent in context.sent.items() for text in _preview_differences(context, sent)
    )


def refusal(context: Context) -> None:
    """A damaged upload is refused, and its photo has the reason."""
    photo_id, _ = create(context, pictures.damaged(), "damaged.jpg", CONTENT_TYPES[JPEG])
    context.api.call("POST", "/photos/{photo_id}/ingest", 422, photo_id=photo_id, code="CorruptImage")
    photo = context.api.call("GET", "/photos/{photo_id}", photo_id=photo_id).json()
    rejection = photo["rejection"] or {}
    report([*compare("status", photo["status"], "rejected"), *compare("code", rejection.get("code"), "CorruptImage")])


def repeated_upload(context: Context) -> None:
    """Bytes that the user has already need no second upload."""
    picture = context.jpeg.picture
    body = _description(picture.data, picture.filename, CONTENT_TYPES[JPEG]) | {
        "sha256": hashlib.sha256(picture.data).hexdigest()
    }
    known = context.api.call("POST", "/photos", body=body).json()
    report(compare("the known photo", known["photo"]["photo_id"], context.jpeg.photo_id))


def original(context: Context) -> None:
    """The original is the upload, byte for byte."""
    signed = context.api.call("GET", "/photos/{photo_id}/original", photo_id=context.jpeg.photo_id).json()
    response = context.api.client.get(signed["url"])
    expect_status("the original", response, http.HTTPStatus.OK)
    if response.content != context.jpeg.picture.data:
        raise Difference("the original's bytes are not those of the upload")


def create(context: Context, data: bytes, filename: str, content_type: str) -> tuple[str, str]:
    """Create a photo and upload its bytes by the form. Returns its id and the form's URL."""
    description = _description(data, filename, content_type)
    created = context.api.call("POST", "/photos", http.HTTPStatus.CREATED, body=description).json()
    photo_id, form = created["photo"]["photo_id"], created["upload"]
    context.cleanup.add(f"the photo {photo_id} of the owner {context.owner_id}", lambda: delete(context, photo_id))
    stored = context.api.client.post(form["url"], data=form["fields"], files={"file": (filename, data)})
    expect_status("the upload to S3", stored, http.HTTPStatus.NO_CONTENT)
    return photo_id, form["url"]


def delete(context: Context, photo_id: str) -> None:
    """Delete a photo permanently; repeating it is no difference."""
    context.api.call(
        "DELETE", "/photos/{photo_id}", http.HTTPStatus.NO_CONTENT, photo_id=photo_id, query={"permanent": "true"}
    )


def shown_location(context: Context, picture: pictures.Picture) -> Mapping[str, Any] | None:
    """Return the location that the environment's policy lets the API show."""
    location = apply_location_policy(picture.location, context.environment.location_policy)
    return location._asdict() if location else None


def expect_status(name: str, response: httpx.Response, expected: int) -> None:
    """Raise Difference, with the code of S3's error document, for another status."""
    if response.status_code != expected:
        code = response.text.partition("<Code>")[2].partition("</Code>")[0]
        raise Difference(f"{name} answers {response.status_code} instead of {expected}" + (f": {code}" if code else ""))


def _description(data: bytes, filename: str, content_type: str) -> dict[str, Any]:
    return {"filename": filename, "content_type": content_type, "size_bytes": len(data)}


def _expected_fields(context: Context, sent: Sent) -> Mapping[str, Any]:
    picture = sent.picture
    return {
        **picture.expected,
        "photo_id": sent.photo_id,
        "filename": picture.filename,
        "content_type": CONTENT_TYPES[picture.format],
        "size_bytes": len(picture.data),
        "width": picture.width,
        "height": picture.height,
        "location": shown_location(context, picture),
    }


def _preview_differences(context: Context, sent: Sent) -> Iterable[str]:
    presets, found = {preset.name: preset for preset in context.environment.presets}, sent.photo["previews"]
    yield from (f"there is no preview {name!r}" for name in sorted(presets.keys() - found.keys()))
    yield from (f"the preview {name!r} has no preset" for name in sorted(found.keys() - presets.keys()))
    for name in sorted(presets.keys() & found.keys()):
        response = context.api.client.get(found[name]["url"])
        if response.status_code != http.HTTPStatus.OK:
            yield f"the preview {name!r} answers {response.status_code} instead of 200"
            continue
        size = (sent.picture.width, sent.picture.height)
        for text in preview_differences(presets[name], size, found[name], response.headers, response.content):
            yield f"the preview {name!r}: {text}"


def preview_differences(
    preset: Preset, size: tuple[int, int], preview: Mapping[str, Any], headers: Mapping[str, str], data: bytes
) -> list[str]:
    """Return how a preview differs from its preset and from what the photo says about it. `size` is the photo's."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            found = image.size
    except (UnidentifiedImageError, OSError) as error:
        return [f"it cannot be decoded ({type(error).__name__})"]
    texts = compare("its size", found, (preview["width"], preview["height"]))
    texts += compare("its number of bytes", len(data), preview["size_bytes"])
    texts += compare("its type", preview["content_type"], preset.content_type)
    texts += compare("the type in its response", headers.get("content-type"), preset.content_type)
    if "immutable" not in headers.get("cache-control", ""):
        texts.append("its response may not be cached for good")
    if not _fits(preset, size, found):
        texts.append(f"{found[0]} x {found[1]} px is not the size for {preset.width} x {preset.height} px")
    return texts


def _fits(preset: Preset, size: tuple[int, int], found: tuple[int, int]) -> bool:
    """Whether a preview fills its preset, within the tolerance and without enlarging the photo."""
    box = (preset.width, preset.height)
    if preset.fit == "cover":
        scale = min(1, size[0] / box[0], size[1] / box[1])
        wanted = tuple(round(edge * scale) for edge in box)
        return all(abs(edge - goal) <= 1 for edge, goal in zip(found, wanted, strict=True))
    scale = min(1, box[0] / size[0], box[1] / size[1])
    longest, goal = max(found), scale * max(size)
    return _MIN_INSIDE_RATIO * goal - 1 <= longest <= goal + 1 and all(
        edge <= limit for edge, limit in zip(found, box, strict=True)
    )
