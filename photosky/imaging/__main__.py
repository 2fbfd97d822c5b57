"""`python -m photosky.imaging SOURCE… --out DIR`: make previews of local files with the default presets."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from photosky.details import is_object
from photosky.errors import PhotoSkyError
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.imaging.rendering import Rendered, render

_PROGRESS_STEPS: Final = 10


@dataclass(frozen=True)
class Job:
    """A source file and the folder for its previews."""

    source: Path
    folder: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the previews. Return 0, or 1 if a file was rejected; exit with 2 if a source is missing."""
    parser = argparse.ArgumentParser(prog="python -m photosky.imaging", description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="an image file, or a folder of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for previews, one per image")
    parser.add_argument("--json", action="store_true", help="print one JSON document per line instead of text")
    options = parser.parse_args(arguments)
    missing = [source for source in options.sources if not source.exists()]
    if missing:
        parser.error(f"file or folder not found: {missing[0]}")
    jobs = plan(options.sources, options.out)
    rejected = 0
    for number, job in enumerate(jobs, 1):
        result = run(job)
        rejected += result["outcome"] != "ready"
        print(json.dumps(result) if options.json else format_result(result), flush=True)
        _show_progress(number, len(jobs), rejected)
    return 1 if rejected else 0


def plan(sources: Sequence[Path], out: Path) -> list[Job]:
    """List a job for each file of the sources, folders in sorted order; each gets its own folder below `out`."""
    used: set[Path] = set()
    jobs = []
    for source in sources:
        base = source if source.is_dir() else source.parent
        for file in sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]:
            preferred = out / file.relative_to(base)
            folder = next(path for path in _candidates(preferred) if path not in used)
            used.add(folder)
            jobs.append(Job(file, folder))
    return jobs


def run(job: Job) -> dict[str, Any]:
    """Make and write the previews of one file, and describe them; a rejected file gets none.

    Seconds are wall time. A preview's seconds cover its resize and, with one thread, its encode.
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
    except PhotoSkyError as error:
        return {"file": str(job.source), "outcome": str(error.code), "detail": error.detail}
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
        "capture": {name: part._asdict() if is_object(part) else part for name, part in vars(rendered.capture).items()},
        "seconds": seconds,
        "spans": spans,
        "previews": _write_previews(rendered, job.folder, spans),
    }


def format_result(result: dict[str, Any]) -> str:
    """Format the result of `run` as one line of text."""
    if result["outcome"] != "ready":
        return f"{result['file']}: {result['outcome']}: {result['detail']}"
    previews = ", ".join(
        f"{name} {preview['width']}x{preview['height']} {preview['size_bytes']} bytes"
        for name, preview in result["previews"].items()
    )
    size = f"{result['width']}x{result['height']}"
    return f"{result['file']}: {result['format']} {size}, {result['seconds']:.2f} s: {previews}"


def _write_previews(rendered: Rendered, folder: Path, spans: dict[str, float]) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for preview in rendered.previews:
        file = folder / f"{preview.preset.name}.{preview.preset.extension}"
        file.write_bytes(preview.data)
        written[preview.preset.name] = {
            "file": str(file),
            "width": preview.width,
            "height": preview.height,
            "size_bytes": len(preview.data),
            "seconds": spans[f"preview {preview.preset.name}"],
        }
    return written


def _candidates(path: Path) -> Iterator[Path]:
    """The path, then the path with a number, so that files of the same name get different folders."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}~{number}")
        number += 1


def _show_progress(done: int, total: int, rejected: int) -> None:
    """Update one line per file on a terminal; elsewhere, print ten lines in total."""
    on_terminal = sys.stderr.isatty()
    if total == 1 or not (on_terminal or done * _PROGRESS_STEPS // total > (done - 1) * _PROGRESS_STEPS // total):
        return
    end = "\r" if on_terminal and done < total else "\n"
    print(f"{done} of {total} files, {rejected} rejected", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
