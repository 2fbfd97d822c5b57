"""The imports between the page's modules: no cycles, and folders that import only what they may."""

import json
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from local.page import SOURCE

CONTRACT: Final = "client/contract.js"
"""Not in the repository: its types are generated from `api/openapi.yaml`."""

STATIC_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^;"]*"([^"]+)";""", re.MULTILINE)
"""An import that is loaded with its module: neither a dynamic one nor one of types."""

IMPORT: Final = re.compile(
    r'''\bfrom\s*"([^"]+)"'''  # import … from, export … from, and the types of JSDoc's @import
    r'''|\bimport\s*\(?\s*"([^"]+)"''',  # import for its effects, import() and import("…").Type
)

PRELOAD: Final = re.compile(r'<link rel="modulepreload" href="([^"]+)" />')

PACKAGE: Final = re.compile(r"""^import\b[^;"]*"([^."][^"]*)";""", re.MULTILINE)
"""An import of a package."""

PACKAGE_IMPORTS: Final[Mapping[str, frozenset[str]]] = {
    "@preact/signals": frozenset({"@preact/signals-core", "preact/hooks", "preact"}),
    "htm/preact": frozenset({"htm", "preact"}),
}
"""The packages that packages import."""

ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "client": frozenset({"client"}),
    "gallery": frozenset({"gallery", "client", "."}),
    "workflow": frozenset({"workflow", "client", "."}),
    ".": frozenset({"client", "."}),
}
"""The folders from which each folder may import; "." holds what all views share."""

Graph = Mapping[str, frozenset[str]]
"""Each module with those it imports, as paths from the root."""


def imports(root: Path, pattern: re.Pattern[str] = IMPORT) -> Graph:
    """Read the imports of all modules below a folder. Raises AssertionError for one that does not exist."""
    root = root.resolve()
    graph = {}
    for file in root.rglob("*.js"):
        names = {name for match in pattern.finditer(file.read_text()) for name in match.groups() if name}
        targets = {(file.parent / name).resolve() for name in names if name.startswith(".")}
        graph[file.relative_to(root).as_posix()] = frozenset(path.relative_to(root).as_posix() for path in targets)
    missing = {target for targets in graph.values() for target in targets} - {*graph, CONTRACT}
    assert missing == set()
    return graph


def reachable(start: str, graph: Graph) -> set[str]:
    """The modules that a module imports, directly or through others, and itself."""
    found, remaining = {start}, [start]
    while remaining:
        new = graph[remaining.pop()] - found
        found |= new
        remaining += new
    return found


def addresses(index: str, modules: Iterable[str]) -> list[str]:
    """The addresses of the packages that modules need, in the order of the import map."""
    packages = json.loads(index.partition('<script type="importmap">')[2].partition("</script>")[0])["imports"]
    needed = {name for module in modules for name in PACKAGE.findall((SOURCE / module).read_text())}
    for name, others in PACKAGE_IMPORTS.items():
        needed |= others if name in needed else set()
    return [address.removeprefix("./") for name, address in packages.items() if name in needed]


def cycle(graph: Graph) -> list[str]:
    """Find a cycle: its modules in order, the first one again at the end. Returns an empty list if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def folder(module: str) -> str:
    """The top folder of a module; "." for a module outside any folder."""
    return module.split("/")[0] if "/" in module else "."


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The page's modules."""
    return imports(SOURCE)


def test_there_is_no_cycle(graph: Graph) -> None:
    found = cycle(graph)
    assert not found, " -> ".join(found)


@pytest.mark.parametrize("name", ALLOWED)
def test_folder_imports_only_what_it_may(graph: Graph, name: str) -> None:
    modules = [module for module in graph if folder(module) == name and module != "views.js"]
    assert modules
    wrong = [f"{one} -> {target}" for one in modules for target in graph[one] if folder(target) not in ALLOWED[name]]
    assert wrong == []


def test_only_one_module_imports_the_table_of_views(graph: Graph) -> None:
    assert [module for module, targets in graph.items() if "views.js" in targets] == ["signedin.js"]


def test_static_imports_are_preloaded() -> None:
    """Those of `app.js` at once; the others that `signedin.js` and then the gallery need, from a template."""
    index = (SOURCE / "index.html").read_text()
    head, _, views = index.partition('<template id="views">')
    graph = imports(SOURCE, STATIC_IMPORT)
    first = reachable("app.js", graph)
    assert PRELOAD.findall(head) == sorted(first - {"app.js"}) + addresses(index, first)
    navigation = reachable("signedin.js", graph) - first
    gallery = reachable("gallery/galleryview.js", graph) - first - navigation
    packages = [address for address in addresses(index, gallery) if address not in addresses(index, first)]
    assert addresses(index, navigation | first) == addresses(index, first)
    assert PRELOAD.findall(views) == sorted(navigation) + sorted(gallery) + packages


def test_every_module_is_used(graph: Graph) -> None:
    complete = {**graph, CONTRACT: frozenset()}
    used = reachable("app.js", complete) | reachable("client/index.js", complete)  # Other frontends use the latter.
    assert set(graph) - used == set()


@pytest.mark.parametrize(
    "text",
    [
        'import { b } from "../b.js";',
        'import "../b.js";',
        'export * from "../b.js";',
        'const b = await import("../b.js");',
        '/** @import { B } from "../b.js" */',
        '/** @type {import("../b.js").B} */',
        'import {\n  b,\n  c,\n} from "../b.js";',
    ],
)
def test_every_form_of_import_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.js").write_text(text)
    (tmp_path / "b.js").write_text('import { html } from "htm/preact";')
    assert imports(tmp_path) == {"a/a.js": {"b.js"}, "b.js": frozenset()}


def test_a_cycle_is_named() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("cd"), "c": frozenset("d"), "d": frozenset("b")}
    found = cycle(graph)
    assert found[0] == found[-1]
    assert set(found) <= {"b", "c", "d"}
    assert all(target in graph[module] for module, target in pairwise(found))
    assert cycle({**graph, "d": frozenset("e")}) == []
