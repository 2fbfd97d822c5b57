"""The asset of a function: the modules that its handler imports and the packages that it needs, without Docker.

Packages are the hash-pinned wheels of a lock file, installed by uv for the target's platform. Both parts are cached
by digest in `.photosky/build`, so a synthesis without changes builds nothing.
"""

import ast
import compileall
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final, Literal

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / ".photosky" / "build"
FIRST_PARTY: Final = ("photosky", "tasks", "api")
LAYOUT_VERSION: Final = "1"
"""Part of every digest: increment it when this module builds something else from the same input."""

KEPT_BUILDS: Final = 8
"""Builds of each function that are kept, for two targets. Every change of a source makes new ones of 15 MB each."""

Packages = Literal["runtime", "imaging"]
"""A lock file in `requirements/`: the packages of all functions, or those and the image decoders."""

SDK_MODELS: Final = ("dynamodb", "s3", "stepfunctions")
"""The services whose botocore models are included; all 400 of them would be 100 MB."""

UNUSED: Final = ("boto3/examples", "boto3/data", "botocore/data/*/", "bin", "**/__pycache__", "**/tests")


@dataclass(frozen=True)
class Target:
    """The target of packages: a Python version such as `3.14`, and a platform of uv; None is this machine."""

    python: str
    platform: str | None

    @property
    def is_host_python(self) -> bool:
        """Whether the bytecode of this interpreter is valid on the target."""
        return self.python == f"{sys.version_info.major}.{sys.version_info.minor}"


LAMBDA: Final = Target(python="3.14", platform="aarch64-manylinux_2_28")
"""Lambda's python3.14 on arm64: Amazon Linux 2023, glibc 2.34."""

HOST: Final = Target(python=f"{sys.version_info.major}.{sys.version_info.minor}", platform=None)


def build(module: str, packages: Packages, target: Target) -> Path:
    """Return the folder with the asset of a function, after building it if it is missing."""
    sources = first_party_closure(module)
    libraries = _libraries(packages, target)
    digest = _digest(
        [
            LAYOUT_VERSION,
            libraries.name,
            module,
            *(f"{path.relative_to(ROOT)}:{_file_digest(path)}" for path in sources),
        ]
    )
    folder = BUILD / "functions" / f"{module}-{digest}"

    def fill(scratch: Path) -> None:
        shutil.copytree(libraries, scratch, dirs_exist_ok=True, copy_function=_link)
        for source in sources:
            copy = scratch / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        _compile(scratch, target, [name for name in FIRST_PARTY if (scratch / name).is_dir()])

    if not folder.is_dir():
        prune(folder.parent, module, KEPT_BUILDS - 1)
    _once(folder, fill)
    os.utime(folder)
    return folder


def prune(functions: Path, module: str, keep: int) -> None:
    """Remove all builds of a function but the last used ones."""
    builds = sorted(functions.glob(f"{module}-*"), key=lambda build: build.stat().st_mtime)
    for build in builds[: max(0, len(builds) - keep)]:
        shutil.rmtree(build, ignore_errors=True)


def _link(source: str, target: str) -> None:
    """Link a file, because nine functions' packages would take 280 MB as copies; copy it where links are impossible."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def first_party_closure(module: str) -> list[Path]:
    """Return the files of this project that importing `module` reads, from their import statements."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.partition(".")[0] not in FIRST_PARTY:
            continue
        path = _source(name)
        if path is None:
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0], *_imports(path)]
    return sorted(set(found.values()))


def _source(module: str) -> Path | None:
    """Return the file of a module; None for an attribute that is imported from a module."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imports(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _libraries(packages: Packages, target: Target) -> Path:
    """Return the folder with the installed packages of a lock file, without files that no function uses."""
    lock = ROOT / "requirements" / f"{packages}.txt"
    machine = target.platform or f"{sys.platform}-{platform.machine()}"
    digest = _digest([LAYOUT_VERSION, _file_digest(lock), target.python, machine, *SDK_MODELS, *UNUSED])
    folder = BUILD / "packages" / f"{packages}-{digest}"

    def fill(scratch: Path) -> None:
        _install(lock, target, scratch)
        for pattern in UNUSED:
            for path in sorted(scratch.glob(pattern)):
                if path.is_dir() and path.name not in SDK_MODELS:
                    shutil.rmtree(path)
        _compile(scratch, target, [path.name for path in scratch.iterdir()])

    return _once(folder, fill)


def _install(lock: Path, target: Target, folder: Path) -> None:
    if find_spec("uv") is None:
        raise RuntimeError("uv is missing, which packages the functions; run `make install`.")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--target", str(folder), "-r", str(lock)]
    command += ["--python-version", target.python]
    command += ["--python-platform", target.platform] if target.platform else ["--python", sys.executable]
    print(f"Installing the packages of {lock.name} for the functions ...", file=sys.stderr)
    subprocess.run(command, check=True)  # noqa: S603 - a fixed command and our own paths


def _compile(folder: Path, target: Target, names: Iterable[str]) -> None:
    """Add bytecode if it is valid on the target: without it, a cold start compiles all of botocore.

    The hashes are unchecked, because the modification times of an asset are not meaningful (PEP 552).
    """
    if not target.is_host_python:
        return
    for name in names:
        compileall.compile_dir(
            folder / name,
            quiet=2,
            stripdir=str(folder),
            prependdir="/var/task",
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )


def _once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Build a folder completely or not at all, so that an interrupted build is never used."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".building-"))
        try:
            fill(scratch)
            scratch.chmod(0o755)
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
