"""`make smoke`: use a deployed stack as a user does, compare it with the contract, and remove what that made.

The exit code is 1 if something differs, or could not be removed.
"""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.environment import Environment
from local import deploy
from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from local.progress import Progress
from local.releases import Releases
from local.smoke import tracing
from local.smoke.api import TIMEOUT_SECONDS, Api
from local.smoke.cleanup import Cleanup
from local.smoke.context import Context
from local.smoke.contract import Contract
from local.smoke.differences import Difference, Fault, NotApplicable
from local.smoke.steps import STEPS, Step
from local.toolchain import ROOT

Outcome = Literal["passed", "failed", "skipped", "not applicable"]

_FAILURES: Final = (httpx.HTTPError, BotoCoreError, ClientError)
"""What a broken stack makes a step raise, other than Difference."""

_NOT_LOGGED: Final = (
    "no log line has the request: API Gateway could not start the execution, or not invoke the function "
    "(its role's states:StartSyncExecution, the function's permission)"
)

_ROW: Final = f"{{:<{max(len(step.name) for step in STEPS)}}}  {{:<14}}  {{:>6}}  {{}}"


@dataclass(frozen=True)
class Result:
    """The result of a step. `texts` are its differences, or why it was not done."""

    name: str
    outcome: Outcome
    milliseconds: float = 0
    texts: tuple[str, ...] = ()
    request_id: str | None = None
    """Of a request that got 5xx."""


def main(arguments: Sequence[str]) -> int:
    """Test the running stack or an environment."""
    parser = options.parser("smoke", __doc__)
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    parser.add_argument("--api-url", help="the API's address, if it is not that of the stack's output")
    given = parser.parse_args(arguments)
    if given.env:
        environment = deploy.environment(name=given.env)
        stack = Deployed.environment(given.env)
        url, previews_url = given.api_url or stack.outputs["ApiUrl"], stack.outputs.get("PreviewsUrl")
    else:
        live = Connection.read(given.state)
        stack, url = Deployed.here(live, given.state), given.api_url or live.api_url
        output = stack.outputs.get("PreviewsUrl")
        previews_url = deploy.local_previews_url(output, live.endpoint_url) if output else None
        # `make run` can replace these knobs.
        environment = deploy.environment(
            delivery="cloudfront" if output else "s3", page=True if "PageUrl" in stack.outputs else None
        )
    signal.signal(signal.SIGTERM, _interrupt)  # A canceled job is cleaned up as after Ctrl-C.
    code = check(stack, environment, url.rstrip("/"), Progress(), previews_url)
    if code == 0 and given.env:
        Releases.of(stack, given.env).record(_commit())
    return code


def check(
    stack: Deployed, environment: Environment, url: str, progress: Progress, previews_url: str | None = None
) -> int:
    """Run all steps on the API at `url`, print their results, and return the exit code."""
    with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        context = Context(stack, environment, Api(url, client, Contract.read()), Cleanup(), previews_url)
        results: list[Result] = []
        progress.say(_ROW.format("step", "result", "ms", "").rstrip())
        remaining: list[str] = []
        try:
            run(context, results, STEPS, lambda result: progress.say(line(result)))
        finally:
            remaining = context.cleanup.run()
            for text in remaining:
                progress.say(f"Not removed: {text}")
        results = [explained(context, result) for result in results]
    for text in [*differences(results), summary(environment.name, results)]:
        progress.say(text)
    return 1 if remaining or any(result.outcome == "failed" for result in results) else 0


def run(
    context: Context,
    results: list[Result],
    steps: Sequence[Step] = STEPS,
    on_result: Callable[[Result], None] = lambda _result: None,
) -> None:
    """Append the result of each step; a step whose needs have not passed is skipped."""
    for step in steps:
        passed = {result.name for result in results if result.outcome == "passed"}
        missing = [need for need in step.needs if need not in passed]
        result = (
            Result(step.name, "skipped", texts=(f"needs {', '.join(missing)}",)) if missing else attempt(step, context)
        )
        results.append(result)
        on_result(result)


def attempt(step: Step, context: Context) -> Result:
    """Run one step."""
    started = time.monotonic()

    def result(outcome: Outcome, *texts: str, request_id: str | None = None) -> Result:
        return Result(step.name, outcome, 1000 * (time.monotonic() - started), texts, request_id)

    try:
        step.run(context)
    except NotApplicable as reason:
        return result("not applicable", str(reason))
    except Fault as fault:
        return result("failed", *fault.texts, request_id=fault.request_id)
    except Difference as difference:
        return result("failed", *difference.texts)
    except _FAILURES as error:
        return result("failed", f"{type(error).__name__}: {error}")
    return result("passed")


def explained(context: Context, result: Result) -> Result:
    """Return a result with what the logs say about its fault."""
    if result.request_id is None:
        return result
    try:
        found = tracing.explain(context, result.request_id)
    except (BotoCoreError, ClientError) as error:
        found = [f"the logs cannot be read: {error}"]
    texts = found or [_NOT_LOGGED]
    return Result(result.name, result.outcome, result.milliseconds, (*result.texts, *texts), result.request_id)


def line(result: Result) -> str:
    """Return the row of a result, with its request or why it was not done."""
    is_done = result.outcome in ("passed", "failed")
    milliseconds = f"{result.milliseconds:.0f}" if is_done else ""
    about = f"request {result.request_id}" if result.request_id else "" if is_done else "; ".join(result.texts)
    return _ROW.format(result.name, result.outcome, milliseconds, about).rstrip()


def differences(results: Sequence[Result]) -> list[str]:
    """Return the lines of what differs; steps with the same differences share theirs."""
    steps: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        if result.outcome == "failed":
            steps.setdefault(result.texts, []).append(result.name)
    return [line for texts, names in steps.items() for line in (", ".join(names), *(f"  {text}" for text in texts))]


def summary(name: str, results: Sequence[Result]) -> str:
    """Return the last line: how many steps passed."""
    counts = Counter(result.outcome for result in results)
    return f"{name}: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in get_args(Outcome) if counts[outcome])


def _commit() -> str:
    """Return the commit from which the test is run."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 - the git of the clone
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt
