"""Steps: the events of the JPEG's photo arrive at a queue of the test's own."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any, Final

from openapi_schema_validator import OAS31Validator

from local.commands.events import subscription
from local.smoke.context import Context
from local.smoke.differences import Difference, eventually, report
from local.toolchain import ROOT

_KEEP_SECONDS: Final = 900
"""Time for which the queue keeps events: longer than a test takes."""

_WAIT_SECONDS: Final = 60
"""The pipe delivers within seconds (docs/events.md)."""


def subscribe(context: Context) -> None:
    """A rule sends the events of the temporary user to a queue."""
    opened = ExitStack()
    context.queue = opened.enter_context(subscription(context.stack, _KEEP_SECONDS, {"owner_id": [context.owner_id]}))
    context.cleanup.add(f"the queue {context.queue.url} and the rule of its name", opened.close)


def events(context: Context) -> None:
    """Each change of the photo has been published, as its schema says."""
    found: dict[str, Mapping[str, Any]] = {}

    def check() -> None:
        if context.queue is None:
            raise ValueError("the step needs the subscription")
        for event in context.queue.read():
            if event["detail"].get("photo_id") == context.jpeg.photo_id:
                found[event["detail-type"]] = event
        if missing := [name for name in context.changes if name not in found]:
            raise Difference(f"the bus has no event {', '.join(missing)} of the photo")

    eventually(check, _WAIT_SECONDS)
    report(schema_differences(found.values()))


def schema_differences(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return where events break the schema of their type."""
    return [
        f"{event['detail-type']} breaks its schema at {error.json_path} ({error.validator})"
        for event in found
        for error in _validator(event["detail-type"]).iter_errors(event["detail"])
    ]


@cache
def _validator(detail_type: str) -> OAS31Validator:
    """The validator of the first version of a type's schema."""
    name = detail_type.lower().replace(" ", "-")
    return OAS31Validator(json.loads((ROOT / "api" / "events" / f"{name}.v1.json").read_text()))
