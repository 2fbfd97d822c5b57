"""`local.json`: what a script needs to use the running stack. The file exists while the API answers, and only then."""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final, Self

from local import state_folder
from local.emulator import lock
from local.errors import CommandError

FILE_NAME: Final = "local.json"


class NotRunning(CommandError):
    """No stack answers on this folder."""


@dataclass(frozen=True)
class Connection:
    """Addresses and the demo user of the running stack."""

    page_url: str
    """The example page's address."""
    api_url: str
    """The stage's address without a slash at its end: `{api_url}/photos`."""
    endpoint_url: str
    region: str
    user_pool_id: str
    client_id: str
    username: str
    password: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read how to reach the stack that runs on a state folder. Raises NotRunning."""
        path = folder / FILE_NAME
        is_running = lock.is_taken(folder)
        if not is_running:  # A killed run leaves the file, but no lock.
            start = f"make run{state_folder.variable(folder)}"
            raise NotRunning(f"No stack is running on {folder}. Start it with `{start}` in another terminal.")
        try:
            values = json.loads(path.read_text())
        except FileNotFoundError:
            raise NotRunning(f"The stack on {folder} is not ready yet. Wait until `make run` says so.") from None
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    def write(self, folder: Path) -> None:
        """Write the file atomically, readable by its owner only."""
        scratch = folder / f".{FILE_NAME}.tmp"
        scratch.unlink(missing_ok=True)
        with open(scratch, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
        scratch.replace(folder / FILE_NAME)


def remove(folder: Path) -> None:
    """Remove the file if it exists."""
    (folder / FILE_NAME).unlink(missing_ok=True)
