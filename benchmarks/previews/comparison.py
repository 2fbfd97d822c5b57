"""The previews beside other ways of making them: CPU, wall, memory, bytes and likeness, interleaved in one run."""

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
    """What one contender took for one task, at the least of all rounds, and what it made."""

    contender: str
    user_seconds: float
    wall_seconds: float
    peak_mib: float
    size_bytes: int
    similarity: Mapping[str, float]


def section(rounds: int, *, quick: bool) -> tuple[str, Mapping[str, Sequence[Row]]]:
    """The tables of every picture, and their rows; `quick` takes three pictures only."""
    chosen = [picture for picture in PICTURES if not quick or picture.name in _QUICK]
    for picture in chosen:
        say(f"making {picture.name}")
        pictures.make(picture)
    tasks = [Task(picture, DEFAULT_PRESETS) for picture in chosen]
    tasks += [Task(picture, _AS_JPEG) for picture in chosen if picture.name == "JPEG 24 MP"]
    table = measured(tasks, _sharp_modules(), rounds)
    return report(tasks, table), table


def measured(tasks: Sequence[Task], modules: Path | None, rounds: int) -> dict[str, list[Row]]:
    """The rows of each task. Rounds go over all contenders in turn, so that a noisy minute hits them alike."""
    bare = {"python": _bare([sys.executable, "-c", _BARE_PYTHON]), "node": 0}
    if modules:
        bare["node"] = _bare([program("node"), "-e", _BARE_NODE])
    table = {}
    with tempfile.TemporaryDirectory() as scratch:
        warm_up = _warm_up(Path(scratch))
        for task in tasks:
            unable = _CANT_DECODE.get(task.picture.format, frozenset())
            contenders = [name for name in [*IN_PYTHON, *([SHARP] if modules else [])] if name not in unable]
            taken: dict[str, list[dict[str, float]]] = {contender: [] for contender in contenders}
            for number in range(rounds):
                for contender in contenders:
                    if number and contender in _SLOW:
                        continue
                    say(f"{task.name}: {contender}, round {number + 1} of {rounds}")
                    out = Path(scratch, contender)
                    out.mkdir(exist_ok=True)
                    taken[contender].append(_measure(contender, task, warm_up, out, modules))
            likeness = _similarities(task, [Path(scratch, contender) for contender in contenders])
            table[task.name] = [
                Row(
                    contender,
                    _least(taken[contender], "user_seconds"),
                    _least(taken[contender], "wall_seconds"),
                    (_least(taken[contender], "peak_bytes") - bare["node" if contender == SHARP else "python"]) / MIB,
                    sum(file.stat().st_size for file in _made(task, Path(scratch, contender))),
                    likeness[contender],
                )
                for contender in contenders
            ]
    return table


def report(tasks: Sequence[Task], table: Mapping[str, Sequence[Row]]) -> str:
    """The rows as Markdown, one table a task; CPU ratios are to this project's row."""
    names = [preset.name for preset in DEFAULT_PRESETS]
    head = f"| way | CPU s | ratio | wall s | peak MiB | kB out | SSIM {' / '.join(names)} |"
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


_BARE_PYTHON: Final = "from benchmarks.previews.memory import peak_bytes; print(peak_bytes())"
_BARE_NODE: Final = (
    "console.log(1024 * Number(/VmHWM:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]))"
)


def _bare(command: Sequence[str]) -> int:
    return int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)  # noqa: S603


def user_seconds(picture: Picture, presets: Sequence[Preset], rounds: int) -> float:
    """CPU of this project for some presets of a picture, in one thread; the least of the rounds."""
    pictures.make(picture)
    with tempfile.TemporaryDirectory() as scratch:
        results = [
            _measure(OURS, Task(picture, presets), _warm_up(Path(scratch)), Path(scratch), None) for _ in range(rounds)
        ]
    return _least(results, "user_seconds")


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


def _least(results: Sequence[Mapping[str, float]], what: str) -> float:
    """The round that was disturbed the least: what else a machine does only adds."""
    return min(result[what] for result in results)


def _sharp_modules() -> Path | None:
    """Where sharp is installed, from the lock file; None, said so, where npm can't."""
    try:
        return npm_packages(HERE, FOLDER / "sharp", say).parent
    except CommandFailed as error:
        print(f"sharp is left out: {error}", file=sys.stderr)
        return None


def say(line: str) -> None:
    """Tell how far it is, beside the results."""
    print(line, file=sys.stderr, flush=True)
