"""Measures `cpu_seconds` of `benchmarks/scale/usage.py`: `pytest tests/tasks/measure_steps.py -n0`.

Prints the CPU of each step and request, warm, without moto's and without rendering. It is no test: pytest runs it only
by its name.
"""

import time
from collections import defaultdict
from functools import partial
from statistics import median
from typing import Any, Final

import pytest

from benchmarks.scale import usage
from photosky.imaging.rendering import render
from photosky.store import keys
from tests.api import gateway
from tests.meter import Meter
from tests.storage import OWNER, Storage
from tests.tasks.test_usage import JPEG, PHOTO, STEPS, meter  # noqa: F401 - a fixture

PHOTOS: Final = usage.PAGE_PHOTOS
WARM_UP: Final = 10
LISTINGS: Final = 20


class Stopwatch:
    """Measures the CPU of calls with a meter, by name, and keeps the last result."""

    def __init__(self, meter: Meter) -> None:  # noqa: F811
        self._meter = meter
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.result: Any = None

    def run(self, name: str, *call: Any, **options: Any) -> Any:
        """Call a function and measure it; its result."""
        self.seconds[name].append(self._meter.cpu_seconds(partial(self._keep, *call, **options)))
        return self.result

    def _keep(self, function: Any, *arguments: Any, **options: Any) -> None:
        self.result = function(*arguments, **options)


def test_measure(
    storage: Storage,
    meter: Meter,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopwatch, rendering = Stopwatch(meter), []

    def render_timed(*arguments: Any) -> Any:
        *arguments_of_rendering, deliver = arguments
        start = time.process_time()
        rendered = render(*arguments_of_rendering)
        rendering.append(time.process_time() - start)
        deliver(rendered.previews)
        return rendered

    monkeypatch.setattr("tasks.previews.render", render_timed)
    for number in range(PHOTOS):
        body: dict[str, Any] = PHOTO | {"sha256": f"{number:064x}"}
        stopwatch.run("CREATE", gateway.call, "POST", "/photos", body=body)
        del body["sha256"]
        photo_id = gateway.call("POST", "/photos", body=body).document["photo"]["photo_id"]
        storage.s3.put_object(Bucket=storage.bucket, Key=keys.upload_key(OWNER, photo_id), Body=JPEG)
        event: dict[str, Any] = {"owner_id": OWNER, "photo_id": photo_id, "execution": f"execution {number}"}
        event |= {"declared_sha256": "", "previous": {}}
        for name, handler in STEPS.items():
            result = stopwatch.run(name, handler, event, None)
            event["previous"] |= {"promoted": result["outcome"]} if name == "Promote" else result
            event |= {key: event["previous"][key] for key in ("etag", "format")}
        assert result["outcome"] == "ready"
        stopwatch.seconds["Previews"][-1] -= rendering[-1]
    for _ in range(WARM_UP + LISTINGS):
        stopwatch.run("LIST", gateway.call, "GET", "/photos")
    with capsys.disabled():
        for name, seconds in stopwatch.seconds.items():
            print(f"\n{name}: {1000 * median(seconds[WARM_UP:]):.1f} ms", end="")
