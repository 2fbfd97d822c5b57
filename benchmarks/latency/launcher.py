"""Run the stack of any tree of this repository, with the latencies of the tree that this file is in.

`python launcher.py TREE STATE [PROFILE SEED]` runs until SIGTERM, as `make run` does. An earlier tree has no option for
latencies, and its own table would not be comparable, so the module is brought along. It replaces nothing else.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "local.emulator.latency"
SOURCE: Final = Path(__file__).resolve().parents[2].joinpath(*PACKAGE.split("."))


def main() -> None:
    """Run the stack of the tree that the command line names."""
    tree, state, *latency = sys.argv[1:]
    sys.path[0] = tree  # Instead of this file's folder.
    _bring_latencies()
    if latency:
        profile, seed = latency
        _start_once_ready(profile, int(seed))
    importlib.import_module("local.commands.run").run(Path(state), 0)


def _bring_latencies() -> None:
    """Import this tree's package of latencies into the other tree's emulator, and install it if that one does not."""
    importlib.import_module(PACKAGE.rpartition(".")[0])
    spec = importlib.util.spec_from_file_location(
        PACKAGE, SOURCE / "__init__.py", submodule_search_locations=[str(SOURCE)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{SOURCE} is not a package")
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACKAGE])
    delays = importlib.import_module(f"{PACKAGE}.delays")
    server: Any = importlib.import_module("local.emulator.server")
    if delays not in server._PATCHES:
        server._PATCHES = (delays, *server._PATCHES)


def _start_once_ready(profile: str, seed: int) -> None:
    """Delay calls from when the stack is ready: a deployment would take minutes."""
    delays = importlib.import_module(f"{PACKAGE}.delays")
    draws = importlib.import_module(f"{PACKAGE}.draws")
    table = importlib.import_module(f"{PACKAGE}.table")
    connection: Any = importlib.import_module("local.connection").Connection
    write = connection.write

    def write_and_start(self: Any, folder: Path) -> None:
        delays.start(delays.Delays(draws.Latencies(table.PROFILES[profile], seed)))
        write(self, folder)

    connection.write = write_and_start


if __name__ == "__main__":
    main()
