"""The results, the input and the handler wrapper of the steps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.metrics import ENVIRONMENT_VARIABLE
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.settings import Settings
from photosky.steps import Claim, StepResult, declined, not_found, rejected, step, superseded, withdraw
from photosky.store.keys import execution_keys, facts_key, original_key, preview_key, upload_key

PHOTO_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
CLAIM = Claim("owner", PHOTO_ID, "execution 1")
EVENT = {"owner_id": "owner", "photo_id": PHOTO_ID, "execution": "execution 1", "etag": '"1"'}
PHOTO = Photo(
    owner_id="owner",
    photo_id=PHOTO_ID,
    status=Status.PROCESSING,
    filename="secret.jpg",
    content_type="image/jpeg",
    size_bytes=1,
    created_at="2026-01-01T00:00:00.000Z",
)
REJECTION = Rejection("CorruptImage", "The image is damaged.")
NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
IN_PROGRESS = {
    "outcome": "declined",
    "code": "IngestInProgress",
    "detail": "Another ingest of this photo is in progress; retry after the interval in Retry-After.",
}
RESULTS = [
    (None, NOT_FOUND),
    (replace(PHOTO, status=Status.DELETING), NOT_FOUND),
    (replace(PHOTO, status=Status.DELETING, rejection=REJECTION), NOT_FOUND),
    (replace(PHOTO, status=Status.READY), {"outcome": "ready"}),
    (
        replace(PHOTO, status=Status.TRASHED),
        {
            "outcome": "declined",
            "code": "PhotoTrashed",
            "detail": "The photo is in the trash. Restore it instead of ingesting it again.",
        },
    ),
    (
        replace(PHOTO, status=Status.REJECTED, rejection=REJECTION),
        {"outcome": "declined", "code": "CorruptImage", "detail": "The image is damaged."},
    ),
    (
        replace(PHOTO, status=Status.FAILED, rejection=Rejection("InternalError", "An internal error.")),
        {"outcome": "declined", "code": "InternalError", "detail": "An internal error."},
    ),
    (PHOTO, IN_PROGRESS),
    (replace(PHOTO, status=Status.AWAITING_UPLOAD), IN_PROGRESS),
]
WRITTEN = execution_keys("owner", PHOTO_ID, "execution 1", DEFAULT_PRESETS)
UPLOAD = upload_key("owner", PHOTO_ID)
FACTS = facts_key("owner", PHOTO_ID, "execution 1")
COMPLETE = replace(
    PHOTO,
    original=original_key("owner", PHOTO_ID, "execution 1"),
    previews={
        preset.name: StoredPreview(preview_key("owner", PHOTO_ID, "execution 1", preset), 1, 1, "image/webp", 1)
        for preset in DEFAULT_PRESETS
    },
)


@pytest.mark.parametrize(("photo", "result"), RESULTS)
def test_superseded_step_returns_the_state_of_the_photo(photo: Photo | None, result: StepResult) -> None:
    assert superseded(photo) == result


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        (None, [WRITTEN | {UPLOAD}]),
        (replace(PHOTO, status=Status.DELETING), [WRITTEN | {UPLOAD}]),
        (replace(PHOTO, status=Status.REJECTED, rejection=REJECTION), [WRITTEN | {UPLOAD}]),
        (replace(PHOTO, status=Status.FAILED, rejection=REJECTION), [WRITTEN]),
        (replace(PHOTO, status=Status.AWAITING_UPLOAD), [WRITTEN]),
        (replace(PHOTO, execution="execution 2"), [WRITTEN]),
        (replace(PHOTO, status=Status.READY, execution="execution 2"), [WRITTEN]),
        (replace(COMPLETE, status=Status.READY, execution="execution 1"), [{FACTS}]),
        (replace(COMPLETE, status=Status.TRASHED, execution="execution 1"), [{FACTS}]),
        (replace(COMPLETE, status=Status.PROCESSING, execution="reconcile"), [{FACTS}]),
        (replace(COMPLETE, status=Status.DELETING), [WRITTEN | {UPLOAD}]),
    ],
)
def test_withdraw_removes_objects_that_the_record_does_not_name(
    photo: Photo | None, expected: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload is kept if it is or can be ingested."""
    removed: list[set[str]] = []

    class Bucket:
        def remove(self, object_keys: Iterable[str]) -> None:
            removed.append(set(object_keys))

    settings = Settings(
        "photos", "media", ("https://a.example",), DEFAULT_PRESETS, 1, 1, 60, "drop", 1, 30, 0, 0, "1.0.0"
    )
    monkeypatch.setattr("photosky.steps.media_bucket", Bucket)
    monkeypatch.setattr("photosky.steps.settings", lambda: settings)
    assert withdraw(CLAIM, photo) == superseded(photo)
    assert removed == expected


