"""The repository's own files."""

import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def own_files(*patterns: str) -> list[Path]:
    """The files that match, tracked or about to be; nothing that git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own patterns
    return sorted(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())
