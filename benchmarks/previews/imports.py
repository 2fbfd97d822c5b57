"""Cost of the init phase: CPU of a function's imports and clients, and size of its asset."""

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from benchmarks.coldstart.ingest import function_environment
from infrastructure import packaging
from infrastructure.packaging import Packages
from workflows.steps import STEPS, module_of

_FUNCTIONS: Final[dict[str, Packages]] = {
    **{module_of(name): step.packages for name, step in STEPS.items()},
    "tasks.reconcile": "runtime",
    "api.handler": "runtime",
}
_ROUNDS: Final = 7
_PRINT_CPU: Final = (
    "import resource; used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
)
_PRINT_PILLOW: Final = "import json, sys; print(json.dumps('PIL' in sys.modules))"


def section() -> str:
    """Table by function; each round measures all functions in turn."""
    measured: dict[str, list[float]] = {module: [] for module in ("", *_FUNCTIONS)}
    loads_pillow = {}
    with tempfile.TemporaryDirectory() as name:
        folders = {module: _unpacked(module, packages, Path(name)) for module, packages in _FUNCTIONS.items()}
        for _ in range(_ROUNDS):
            for module, seconds in measured.items():
                code = f"import {module}; {_PRINT_CPU}" if module else _PRINT_CPU
                seconds.append(float(_run(code, folders.get(module, Path(name)))))
        for module, folder in folders.items():
            loads_pillow[module] = json.loads(_run(f"import {module}; {_PRINT_PILLOW}", folder))
    bare = statistics.median(measured[""])
    lines = [
        f"| `{module}` | {1000 * (statistics.median(measured[module]) - bare):.0f} "
        f"| {'yes' if loads_pillow[module] else 'no'} "
        f"| {packaging.build(module, packages, packaging.LAMBDA).stat().st_size / 2**20:.1f} |"
        for module, packages in _FUNCTIONS.items()
    ]
    return (
        "## Imports at a cold start\n\nUser and system CPU of Lambda's init phase, above a bare interpreter: imports "
        "and clients, from an asset with bytecode. The size is that of the asset for arm64.\n\n"
        "| function | CPU ms | loads Pillow | asset, MiB zipped |\n|---|---|---|---|\n" + "\n".join(lines)
    )


def _unpacked(module: str, packages: Packages, folder: Path) -> Path:
    """A folder with the asset of a function, built for this machine."""
    with zipfile.ZipFile(packaging.build(module, packages, packaging.HOST)) as archive:
        archive.extractall(folder / module)
    return folder / module


def _run(code: str, folder: Path) -> str:
    """Run code in a process as Lambda starts it, without requests."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    environment = function_environment("https://127.0.0.1:9") | {"LAMBDA_TASK_ROOT": str(folder)}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout  # noqa: S603
