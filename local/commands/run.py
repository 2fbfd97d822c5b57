"""`make run`: emulator up, stack deployed, demo user there, and then what to do next; Ctrl-C saves."""

import http.client
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import connection, deploy, toolchain, users
from local.connection import Connection
from local.deploy import Target
from local.emulator import guard, serving
from local.emulator.patches import lambdas
from local.emulator.server import REGION, Emulator
from local.emulator.serving import Page
from local.progress import Progress
from local.toolchain import ROOT

DEFAULT_STATE: Final = ROOT / ".photosky"
DEFAULT_PORT: Final = 4566
CLI_CACHE: Final = ROOT / ".photosky" / "cdk-cli"
PAGE_CACHE: Final = ROOT / ".photosky" / "page"

_HEALTHY_SECONDS: Final = 30
_STOP_SECONDS: Final = 30


class RunError(Exception):
    """The stack did not come up; the message is for the terminal."""


def run(state: Path, port: int, after: Callable[[Connection, Progress], object] | None = None) -> None:
    """Run the stack until SIGINT or SIGTERM, then save it.

    `state` is the folder that keeps everything; port 0 takes a free one; `after` is called once, when the API answers.
    """
    progress = Progress()
    started = time.monotonic()
    emulator = Emulator(state, port, deploy.allowed_origins())
    emulator.take()
    connection.remove(emulator.folder)  # Left by a run that was killed.
    with progress.step("emulator") as show:
        emulator.start()
        show(emulator.endpoint_url)
    try:
        _stop_on_signals()
        live = _deployed(emulator, progress)
        live.write(emulator.folder)
        progress.say(f"ready in {time.monotonic() - started:.1f} s")
        progress.say(next_steps(live, state))
        if after is not None:
            after(live, progress)
        threading.Event().wait()
    except _Stopped:
        progress.say("stopping")
    finally:
        connection.remove(emulator.folder)
        with progress.step("saving"):
            emulator.stop()
    progress.say(f"Saved in {emulator.folder}; the next start has the same photos and users.")


def _deployed(emulator: Emulator, progress: Progress) -> Connection:
    """Bring stack and demo user onto the emulator, and wait for the API."""
    target = Target(emulator.endpoint_url, emulator.credentials)
    with progress.step("CDK command line") as show:
        cdk = toolchain.install(CLI_CACHE, show)
    log = emulator.folder / "deploy.log"
    with log.open("w") as file, progress.step("bootstrap") as show:
        done = deploy.bootstrap(cdk, target, _both(file.write, show))
        show("" if done else "already there")
    with log.open("a") as file, progress.step(f"deploy {deploy.STACK}") as show:
        record = emulator.folder / "deployed.json"
        done = deploy.deploy(cdk, target, record, emulator.folder / "cdk.out", _both(file.write, show))
        show("" if done else "nothing changed")
    outputs = deploy.stack_outputs(target, deploy.STACK)
    if outputs is None:
        raise RunError(f"The stack {deploy.STACK} is not complete; see {log}.")
    secret = users.password(emulator.folder / "password")
    with progress.step("demo user") as show:
        users.ensure(target.client("cognito-idp"), outputs["UserPoolId"], secret)
        show(users.USERNAME)
    emulator.save()
    live = Connection(
        page_url=f"{emulator.endpoint_url}{guard.PAGE}",
        api_url=deploy.local_api_url(outputs["ApiUrl"], emulator.endpoint_url),
        endpoint_url=emulator.endpoint_url,
        region=REGION,
        user_pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        username=users.USERNAME,
        password=secret,
    )
    with progress.step("page") as show:
        emulator.page = Page.of(live, serving.install(PAGE_CACHE, show))
        show(live.page_url)
    with progress.step("functions") as show:
        failed = lambdas.warm()
        show(f"do not start: {', '.join(failed)}; see {emulator.folder / 'emulator.log'}" if failed else "warm")
    with progress.step("API answers"):
        _await_health(live.api_url)
    return live


def _both(write: Callable[[str], object], show: Callable[[str], None]) -> Callable[[str], None]:
    def on_line(line: str) -> None:
        write(line + "\n")
        if line.strip():
            show(line.strip())

    return on_line


def _await_health(api_url: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _HEALTHY_SECONDS
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            with direct.open(f"{api_url}/health", timeout=_HEALTHY_SECONDS):
                return
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
            problem = error
            time.sleep(0.2)
    raise RunError(f"{api_url}/health did not answer 200 within {_HEALTHY_SECONDS} s: {problem}")


def next_steps(live: Connection, state: Path) -> str:
    """What to type next, in another terminal in the repository's folder."""
    python = _shown(Path(sys.executable))
    option = "" if state == DEFAULT_STATE else f" --state {shlex.quote(str(state))}"
    return f"""
Open   {live.page_url}

API    {live.api_url}
user   {live.username}  {live.password}

In another terminal, here:

  TOKEN=$({python} -m local token{option})
  curl -sS -H "Authorization: $TOKEN" {live.api_url}/photos

  {python} -m local demo{option}            # sample pictures; or a folder of yours

Ctrl-C saves and stops."""


def _shown(path: Path) -> str:
    """A path as one types it: relative where it is below the current folder."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


class _Stopped(BaseException):
    """A signal asked for the end; not an Exception, so that nothing on the way takes it for a failure."""


def _stop_on_signals() -> None:
    """Let SIGINT and SIGTERM raise _Stopped once; a second one ends the process as it would any."""

    def on_signal(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        raise _Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


@contextmanager
def running(state: Path, port: int = 0, timeout_seconds: float = 300) -> Iterator[Connection]:
    """The stack in a process of its own, for tests; it is stopped, and saves, when the block ends.

    Raises RunError with what the process said when it ends, or is not ready in time.
    """
    state.mkdir(parents=True, exist_ok=True)
    connection.remove(state)
    log = state / "run.log"
    command = [sys.executable, "-m", "local", "run", "--state", str(state), "--port", str(port)]
    with log.open("w") as file:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                ready = Connection.read(state)
                break
            except connection.NotRunning:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RunError(f"The local stack is not ready:\n{log.read_text()}") from None
                time.sleep(0.1)
        yield ready
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
