"""The schemas of events in `api/events/`."""

import json
from typing import Any, Final

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from photosky.events import SCHEMA_VERSION, TYPES
from tests.repository import ROOT

EVENTS: Final = ROOT / "api" / "events"

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    kind: json.loads((EVENTS / f"{kind.lower().replace(' ', '-')}.v{SCHEMA_VERSION}.json").read_text())
    for kind in TYPES
}
"""By the type of the event."""


def check(event: dict[str, Any]) -> None:
    """Assert that an event has the form that its schema says, and nothing more."""
    schema = SCHEMAS[event["type"]]
    Draft202012Validator(schema).validate(event)
    assert set(event) <= set(schema["properties"])


def check_schema(schema: dict[str, Any]) -> None:
    """Assert that a schema is one of JSON Schema 2020-12."""
    Draft202012Validator.check_schema(schema)
