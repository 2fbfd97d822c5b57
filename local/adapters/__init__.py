"""What MiniStack lacks for this stack, one module per gap; nothing outside `local/` knows that they exist.

Each module says which gap it closes and how to see that MiniStack has closed it itself. `install` wraps them
all, once, before the first request; a name that an upgrade moved stops it with one sentence.
"""

from pathlib import Path

from local.adapters import (
    alarms,
    branches,
    existence,
    gateway,
    history,
    identity,
    lambdas,
    persistence,
    queries,
    tracing,
    transport,
    workflow,
    xray,
)


def install(code_folder: Path) -> None:
    """Wrap every name that the adapters change; raises `local.adapters.wrapping.Incompatible` when one is gone.

    The functions' code is unpacked below `code_folder`.
    """
    for adapter in (identity, transport, existence, gateway, xray, tracing, workflow, branches):
        adapter.install()
    for adapter in (history, persistence, queries, alarms):
        adapter.install()
    lambdas.install(code_folder)
