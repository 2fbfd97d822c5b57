"""The files that the demo sends, and its errors."""

import io
from pathlib import Path

import pytest
from PIL import Image

from local import users
from local.commands import demo, samples
from local.commands.outcomes import Outcome
from local.connection import Connection
from local.errors import CommandError
from local.progress import Progress
from tests.pictures import encoded

UNUSED_URL = "http://127.0.0.1:9"
LIVE = Connection(UNUSED_URL, UNUSED_URL, UNUSED_URL, "us-east-1", "pool", "client", "demo@photosky.test", "secret")


def test_all_samples_except_one_are_pictures(tmp_path: Path) -> None:
    names = {path.name for path in samples.paint(tmp_path)}
    assert names == {"landscape.jpg", "turned.jpg", "cmyk.jpg", "small.webp", "transparent.png", "not-a-picture.jpg"}
    for name in names - {"not-a-picture.jpg"}:
        with Image.open(tmp_path / name) as picture:
            picture.verify()


@pytest.mark.usefixtures("socket_enabled")
def test_stopped_stack_is_reported_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    monkeypatch.setattr(users, "id_token", lambda _live: "token")
    with pytest.raises(CommandError, match=r"The stack at http://127.0.0.1:9 stopped answering .*`make run`"):
        demo.run(LIVE, tmp_path, Progress(io.StringIO()))


def test_other_files_are_skipped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.JPG", "b.xmp", "c.mov", "d.XMP", ".DS_Store", "README"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("DSC1.HIF", "DSC2.MPO", "original", "e.bin"):
        (tmp_path / name).write_bytes(encoded("jpeg", size=(8, 6)))
    (tmp_path / "folder.jpg").mkdir()
    sent: list[str] = []

    def send(_live: Connection, files: list[Path], _progress: Progress) -> list[Outcome]:
        sent.extend(file.name for file in files)
        return []

    monkeypatch.setattr(demo, "send", send)
    output = io.StringIO()
    assert demo.run(LIVE, tmp_path, Progress(output)) == 0
    assert sent == ["DSC1.HIF", "DSC2.MPO", "a.JPG", "e.bin", "original"]
    assert "Skipped 4 files that are not pictures: 2 .xmp, 1 without a suffix, 1 .mov.\n" in output.getvalue()


@pytest.mark.parametrize("name", ["", "missing"])
def test_folder_without_pictures_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=r"There are no pictures in|is not a folder\."):
        demo.run(LIVE, tmp_path / name, Progress(io.StringIO()))
