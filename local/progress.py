"""Steps with their time on the terminal: one moving line there, plain lines in a pipe or a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

_DETAIL_WIDTH: Final = 70
_LOG_WIDTH: Final = 140


class Progress:
    """Says what is being done, and when it is done how long it took."""

    def __init__(self, output: TextIO | None = None) -> None:
        output = output or sys.stdout
        width = None if output.isatty() else _LOG_WIDTH
        self._console = Console(file=output, highlight=False, soft_wrap=True, width=width)

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """One step; the function that it gives shows a detail while the step runs, or after it the outcome."""
        started = time.monotonic()
        detail = ""
        if not self._console.is_terminal:
            self.say(f"… {name}")
        with self._console.status(name, spinner="dots") as status:

            def show(text: str) -> None:
                nonlocal detail
                detail = text[:_DETAIL_WIDTH]
                status.update(f"{name}  [dim]{_plain(detail)}[/dim]")

            yield show
        outcome = f" ({detail})" if detail else ""
        self.say(f"✓ {name}{outcome}  {time.monotonic() - started:.1f} s")

    def say(self, text: str) -> None:
        """A line as it is, at once."""
        self._console.print(_plain(text))
        self._console.file.flush()

    def table(self, table: Table) -> None:
        """A table, as wide as it is."""
        self._console.print(table)

    def tree(self, tree: Tree) -> None:
        """A tree, its lines whole."""
        self._console.print(tree)


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
