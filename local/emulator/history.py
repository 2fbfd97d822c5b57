"""Bounded histories, so that memory, saves and starts do not grow with use.

Gap: MiniStack keeps every execution, and every log event regardless of its group's retention.
Closed upstream when a log event older than its group's retention is deleted without this module.
"""

import time
from collections.abc import Mapping, MutableMapping
from operator import itemgetter
from typing import Any, Final

from local.emulator.patches import pipes, xray
from local.emulator.wrapping import module, require

MAX_EXECUTIONS: Final = 200
"""Of all state machines. AWS keeps none of Express workflows; these are for the page's Workflow view."""

MAX_LOG_EVENTS: Final = 1000
"""Per log group, because MiniStack keeps log events in memory."""


def install() -> None:
    """Check that MiniStack has the stores that `trim` uses."""
    require("services.stepfunctions", "_executions._data")
    require("services.cloudwatch_logs", "_log_groups.all_items", "")
    require("services.cloudwatch_logs", "_log_events_lock")


def trim() -> None:
    """Delete the oldest executions, traces and events of buses, and expired log events."""
    pipes.trim()
    xray.traces.delete_before(time.time() - xray.MAX_AGE_SECONDS)
    trim_executions(module("services.stepfunctions")._executions._data)
    logs = module("services.cloudwatch_logs")
    with logs._log_events_lock:
        for _, group in logs._log_groups.all_items():
            delete_expired(group, time.time())
            delete_surplus(group)


def trim_executions(executions: MutableMapping[Any, Mapping[str, Any]], keep: int = MAX_EXECUTIONS) -> None:
    """Delete all ended executions but the newest."""
    ended = [(str(one["startDate"]), key) for key, one in list(executions.items()) if one["status"] != "RUNNING"]
    for _, key in sorted(ended, key=itemgetter(0))[:-keep]:
        executions.pop(key, None)


def delete_expired(group: dict[str, Any], now: float) -> None:
    """Delete a log group's events that are older than its retention, and streams without events."""
    days = group.get("retentionInDays")
    if not days:
        return
    oldest_ms = (now - days * 86_400) * 1000
    for name, stream in list(group["streams"].items()):
        stream["events"] = [event for event in stream["events"] if event["timestamp"] >= oldest_ms]
        if not stream["events"] and stream["creationTime"] < oldest_ms:
            del group["streams"][name]


def delete_surplus(group: dict[str, Any], keep: int = MAX_LOG_EVENTS) -> None:
    """Delete a log group's oldest events beyond `keep`, and streams that become empty."""
    streams = list(group["streams"].values())  # A copy, because worker threads add streams concurrently.
    times = sorted(event["timestamp"] for stream in streams for event in stream["events"])
    if len(times) <= keep:
        return
    oldest_ms = times[-keep]
    for name, stream in list(group["streams"].items()):
        stream["events"] = [event for event in stream["events"] if event["timestamp"] >= oldest_ms]
        if not stream["events"]:
            del group["streams"][name]
