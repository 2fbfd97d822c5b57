"""The command `python -m photosky.imaging`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photosky.imaging.__main__ import main
from tests.pictures import encoded, wrong_bytes


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_describes_the_written_previews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "sea.jpg"
    source.write_bytes(encoded("jpeg", 6, size=(800, 600)))
    assert main([str(source), "--out", str(tmp_path / "out"), "--json"]) == 0
    output = capsys.readouterr()
    (result,) = json_lines(output.out)
    assert (result["outcome"], result["format"], result["width"], result["height"]) == ("ready", "jpeg", 800, 600)
    assert {name: (preview["width"], preview["height"]) for name, preview in result["previews"].items()} == {
        "thumb": (256, 256),
        "small": (640, 480),
        "medium": (800, 600),
        "large": (800, 600),
    }
    for name, preview in result["previews"].items():
        data = (tmp_path / "out" / "sea.jpg" / f"{name}.webp").read_bytes()
        assert (preview["file"], preview["size_bytes"]) == (str(tmp_path / f"out/sea.jpg/{name}.webp"), len(data))
        assert Image.open(io.BytesIO(data)).size == (preview["width"], preview["height"])
        assert preview["seconds"] >= 0
    assert output.err == ""


def test_rejected_files_are_reported_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = tmp_path / "bad.jpg", tmp_path / "good.png"
    bad.write_bytes(wrong_bytes())
    good.write_bytes(encoded("png"))
    assert main([str(bad), str(good), "--out", str(tmp_path / "out"), "--json"]) == 1
    output = capsys.readouterr()
    rejected, rendered = json_lines(output.out)
    assert (rejected["file"], rejected["outcome"], rendered["outcome"]) == (str(bad), "UnsupportedFormat", "ready")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png"]
    assert output.err.splitlines()[-1] == "2 of 2 files, 1 rejected"


def test_files_of_the_same_name_get_different_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a/deep", "b"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.png").write_bytes(encoded("png", size=(20, 20)))
    sources = [tmp_path / "a", tmp_path / "b" / "x.png", tmp_path / "a" / "deep" / "x.png"]
    assert main([*map(str, sources), "--out", str(tmp_path / "out")]) == 0
    thumbs = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("thumb.webp"))
    assert thumbs == ["deep/x.png/thumb.webp", "x.png/thumb.webp", "x.png~2/thumb.webp"]
    assert "deep/x.png: png 20x20, " in capsys.readouterr().out.splitlines()[0]


def test_missing_source_is_reported_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "nothing.jpg"), "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: file or folder not found: {tmp_path / 'nothing.jpg'}\n")


def test_progress_takes_ten_lines_without_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    for number in range(25):
        (tmp_path / "in" / f"{number:02}.png").write_bytes(encoded("png", size=(8, 8)))
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert len(capsys.readouterr().err.splitlines()) == 10
