"""`python -m photosky.imaging SOURCE… --out DIR`: the imaging core on local files, with the default presets."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from photosky.errors import PhotoSkyError
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.imaging.rendering import Rendered, render

_PROGRESS_STEPS: Final = 10


@dataclass(frozen=True)
class Job:
    """One file, and the folder that its previews go to."""

    source: Path
    folder: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the previews; 0 when every file became a photo, 1 when one was refused, 2 when a source is missing."""
    parser = argparse.ArgumentParser(prog="python -m photosky.imaging", description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="a picture, or a folder of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where previews go, a folder a picture")
    parser.add_argument("--json", action="store_true", help="one JSON document a line, instead of text")
    options = parser.parse_args(arguments)
    missing = [source for source in options.sources if not source.exists()]
    if missing:
        parser.error(f"there is no {missing[0]}")
    jobs = plan(options.sources, options.out)
    refused = 0
    for number, job in enumerate(jobs, 1):
        told = run(job)
        refused += told["outcome"] != "ready"
        print(json.dumps(told) if options.json else in_words(told), flush=True)
        _show_progress(number, len(jobs), refused)
    return 1 if refused else 0


def plan(sources: Sequence[Path], out: Path) -> list[Job]:
    """The files that the sources name, folders walked in order; each gets a folder below `out` of its own."""
    taken: set[Path] = set()
    jobs = []
    for source in sources:
        base = source if source.is_dir() else source.parent
        for file in sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]:
            wanted = out / file.relative_to(base)
            folder = next(path for path in _names(wanted) if path not in taken)
            taken.add(folder)
            jobs.append(Job(file, folder))
    return jobs


def run(job: Job) -> dict[str, Any]:
    """Make and write one file's previews, and tell what came out. Nothing is written for a file that is refused.

    Seconds are wall time; a preview's are those of drawing and encoding it, as far as `render` does them apart.
    """
    spans: dict[str, float] = {}

    @contextmanager
    def span(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        spans[name] = round(time.perf_counter() - started, 6)

    data = job.source.read_bytes()
    started = time.perf_counter()
    try:
        rendered = render(data, DEFAULT_PRESETS, DEFAULT_LIMITS, span)
    except PhotoSkyError as refusal:
        return {"file": str(job.source), "outcome": str(refusal.code), "detail": refusal.detail}
    seconds = round(time.perf_counter() - started, 6)
    return {
        "file": str(job.source),
        "outcome": "ready",
        "format": rendered.format,
        "width": rendered.width,
        "height": rendered.height,
        "frame_count": rendered.frame_count,
        "placeholder": rendered.placeholder,
        "dominant_color": rendered.dominant_color,
        "capture": asdict(rendered.capture),
        "seconds": seconds,
        "spans": spans,
        "previews": _written(rendered, job.folder, spans),
    }


def _written(rendered: Rendered, folder: Path, spans: dict[str, float]) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    told = {}
    for preview in rendered.previews:
        file = folder / f"{preview.preset.name}.{preview.preset.extension}"
        file.write_bytes(preview.data)
        told[preview.preset.name] = {
            "file": str(file),
            "width": preview.width,
            "height": preview.height,
            "size_bytes": len(preview.data),
            "seconds": spans[f"preview {preview.preset.name}"],
        }
    return told


def in_words(told: dict[str, Any]) -> str:
    """One line for a person."""
    if told["outcome"] != "ready":
        return f"{told['file']}: {told['outcome']}: {told['detail']}"
    sizes = ", ".join(
        f"{name} {preview['width']}x{preview['height']} {preview['size_bytes']} bytes"
        for name, preview in told["previews"].items()
    )
    return f"{told['file']}: {told['format']} {told['width']}x{told['height']}, {told['seconds']:.2f} s: {sizes}"


def _names(path: Path) -> Iterator[Path]:
    """The path, then the same with a number, so that two files of one name keep apart."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}~{number}")
        number += 1


def _show_progress(done: int, total: int, refused: int) -> None:
    """On a terminal the line is rewritten with each file; elsewhere ten lines tell the way."""
    on_terminal = sys.stderr.isatty()
    if total == 1 or not (on_terminal or done * _PROGRESS_STEPS // total > (done - 1) * _PROGRESS_STEPS // total):
        return
    end = "\r" if on_terminal and done < total else "\n"
    print(f"{done} of {total}, {refused} refused", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
