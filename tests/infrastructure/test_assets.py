"""The assets of the functions: complete, minimal, and built for their platform."""

import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from diagrams.synthesis import Resource, Synthesized
from infrastructure.packaging import FIRST_PARTY

FUNCTIONS: Final = {
    "Validate": "tasks.validate",
    "Previews": "tasks.previews",
    "Promote": "tasks.promote",
    "Persist": "tasks.persist",
    "Reject": "tasks.reject",
    "Fail": "tasks.fail",
    "Reconcile": "tasks.reconcile",
    "Events": "tasks.events",
    "Plan": "tasks.plan",
    "Renew": "tasks.renew",
    "PhotosApi": "api.handler",
}
IMPORT_FUNCTIONS: Final = {"Transfer": "tasks.transfer"}
"""The functions of environments with `import_buckets`: `local` alone among those of `cdk.json`."""

IMAGING: Final = ("Previews", "Renew")
"""The functions that decode images; the assets of the others have no decoder."""

MAX_ZIPPED_BYTES: Final = 30 * 1024 * 1024
MAX_UNZIPPED_BYTES: Final = 250 * 1024 * 1024
"""The limit of Lambda (Lambda guide, "Lambda quotas"). `MAX_ZIPPED_BYTES` is our own, for short cold starts."""

EM_AARCH64: Final = 183
"""The ELF machine number of arm64 (System V ABI)."""

IMPORT_ALONE: Final = """
import importlib, json, sys
folder, module = sys.argv[1:]
sys.path.insert(0, folder)
handler = importlib.import_module(module).handler
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({"callable": callable(handler), "files": files, "path": sys.path}))
"""


@dataclass(frozen=True)
class Imported:
    """A handler that was imported from a copy of its asset, with the files of all loaded modules."""

    folder: Path
    is_callable: bool
    files: Mapping[str, str]
    path: list[str]

    def own_files(self) -> set[str]:
        """Return the loaded files of the asset, relative to it."""
        inside = f"{self.folder}{os.sep}"
        return {file.removeprefix(inside) for file in self.files.values() if file.startswith(inside)}


@pytest.fixture(scope="module")
def imported(stacks: Mapping[str, Synthesized], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Imported]:
    """The functions of the environment `local`, imported on this machine from copies of their assets."""
    local = stacks["local"]
    elsewhere = tmp_path_factory.mktemp("cwd")
    return {
        function.address: _import_alone(local, function, tmp_path_factory.mktemp(function.address), elsewhere)
        for function in local.template.all("AWS::Lambda::Function")
    }


@pytest.fixture(scope="module")
def lambda_assets(stacks: Mapping[str, Synthesized]) -> dict[str, Path]:
    """The assets for Lambda, by function."""
    dev = stacks["dev"]
    return {function.address: dev.asset(function) for function in dev.template.all("AWS::Lambda::Function")}


def test_each_function_runs_its_module(stack: Synthesized) -> None:
    handlers = {f.address: f.properties["Handler"] for f in stack.template.all("AWS::Lambda::Function")}
    assert handlers == {name: f"{module}.handler" for name, module in _functions_of(stack).items()}


def test_each_function_has_its_own_asset(stack: Synthesized) -> None:
    folders = [stack.asset(function) for function in stack.template.all("AWS::Lambda::Function")]
    assert len(set(folders)) == len(_functions_of(stack))


@pytest.mark.parametrize("name", [*FUNCTIONS, *IMPORT_FUNCTIONS])
def test_a_handler_imports_its_asset_only(imported: dict[str, Imported], name: str) -> None:
    result = imported[name]
    assert result.is_callable
    libraries = {Path(os.__file__).resolve().parent}
    others = [
        file
        for file in result.files.values()
        if not file.startswith(f"{result.folder}{os.sep}") and libraries.isdisjoint(Path(file).resolve().parents)
    ]
    assert others == []
    assert "site-packages" not in "".join(result.path)


@pytest.mark.parametrize("name", [*FUNCTIONS, *IMPORT_FUNCTIONS])
def test_an_asset_has_the_imported_modules_only(imported: dict[str, Imported], name: str) -> None:
    result = imported[name]
    included = {
        str(path.relative_to(result.folder))
        for package in FIRST_PARTY
        if (result.folder / package).is_dir()
        for path in (result.folder / package).rglob("*.py")
    }
    loaded = {file for file in result.own_files() if Path(file).parts[0] in FIRST_PARTY}
    assert included == loaded


