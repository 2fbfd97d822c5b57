"""Steps: compression, delivery of previews, and alarms."""

import http
from typing import Final

from local.smoke.context import Context
from local.smoke.differences import Difference, compare, report

_EXPECTED: Final = ("SweepsMissing",)
"""Alarms that a new stack may raise, because no sweep has run yet."""

_ALARMS_PER_CALL: Final = 100
"""DescribeAlarms, `AlarmNames`."""


def alarms(context: Context) -> None:
    """All alarms exist, and none has gone into ALARM since this test began."""
    names = sorted(context.resources.get("AWS::CloudWatch::Alarm", []))
    if not names:
        raise Difference("the stack has no alarm")
    client, found = context.stack.clients.client("cloudwatch"), []
    for at in range(0, len(names), _ALARMS_PER_CALL):
        found += client.describe_alarms(AlarmNames=names[at : at + _ALARMS_PER_CALL])["MetricAlarms"]
    texts = [
        f"the alarm {name} does not exist" for name in sorted(set(names) - {alarm["AlarmName"] for alarm in found})
    ]
    for alarm in found:
        is_new = alarm["StateUpdatedTimestamp"].timestamp() >= context.started
        is_expected = alarm["AlarmName"].removeprefix(f"{context.stack_name}-") in _EXPECTED
        if alarm["StateValue"] == "ALARM" and is_new and not is_expected:
            texts.append(f"{alarm['AlarmName']} went into ALARM: {alarm['StateReason']}")
        if context.environment.alarm_email and not (alarm["ActionsEnabled"] and alarm["AlarmActions"]):
            texts.append(f"{alarm['AlarmName']} sends no message")
    report(texts)


def delivery(context: Context) -> None:
    """Previews come from CloudFront if the environment says so, else from S3, and only with their signature."""
    edge = context.previews_url
    if (edge is not None) is not (context.environment.delivery == "cloudfront"):
        raise Difference(f"delivery is {context.environment.delivery}, and the distribution's address is {edge}")
    for name, preview in context.jpeg.photo["previews"].items():
        if edge and not preview["url"].startswith(f"{edge}/"):
            raise Difference(f"the URL of the preview {name!r} does not begin with {edge}")
        status = context.api.client.get(preview["url"].partition("?")[0]).status_code
        if status != http.HTTPStatus.FORBIDDEN:
            raise Difference(f"the preview {name!r} answers {status} without a signature instead of 403")


def compression(context: Context) -> None:
    """A listing is compressed for clients that accept it, and for no other."""
    found = {
        coding: context.api.call("GET", "/photos", headers={"Accept-Encoding": coding})
        for coding in ("gzip", "identity")
    }
    codings = {coding: response.headers.get("content-encoding", "identity") for coding, response in found.items()}
    report(
        f"GET /photos is {used!r} for Accept-Encoding: {coding}" for coding, used in codings.items() if used != coding
    )
    ids = [[photo["photo_id"] for photo in response.json()["photos"]] for response in found.values()]
    report(compare("the compressed listing", ids[0], ids[1]))
