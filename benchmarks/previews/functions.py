"""Comparison of one function for all previews with a Map state, and of memory sizes.

Durations are computed from measured CPU: Lambda gives one vCPU per 1,769 MiB (Lambda developer guide, "Configure Lambda
function memory"); previews use at most two. Prices are those of `infrastructure/prices.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.previews import comparison
from benchmarks.previews.comparison import OURS, Row
from benchmarks.previews.pictures import PICTURES
from infrastructure.prices import LAMBDA_GB_SECOND, LAMBDA_REQUEST
from photosky.imaging.presets import DEFAULT_PRESETS

MIB_PER_VCPU: Final = 1769
MEMORIES_MIB: Final = (1024, 1769, 2048, 3008, 3538)
CHOSEN_MIB: Final = 3008

_PICTURES: Final = ("JPEG 24 MP", "PNG 12 MP", "HEIC 12 MP")
_TWO_THREADS: Final = f"{OURS}, 2 threads"
_PER_PRESET: Final = f"{OURS}, one preset per call"
_MILLION: Final = 1_000_000


def section(table: Mapping[str, Sequence[Row]], rounds: int) -> str:
    """Both tables, from the measured previews and a measurement of the largest preview alone."""
    rows = {name: {row.contender: row for row in table[f"{name} to WebP"]} for name in _PICTURES}
    return f"{_one_or_several(rows, rounds)}\n\n{_memories(rows)}"


def duration(cpu_seconds: float, parallel_seconds: float, memory_mib: int) -> float:
    """Duration of an invocation in seconds; `parallel_seconds` is its wall time in two threads."""
    vcpus = memory_mib / MIB_PER_VCPU
    if vcpus <= 1:
        return cpu_seconds / vcpus
    return max(parallel_seconds, cpu_seconds / vcpus)


def dollars(seconds: float, memory_mib: int, requests: int = 1) -> float:
    """Cost of invocations that take `seconds` in total."""
    return LAMBDA_GB_SECOND.of(seconds * memory_mib / 1024) + LAMBDA_REQUEST.of(requests)


def _one_or_several(rows: Mapping[str, Mapping[str, Row]], rounds: int) -> str:
    (largest,) = (preset for preset in DEFAULT_PRESETS if preset.name == "large")
    lines = []
    for picture in (picture for picture in PICTURES if picture.name in _PICTURES):
        whole, each = rows[picture.name][OURS].user_seconds, rows[picture.name][_PER_PRESET].user_seconds
        alone = comparison.user_seconds(picture, [largest], rounds)
        count = len(DEFAULT_PRESETS)
        costs = dollars(whole, MIB_PER_VCPU), dollars(each, MIB_PER_VCPU, count)
        lines.append(
            f"| {picture.name} | {whole:.2f} | {each:.2f} | {each / whole:.2f} | {_MILLION * costs[0]:.2f} "
            f"| {_MILLION * costs[1]:.2f} | {whole:.2f} | {alone:.2f} |"
        )
    return (
        "## One function for all presets, or a Map state with one per preset\n\n"
        f"At {MIB_PER_VCPU} MiB, which is one vCPU, so CPU time equals duration. Each branch of a Map also reads the "
        "original once.\n\n"
        "| picture | one, CPU s | Map, CPU s | ratio | one, $ per million | Map, $ per million | one, latency s "
        "| Map, slowest branch s |\n" + "|---" * 8 + "|\n" + "\n".join(lines)
    )


def _memories(rows: Mapping[str, Mapping[str, Row]]) -> str:
    lines = []
    for memory in MEMORIES_MIB:
        cells = []
        for name in _PICTURES:
            two = rows[name][_TWO_THREADS]
            seconds = duration(two.user_seconds, two.wall_seconds, memory)
            cells.append(f"{seconds:.2f} / {_MILLION * dollars(seconds, memory):.2f}")
        shown = f"**{memory}**" if memory == CHOSEN_MIB else f"{memory}"
        lines.append(f"| {shown} | {memory / MIB_PER_VCPU:.2f} | {' | '.join(cells)} |")
    return (
        "## Memory of the function\n\nDuration in seconds / dollars per million photos, with two threads.\n\n"
        f"| MiB | vCPU | {' | '.join(_PICTURES)} |\n" + "|---" * (2 + len(_PICTURES)) + "|\n" + "\n".join(lines)
    )
