"""EventBridge Pipes: filters, an enrichment, an event bus as the target, retries and dead letters; nothing is lost.

Gap: MiniStack's pipes send all records of a stream to SNS or a state machine, unchanged; they forget what they have not
sent when the process ends, and the stream keeps all records of a day in memory.
Closed upstream when, without this module, `make events` shows `Photo Ready` after `make demo`.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from local.emulator.outbox import Record, outbox
from local.emulator.patches.permissions import allows
from local.emulator.wrapping import module, require, wrap

logger = logging.getLogger(__name__)

MAX_STREAM_RECORDS: Final = 100
"""Of a table, for callers of GetRecords; pipes read the outbox."""

MAX_BUS_EVENTS: Final = 100
"""Of all buses. MiniStack remembers events and never reads them."""

_SERVICE: Final = "pipes.amazonaws.com"
_PROVISIONERS: Final = "services.cloudformation.provisioners"
_READS: Final = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
_PARAMETERS: Final = ("Enrichment", "SourceParameters", "TargetParameters")

on_record: list[Callable[[Record], None]] = []
"""What is called with each record that a pipe accepts, when no request has made the change."""

on_sent: list[Callable[[list[str]], None]] = []
"""What is called with the ids of records that were sent or given up."""

noted: ContextVar[list[Record] | None] = ContextVar("photosky_stream_records", default=None)
"""The records of the changes of a request, which add them when the changes are on disk."""


_sending_batch: Final = threading.Lock()
_stopped: Final = threading.Event()


class _FailedError(Exception):
    """A batch could not be sent. The message says why."""


def _collecting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Collect the stream records that a pipe accepts, and keep only the newest of the stream itself."""

    def emit(
        table_name: str, event_name: str, old_item: dict[str, Any] | None, new_item: dict[str, Any] | None, **more: Any
    ) -> None:
        service = module("services.dynamodb")
        before = _last_id(service, table_name)
        original(table_name, event_name, old_item, new_item, **more)
        records = service._stream_records.get(table_name) or []
        if not records or records[-1]["eventID"] == before:
            return
        record = records[-1]
        if len(records) > MAX_STREAM_RECORDS:
            surplus = len(records) - MAX_STREAM_RECORDS
            del records[:surplus]
            service._stream_trimmed[table_name] = service._stream_trimmed.get(table_name, 0) + surplus
        if _is_accepted(record):
            _collect(record)

    return emit


def _last_id(service: Any, table_name: str) -> str | None:
    records = service._stream_records.get(table_name)
    return records[-1]["eventID"] if records else None


def _collect(record: Record) -> None:
    of_request = noted.get()
    if of_request is not None:
        of_request.append(record)
        return
    for notify in on_record:
        notify(record)


def _is_accepted(record: Record) -> bool:
    pipes = (pipe for _, pipe in module("services.pipes")._pipes.all_items())
    return any(
        pipe["Source"] == record["eventSourceARN"] and _is_of_bus(pipe) and matches(pipe, record) for pipe in pipes
    )


def _is_of_bus(pipe: Mapping[str, Any]) -> bool:
    return ":event-bus/" in pipe["Target"]


def matches(pipe: Mapping[str, Any], record: Record) -> bool:
    """Whether a record matches one of a pipe's filters; without filters, each one does."""
    events = module("services.eventbridge")
    filters = ((pipe.get("SourceParameters") or {}).get("FilterCriteria") or {}).get("Filters") or []
    view = events._EventView(record, "{}")
    return not filters or any(events._matches_pattern_view(one["Pattern"], view, "pipe") for one in filters)


def _sending(original: Callable[..., Any]) -> Callable[..., Any]:
    def poll(_ddb: Any, pipe: dict[str, Any], pipe_account_id: str) -> None:
        if not _is_of_bus(pipe):
            original(_ddb, pipe, pipe_account_id)
            return
        size = _source_parameters(pipe).get("BatchSize", 100)
        while pipe["CurrentState"] == "RUNNING" and (batch := outbox.first(pipe["Source"], size)):
            with _sending_batch:
                if _stopped.is_set() or not deliver(pipe, batch):
                    return

    return poll


