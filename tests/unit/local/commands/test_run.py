"""The options of `make run`, without a stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from local.commands import run
from local.connection import Connection
from local.emulator.latency import delays
from local.emulator.latency.draws import Latencies
from local.emulator.latency.table import AWS

CONNECTION = Connection(*["http://127.0.0.1:1"] * 3, *["x"] * 5)


class Emulator:
    """An emulator that does nothing."""

    def __init__(self, folder: Path, port: int, _origins: list[str]) -> None:
        self.folder, self.port, self.endpoint_url = folder, port, "http://127.0.0.1:1"

    def take(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@pytest.fixture
def no_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace what starts, deploys and stops the stack."""
    monkeypatch.setattr(run, "Emulator", Emulator)
    monkeypatch.setattr(run, "_deployed", lambda *_: CONNECTION)
    for name in ("_warm", "_await_health", "_stop_on_signals"):
        monkeypatch.setattr(run, name, lambda *_: None)
    yield
    delays.stop()


def running(folder: Path, **options: Any) -> delays.Delays | None:
    """Return the delays that are active once a stack is ready, and stop it."""
    found: list[delays.Delays | None] = []

    def stop(*_: Any) -> NoReturn:
        found.append(delays._active)
        raise run._Stopped

    run.run(folder, 0, stop, **options)
    (active,) = found
    return active


def options_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """Return the latency that the command line asks for."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(run, "run", lambda *_, **options: asked.append(options))
    assert run.main(arguments) == 0
    return asked[0]["latency"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--latency", "aws"], ("aws", 1)),
        (["--latency", "aws", "--latency-seed", "0"], ("aws", 0)),
    ],
)
def test_latency_is_an_option(monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: Any) -> None:
    assert options_of(monkeypatch, *arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--latency", "bogus"], "'bogus' is not a latency profile. Known: aws."),
        (["--latency-seed", "7"], "--latency-seed needs --latency"),
    ],
)
def test_wrong_latency_is_a_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    with pytest.raises(SystemExit):
        run.main(arguments)
    assert sentence in capsys.readouterr().err


@pytest.mark.usefixtures("no_stack")
def test_ready_stack_has_no_delays_by_default(tmp_path: Path) -> None:
    assert running(tmp_path) is None


@pytest.mark.usefixtures("no_stack")
def test_ready_stack_draws_from_the_profile_with_the_seed(tmp_path: Path) -> None:
    active = running(tmp_path, latency=("aws", 7))
    assert active is not None
    assert active._latencies.draw("s3", "GetObject") == Latencies(AWS, 7).draw("s3", "GetObject")
