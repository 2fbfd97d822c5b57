"""What the steps share: how they answer where a photo is not theirs, and how they are run and told of."""

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
from photosky.store.keys import execution_keys, original_key, preview_key, upload_key

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
REJECTION = Rejection("CorruptImage", "It is torn.")
NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
IN_PROGRESS = {
    "outcome": "declined",
    "code": "IngestInProgress",
    "detail": "Another ingest of this photo is in progress; retry after the interval in Retry-After.",
}
BECAME = [
    (None, NOT_FOUND),
    (replace(PHOTO, status=Status.DELETING), NOT_FOUND),
    (replace(PHOTO, status=Status.DELETING, rejection=REJECTION), NOT_FOUND),
    (replace(PHOTO, status=Status.READY), {"outcome": "ready"}),
    (
        replace(PHOTO, status=Status.REJECTED, rejection=REJECTION),
        {"outcome": "declined", "code": "CorruptImage", "detail": "It is torn."},
    ),
    (
        replace(PHOTO, status=Status.FAILED, rejection=Rejection("InternalError", "It broke.")),
        {"outcome": "declined", "code": "InternalError", "detail": "It broke."},
    ),
    (PHOTO, IN_PROGRESS),
    (replace(PHOTO, status=Status.AWAITING_UPLOAD), IN_PROGRESS),
]
MADE = execution_keys("owner", PHOTO_ID, "execution 1", DEFAULT_PRESETS)
UPLOAD = upload_key("owner", PHOTO_ID)
NAMING = replace(
    PHOTO,
    original=original_key("owner", PHOTO_ID, "execution 1"),
    previews={
        preset.name: StoredPreview(preview_key("owner", PHOTO_ID, "execution 1", preset), 1, 1, "image/webp", 1)
        for preset in DEFAULT_PRESETS
    },
)


@pytest.mark.parametrize(("photo", "answer"), BECAME)
def test_a_step_that_lost_its_photo_answers_what_became_of_it(photo: Photo | None, answer: StepResult) -> None:
    assert superseded(photo) == answer


