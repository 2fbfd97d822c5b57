"""Comparison of contenders: CPU, wall time, memory, size and SSIM of the previews, interleaved in one run."""

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.previews import pictures, quality
from benchmarks.previews.contenders import IN_PYTHON, SHARP
from benchmarks.previews.pictures import FOLDER, PICTURES, Picture
from infrastructure.packaging import ROOT
from local.toolchain import CommandFailed, npm_packages, program
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.pictures import encoded

HERE: Final = Path(__file__).resolve().parent
OURS: Final = "photosky"
MIB: Final = 1024 * 1024

_AS_JPEG: Final = tuple(replace(preset, format="jpeg", effort=1) for preset in DEFAULT_PRESETS)
_QUICK: Final = ("JPEG 24 MP", "PNG 12 MP", "HEIC 12 MP")
_SHOWN: Final = {"jpeg": "JPEG", "webp": "WebP"}
_CANNOT_DECODE: Final = {"heic": frozenset({"libvips by hand", SHARP})}
"""Their prebuilt packages have no HEVC decoder."""

_SLOW: Final = frozenset({"full decode per preset", "exif_transpose, thumbnail"})
"""Measured in one round: a few percent more or less decide nothing."""

_BARE_PYTHON: Final = "from benchmarks.previews.memory import peak_bytes; print(peak_bytes())"
_BARE_NODE: Final = (
    "console.log(1024 * Number(/VmHWM:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]))"
)


@dataclass(frozen=True)
class Task:
    """One picture with one set of presets."""

    picture: Picture
    presets: Sequence[Preset]

    @property
    def name(self) -> str:
        """Heading of its table."""
        return f"{self.picture.name} to {_SHOWN[self.presets[0].format]}"


@dataclass(frozen=True)
class Row:
    """Measurement of one contender for one task: the minimum of all rounds, and the previews."""

    contender: str
    user_seconds: float
    wall_seconds: float
    peak_mib: float
    size_bytes: int
    similarity: Mapping[str, float]


def section(rounds: int, *, quick: bool) -> tuple[str, Mapping[str, Sequence[Row]]]:
    """Tables and rows of each picture; `quick` measures three pictures only."""
    chosen = [picture for picture in PICTURES if not quick or picture.name in _QUICK]
    for picture in chosen:
        show(f"writing {picture.name}")
        pictures.make(picture)
    tasks = [Task(picture, DEFAULT_PRESETS) for picture in chosen]
    tasks += [Task(picture, _AS_JPEG) for picture in chosen if picture.name == "JPEG 24 MP"]
    table = measure(tasks, _sharp_modules(), rounds)
    return report(tasks, table), table


def measure(tasks: Sequence[Task], modules: Path | None, rounds: int) -> dict[str, list[Row]]:
    """Rows of each task. Each round runs all contenders in turn, so that load on the machine affects all alike."""
    bare_bytes = {SHARP: _peak_bytes([program("node"), "-e", _BARE_NODE])} if modules else {}
    bare_bytes |= dict.fromkeys(IN_PYTHON, _peak_bytes([sys.executable, "-c", _BARE_PYTHON]))
    with tempfile.TemporaryDirectory() as scratch:
        return {task.name: _measure_task(task, bare_bytes, modules, Path(scratch), rounds) for task in tasks}


def user_seconds(picture: Picture, presets: Sequence[Preset], rounds: int) -> float:
    """CPU of PhotoSky for some presets of a picture, in one thread; the minimum of the rounds."""
    pictures.make(picture)
    with tempfile.TemporaryDirectory() as scratch:
        results = [
            _measure(OURS, Task(picture, presets), _warm_up(Path(scratch)), Path(scratch), None) for _ in range(rounds)
        ]
    return _minimum(results, "user_seconds")


def report(tasks: Sequence[Task], table: Mapping[str, Sequence[Row]]) -> str:
    """Markdown with one table per task; CPU ratios are relative to PhotoSky's row."""
    names = [preset.name for preset in DEFAULT_PRESETS]
    head = f"| contender | CPU s | ratio | wall s | peak MiB | kB out | SSIM {' / '.join(names)} |"
    parts = []
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
    return "\n\n".join(parts)


def _peak_bytes(command: Sequence[str]) -> int:
    return int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)  # noqa: S603


def _measure_task(
    task: Task, bare_bytes: Mapping[str, int], modules: Path | None, scratch: Path, rounds: int
) -> list[Row]:
    """Rows of one task; `bare_bytes` has the contenders with the peak memory of their bare interpreter."""
    unable = _CANNOT_DECODE.get(task.picture.format, frozenset())
    contenders = [name for name in (*IN_PYTHON, SHARP) if name in bare_bytes and name not in unable]
    runs: dict[str, list[dict[str, float]]] = {contender: [] for contender in contenders}
    folders = {contender: scratch / contender for contender in contenders}
    warm_up = _warm_up(scratch)
    for number, contender in itertools.product(range(rounds), contenders):
        if number and contender in _SLOW:
            continue
        show(f"{task.name}: {contender}, round {number + 1} of {rounds}")
        folders[contender].mkdir(exist_ok=True)
        runs[contender].append(_measure(contender, task, warm_up, folders[contender], modules))
    similarities = _similarities(task, list(folders.values()))
    return [
        Row(
            contender=contender,
            user_seconds=_minimum(runs[contender], "user_seconds"),
            wall_seconds=_minimum(runs[contender], "wall_seconds"),
            peak_mib=(_minimum(runs[contender], "peak_bytes") - bare_bytes[contender]) / MIB,
            size_bytes=sum(file.stat().st_size for file in _files(task, folders[contender])),
            similarity=similarities[contender],
        )
        for contender in contenders
    ]


def _warm_up(folder: Path) -> Path:
    file = folder / "warm-up.jpg"
    file.write_bytes(encoded("jpeg", size=(64, 64)))
    return file


def _measure(contender: str, task: Task, warm_up: Path, out: Path, modules: Path | None) -> dict[str, float]:
    job = {
        "source": str(task.picture.path),
        "warm_up": str(warm_up),
        "out": str(out),
        "presets": [preset.to_mapping() for preset in task.presets],
        "modules": f"{modules}/",
    }
    command = [sys.executable, "-m", "benchmarks.previews.job", contender]
    if contender == SHARP:
        command = [program("node"), str(HERE / "sharp.mjs")]
    done = subprocess.run(  # noqa: S603 - our own jobs
        command,
        input=json.dumps(job),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"VIPS_CONCURRENCY": "1", "PATH": "/usr/bin:/bin"},
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _similarities(task: Task, folders: Sequence[Path]) -> dict[str, dict[str, float]]:
    """SSIM of each contender's previews, by preset."""
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


def _files(task: Task, folder: Path) -> Iterator[Path]:
    yield from (folder / f"{preset.name}.{preset.extension}" for preset in task.presets)


def _minimum(results: Sequence[Mapping[str, float]], what: str) -> float:
    """Minimum of the rounds: other load on the machine only adds."""
    return min(result[what] for result in results)


def _sharp_modules() -> Path | None:
    """Install sharp from the lock file; None, with a message, if npm cannot."""
    try:
        return npm_packages(HERE, FOLDER / "sharp", show).parent
    except CommandFailed as error:
        print(f"sharp is not measured: {error}", file=sys.stderr)
        return None


def show(line: str) -> None:
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)
