"""The import rules of docs/architecture.md ("Layout"): layers, and no cycles."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from tests.repository import parsed, statements

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = (
    *("api", "benchmarks", "diagrams", "docs", "infrastructure", "local"),
    *("photosky", "tasks", "tests", "workflows"),
)
CDK: Final = ("aws_cdk", "constructs", "cdk_nag")
AWS_SDK: Final = ("boto3", "botocore")

FORBIDDEN: Final[Mapping[str, tuple[str, ...]]] = {
    "photosky": (*CDK, "tasks", "api", "workflows", "infrastructure", "local", "benchmarks", "diagrams", "tests"),
    "photosky/imaging": (*AWS_SDK, "os", "photosky.settings", "photosky.store"),
    "photosky/store/keys": (*AWS_SDK, "os", "photosky.settings"),
    "photosky/photo": (*AWS_SDK, "os", "photosky.settings", "photosky.store"),
    "photosky/errors": (*AWS_SDK, "os", "photosky.settings", "photosky.store"),
    "tasks": (*CDK, "api", "workflows", "infrastructure", "local", "benchmarks", "diagrams", "tests"),
    "api": ("tasks", "workflows", "local", "benchmarks", "diagrams", "tests"),
    "workflows": ("tasks", "api", "local", "benchmarks", "diagrams", "tests"),
    "infrastructure": ("tasks", "local", "benchmarks", "diagrams", "tests"),
    "diagrams": ("tasks", "local", "benchmarks", "tests"),
    "local": ("tests", "benchmarks"),
}
"""By the place, what no module in it may import."""


@cache
def sources() -> Mapping[str, Path]:
    """Every module of the project, by its dotted name."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {_name(path): path for path in [ROOT / "app.py", *files] if "node_modules" not in path.parts}


@cache
def imports(module: str, *, is_start: bool = False) -> frozenset[str]:
    """What a module imports when it runs; with `is_start`, when it is imported. Not what only type checkers read."""
    return frozenset(_imported(parsed(sources()[module]), is_start=is_start))


def own_imports(module: str, *, is_start: bool = False) -> set[str]:
    """Those of its imports that are modules of the project."""
    found = imports(module, is_start=is_start)
    return {name if name in sources() else name.rpartition(".")[0] for name in found} & sources().keys()


def test_no_module_imports_itself_through_others() -> None:
    graph = {module: own_imports(module) - {module} for module in sources()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_follow_the_layout(place: str) -> None:
    prefix = place.replace("/", ".")
    modules = [module for module in sources() if module == prefix or module.startswith(f"{prefix}.")]
    assert modules, f"{place} has no module"
    found = {
        f"{module} imports {name}"
        for module in modules
        for name in imports(module)
        if any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in FORBIDDEN[place])
    }
    assert found == set()


def test_api_handler_runs_without_the_cdk() -> None:
    assert _reached_of_the_cdk({"api.handler"}) == set()


def test_collecting_the_tests_imports_no_cdk() -> None:
    """Each pytest worker collects all tests. The CDK takes a second to import, and eight to compile before that."""
    tests = {name for name in sources() if name.rpartition(".")[2].startswith(("test_", "conftest"))}
    assert _reached_of_the_cdk(tests, is_start=True) == set()


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _reached_of_the_cdk(waiting: set[str], *, is_start: bool = False) -> set[str]:
    """What these modules, and those that they import, import of the CDK."""
    reached = set[str]()
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= own_imports(module, is_start=is_start) - reached
    return {
        f"{module} imports {name}"
        for module in reached
        for name in imports(module, is_start=is_start)
        if name.split(".")[0] in CDK
    }


def _imported(module: ast.Module, *, is_start: bool) -> Iterator[str]:
    for statement in statements(module, without=_is_not_imported if is_start else _is_for_type_checkers):
        match statement:
            case ast.Import():
                yield from (alias.name for alias in statement.names)
            case ast.ImportFrom(module=str(source)):
                yield from (f"{source}.{alias.name}" for alias in statement.names)


def _is_not_imported(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(statement)


def _is_for_type_checkers(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False
