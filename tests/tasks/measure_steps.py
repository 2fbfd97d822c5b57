"""Measures `cpu_seconds` of `benchmarks/scale/usage.py`; run by its name: `pytest tests/tasks/measure_steps.py`.

CPU of each step and request, warm, with what moto takes and the rendering of pictures left out.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import pytest

from photosky.aws import session
from photosky.imaging.rendering import render
from photosky.store import keys
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.validate import handler as validate
from tests.api import gateway
from tests.meter import Meter
from tests.storage import OWNER, Storage, Template
from tests.tasks.conftest import JPEG
from tests.tasks.test_usage import PHOTO

PHOTOS: Final = 30
WARM_UP: Final = 10


def test_measure(
    storage: Storage,
    template: Template,
    told: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    meter = Meter(session(), storage, template, told)
    rendered: list[float] = []

    def timed(*arguments: Any) -> Any:
        start = time.process_time()
        answer = render(*arguments)
        rendered.append(time.process_time() - start)
        return answer

    monkeypatch.setattr("tasks.previews.render", timed)
    spent: dict[str, list[float]] = defaultdict(list)
    for number in range(PHOTOS):
        created: list[Any] = []
        body = PHOTO | {"sha256": f"{number:064x}"}
        spent["CREATE"].append(meter.cpu_seconds(lambda: created.append(gateway.call("POST", "/photos", body=body))))  # noqa: B023
        body.pop("sha256")
        photo_id = gateway.call("POST", "/photos", body=body).document["photo"]["photo_id"]
        storage.s3.put_object(Bucket=storage.bucket, Key=keys.upload_key(OWNER, photo_id), Body=JPEG)
        event: dict[str, Any] = {"owner_id": OWNER, "photo_id": photo_id, "execution": f"execution {number}"}
        for name, handler in (("VALIDATE", validate), ("PREVIEWS", previews), ("PERSIST", persist)):
            answers: list[Any] = []
            spent[name].append(meter.cpu_seconds(lambda: answers.append(handler(event, None))))  # noqa: B023
            event |= {"etag": answers[0].get("etag", "")}
        assert answers[0]["outcome"] == "ready"
        spent["PREVIEWS"][-1] -= rendered[-1]
    for _ in range(WARM_UP + 10):
        spent["LIST"].append(meter.cpu_seconds(lambda: gateway.call("GET", "/photos")))
    with capsys.disabled():
        for name, seconds in spent.items():
            print(f"\n{name}: {1000 * median(seconds[WARM_UP:]):.0f} ms", end="")
