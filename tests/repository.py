"""The repository's own files."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def own_files(*patterns: str) -> list[Path]:
    """The files that match, tracked or about to be; nothing that git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own patterns
    return sorted(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_bytes())


def statements(module: ast.Module, without: Callable[[ast.stmt], bool] = lambda _: False) -> Iterator[ast.stmt]:
    """All statements of a module, a tenth of its nodes; none for which `without` is true, nor what they contain."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for child in getattr(node, name, ()):
                if isinstance(child, ast.stmt):
                    if without(child):
                        continue
                    yield child
                waiting.append(child)
