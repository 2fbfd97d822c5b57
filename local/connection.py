"""`local.json`: what a script needs to use the running stack. The file is there when the API answers, and only then."""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final, Self

from local.emulator import lock

FILE_NAME: Final = "local.json"


class NotRunning(Exception):
    """There is no running stack on this folder; the message is one sentence for the terminal."""


@dataclass(frozen=True)
class Connection:
    """Addresses and the demo user of the running stack."""

    page_url: str
    """Where a person looks at it, in a browser."""
    api_url: str
    """Of the stage, without a slash at its end: `{api_url}/photos`."""
    endpoint_url: str
    region: str
    user_pool_id: str
    client_id: str
    username: str
    password: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What is running on the state folder; raises NotRunning."""
        path = folder / FILE_NAME
        if not path.exists() or not lock.is_taken(folder):  # A killed run leaves the file, and no lock.
            raise NotRunning(f"Nothing is ready on {folder}; start it with `make run`, in another terminal.")
        values = json.loads(path.read_text())
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    def write(self, folder: Path) -> None:
        """Put the file there whole, readable by its owner only."""
        scratch = folder / f".{FILE_NAME}.tmp"
        scratch.unlink(missing_ok=True)
        with open(scratch, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
        scratch.replace(folder / FILE_NAME)


def remove(folder: Path) -> None:
    """Take the file away, if it is there."""
    (folder / FILE_NAME).unlink(missing_ok=True)