@pytest.mark.parametrize("name", [*FUNCTIONS, *IMPORT_FUNCTIONS])
def test_no_handler_imports_asyncio(imported: dict[str, Imported], name: str) -> None:
    # It takes 7 ms of a cold start. Later versions of wrapt, which the X-Ray SDK needs, import it.
    assert "asyncio" not in imported[name].files


@pytest.mark.parametrize("name", [*FUNCTIONS, *IMPORT_FUNCTIONS])
def test_only_imaging_functions_have_decoders(stacks: Mapping[str, Synthesized], name: str) -> None:
    having = [stack for stack in stacks.values() if name in _functions_of(stack)]
    assert having
    for stack in having:
        (function,) = (f for f in stack.template.all("AWS::Lambda::Function") if f.address == name)
        included = _top_level(stack.asset(function))
        decoders = {"PIL", "pillow_heif"}
        assert included & decoders == (decoders if name in IMAGING else set())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_asset_has_development_packages(lambda_assets: dict[str, Path], name: str) -> None:
    included = _top_level(lambda_assets[name])
    assert not included & {
        "aws_cdk",
        "constructs",
        "jsii",
        "pytest",
        "moto",
        "local",
        "tests",
        "infrastructure",
        "workflows",
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_asset_for_lambda_is_small(lambda_assets: dict[str, Path], name: str) -> None:
    with zipfile.ZipFile(lambda_assets[name]) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < MAX_UNZIPPED_BYTES
    assert lambda_assets[name].stat().st_size < MAX_ZIPPED_BYTES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_libraries_are_built_for_arm64_and_its_python(
    stacks: Mapping[str, Synthesized], lambda_assets: dict[str, Path], name: str
) -> None:
    (function,) = (f for f in stacks["dev"].template.all("AWS::Lambda::Function") if f.address == name)
    assert function.properties["Architectures"] == ["arm64"]
    assert function.properties["Runtime"] == "python3.14"
    with zipfile.ZipFile(lambda_assets[name]) as archive:
        libraries = [path for path in archive.namelist() if path.endswith(".so") or ".so." in Path(path).name]
        assert libraries
        for library in libraries:
            assert _elf_machine(archive, library) == EM_AARCH64, library
            # The name of an extension module has its Python version, unless it uses the stable ABI.
            if ".cpython-" in library:
                assert ".cpython-314-aarch64-linux-gnu." in library


def test_dev_staging_and_prod_have_the_same_code(stacks: Mapping[str, Synthesized]) -> None:
    folders = {
        name: {f.address: stack.asset(f) for f in stack.template.all("AWS::Lambda::Function")}
        for name, stack in stacks.items()
    }
    assert folders["dev"] == folders["staging"] == folders["prod"] != folders["local"]


def _functions_of(stack: Synthesized) -> Mapping[str, str]:
    """The modules of an environment's functions."""
    return {**FUNCTIONS, **(IMPORT_FUNCTIONS if stack.environment.import_buckets else {})}


def _import_alone(stack: Synthesized, function: Resource, folder: Path, cwd: Path) -> Imported:
    copy = folder / "asset"
    with zipfile.ZipFile(stack.asset(function)) as archive:
        archive.extractall(copy)
    variables = function.properties["Environment"]["Variables"]
    module = function.properties["Handler"].removesuffix(".handler")
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        # Isolated, without site-packages and bytecode: only the standard library and the copy.
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT_ALONE, str(copy), module],
        # As Lambda sets them: with LAMBDA_TASK_ROOT, the handler's module creates its clients.
        env={name: value if isinstance(value, str) else "a-physical-name" for name, value in variables.items()}
        | {"LAMBDA_TASK_ROOT": str(copy), "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    return Imported(
        folder=copy,
        is_callable=result["callable"],
        files={name: file for name, file in result["files"].items() if file},
        path=result["path"],
    )


def _top_level(asset: Path) -> set[str]:
    """The names of the modules, packages and other entries at the root of an asset."""
    with zipfile.ZipFile(asset) as archive:
        return {name.partition("/")[0] for name in archive.namelist()}


def _elf_machine(archive: zipfile.ZipFile, name: str) -> int:
    with archive.open(name) as file:
        header = file.read(20)
    assert header[:6] == b"\x7fELF\x02\x01", f"{name} is not a 64-bit little-endian ELF file"
    machine: int = struct.unpack_from("<H", header, 18)[0]
    return machine
