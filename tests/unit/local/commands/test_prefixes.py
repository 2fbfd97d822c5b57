"""`make import` of an S3 prefix within AWS: its execution, its results, and the sources that it does not import."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from botocore.response import StreamingBody

from local.commands import imports, prefixes
from local.commands.importer import Stack
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from photosky.originals import Outcome

MACHINE: Final = "arn:aws:states:us-east-1:000000000000:stateMachine:Import"
SOURCE: Final = "s3://old-pictures/2025/"
INPUT: Final = {"owner_id": "owner", "bucket": "old-pictures", "prefix": "2025/", "results": "imports/owner"}
PLACE: Final = {"Bucket": "media", "Key": "imports/owner/1/manifest.json"}
OUTPUTS: Final = {"ImportStateMachineArn": MACHINE, "ImportBuckets": "older-pictures,old-pictures"}


def line(key: str, status: str = "SUCCEEDED", output: Mapping[str, Any] | None = None, **more: str) -> dict[str, Any]:
    """A line of the results."""
    given = {"owner_id": "owner", "bucket": "old-pictures", "prefix": "2025/", "key": f"2025/{key}", "size_bytes": 9}
    result = {} if output is None else {"Output": json.dumps(output)}
    return {"Input": json.dumps(given), "Status": status, **result, **more}


SUCCEEDED: Final = [
    line("a.jpg", output={"became": "imported", "photo_id": "1"}),
    line("b/again.jpg", output={"became": "duplicate", "photo_id": "1"}),
    line("ü.jpg", output={"became": "rejected", "code": "CorruptImage", "detail": "It is torn."}),
    line("c.jpg", output={"became": "failed", "code": "States.Timeout"}),
    line("d.mov", output={"became": "skipped"}),
    line(".e/f.jpg", output={"became": "hidden"}),
    line("", output={"became": "hidden"}),
]
FAILED: Final = [line("g.jpg", "TIMED_OUT"), line("h.jpg", "FAILED", Error="States.Runtime", Cause="It broke.")]
OUTCOMES: Final = [
    Outcome("a.jpg", "imported", "1"),
    Outcome("b/again.jpg", "duplicate", "1"),
    Outcome("ü.jpg", "rejected", None, "CorruptImage", "It is torn."),
    Outcome("c.jpg", "failed", None, "States.Timeout"),
    Outcome("g.jpg", "failed", None, "TIMED_OUT"),
    Outcome("h.jpg", "failed", None, "States.Runtime", "It broke."),
]


class Results:
    """An S3 client with the results of one execution."""

    def __init__(self, succeeded: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]] = ()) -> None:
        files = {"SUCCEEDED": succeeded, "FAILED": failed, "PENDING": ()}
        manifest: dict[str, Any] = {"DestinationBucket": "media", "MapRunArn": "run"}
        manifest["ResultFiles"] = {
            status: [{"Key": f"imports/owner/1/{status}_0.jsonl", "Size": 9}] if lines else []
            for status, lines in files.items()
        }
        self._stored = {PLACE["Key"]: json.dumps(manifest).encode()} | {
            f"imports/owner/1/{status}_0.jsonl": b"".join(json.dumps(one).encode() + b"\n" for one in lines)
            for status, lines in files.items()
        }

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == "media"
        data = self._stored[Key]
        return {"Body": StreamingBody(io.BytesIO(data), len(data))}


class States:
    """A Step Functions client whose executions take three polls. `running` has the inputs of those that run already."""

    def __init__(self, running: Sequence[Mapping[str, str]] = (), **ended: str) -> None:
        self.inputs = {f"{MACHINE}:{number}": given for number, given in enumerate(running)}
        self.started: list[Mapping[str, str]] = []
        self.on_poll: Callable[[], None] = lambda: None
        self._ended = {"status": "SUCCEEDED", "output": json.dumps({"ResultWriterDetails": PLACE})} | ended
        self._polls = 0

    def start_execution(self, stateMachineArn: str, input: str) -> dict[str, str]:
        assert stateMachineArn == MACHINE
        self.started.append(json.loads(input))
        self.inputs["new"] = json.loads(input)
        return {"executionArn": "new"}

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        self._polls += 1
        ended = self._ended if self._polls > 3 + len(self.inputs) else {"status": "RUNNING"}
        return {**ended, "input": json.dumps(self.inputs[executionArn])}

    def get_paginator(self, operation: str) -> Any:
        pages = {
            "list_executions": [{"executions": [{"executionArn": arn} for arn in self.inputs]}],
            "list_map_runs": [{"mapRuns": [{"mapRunArn": "run"}]}],
        }
        return SimpleNamespace(paginate=lambda **_given: pages[operation])

    def describe_map_run(self, mapRunArn: str) -> dict[str, Any]:
        assert mapRunArn == "run"
        self.on_poll()
        return {"itemCounts": {"succeeded": 2, "failed": 1, "timedOut": 1, "aborted": 0, "total": 9, "running": 5}}


@pytest.fixture(autouse=True)
def _no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "time", SimpleNamespace(sleep=lambda _seconds: None))


def deployed(states: States) -> Deployed:
    return Deployed(cast(Any, SimpleNamespace(client=lambda _service: states)), OUTPUTS)


def run(states: States) -> tuple[Mapping[str, str], str]:
    """Import the source. Returns the place of the results, and what was printed."""
    output = io.StringIO()
    place = prefixes.run(deployed(states), SOURCE, "owner", Progress(output))
    return place, output.getvalue()


def test_execution_is_started_and_followed_to_its_results() -> None:
    states = States()
    place, shown = run(states)
    assert (place, states.started) == (PLACE, [INPUT])
    assert f"Starting an execution of {MACHINE}" in shown
    assert "✓ Importing s3://old-pictures/2025/ (4 of 9 files)" in shown


def test_running_execution_with_the_same_input_is_followed() -> None:
    states = States(running=[{**INPUT, "prefix": "2024/"}, INPUT])
    place, shown = run(states)
    assert (place, states.started) == (PLACE, [])
    assert f"Following an execution of {MACHINE}" in shown


def test_other_running_executions_are_left_alone() -> None:
    states = States(running=[{**INPUT, "owner_id": "other"}])
    run(states)
    assert states.started == [INPUT]


def test_failed_execution_is_reported() -> None:
    states = States(status="FAILED", error="States.ItemReaderFailed", cause="It is not there.")
    with pytest.raises(CommandError) as failed:
        run(states)
    assert str(failed.value) == "new failed: States.ItemReaderFailed: It is not there."


def test_interrupted_command_names_the_execution_that_continues() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    states, output = States(), io.StringIO()
    states.on_poll = interrupt
    with pytest.raises(KeyboardInterrupt):
        prefixes.run(deployed(states), SOURCE, "owner", Progress(output))
    assert "new continues. Start the same command again to follow it.\n" in output.getvalue()


def test_results_name_each_picture_and_count_other_files() -> None:
    others: Counter[str] = Counter()
    assert list(prefixes.outcomes(Results(SUCCEEDED, FAILED), PLACE, others)) == OUTCOMES
    assert others == {".mov": 1}


def test_object_that_was_never_started_failed() -> None:
    pending = {"Input": line("a.jpg")["Input"]}
    outcomes = list(prefixes.outcomes(Results([], [pending]), PLACE, Counter()))
    assert outcomes == [Outcome("a.jpg", "failed", None, "PENDING")]


@pytest.mark.parametrize(
    ("outputs", "source", "obstacle"),
    [
        (OUTPUTS, SOURCE, None),
        (OUTPUTS, "s3://older-pictures", None),
        (OUTPUTS, "s3://other/2025/", "The files pass through this machine, because other is not one of the"),
        ({}, SOURCE, "The files pass through this machine, because old-pictures is not one of the"),
        (OUTPUTS, "old-pictures", "It is a folder of this machine."),
    ],
)
def test_only_listed_buckets_are_imported_within_aws(
    outputs: Mapping[str, str], source: str, obstacle: str | None
) -> None:
    found = prefixes.obstacle(Deployed(cast(Any, None), outputs), source)
    assert found == obstacle or (found and obstacle and found.startswith(obstacle))


def import_all(results: Results, report: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[Any], str]:
    """Import the source by `make import`. Returns the counts, and what was printed."""
    stack = Stack(*cast(Any, (None, "machine", "pool", results, None, None, None)))
    monkeypatch.setattr(Stack, "of", lambda _deployed: stack)
    monkeypatch.setattr(Stack, "owner_id", lambda _self, _owner: "owner")
    output = io.StringIO()
    counts = imports.import_from(deployed(States()), SOURCE, "user", report, Progress(output))
    return counts, output.getvalue()


def test_report_has_a_line_for_each_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "import.jsonl"
    counts, shown = import_all(Results(SUCCEEDED, FAILED), report, monkeypatch)
    assert counts == {"imported": 1, "duplicate": 1, "rejected": 1, "failed": 3}
    lines = [json.loads(text) for text in report.read_text(encoding="utf-8").splitlines()]
    assert [Outcome(**found) for found in lines] == OUTCOMES
    assert "ü.jpg: CorruptImage: It is torn.\n" in shown
    assert "Skipped 1 file that is not a picture: 1 .mov.\n" in shown


def test_prefix_without_pictures_keeps_the_previous_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "import.jsonl"
    report.write_text("previous report")
    with pytest.raises(CommandError) as refused:
        import_all(Results(SUCCEEDED[4:]), report, monkeypatch)
    assert str(refused.value) == f"There are no pictures in {SOURCE}."
    assert report.read_text() == "previous report"
