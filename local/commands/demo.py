"""`make demo`: a folder of pictures through the real API, a few at a time, and a table of what came out."""

import http
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image, ImageDraw
from rich.table import Table

from local import users
from local.connection import Connection
from local.progress import Progress

SAMPLES: Final = Path("samples")
"""Stands for "no folder given": sample pictures are painted for the occasion."""

_AT_ONCE: Final = 3
_TIMEOUT_SECONDS: Final = 60
_CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
_ORIENTATION: Final = 0x0112
"""The Exif tag (TIFF 6.0, section 8)."""


class DemoError(Exception):
    """The demo cannot run; the message is one sentence for the terminal."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    status: int
    """The last answer's HTTP status."""
    what: str
    """The photo's status, or the problem's code."""
    width: int | None = None
    height: int | None = None
    previews: Mapping[str, int] = field(default_factory=dict)
    """Bytes by preview."""

    @property
    def ready(self) -> bool:
        """Whether it is a photo now."""
        return self.what == "ready"

    @property
    def is_fault(self) -> bool:
        """Whether the stack failed; a refused picture is an answer."""
        return self.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR


def send(live: Connection, folder: Path, progress: Progress) -> list[Outcome]:
    """Send every picture of a folder; the outcomes in the files' order. Raises DemoError."""
    with _pictures(folder) as files, httpx.Client(trust_env=False, timeout=_TIMEOUT_SECONDS) as client:
        token = users.id_token(live)
        with progress.step(f"{len(files)} pictures") as show, ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = {pool.submit(_send_one, client, live.api_url, token, file): file for file in files}
            outcomes: dict[Path, Outcome] = {}
            for future in as_completed(futures):
                outcome = outcomes[futures[future]] = future.result()
                show(f"{len(outcomes)}/{len(files)} {outcome.name}: {outcome.what}")
            show(f"{sum(outcome.ready for outcome in outcomes.values())} ready")
    return [outcomes[file] for file in files]


def _send_one(client: httpx.Client, api_url: str, token: str, file: Path) -> Outcome:
    """Create, upload, ingest; stops at the first answer that is no success."""
    headers = {"Authorization": token}
    description = {
        "filename": file.name,
        "content_type": _CONTENT_TYPES[file.suffix.lower()],
        "size_bytes": file.stat().st_size,
    }
    answer = client.post(f"{api_url}/photos", json=description, headers=headers)
    if answer.status_code == http.HTTPStatus.CREATED:
        created = answer.json()
        upload = created["upload"]
        with file.open("rb") as content:
            stored = client.post(upload["url"], data=upload["fields"], files={"file": (file.name, content)})
        if not stored.is_success:
            return Outcome(file.name, stored.status_code, "UploadRefused")
        answer = client.post(f"{api_url}/photos/{created['photo']['photo_id']}/ingest", headers=headers)
    return outcome_of(file.name, answer.status_code, answer.json())


def outcome_of(name: str, status: int, answer: Mapping[str, Any]) -> Outcome:
    """An outcome from the API's last answer: a photo (perhaps below `photo`), or a problem."""
    photo = answer.get("photo", answer)
    if "code" in photo:
        return Outcome(name, status, photo["code"])
    sizes = {preview: found["size_bytes"] for preview, found in (photo.get("previews") or {}).items()}
    return Outcome(name, status, photo["status"], photo.get("width"), photo.get("height"), sizes)


def table(outcomes: Sequence[Outcome]) -> Table:
    """The outcomes as a table, with a column of KiB for each preview."""
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.previews))
    shown = Table(box=None, pad_edge=False)
    for heading in ("file", "outcome", "width", "height", *names):
        measured = heading not in ("file", "outcome")
        shown.add_column(heading, justify="right" if measured else "left", overflow="fold", no_wrap=heading != "file")
    for outcome in outcomes:
        sizes = (_kib(outcome.previews.get(name)) for name in names)
        pixels = (str(side or "") for side in (outcome.width, outcome.height))
        shown.add_row(outcome.name, f"{outcome.status} {outcome.what}", *pixels, *sizes)
    return shown


def _kib(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f"{size_bytes / 1024:.1f} KiB"


@contextmanager
def _pictures(folder: Path) -> Iterator[list[Path]]:
    """The pictures of a folder, or samples that are there while the block runs."""
    if folder == SAMPLES and not folder.is_dir():
        with tempfile.TemporaryDirectory(prefix="photosky-samples-") as name:
            yield list(paint(Path(name)))
        return
    if not folder.is_dir():
        raise DemoError(f"{folder} is not a folder.")
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in _CONTENT_TYPES]
    if not files:
        raise DemoError(f"There are no pictures in {folder}; known are {', '.join(sorted(_CONTENT_TYPES))}.")
    yield files


def paint(folder: Path) -> Iterable[Path]:
    """Paint sample pictures: formats, an orientation, transparency, CMYK, and one file that is no picture."""
    landscape = _landscape((1600, 1000))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6  # Shown turned by 90 degrees clockwise: 1000 wide and 1600 high.
    landscape.save(folder / "landscape.jpg", quality=90)
    landscape.save(folder / "turned.jpg", quality=90, exif=exif)
    landscape.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    landscape.resize((800, 500)).save(folder / "small.webp")
    transparent = landscape.resize((640, 400)).convert("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(transparent.size))
    transparent.save(folder / "transparent.png")
    (folder / "not-a-picture.jpg").write_text("This file says that it is a JPEG.\n")
    return sorted(folder.iterdir())


def _landscape(size: tuple[int, int]) -> Image.Image:
    width, height = size
    gradient = Image.linear_gradient("L").resize(size)
    picture = Image.merge(
        "RGB", (gradient.point(lambda v: 90 + v // 2), gradient, gradient.point(lambda v: 230 - v // 3))
    )
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.7, height * 0.1, width * 0.8, height * 0.26), fill=(255, 236, 170))
    for index, shade in enumerate(((60, 90, 110), (45, 75, 70), (30, 50, 45))):
        top = height * (0.5 + 0.14 * index)
        peak = width * (0.25 + 0.3 * index)
        draw.polygon([(0, height), (0, top + 90), (peak, top - 60), (width, top + 120), (width, height)], fill=shade)
    return picture
