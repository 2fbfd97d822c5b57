"""Fuzz the imaging core: `python -m tests.fuzz --seconds 60`. With atheris, coverage guides the mutations.

A finding is written to `.photosky/fuzz/` and ends the run with exit status 1.
"""

import argparse
import collections
import importlib.util
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from tests.fuzz.seeds import mutations, seeds

FINDINGS: Final = Path(__file__).parents[2] / ".photosky" / "fuzz"
MAX_RUN_SECONDS: Final = 10
_MAX_FILE_BYTES: Final = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="do not use atheris, only seeded mutations")
    arguments = parser.parse_args()
    FINDINGS.mkdir(parents=True, exist_ok=True)
    if arguments.plain or importlib.util.find_spec("atheris") is None:
        return mutate(arguments.seconds, arguments.seed)
    guide(arguments.seconds, arguments.seed)
    return 0


def guide(seconds: int, seed: int) -> None:
    """Mutate by the coverage of Python code in the imaging core and Pillow; libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["photosky.imaging", "PIL"]):
        from tests.fuzz.target import check
    # Each run starts with the seed files only: the corpus stays small, and the run is reproducible.
    shutil.rmtree(FINDINGS / "corpus", ignore_errors=True)
    (FINDINGS / "corpus").mkdir()
    for name, data in seeds().items():
        (FINDINGS / "corpus" / name).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={MAX_RUN_SECONDS}",
        f"-max_len={_MAX_FILE_BYTES}",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={FINDINGS}/",
        str(FINDINGS / "corpus"),
    ]
    atheris.Setup([sys.argv[0], *options], lambda data: (check(data), None)[1])
    atheris.Fuzz()


def mutate(seconds: int, seed: int) -> int:
    """Check seeded mutations until the time is over."""
    from tests.fuzz.target import check

    files = list(seeds().values())
    for data in files:  # loads the plugins before memory is measured
        check(data)
    outcomes: collections.Counter[str] = collections.Counter()
    signal.signal(signal.SIGALRM, _raise_timeout)
    end = time.monotonic() + seconds
    for data in mutations(files, seed):
        signal.alarm(MAX_RUN_SECONDS)
        try:
            outcomes[check(data)] += 1
        except BaseException as error:
            finding = FINDINGS / f"finding-{seed}-{outcomes.total()}"
            finding.write_bytes(data)
            sys.stdout.write(f"{error!r}: {finding}\n")
            raise
        finally:
            signal.alarm(0)
        if time.monotonic() > end:
            break
    sys.stdout.write(f"{outcomes.total()} files, no findings: {dict(outcomes.most_common())}\n")
    return 0


def _raise_timeout(_: int, __: FrameType | None) -> None:
    raise TimeoutError(f"a file took more than {MAX_RUN_SECONDS} seconds")


if __name__ == "__main__":
    sys.exit(main())