@pytest.mark.parametrize(
    ("photo", "gone"),
    [
        (None, [MADE | {UPLOAD}]),
        (replace(PHOTO, status=Status.DELETING), [MADE | {UPLOAD}]),
        (replace(PHOTO, status=Status.REJECTED, rejection=REJECTION), [MADE | {UPLOAD}]),
        (replace(PHOTO, status=Status.FAILED, rejection=REJECTION), [MADE]),
        (replace(PHOTO, status=Status.AWAITING_UPLOAD), [MADE]),
        (replace(PHOTO, execution="execution 2"), [MADE]),
        (replace(PHOTO, status=Status.READY, execution="execution 2"), [MADE]),
        (replace(NAMING, status=Status.READY, execution="execution 1"), []),
        (replace(NAMING, status=Status.PROCESSING, execution="reconcile"), []),
        (replace(NAMING, status=Status.DELETING), [MADE | {UPLOAD}]),
    ],
)
def test_a_step_that_wrote_objects_removes_them_unless_the_record_names_them(
    photo: Photo | None, gone: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload stays where somebody may ingest it still, or is ingesting it."""
    removed: list[set[str]] = []

    class Bucket:
        def remove(self, object_keys: Iterable[str]) -> None:
            removed.append(set(object_keys))

    settings = Settings("photos", "media", ("https://a.example",), DEFAULT_PRESETS, 1, 1, 60, "drop", "1.0.0")
    monkeypatch.setattr("photosky.steps.media_bucket", Bucket)
    monkeypatch.setattr("photosky.steps.settings", lambda: settings)
    assert withdraw(CLAIM, photo) == superseded(photo)
    assert removed == gone


def test_the_three_ways_to_refuse() -> None:
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
def test_a_claim_names_what_its_input_lacks(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Claim.from_event({key: value for key, value in EVENT.items() if key != name})


Told = Callable[[], list[dict[str, Any]]]


IDS: Final = {"step": "previews", "photo_id": PHOTO_ID, "execution": "execution 1"}
BY_STEP: Final = ["environment", "step", "outcome"]


def directives(metric: Mapping[str, Any]) -> list[tuple[list[str], list[str]]]:
    """What a line in the embedded format publishes: the names of metrics, each by which dimensions."""
    told = metric["_aws"]["CloudWatchMetrics"]
    assert all(directive["Namespace"] == "PhotoSky" for directive in told)
    return [([one["Name"] for one in directive["Metrics"]], *directive["Dimensions"]) for directive in told]


def test_a_step_gets_its_claim_and_its_input_and_its_answer_is_told_without_detail(told: Told) -> None:
    answer = {"outcome": "rejected", "code": "CorruptImage", "detail": "private"}

    def run(claim: Claim, event: Mapping[str, Any]) -> StepResult:
        assert (claim, event) == (CLAIM, EVENT)
        return answer

    assert step("previews", run)(EVENT, None) == answer
    line, metric = told()
    about = IDS | {"outcome": "rejected", "code": "CorruptImage"}
    assert line.items() >= (about | {"level": "INFO", "message": "Step completed"}).items()
    assert "private" not in str(line) + str(metric)
    assert metric.pop("Duration") >= 0
    assert directives(metric) == [(["Steps", "Duration"], BY_STEP)]
    del metric["_aws"]
    assert metric == about | {"environment": "undefined", "Steps": 1}


def test_a_step_that_read_the_upload_tells_how_large_it_is(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "prod")
    step("validate", lambda _claim, _event: {"outcome": "accepted", "size_bytes": 9, "width": 4, "height": 3})(EVENT, 0)
    _, metric = told()
    assert directives(metric) == [(["Steps", "Duration", "Bytes", "Pixels"], BY_STEP)]
    assert (metric["environment"], metric["Bytes"], metric["Pixels"]) == ("prod", 9, 12)


@pytest.mark.parametrize(
    ("name", "outcome", "refuses"),
    [
        ("validate", "rejected", False),
        ("previews", "rejected", False),
        ("reject", "rejected", True),
        ("validate", "declined", True),
        ("persist", "declined", True),
        ("fail", "failed", False),
    ],
)
def test_a_refusal_is_counted_once_by_the_step_whose_answer_the_client_gets(
    told: Told, name: str, outcome: str, refuses: bool
) -> None:
    step(name, lambda _claim, _event: {"outcome": outcome, "code": "CorruptImage"})(EVENT, None)
    _, metric = told()
    counted = (["Refusals"], ["environment", "code"])
    assert (counted in directives(metric)) is refuses
    assert metric.get("Refusals") == (1 if refuses else None)


def test_a_fault_is_told_with_the_ids_and_goes_on(told: Told) -> None:
    def run(_claim: Claim, _event: Mapping[str, Any]) -> StepResult:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        step("previews", run)(EVENT, None)
    line, metric = told()
    assert line.items() >= (IDS | {"level": "ERROR", "message": "The step failed", "fault": "OSError"}).items()
    assert line["exception_name"] == "OSError"
    assert directives(metric) == [(["Steps", "Duration"], BY_STEP)]
    assert metric.items() >= (IDS | {"outcome": "fault", "fault": "OSError", "Steps": 1}).items()


def test_what_aws_refuses_is_told_by_its_code_and_operation(told: Told) -> None:
    def run(_claim: Claim, _event: Mapping[str, Any]) -> StepResult:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no policy allows it"}}, "PutObject")

    with pytest.raises(ClientError):
        step("previews", run)(EVENT, None)
    line, _ = told()
    assert (line["step"], line["fault"], line["operation"]) == ("previews", "AccessDenied", "PutObject")


def test_what_cannot_be_a_photos_id_is_not_told(told: Told) -> None:
    step("validate", lambda _claim, _event: not_found())(EVENT | {"photo_id": "my-house.jpg"}, None)
    assert "my-house" not in str(told())
