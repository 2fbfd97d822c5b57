"""What a function's start costs: the CPU of importing it, above a bare interpreter, and the size of its asset."""

import io
import json
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path
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
_CPU: Final = "import resource; used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
_PILLOW: Final = "import json, sys; print(json.dumps('PIL' in sys.modules))"


def section() -> str:
    """A table of import CPU and asset size by function; rounds go over all functions in turn."""
    taken: dict[str, list[float]] = {module: [] for module in ("", *_FUNCTIONS)}
    for _ in range(_ROUNDS):
        for module, seconds in taken.items():
            seconds.append(float(_run(f"import {module}; {_CPU}" if module else _CPU)))
    bare = statistics.median(taken[""])
    lines = [
        f"| `{module}` | {1000 * (statistics.median(taken[module]) - bare):.0f} "
        f"| {'yes' if json.loads(_run(f'import {module}; {_PILLOW}')) else 'no'} "
        f"| {_zipped_bytes(packaging.build(module, packages, packaging.LAMBDA)) / 2**20:.1f} |"
        for module, packages in _FUNCTIONS.items()
    ]
    return (
        "## A function's start\n\nCPU, user and system, of importing a handler above a bare interpreter, bytecode "
        "there; the asset is what `cdk deploy` uploads for arm64.\n\n"
        "| function | import, CPU ms | loads Pillow | asset, MiB zipped |\n|---|---|---|---|\n" + "\n".join(lines)
    )


def _run(code: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=packaging.ROOT).stdout  # noqa: S603


def _zipped_bytes(asset: Path) -> int:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in asset.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(asset))
    return output.tell()
