"""The ingest workflow with functions that can be suspended and terminated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from photosky.photo import Photo, Status
from photosky.steps import StepResult
from tests.faults.injection import Crashed
from tests.faults.threads import ActorPool
from tests.faults.uploads import UPLOAD_BYTES
from tests.state_machine import Execution, Ingest
from tests.storage import OWNER, Template

Invoke = Callable[[Callable[[], Any]], Any]
"""Runs a function as Lambda does. Raises `Crashed`, `Killed` or `TimeoutError`."""


class FaultyIngest(Ingest):
    """The ingest state machine, which invokes its steps through `invoke`."""

    def __init__(self, template: Template, invoke: Invoke) -> None:
        super().__init__(template)
        self._invoke_function = invoke

    def run_for(self, photo_id: str, name: str) -> Execution:
        """Run an execution for a photo; only the ids of `photo` are part of its input."""
        photo = Photo(
            owner_id=OWNER,
            photo_id=photo_id,
            status=Status.AWAITING_UPLOAD,
            filename="a.png",
            content_type="image/png",
            size_bytes=UPLOAD_BYTES,
            created_at="",
        )
        return self.run(photo, name)

    def _run_together(self, branches: Sequence[Callable[[], dict[str, Any]]]) -> list[dict[str, Any]]:
        """Run the branches as actors: control changes at each AWS call of their functions."""
        pool = ActorPool(len(branches))
        running = [pool.submit(branch) for branch in branches]
        return [branch.result() for branch in running]

    def _invoke(self, step: str, event: Mapping[str, Any]) -> StepResult:
        invoke = super()._invoke
        try:
            return self._invoke_function(lambda: invoke(step, event))  # type: ignore[no-any-return]
        except Crashed:
            raise _error("Lambda.Unknown") from None
        except TimeoutError:
            raise _error("States.Timeout") from None


def _error(name: str) -> Exception:
    """An exception with the error name that Step Functions reports."""
    return type(name, (Exception,), {})()  # type: ignore[no-any-return]
