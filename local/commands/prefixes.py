"""An import of an S3 prefix by the deployed Import state machine: its objects do not pass through this machine.

Its results in the media bucket have a line per object, from which the report is made.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from local.commands.sources import S3, bucket_and_prefix
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from photosky.imaging.files import suffix
from photosky.originals import Outcome
from photosky.store.keys import REPORTS_PREFIX
from photosky.store.source import name_below

_MACHINE: Final = "ImportStateMachineArn"
_BUCKETS: Final = "ImportBuckets"

_MIN_POLL_SECONDS: Final = 0.2
_MAX_POLL_SECONDS: Final = 10
_CHUNK_BYTES: Final = 1024 * 1024


def obstacle(deployed: Deployed, source: str) -> str | None:
    """Return the reason why the state machine does not import a source; None if it does."""
    if not source.startswith(S3):
        return "It is a folder of this machine."
    bucket, _ = bucket_and_prefix(source)
    if bucket not in deployed.outputs.get(_BUCKETS, "").split(","):
        return f"The files pass through this machine, because {bucket} is not one of the stack's import_buckets."
    return None


def run(deployed: Deployed, source: str, owner_id: str, progress: Progress) -> Mapping[str, str]:
    """Import a prefix, and return bucket and key of the results' manifest.

    An execution with the same input that is running is followed; otherwise one is started. It continues if this process
    is interrupted. Raises CommandError if it fails.
    """
    states, machine = deployed.clients.client("stepfunctions"), deployed.outputs[_MACHINE]
    bucket, prefix = bucket_and_prefix(source)
    given = {"owner_id": owner_id, "bucket": bucket, "prefix": prefix, "results": f"{REPORTS_PREFIX}{owner_id}"}
    execution = _running(states, machine, given)
    progress.say(f"{'Following' if execution else 'Starting'} an execution of {machine}")
    if execution is None:
        execution = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    ended = _follow(states, execution, f"Importing {source}", progress)
    if ended["status"] != "SUCCEEDED":
        raise CommandError(f"{execution} {ended['status'].lower()}: {ended.get('error')}: {ended.get('cause')}")
    place: Mapping[str, str] = json.loads(ended["output"])["ResultWriterDetails"]
    return place


def outcomes(s3: Any, place: Mapping[str, str], others: Counter[str]) -> Iterator[Outcome]:
    """Yield what became of each picture, and count the other files in `others` by their suffix."""
    manifest = json.load(s3.get_object(**place)["Body"])
    for file in (file for found in manifest["ResultFiles"].values() for file in found):
        body = s3.get_object(Bucket=manifest["DestinationBucket"], Key=file["Key"])["Body"]
        for line in body.iter_lines(_CHUNK_BYTES):
            outcome = _outcome(json.loads(line), others)
            if outcome:
                yield outcome


def _outcome(line: Mapping[str, Any], others: Counter[str]) -> Outcome | None:
    """The outcome of one execution of the map."""
    given = json.loads(line["Input"])
    name = name_below(given["key"], given["prefix"])
    if name is None:
        return None
    if line.get("Status") != "SUCCEEDED":
        return Outcome(name, "failed", None, line.get("Error", line.get("Status", "PENDING")), line.get("Cause"))
    result = json.loads(line["Output"])
    if result["became"] == "skipped":
        others[suffix(name)] += 1
        return None
    return Outcome(name, **result)


def _running(states: Any, machine: str, given: Mapping[str, str]) -> str | None:
    """The ARN of a running execution with this input."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    for execution in (execution for page in pages for execution in page["executions"]):
        arn: str = execution["executionArn"]
        if json.loads(states.describe_execution(executionArn=arn)["input"]) == given:
            return arn
    return None


def _follow(states: Any, execution: str, name: str, progress: Progress) -> Mapping[str, Any]:
    """Show the progress of an execution until it ends, and return its description."""
    delay_seconds = _MIN_POLL_SECONDS
    try:
        with progress.step(name) as show:
            while True:
                found: Mapping[str, Any] = states.describe_execution(executionArn=execution)
                show(_counts(states, execution))
                if found["status"] != "RUNNING":
                    return found
                time.sleep(delay_seconds)
                delay_seconds = min(1.2 * delay_seconds, _MAX_POLL_SECONDS)
    except KeyboardInterrupt:
        progress.say(f"{execution} continues. Start the same command again to follow it.")
        raise


def _counts(states: Any, execution: str) -> str:
    """How many objects of those that are listed so far are finished."""
    pages = states.get_paginator("list_map_runs").paginate(executionArn=execution)
    runs = [run["mapRunArn"] for page in pages for run in page["mapRuns"]]
    counts = [states.describe_map_run(mapRunArn=run)["itemCounts"] for run in runs]
    done = sum(count[ended] for count in counts for ended in ("succeeded", "failed", "timedOut", "aborted"))
    return f"{done} of {sum(count['total'] for count in counts)} files"
