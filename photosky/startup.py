"""The start of an execution environment: what a function does in Lambda's init phase, before its first invocation.

In the init phase a function has more CPU than its memory gives it later, and no client waits in addition for clients
that the first invocation would create.
"""

import gc
import os
from collections.abc import Callable
from typing import Final

IN_LAMBDA: Final = "LAMBDA_TASK_ROOT" in os.environ
"""Whether this process runs a function. Elsewhere, importing a module has no side effects."""

if IN_LAMBDA:
    # Imports and clients make objects that stay: collections between them find nothing, and took a seventh of the time.
    gc.disable()


def initialize(*makers: Callable[[], object]) -> None:
    """Call in Lambda what the first invocation would make otherwise; the last statement of a handler's module.

    Each of `makers` returns the same object in every call, as `photos_table` does. What was made so far is left out by
    the garbage collector, which is enabled from now on.
    """
    if IN_LAMBDA:
        for make in makers:
            make()
        gc.freeze()
        gc.enable()
