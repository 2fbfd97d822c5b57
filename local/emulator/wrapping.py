"""Replace functions of MiniStack, after checking that they are the ones that the patches were written for."""

import importlib
import importlib.metadata
import inspect
from collections.abc import Callable
from typing import Any

from local.errors import CommandError


class Incompatible(CommandError):
    """The installed MiniStack is not the one that the patches were written for."""

    def __init__(self, name: str, reason: str) -> None:
        version = importlib.metadata.version("ministack")
        super().__init__(
            f"MiniStack {version} does not fit local/emulator/patches: {name} {reason}. Install the version that "
            "requirements/dev.txt pins, or adapt the patch that wraps this name."
        )


def module(name: str) -> Any:
    """Import a module of MiniStack by its dotted name below the package, such as `services.s3`."""
    try:
        return importlib.import_module(f"ministack.{name}")
    except ModuleNotFoundError as error:
        raise Incompatible(f"ministack.{name}", "is not there") from error


def require(module_name: str, name: str, parameters: str | None = None) -> Any:
    """Return an object of a MiniStack module, after checking its parameters (names separated by spaces)."""
    full_name = f"ministack.{module_name}.{name}"
    found: Any = module(module_name)
    for part in name.split("."):
        if not hasattr(found, part):
            raise Incompatible(full_name, "is not there")
        found = getattr(found, part)
    if parameters is not None:
        actual = " ".join(inspect.signature(found).parameters)
        if actual != parameters:
            raise Incompatible(full_name, f"takes ({actual}), not ({parameters})")
    return found


def wrap(
    module_name: str, name: str, parameters: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Replace a function of MiniStack by `make(original)`, after checking its parameters."""
    original = require(module_name, name, parameters)
    owner: Any = module(module_name)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, make(original))