def test_results_of_refusals() -> None:
    assert declined(Code.UPLOAD_MISSING, "Not yet.") == {
        "outcome": "declined",
        "code": "UploadMissing",
        "detail": "Not yet.",
    }
    assert rejected(PhotoSkyError(Code.TOO_MANY_PIXELS, "A poster.")) == {
        "outcome": "rejected",
        "code": "TooManyPixels",
        "detail": "A poster.",
    }
    assert not_found() == NOT_FOUND


@pytest.mark.parametrize("name", ["owner_id", "photo_id", "execution"])
def test_missing_key_of_the_input_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Claim.from_event({key: value for key, value in EVENT.items() if key != name})


LogLines = Callable[[], list[dict[str, Any]]]


IDS: Final = {"step": "previews", "photo_id": PHOTO_ID, "execution": "execution 1"}
BY_STEP: Final = ["environment", "step", "outcome"]


def directives(metric: Mapping[str, Any]) -> list[tuple[list[str], list[str]]]:
    """The metrics that a line in the embedded metric format publishes, with their dimensions."""
    published = metric["_aws"]["CloudWatchMetrics"]
    assert all(directive["Namespace"] == "PhotoSky" for directive in published)
    return [([one["Name"] for one in directive["Metrics"]], *directive["Dimensions"]) for directive in published]


def test_result_is_logged_and_measured_without_its_detail(log_lines: LogLines) -> None:
    result = {"outcome": "rejected", "code": "CorruptImage", "detail": "private"}

    def run(claim: Claim, event: Mapping[str, Any]) -> StepResult:
        assert (claim, event) == (CLAIM, EVENT)
        return result

    assert step("previews", run)(EVENT, None) == result
    line, metric = log_lines()
    about = IDS | {"outcome": "rejected", "code": "CorruptImage"}
    assert line.items() >= (about | {"level": "INFO", "message": "Step completed"}).items()
    assert "private" not in str(line) + str(metric)
    assert metric.pop("Duration") >= 0
    assert directives(metric) == [(["Steps", "Duration"], BY_STEP)]
    del metric["_aws"]
    assert metric == about | {"environment": "undefined", "Steps": 1}


def test_bytes_and_pixels_of_the_upload_are_measured(log_lines: LogLines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "prod")
    step("validate", lambda _claim, _event: {"outcome": "accepted", "size_bytes": 9, "width": 4, "height": 3})(EVENT, 0)
    _, metric = log_lines()
    assert directives(metric) == [(["Steps", "Duration", "Bytes", "Pixels"], BY_STEP)]
    assert (metric["environment"], metric["Bytes"], metric["Pixels"]) == ("prod", 9, 12)


@pytest.mark.parametrize(
    ("name", "outcome", "refuses"),
    [
        ("validate", "rejected", False),
        ("previews", "rejected", False),
        ("reject", "rejected", True),
        ("persist", "rejected", True),
        ("validate", "declined", True),
        ("persist", "declined", True),
        ("fail", "failed", False),
    ],
)
def test_refusal_is_counted_once(log_lines: LogLines, name: str, outcome: str, refuses: bool) -> None:
    step(name, lambda _claim, _event: {"outcome": outcome, "code": "CorruptImage"})(EVENT, None)
    _, metric = log_lines()
    counted = (["Refusals"], ["environment", "code"])
    assert (counted in directives(metric)) is refuses
    assert metric.get("Refusals") == (1 if refuses else None)


def test_fault_is_logged_with_the_ids_and_raised(log_lines: LogLines) -> None:
    def run(_claim: Claim, _event: Mapping[str, Any]) -> StepResult:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        step("previews", run)(EVENT, None)
    line, metric = log_lines()
    assert line.items() >= (IDS | {"level": "ERROR", "message": "The step failed", "fault": "OSError"}).items()
    assert line["exception_name"] == "OSError"
    assert directives(metric) == [(["Steps", "Duration"], BY_STEP)]
    assert metric.items() >= (IDS | {"outcome": "fault", "fault": "OSError", "Steps": 1}).items()


def test_aws_error_is_logged_by_code_and_operation(log_lines: LogLines) -> None:
    def run(_claim: Claim, _event: Mapping[str, Any]) -> StepResult:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no policy allows it"}}, "PutObject")

    with pytest.raises(ClientError):
        step("previews", run)(EVENT, None)
    line, _ = log_lines()
    assert (line["step"], line["fault"], line["operation"]) == ("previews", "AccessDenied", "PutObject")


def test_invalid_photo_id_is_not_logged(log_lines: LogLines) -> None:
    step("validate", lambda _claim, _event: not_found())(EVENT | {"photo_id": "my-house.jpg"}, None)
    assert "my-house" not in str(log_lines())
