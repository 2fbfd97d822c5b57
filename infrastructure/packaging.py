"""The asset of a function: the modules that its handler imports and the packages that it needs, without Docker.

Packages are the hash-pinned wheels of a lock file, installed by uv for the target's platform. Both parts are cached
by digest in `.photosky/build`, so a synthesis without changes builds nothing. An asset is a zip file, because the CDK
would compress the same packages again for each function and deployment.
"""

import ast
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from infrastructure import sdk_data

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / ".photosky" / "build"
FIRST_PARTY: Final = ("photosky", "tasks", "api")
LAYOUT_VERSION: Final = "3"
"""Part of every digest: increment it when this module builds something else from the same input."""

KEPT_BUILDS: Final = 4
"""Builds of each function that are kept, for two targets. A change of a source can make new ones of 70 MB in total."""

Packages = Literal["runtime", "imaging"]
"""A lock file in `requirements/`: the packages of all functions, or those and the image decoders."""

_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can have."""
_UNIX: Final = 3
_READABLE_FILE: Final = stat.S_IFREG | 0o644

UNUSED: Final = ("boto3/examples", "boto3/data", "bin", "**/__pycache__", "**/tests")


@dataclass(frozen=True)
class Target:
    """The target of packages: a Python version such as `3.14`, and a platform of uv; None is this machine."""

    python: str
    platform: str | None

    @property
    def interpreter(self) -> str | None:
        """An interpreter of the target's Python, whose bytecode is valid there; None if this machine has none."""
        return _interpreter(self.python)


LAMBDA: Final = Target(python="3.14", platform="aarch64-manylinux_2_28")
"""Lambda's python3.14 on arm64: Amazon Linux 2023, glibc 2.34."""

HOST: Final = Target(python=f"{sys.version_info.major}.{sys.version_info.minor}", platform=None)


def build(module: str, packages: Packages, target: Target) -> Path:
    """Return the zip file with the asset of a function, after building it if it is missing."""
    sources = first_party_closure(module)
    libraries = _libraries(packages, target)
    digest = _digest(
        [
            LAYOUT_VERSION,
            libraries.stem,
            module,
            *(f"{path.relative_to(ROOT)}:{_file_digest(path)}" for path in sources),
        ]
    )
    archive = BUILD / "functions" / f"{module}-{digest}.zip"

    def fill(folder: Path) -> None:
        for source in sources:
            copy = folder / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        _compile(folder, target, [name for name in FIRST_PARTY if (folder / name).is_dir()])

    if not archive.is_file():
        prune(archive.parent, module, KEPT_BUILDS - 1)
    _once(archive, fill, base=libraries)
    os.utime(archive)
    return archive


def prune(functions: Path, module: str, keep: int) -> None:
    """Remove all builds of a function but the last used ones."""
    builds = sorted(functions.glob(f"{module}-*.zip"), key=lambda build: build.stat().st_mtime)
    for build in builds[: max(0, len(builds) - keep)]:
        build.unlink(missing_ok=True)


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


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return what a module may import. Cached, because most functions import the same modules."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    return tuple(names)


def _libraries(packages: Packages, target: Target) -> Path:
    """Return the zip file with the installed packages of a lock file, without files that no function uses."""
    lock = ROOT / "requirements" / f"{packages}.txt"
    machine = target.platform or f"{sys.platform}-{platform.machine()}"
    has_bytecode = "bytecode" if target.interpreter else "no bytecode"
    trimming = _file_digest(Path(sdk_data.__file__))
    digest = _digest([LAYOUT_VERSION, _file_digest(lock), target.python, has_bytecode, machine, trimming, *UNUSED])
    archive = BUILD / "packages" / f"{packages}-{digest}.zip"

    def fill(folder: Path) -> None:
        _install(lock, target, folder)
        for pattern in UNUSED:
            for path in sorted(folder.glob(pattern)):
                if path.is_dir():
                    shutil.rmtree(path)
        if (folder / "botocore").is_dir():
            sdk_data.trim(folder / "botocore")
        _compile(folder, target, [path.name for path in folder.iterdir()])

    return _once(archive, fill)


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
    """Add bytecode if this machine has an interpreter of the target: without it, a cold start compiles all of botocore.

    The hashes are unchecked, because the modification times of an asset are not meaningful (PEP 552).
    """
    if target.interpreter is None:
        return
    command = [target.interpreter, "-I", "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", *(str(folder / name) for name in names)]
    # It ends with 1 if a file cannot be compiled: some packages have files for other versions of Python.
    subprocess.run(command, check=False)  # noqa: S603 - an interpreter and our own paths


@cache
def _interpreter(python: str) -> str | None:
    """The path of an interpreter of this version that uv finds: this one, on the path, or installed by uv itself."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--no-project", python]
    found = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own
    if not found:
        advice = f"Install it by `uv python install {python}`, or start with it, for cold starts of half the time."
        print(f"The functions get no bytecode, because this machine has no Python {python}. {advice}", file=sys.stderr)
    return found or None


def _once(archive: Path, fill: Callable[[Path], None], base: Path | None = None) -> Path:
    """Build a zip file of the files that `fill` writes into a folder, after the entries of `base`, if it is missing.

    It is built completely or not at all, so that an interrupted build is never used.
    """
    if not archive.is_file():
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".building-") as scratch:
            folder, built = Path(scratch, "files"), Path(scratch, archive.name)
            folder.mkdir()
            fill(folder)
            if base is not None:
                shutil.copyfile(base, built)  # With its compressed entries, which take seconds to make.
            _append(folder, built)
            built.replace(archive)
    return archive


def _append(folder: Path, archive: Path) -> None:
    """Append the files of a folder to a zip file. Equal files result in equal bytes.

    All files are readable by every user, which Lambda requires (Lambda guide, "Package permissions for Python").
    """
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as writer:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_EPOCH)
            entry.external_attr = _READABLE_FILE << 16  # The upper half has the mode of Unix.
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            writer.writestr(entry, path.read_bytes())


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
