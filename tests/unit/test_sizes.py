"""No file and no function grows beyond what a reader can hold in mind; data may."""

import ast
from pathlib import Path
from typing import Final

from tests.repository import ROOT, own_files, parsed, statements

MAX_FILE_LINES: Final = 400
MAX_STORE_LINES: Final = 250
MAX_FUNCTION_LINES: Final = 60

SUFFIXES: Final = ("*.py", "*.java", "*.js", "*.mjs", "*.ts", "*.css", "Makefile")


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_files_are_short() -> None:
    assert {path.name: lines(path) for path in own_files(*SUFFIXES) if lines(path) > MAX_FILE_LINES} == {}


def test_store_modules_are_short() -> None:
    store = (ROOT / "photosky" / "store").glob("*.py")
    assert {path.name: lines(path) for path in store if lines(path) > MAX_STORE_LINES} == {}


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": length
        for path in own_files("*.py")
        if lines(path) > MAX_FUNCTION_LINES
        for node in statements(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}
