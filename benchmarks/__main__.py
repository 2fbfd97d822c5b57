"""`make bench`: PhotoSky's previews beside other ways of making them, measured in one run, interleaved."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import pictures, quality
from benchmarks.contenders import IN_PYTHON, SHARP
from benchmarks.pictures import FOLDER, PICTURES, Picture
from local.toolchain import CommandFailed, npm_packages, program
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.pictures import encoded

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "results.md"
OURS: Final = "photosky"
MIB: Final = 1024 * 1024

_AS_JPEG: Final = tuple(replace(preset, format="jpeg", effort=1) for preset in DEFAULT_PRESETS)
_QUICK: Final = ("JPEG 24 MP", "PNG 12 MP", "HEIC 12 MP")
_SHOWN: Final = {"jpeg": "JPEG", "webp": "WebP"}
_CANT_DECODE: Final = {"heic": frozenset({"libvips by hand", SHARP})}
"""Their prebuilt packages have no HEVC decoder."""

_SLOW: Final = frozenset({"full decode per preset", "exif_transpose, thumbnail"})
"""Measured once: nobody decides between them and a neighbour by a few percent."""


@dataclass(frozen=True)
class Task:
    """One picture to one set of presets."""

    picture: Picture
    presets: Sequence[Preset]

    @property
    def name(self) -> str:
        """As the table's heading shows it."""
        return f"{self.picture.name} to {_SHOWN[self.presets[0].format]}"


@dataclass(frozen=True)
class Row:
    """What one contender took for one task: medians over the rounds, and what it made."""

    contender: str
    user_seconds: float
    wall_seconds: float
    peak_mib: float
    size_bytes: int
    similarity: Mapping[str, float]


def main() -> int:
    """Measure, print the table, and write it to `results.md`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--quick", action="store_true", help="three pictures, one round; the results are not written")
    options = parser.parse_args()
    chosen = [picture for picture in PICTURES if not options.quick or picture.name in _QUICK]
    for picture in chosen:
        _say(f"making {picture.name}")
        pictures.make(picture)
    tasks = [Task(picture, DEFAULT_PRESETS) for picture in chosen]
    tasks += [Task(picture, _AS_JPEG) for picture in chosen if picture.name == "JPEG 24 MP"]
    modules = _sharp_modules()
    text = report(tasks, measured(tasks, modules, 1 if options.quick else options.rounds))
    print(text)
    if not options.quick:
        RESULTS.write_text(text)
    return 0


def measured(tasks: Sequence[Task], modules: Path | None, rounds: int) -> dict[str, list[Row]]:
    """The rows of each task. Rounds go over all contenders in turn, so that a noisy minute hits them alike."""
    bare = {"python": _bare([sys.executable, "-c", _BARE_PYTHON]), "node": 0}
    if modules:
        bare["node"] = _bare([program("node"), "-e", _BARE_NODE])
    table = {}
    with tempfile.TemporaryDirectory() as scratch:
        warm_up = Path(scratch, "warm-up.jpg")
        warm_up.write_bytes(encoded("jpeg", size=(64, 64)))
        for task in tasks:
            unable = _CANT_DECODE.get(task.picture.format, frozenset())
            contenders = [name for name in [*IN_PYTHON, *([SHARP] if modules else [])] if name not in unable]
            taken: dict[str, list[dict[str, float]]] = {contender: [] for contender in contenders}
            for number in range(rounds):
                for contender in contenders:
                    if number and contender in _SLOW:
                        continue
                    _say(f"{task.name}: {contender}, round {number + 1} of {rounds}")
                    out = Path(scratch, contender)
                    out.mkdir(exist_ok=True)
                    taken[contender].append(_measure(contender, task, warm_up, out, modules))
            likeness = _similarities(task, [Path(scratch, contender) for contender in contenders])
            table[task.name] = [
                Row(
                    contender,
                    _median(taken[contender], "user_seconds"),
                    _median(taken[contender], "wall_seconds"),
                    (_median(taken[contender], "peak_bytes") - bare["node" if contender == SHARP else "python"]) / MIB,
                    sum(file.stat().st_size for file in _made(task, Path(scratch, contender))),
                    likeness[contender],
                )
                for contender in contenders
            ]
    return table


def report(tasks: Sequence[Task], table: Mapping[str, Sequence[Row]]) -> str:
    """The results as Markdown, one table a task; CPU ratios are to this project's row."""
    names = [preset.name for preset in DEFAULT_PRESETS]
    head = f"| way | CPU s | ratio | wall s | peak MiB | kB out | SSIM {' / '.join(names)} |"
    parts = [
        "# What `make bench` measured",
        f"On {datetime.now(UTC):%Y-%m-%d}, one thread each unless it says otherwise, every measurement in a process of "
        "its own. CPU is user time, peak is above a bare interpreter, SSIM is against one resize in floats of the "
        "whole picture. libvips and sharp are what PyPI and npm ship, which can't decode HEIC.",
    ]
    for task in tasks:
        rows = table[task.name]
        (ours,) = (row for row in rows if row.contender == OURS)
        lines = [
            f"| {row.contender} | {row.user_seconds:.2f} | {row.user_seconds / ours.user_seconds:.2f} "
            f"| {row.wall_seconds:.2f} | {row.peak_mib:.0f} | {row.size_bytes / 1000:.0f} "
            f"| {' / '.join(f'{row.similarity[name]:.4f}' for name in names)} |"
            for row in rows
        ]
        parts.append("\n".join([f"## {task.name}", "", head, "|---" * 7 + "|", *lines]))
    return "\n\n".join(parts) + "\n"


