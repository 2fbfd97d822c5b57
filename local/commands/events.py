"""`make events`: print the events of the running stack, or of an environment on AWS, one line each, until Ctrl-C."""

import json
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from photosky.events import SOURCE

_WAIT_SECONDS: Final = 2
_MIN_KEEP_SECONDS: Final = 60
"""The shortest time for which SQS keeps a message (SetQueueAttributes, `MessageRetentionPeriod`)."""

_TARGET: Final = "events"
_DETAILS: Final = ("status", "code", "content_type", "size_bytes")


def main(arguments: Sequence[str]) -> int:
    """Print events until Ctrl-C; the exit code is 0."""
    parser = options.parser("events", __doc__)
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    given = parser.parse_args(arguments)
    stack = Deployed.environment(given.env) if given.env else Deployed.here(Connection.read(given.state), given.state)
    stopping = threading.Event()
    # Not KeyboardInterrupt: a second Ctrl-C would interrupt the removal of the rule and the queue.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with subscription(stack) as queue:
        print(f"Events of {stack.outputs['EventBusName']}. Ctrl-C ends this.", flush=True)
        follow(queue, lambda text: print(text, flush=True), stopping)
    return 0


@dataclass(frozen=True)
class Queue:
    """A queue that gets all events, and how many seconds a read waits for one."""

    client: Any
    url: str
    wait_seconds: int = _WAIT_SECONDS

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Yield the next events, and remove them."""
        found = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=self.wait_seconds
        )
        for message in found.get("Messages", []):
            yield json.loads(message["Body"])
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def subscription(
    stack: Deployed, keep_seconds: int = _MIN_KEEP_SECONDS, detail: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Queue]:
    """Subscribe a queue of its own, which keeps events for a time, to the stack's bus by a rule.

    `detail` is a pattern of the events' details; by default, all match. Both are deleted in the end.
    """
    pattern = {"source": [SOURCE], **({"detail": detail} if detail else {})}
    bus = stack.outputs["EventBusName"]
    events, sqs = stack.clients.client("events"), stack.clients.client("sqs")
    name = f"{bus}-events-{secrets.token_hex(4)}"
    rule = {"EventBusName": bus, "Name": name}
    url = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": str(keep_seconds)})["QueueUrl"]
    try:
        queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule_arn = events.put_rule(**rule, EventPattern=json.dumps(pattern))["RuleArn"]
        try:
            policy = json.dumps(_only_from(rule_arn, queue_arn))
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
            events.put_targets(EventBusName=bus, Rule=name, Targets=[{"Id": _TARGET, "Arn": queue_arn}])
            yield Queue(sqs, url)
        finally:
            events.remove_targets(EventBusName=bus, Rule=name, Ids=[_TARGET])
            events.delete_rule(**rule)
    finally:
        sqs.delete_queue(QueueUrl=url)


def follow(queue: Queue, say: Callable[[str], None], stopping: threading.Event) -> None:
    """Print events as they come, until `stopping` is set."""
    while not stopping.is_set():
        for event in queue.read():
            say(line(event))


def line(event: Mapping[str, Any]) -> str:
    """Return the line of an event: its time, its type, the photo, the version, and what else it has."""
    detail = event["detail"]
    more = " ".join(str(detail[name]) for name in _DETAILS if name in detail)
    return f"{event['time']}  {event['detail-type']:<14}  {detail['photo_id']}  v{detail['version']}  {more}"


def _only_from(rule_arn: str, queue_arn: str) -> Mapping[str, Any]:
    """The policy of a queue that one rule may send to."""
    return {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
        },
    }
