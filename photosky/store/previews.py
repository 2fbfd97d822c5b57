"""Storing rendered previews in the media bucket."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final

from photosky.concurrently import Threads
from photosky.imaging.rendering import Preview
from photosky.photo import StoredPreview
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.telemetry import span

MAX_WRITES: Final = 8
"""Threads that write the objects of one photo. A client has 10 connections (botocore, `max_pool_connections`)."""


class PreviewWrites:
    """Writes an execution's previews of a photo in threads, while others are still encoded."""

    def __init__(self, threads: Threads, owner_id: str, photo_id: str, execution: str) -> None:
        self._threads = threads
        self._about = owner_id, photo_id, execution
        self._writes: list[Future[None]] = []

    def start(self, previews: Iterable[Preview]) -> None:
        """Start to write previews, each of those that are the same once."""
        for preview in previews:
            if preview.preset == preview.encoded_as:
                self._writes.append(
                    self._threads.start(_write, keys.preview_key(*self._about, preview.preset), preview)
                )

    def finish(self) -> None:
        """Wait for all of them. Raises the first failure."""
        for write in self._writes:
            write.result()


def stored_previews(
    owner_id: str, photo_id: str, execution: str, previews: Iterable[Preview]
) -> dict[str, StoredPreview]:
    """What the record of a photo stores of an execution's previews, by preset name."""
    return {
        preview.preset.name: StoredPreview(
            key=keys.preview_key(owner_id, photo_id, execution, preview.encoded_as),
            width=preview.width,
            height=preview.height,
            content_type=preview.preset.content_type,
            size_bytes=len(preview.data),
        )
        for preview in previews
    }


def _write(key: str, preview: Preview) -> None:
    with span(f"upload {preview.preset.name}"):
        media_bucket().put_preview(key, preview.data, preview.preset.content_type)
