"""Progress on the terminal: steps with their duration, bars, and one plain line each in a pipe or a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from rich import progress as bars
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

_DETAIL_WIDTH: Final = 70
_LOG_WIDTH: Final = 140


class Progress:
    """Prints what a command does, and how long it took."""

    def __init__(self, output: TextIO | None = None) -> None:
        output = output or sys.stdout
        width = None if output.isatty() else _LOG_WIDTH
        self._console = Console(file=output, highlight=False, soft_wrap=True, width=width)

    @property
    def width(self) -> int:
        """The columns of a line."""
        return self._console.width

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Print one step; the yielded function sets its detail, or its outcome if called last."""
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

    @contextmanager
    def bar(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Print a bar for countable work; the yielded function sets how much of `total` is done."""
        started = time.monotonic()
        columns = (
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(),
        )
        done = 0
        is_log = not self._console.is_terminal
        if is_log:
            self.say(f"… {name}")
        with bars.Progress(*columns, console=self._console, transient=True, disable=is_log) as shown:
            task = shown.add_task(_plain(name), total=total)

            def advance_to(count: int) -> None:
                nonlocal done
                done = count
                shown.update(task, completed=count)

            yield advance_to
        self.say(f"✓ {name} ({done}/{total})  {time.monotonic() - started:.1f} s")

    def say(self, text: str) -> None:
        """Print a line at once, without markup."""
        self._console.print(_plain(text))
        self._console.file.flush()

    def table(self, table: Table) -> None:
        """Print a table within the terminal's width."""
        self._console.print(table, soft_wrap=False)

    def tree(self, tree: Tree) -> None:
        """Print a tree without wrapping its lines."""
        self._console.print(tree)


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