def _source_parameters(pipe: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters: Mapping[str, Any] = (pipe.get("SourceParameters") or {}).get("DynamoDBStreamParameters") or {}
    return parameters


def deliver(pipe: Mapping[str, Any], batch: list[Record]) -> bool:
    """Send a batch, or its halves if that fails; give up a record that is too old. False if one must be retried."""
    try:
        _send(pipe, batch)
    except _FailedError as failure:
        logger.warning("The pipe %s failed: %s", pipe["Name"], failure)
        if len(batch) > 1:
            half = len(batch) // 2
            return deliver(pipe, batch[:half]) and deliver(pipe, batch[half:])
        max_age = _source_parameters(pipe).get("MaximumRecordAgeInSeconds", -1)
        if max_age < 0 or time.time() - batch[0]["dynamodb"]["ApproximateCreationDateTime"] <= max_age:
            return False
        _give_up(pipe, batch[0])
    for notify in on_sent:
        notify([record["eventID"] for record in batch])
    return True


def _send(pipe: Mapping[str, Any], batch: list[Record]) -> None:
    for action in _READS:
        _check(pipe, f"dynamodb:{action}", pipe["Source"])
    found = _enriched(pipe, batch) if pipe.get("Enrichment") else batch
    if not found:
        return
    _check(pipe, "events:PutEvents", pipe["Target"])
    parameters = (pipe.get("TargetParameters") or {}).get("EventBridgeEventBusParameters") or {}
    status, _, body = module("services.eventbridge")._put_events(
        {"Entries": [entry(pipe["Target"], parameters, event) for event in found]}
    )
    result = json.loads(body)
    if status != 200 or result["FailedEntryCount"]:
        raise _FailedError(str(result))


def _enriched(pipe: Mapping[str, Any], batch: list[Record]) -> Any:
    _check(pipe, "lambda:InvokeFunction", pipe["Enrichment"])
    functions = module("services.lambda_svc")
    function, config, name = functions._get_func_record_for_ref(pipe["Enrichment"])
    if not function:
        raise _FailedError(f"there is no function {name}")
    result = functions._execute_function_with_config_scope(
        functions._execution_record_for_config(function, config), batch
    )
    if result.get("error"):
        raise _FailedError(f"the function {name} raised {result.get('body')}")
    body = result.get("body")
    return json.loads(body) if isinstance(body, str | bytes) else body


def entry(bus_arn: str, parameters: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of PutEvents for what the enrichment returned. A parameter that begins with `$.` is a path in it."""

    def resolved(text: str) -> str:
        value: Any = event
        for name in text.removeprefix("$.").split("."):
            value = value[name]
        return str(value)

    texts = {name: parameters[name] for name in ("Source", "DetailType")}
    values = {name: resolved(text) if text.startswith("$.") else text for name, text in texts.items()}
    return {**values, "Detail": json.dumps(event), "EventBusName": bus_arn.rpartition("/")[2]}


def _give_up(pipe: Mapping[str, Any], record: Record) -> None:
    """Send a record's place in the stream to the dead-letter queue, as Pipes does: no content."""
    arn = (_source_parameters(pipe).get("DeadLetterConfig") or {}).get("Arn")
    if arn is None or not allows(pipe["RoleArn"], _SERVICE, "sqs:SendMessage", arn):
        logger.error("The pipe %s gives up a record and has no dead-letter queue", pipe["Name"])
        return
    number = record["dynamodb"]["SequenceNumber"]
    body = {
        "context": {"partnerResourceArn": pipe["Arn"], "condition": "RecordAgeExceeded"},
        "DynamoDBStreamBatchInfo": {
            "streamArn": pipe["Source"],
            "startSequenceNumber": number,
            "endSequenceNumber": number,
            "batchSize": 1,
        },
    }
    from ministack.core.arn import parse_arn

    module("services.eventbridge")._dispatch_to_sqs(parse_arn(arn), json.dumps(body))


def _check(pipe: Mapping[str, Any], action: str, resource: str) -> None:
    if not allows(pipe["RoleArn"], _SERVICE, action, resource):
        raise _FailedError(f"the role {pipe['RoleArn']} may not call {action} on {resource}")


def _storing(original: Callable[..., Any], position: int) -> Callable[..., Any]:
    """Store what MiniStack's records of pipes lack. `position` is that of the properties among the arguments."""

    def provision(*arguments: Any, **more: Any) -> Any:
        name, attributes = original(*arguments, **more)
        pipe = module("services.pipes")._pipes[name]
        pipe.update({parameter: arguments[position].get(parameter) for parameter in _PARAMETERS})
        return name, attributes

    return provision


def stop() -> None:
    """Send no further batch, after the current one. The rest is sent after the next start."""
    _stopped.set()
    with _sending_batch:
        pass


def trim() -> None:
    """Forget all events but the newest."""
    for _, entries in module("services.eventbridge")._events_log.all_items():
        del entries[:-MAX_BUS_EVENTS]


def install() -> None:
    """Wrap the functions that write a stream, read it for a pipe, and provision a pipe."""
    for owner, name, parameters in (
        ("services.eventbridge", "_put_events", "data allow_aws_source"),
        ("services.eventbridge", "_matches_pattern_view", "pattern_str view owner"),
        ("services.eventbridge", "_EventView", "envelope raw_detail"),
        ("services.eventbridge", "_dispatch_to_sqs", "spec payload sqs_parameters"),
        ("services.lambda_svc", "_get_func_record_for_ref", "function_ref"),
        ("services.lambda_svc", "_execution_record_for_config", "func config"),
        ("services.lambda_svc", "_execute_function_with_config_scope", "func event"),
        (_PROVISIONERS, "_pipes_pipe_create", "logical_id props stack_name"),
        (_PROVISIONERS, "_pipes_pipe_update", "physical_id old_props new_props stack_name logical_id"),
    ):
        require(owner, name, parameters)
    require("services.pipes", "_pipes.all_items", "")
    require("services.eventbridge", "_events_log.all_items", "")
    require("services.dynamodb", "_stream_records.get")
    require("services.dynamodb", "_stream_trimmed.get")
    wrap("services.dynamodb", "_emit_stream_event", "table_name event_name old_item new_item replicate", _collecting)
    wrap("services.pipes", "_poll_pipe", "_ddb pipe pipe_account_id", _sending)
    handlers = require(_PROVISIONERS, "_RESOURCE_HANDLERS")["AWS::Pipes::Pipe"]
    handlers["create"] = _storing(handlers["create"], 1)
    handlers["update"] = _storing(handlers["update"], 2)
