"""Histories stay bounded, so that neither memory nor the time of a save and a start grows with use.

Gap: MiniStack keeps every execution, and every log event whatever its group's retention.
Closed upstream when a log event older than its group's retention is gone without this module.
"""

import time
from typing import Any, Final

from local.emulator.patches import xray
from local.emulator.wrapping import module, require

MAX_EXECUTIONS: Final = 200
"""Of all state machines. AWS itself keeps none of an Express one; they are a view for the developer."""

MAX_LOG_EVENTS: Final = 1000
"""Of one log group. AWS keeps all, on disk; here they lie in the server's memory."""


def install() -> None:
    """Check that the stores are where `trim` looks for them."""
    require("services.stepfunctions", "_executions.all_items", "")
    require("services.cloudwatch_logs", "_log_groups.all_items", "")
    require("services.cloudwatch_logs", "_log_events_lock")


def trim() -> None:
    """Forget the oldest executions and traces, and what log groups keep no longer."""
    xray.traces.forget(time.time() - xray.MAX_AGE_SECONDS)
    executions = module("services.stepfunctions")._executions
    ended = [(key, one) for key, one in executions.all_items() if one["status"] != "RUNNING"]
    for key in surplus(ended):
        executions._data.pop(key, None)
    logs = module("services.cloudwatch_logs")
    with logs._log_events_lock:
        for _, group in logs._log_groups.all_items():
            forget_expired(group, time.time())
            forget_surplus(group)


def surplus(ended: list[tuple[Any, dict[str, Any]]], keep: int = MAX_EXECUTIONS) -> list[Any]:
    """The keys of all executions but the newest."""
    newest_first = sorted(ended, key=lambda item: str(item[1]["startDate"]), reverse=True)
    return [key for key, _ in newest_first[keep:]]


def forget_expired(group: dict[str, Any], now: float) -> None:
    """Drop a log group's events that are older than its retention, and streams that are left empty."""
    days = group.get("retentionInDays")
    if not days:
        return
    oldest_ms = (now - days * 86_400) * 1000
    for name, stream in list(group["streams"].items()):
        stream["events"] = [event for event in stream["events"] if event["timestamp"] >= oldest_ms]
        if not stream["events"] and stream["creationTime"] < oldest_ms:
            del group["streams"][name]


def forget_surplus(group: dict[str, Any], keep: int = MAX_LOG_EVENTS) -> None:
    """Drop a log group's oldest events beyond those to keep, and streams that are left empty by it."""
    streams = list(group["streams"].values())  # A copy: workers begin streams meanwhile, in threads of their own.
    times = sorted(event["timestamp"] for stream in streams for event in stream["events"])
    if len(times) <= keep:
        return
    oldest_ms = times[-keep]
    for name, stream in list(group["streams"].items()):
        stream["events"] = [event for event in stream["events"] if event["timestamp"] >= oldest_ms]
        if not stream["events"]:
            del group["streams"][name]
