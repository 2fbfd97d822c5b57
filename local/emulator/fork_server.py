"""The fork server of the functions' workers, a program that imports nothing of this repository.

`python -P -S fork_server.py SOCKET FOLDER MODULE…` imports the modules from the folder of a function's code, and then
forks a worker for each request on the socket. The worker imports the rest: its own modules and what reads environment
variables on import. Most of the time to start a worker is spent in these imports.
"""

import gc
import importlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

MAX_REQUEST_BYTES: Final = 128 * 1024
FORKED: Final = b"forked"
OTHER_FILES: Final = b"other files"


def preload(folder: Path, modules: list[str]) -> list[Path]:
    """Import modules from a folder, and return the files of all modules that were imported, relative to it."""
    sys.path.insert(0, str(folder))
    for name in modules:
        importlib.import_module(name)
    sys.path.remove(str(folder))
    files = [Path(found) for module in list(sys.modules.values()) if (found := getattr(module, "__file__", None))]
    gc.freeze()  # So that the collector does not write to the pages that the workers share.
    return [file.relative_to(folder) for file in files if file.is_relative_to(folder)]


def serve(requests: socket.socket, folder: Path, files: list[Path]) -> dict[str, Any] | None:
    """Fork workers until the socket is closed. Returns the request in a worker, and None in the server."""
    server = os.getpid()
    while True:
        _reap()
        message, streams, _, _ = socket.recv_fds(requests, MAX_REQUEST_BYTES, 3)
        if not message:
            return None
        request: dict[str, Any] = json.loads(message)
        if not _has_files(Path(request["folder"]), folder, files):
            requests.send(OTHER_FILES)
        elif (worker := os.fork()) == 0:
            _replace(streams)
            return {**request, "server": server}
        else:
            process = os.pidfd_open(worker)
            socket.send_fds(requests, [FORKED], [process])
            os.close(process)
        for stream in streams:
            os.close(stream)


def run(request: dict[str, Any]) -> None:
    """Run the worker's script with the environment variables and the working directory of the request."""
    Path("/proc/self/comm").write_text(request["name"])  # What `ps` and `top` show.
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = [request["script"]]
    code = compile(Path(request["script"]).read_text(), request["script"], "exec")
    exec(code, {"__name__": "__main__", "server": request["server"]})  # noqa: S102 - MiniStack's worker


def _has_files(code: Path, folder: Path, files: list[Path]) -> bool:
    """Whether a function has the very files that were imported, which functions with the same libraries share."""
    try:
        return all((code / file).samefile(folder / file) for file in files)
    except FileNotFoundError:
        return False


def _replace(streams: list[int]) -> None:
    """Make these the standard streams, and close all other descriptors."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _reap() -> None:
    """Collect the workers that have ended since the last request."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


def main() -> None:
    """Serve, and run the script in each worker."""
    descriptor, name, *modules = sys.argv[1:]
    folder = Path(name)
    files = preload(folder, modules)
    requests = socket.socket(fileno=int(descriptor))
    if request := serve(requests, folder, files):
        run(request)


if __name__ == "__main__":
    main()
