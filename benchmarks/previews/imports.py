"""Cost of a cold start: CPU of a function's imports and size of its asset."""

import json
import statistics
import subprocess
import sys
from typing import Final

from infrastructure import packaging
from infrastructure.packaging import Packages

_FUNCTIONS: Final[dict[str, Packages]] = {
    "tasks.validate": "runtime",
    "tasks.previews": "imaging",
    "tasks.persist": "runtime",
    "tasks.reject": "runtime",
    "tasks.fail": "runtime",
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
    for _ in range(_ROUNDS):
        for module, seconds in measured.items():
            seconds.append(float(_run(f"import {module}; {_PRINT_CPU}" if module else _PRINT_CPU)))
    bare = statistics.median(measured[""])
    lines = [
        f"| `{module}` | {1000 * (statistics.median(measured[module]) - bare):.0f} "
        f"| {'yes' if json.loads(_run(f'import {module}; {_PRINT_PILLOW}')) else 'no'} "
        f"| {packaging.build(module, packages, packaging.LAMBDA).stat().st_size / 2**20:.1f} |"
        for module, packages in _FUNCTIONS.items()
    ]
    return (
        "## Imports at a cold start\n\nUser and system CPU of importing a handler, above a bare interpreter, with "
        "bytecode. The asset is what `cdk deploy` uploads for arm64.\n\n"
        "| function | CPU ms | loads Pillow | asset, MiB zipped |\n|---|---|---|---|\n" + "\n".join(lines)
    )


def _run(code: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=packaging.ROOT).stdout  # noqa: S603