_BARE_PYTHON: Final = "from benchmarks.memory import peak_bytes; print(peak_bytes())"
_BARE_NODE: Final = (
    "console.log(1024 * Number(/VmHWM:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]))"
)


def _bare(command: Sequence[str]) -> int:
    return int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE.parent).stdout)  # noqa: S603


def _measure(contender: str, task: Task, warm_up: Path, out: Path, modules: Path | None) -> dict[str, float]:
    job = {
        "source": str(task.picture.path),
        "warm_up": str(warm_up),
        "out": str(out),
        "presets": [preset.to_mapping() for preset in task.presets],
        "modules": f"{modules}/",
    }
    command = [sys.executable, "-m", "benchmarks.job", contender]
    if contender == SHARP:
        command = [program("node"), str(HERE / "sharp.mjs")]
    done = subprocess.run(  # noqa: S603 - our own jobs
        command,
        input=json.dumps(job),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE.parent,
        env={"VIPS_CONCURRENCY": "1", "PATH": "/usr/bin:/bin"},
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _similarities(task: Task, folders: Sequence[Path]) -> dict[str, dict[str, float]]:
    """How like the reference each preview of each contender is, by preset."""
    bands = quality.float_bands(task.picture.path)
    found: dict[str, dict[str, float]] = {folder.name: {} for folder in folders}
    for preset in task.presets:
        expected: dict[tuple[int, int], Any] = {}
        for folder in folders:
            file = folder / f"{preset.name}.{preset.extension}"
            size = quality.size_of(file)
            if size not in expected:
                expected[size] = quality.reference(bands, size)
            found[folder.name][preset.name] = quality.similarity(file, expected[size])
    return found


def _made(task: Task, folder: Path) -> Iterator[Path]:
    yield from (folder / f"{preset.name}.{preset.extension}" for preset in task.presets)


def _median(results: Sequence[Mapping[str, float]], what: str) -> float:
    return statistics.median(result[what] for result in results)


def _sharp_modules() -> Path | None:
    """Where sharp is installed, from the lock file; None, said so, where npm can't."""
    try:
        return npm_packages(HERE, FOLDER / "sharp", _say).parent
    except CommandFailed as error:
        print(f"sharp is left out: {error}", file=sys.stderr)
        return None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
