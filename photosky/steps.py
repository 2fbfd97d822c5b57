"""What the workflow's steps have in common: whom they work on, how they answer, and how they are run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from photosky.aws import fault_of
from photosky.errors import Code, PhotoSkyError
from photosky.photo import Photo, Status, is_photo_id
from photosky.settings import settings
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.telemetry import annotate, logger, measure, span

Answer = dict[str, Any]
"""What a step answers: `outcome`, and by outcome what the next state or the client needs."""


@dataclass(frozen=True)
class Claim:
    """One photo and the execution that works on it: the part of its input that every step has."""

    owner_id: str
    photo_id: str
    execution: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read it from a step's input. Raises KeyError, which names what is missing."""
        return cls(event["owner_id"], event["photo_id"], event["execution"])


def declined(code: Code, detail: str) -> Answer:
    """The request is refused, and the photo stays as it is."""
    return {"outcome": "declined", "code": str(code), "detail": detail}


def rejected(error: PhotoSkyError) -> Answer:
    """The upload is refused, and the photo will say so."""
    return {"outcome": "rejected", "code": str(error.code), "detail": error.detail}


def not_found() -> Answer:
    """There is no such photo, or not any more."""
    return declined(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")


def superseded(photo: Photo | None) -> Answer:
    """What to answer where this execution does not hold the photo (any more), from what the record says instead."""
    if photo is None or photo.status is Status.DELETING:
        return not_found()
    if photo.status is Status.READY:
        return {"outcome": "ready"}
    # While it is held, what is left of the failed attempt is being removed; then it can be ingested again.
    if photo.rejection and not (photo.status is Status.FAILED and photo.lease_until):
        return declined(Code(photo.rejection.code), photo.rejection.detail)
    return declined(Code.INGEST_IN_PROGRESS, "Another ingest of this photo is running; its end is a moment away.")


def withdraw(claim: Claim, photo: Photo | None) -> Answer:
    """The same, once this execution has written objects: they are removed, unless they are the photo's.

    So is the upload, where nobody will ever ingest it.
    """
    spare = spare_keys(claim, photo)
    if photo is None or photo.status in (Status.DELETING, Status.REJECTED):
        spare = {*spare_keys(claim, None), keys.upload_key(claim.owner_id, claim.photo_id)}
    if spare:
        with span("withdraw"):
            media_bucket().remove(spare)
    return superseded(photo)


def spare_keys(claim: Claim, photo: Photo | None) -> set[str]:
    """The keys under which this execution may have made objects, without those that the photo's record names."""
    made = keys.made_keys(claim.owner_id, claim.photo_id, claim.execution, settings().presets)
    return made - (keys.named_keys(photo) if photo else set())


def step(name: str, run: Callable[[Claim, Mapping[str, Any]], Answer]) -> Callable[[Mapping[str, Any], object], Answer]:
    """The Lambda handler of one step: runs it in a span of its name; one log line and its metrics tell the outcome."""

    def handler(event: Mapping[str, Any], _context: object) -> Answer:
        claim = Claim.of(event)
        # The path's id may be anything that somebody typed, and then it is nobody's business.
        photo_id = claim.photo_id if is_photo_id(claim.photo_id) else "invalid"
        about = {"step": name, "photo_id": photo_id, "execution": claim.execution}
        started = time.perf_counter()
        with span(name, **about):
            try:
                answer = run(claim, event)
            except Exception as error:
                fault = fault_of(error)
                logger.exception("The step failed", extra=about | fault)
                measure({"Steps": 1, "Duration": _milliseconds_since(started)}, outcome="fault", **about, **fault)
                raise
            told = {str(key): str(answer[key]) for key in ("outcome", "code", "format") if key in answer}
            annotate(**told)
        logger.info("The step answered", extra=about | told)
        measure({"Steps": 1, "Duration": _milliseconds_since(started), **_measured(name, answer)}, **about, **told)
        return answer

    return handler


def _milliseconds_since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 3)


def _measured(name: str, answer: Answer) -> dict[str, float]:
    """What an answer tells of the upload, and whether it ends in a refusal: Reject follows where a step rejects."""
    measured: dict[str, float] = {}
    if "size_bytes" in answer:
        measured["Bytes"] = answer["size_bytes"]
    if "width" in answer:
        measured["Pixels"] = answer["width"] * answer["height"]
    if answer["outcome"] == "declined" or (name, answer["outcome"]) == ("reject", "rejected"):
        measured["Refusals"] = 1
    return measured
