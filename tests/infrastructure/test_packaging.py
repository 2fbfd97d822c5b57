"""Builds of the functions' assets that are kept, and the zip files that they are."""

import os
import zipfile
from pathlib import Path

import pytest

from infrastructure import packaging
from infrastructure.packaging import HOST, build, prune


def test_last_used_builds_of_a_function_are_kept(tmp_path: Path) -> None:
    for name, used in (("tasks.fail-a", 3), ("tasks.fail-b", 1), ("tasks.fail-c", 2), ("tasks.plan-a", 0)):
        build = tmp_path / f"{name}.zip"
        build.touch()
        os.utime(build, (used, used))
    prune(tmp_path, "tasks.fail", keep=2)
    kept = ["tasks.fail-a.zip", "tasks.fail-c.zip", "tasks.plan-a.zip"]
    assert sorted(path.name for path in tmp_path.iterdir()) == kept
    prune(tmp_path, "tasks.fail", keep=3)
    prune(tmp_path / "missing", "tasks.fail", keep=3)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_asset_is_reproducible_and_readable_by_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(_lock: Path, _target: object, folder: Path) -> None:
        (folder / "library").mkdir()
        (folder / "library" / "module.py").write_text("ONE = 1\n")
        (folder / "library" / "module.py").chmod(0o600)

    monkeypatch.setattr(packaging, "_install", install)
    built = []
    for place in ("first", "second"):
        monkeypatch.setattr(packaging, "BUILD", tmp_path / place)
        built.append(build("tasks.fail", "runtime", HOST))
    assert built[0].name == built[1].name
    assert built[0].read_bytes() == built[1].read_bytes()
    with zipfile.ZipFile(built[0]) as archive:
        entries = archive.infolist()
        assert archive.testzip() is None
    names = [entry.filename for entry in entries]
    assert {"library/module.py", "tasks/fail.py", "photosky/steps.py"} <= set(names)
    assert len(names) == len(set(names))
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_DEFLATED}
    assert not list(tmp_path.rglob(".building-*"))
