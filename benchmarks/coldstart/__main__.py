"""Measure cold starts, also against another commit: `make bench-coldstart ARGS="--against 4cce5a8"`."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.coldstart import ingest
from benchmarks.coldstart.ingest import Functions, Services, Start
from benchmarks.trees import tree_of
from infrastructure.packaging import ROOT

ROUNDS: Final = 7
_PACKAGES: Final = {
    ingest.VALIDATE: "runtime",
    ingest.PREVIEWS: "imaging",
    ingest.PROMOTE: "runtime",
    ingest.PERSIST: "runtime",
    ingest.API: "runtime",
}
_BUILD: Final = (
    "import sys; from infrastructure import packaging\nprint(packaging.build(sys.argv[1], sys.argv[2], packaging.HOST))"
)
HERE: Final = "this tree"


def section(rounds: int = ROUNDS, against: str | None = None) -> str:
    """Table by function; with a commit, also its figures and the ratios, measured in turn."""
    with tempfile.TemporaryDirectory() as name, ingest.services(_made(Path(name, "services"))) as services:
        trees = {HERE: _functions(services, ROOT, Path(name, "here"))}
        if against is not None:
            trees = {against: _functions(services, tree_of(against), Path(name, "there")), **trees}
        measured: dict[str, list[Mapping[str, Start]]] = {label: [] for label in trees}
        for _ in range(rounds):
            for label, functions in trees.items():
                measured[label].append(functions.ingest())
    return _table(measured, against)


def _functions(services: Services, tree: Path, folder: Path) -> Functions:
    """The functions of a source tree, built for this machine by its own packaging."""
    folders = {}
    for module, packages in _PACKAGES.items():
        if not (tree / f"{module.replace('.', '/')}.py").exists():
            continue
        command = [sys.executable, "-c", _BUILD, module, packages]
        built = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout  # noqa: S603
        folders[module] = folder / module
        with zipfile.ZipFile(built.splitlines()[-1]) as archive:
            archive.extractall(folders[module])
    return Functions(services, folders)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _table(measured: Mapping[str, Sequence[Mapping[str, Start]]], against: str | None) -> str:
    lines = []
    for module in _PACKAGES:
        having = {label: rounds for label, rounds in measured.items() if module in rounds[0]}
        for label, rounds in having.items():
            starts = [starts[module] for starts in rounds]
            figures = [
                1000 * statistics.median(start.init_cpu_seconds for start in starts),
                1000 * statistics.median(start.cpu_seconds for start in starts),
                1000 * statistics.median(start.wall_seconds for start in starts),
            ]
            ratios = [""] * 2
            if against in having and label == HERE:
                pairs = list(zip(starts, (starts[module] for starts in having[against]), strict=True))
                ratios = [
                    f"{statistics.median(ours.cpu_seconds / theirs.cpu_seconds for ours, theirs in pairs):.2f}",
                    f"{statistics.median(ours.wall_seconds / theirs.wall_seconds for ours, theirs in pairs):.2f}",
                ]
            name = f"`{module}`" + (f" of {label}" if against is not None else "")
            cells = [name, *(f"{figure:.0f}" for figure in figures), str(starts[0].modules)]
            lines.append(f"| {' | '.join([*cells, *(ratios if against is not None else [])])} |")
    columns = ["function", "init, CPU ms", "first answer, CPU ms", "first answer, ms", "modules"]
    columns += ["CPU ratio", "time ratio"] if against is not None else []
    return (
        "## Cold starts\n\nFrom the start of the interpreter to the first answer, in a process of its own, with the "
        "environment variables that Lambda sets. S3 and DynamoDB are emulated by another process, behind TLS. The init "
        f"phase is the import of the handler's module. Median of {len(next(iter(measured.values())))} rounds; each "
        "round ingests one photo and lists a page.\n\n"
        f"| {' | '.join(columns)} |\n" + "|---" * len(columns) + "|\n" + "\n".join(lines)
    )


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coldstart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each function ({ROUNDS})")
    parser.add_argument("--against", metavar="COMMIT", help="compare with the functions of another commit")
    options = parser.parse_args()
    print(section(options.rounds, options.against))
    return 0


if __name__ == "__main__":
    sys.exit(main())
