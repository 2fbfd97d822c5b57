"""A log line is one JSON object with the record's fields, its exception and the trace."""

import json
import logging
from typing import Any

import pytest

from photosky.logs import TRACE_VARIABLE, JsonFormatter


def line(message: str, *, exc_info: Any = None, **extra: Any) -> dict[str, Any]:
    """The parsed line of a record."""
    record = logging.LogRecord("photosky", logging.INFO, __file__, 17, message, None, exc_info, "function")
    record.created, record.msecs = 1_790_000_100.0625, 62.5
    vars(record).update(extra)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


EXPECTED = {
    "level": "INFO",
    "location": "function:17",
    "message": "Done",
    "timestamp": "2026-09-21 14:15:00,062+0000",
    "service": "photosky",
}


def test_line_has_the_extra_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRACE_VARIABLE, raising=False)
    assert line("Done", photo_id="P", status=200) == {**EXPECTED, "photo_id": "P", "status": 200}


def test_line_has_the_exception_and_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRACE_VARIABLE, raising=False)
    try:
        json.loads("no JSON")
    except ValueError as error:
        parsed = line("Done", exc_info=(type(error), error, error.__traceback__))
    first, *_, last = parsed.pop("exception").splitlines()
    assert first == "Traceback (most recent call last):"
    assert last.startswith("json.decoder.JSONDecodeError: Expecting value")
    assert parsed == {**EXPECTED, "exception_name": "JSONDecodeError"}


@pytest.mark.parametrize(
    ("header", "trace"),
    [("Root=1-67891233-ab;Parent=53995c3f;Sampled=1", {"xray_trace_id": "1-67891233-ab"}), ("", {})],
)
def test_line_has_the_root_of_the_trace(monkeypatch: pytest.MonkeyPatch, header: str, trace: dict[str, str]) -> None:
    monkeypatch.setenv(TRACE_VARIABLE, header)
    assert line("Done") == EXPECTED | trace
