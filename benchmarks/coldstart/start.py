"""One cold start, as Lambda's runtime does it: a program that imports nothing of this repository.

`python -I -S -B start.py FOLDER MODULE` imports the module from the folder of an asset, calls its handler with the
event on standard input, and prints the CPU and the time of both phases, and the result.
"""

import importlib
import json
import resource
import sys
import time


def now() -> tuple[float, float]:
    """User and system CPU of this process, and the time, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, time.perf_counter()


def main() -> None:
    """Start, and print what it took."""
    folder, module = sys.argv[1:]
    event = json.load(sys.stdin)
    sys.path.insert(0, folder)
    started = now()
    handler = importlib.import_module(module).handler
    initialized = now()
    result = handler(event, None)
    answered = now()
    moments = {"interpreter": started, "init": initialized, "first": answered}
    print(json.dumps({"moments": moments, "result": result, "modules": len(sys.modules)}), file=sys.stderr)


if __name__ == "__main__":
    main()
