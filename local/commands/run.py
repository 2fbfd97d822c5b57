"""`make run`: start the emulator, deploy the stack, create the demo user, and serve until Ctrl-C."""

import argparse
import http.client
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args

from infrastructure.environment import DeliveryKind
from local import connection, deploy, page, state_folder, toolchain, users
from local.commands import demo, options
from local.connection import Connection
from local.deploy import Target
from local.emulator import guard, recovery
from local.emulator.calls import problem
from local.emulator.latency import delays
from local.emulator.latency.delays import Delays
from local.emulator.latency.draws import Latencies
from local.emulator.latency.table import PROFILES
from local.emulator.patches import lambdas
from local.emulator.server import REGION, Emulator
from local.emulator.serving import Page
from local.errors import CommandError
from local.progress import Progress
from local.toolchain import ROOT

DEFAULT_PORT: Final = 4566

DEFAULT_SEED: Final = 1
"""Of drawn latencies."""

_HEALTHY_SECONDS: Final = 30
_STOP_SECONDS: Final = 30


class RunError(CommandError):
    """The stack did not start."""


def main(arguments: Sequence[str]) -> int:
    """Run the stack in the foreground."""
    parser = options.parser("run", __doc__)
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help=f"on 127.0.0.1 (default: {DEFAULT_PORT}); 0: any free port"
    )
    parser.add_argument(
        "--demo",
        nargs="?",
        type=options.folder,
        default=False,
        metavar="FOLDER",
        help="then send a folder of pictures, or samples",
    )
    parser.add_argument(
        "--set-aside",
        action="store_true",
        help="keep the state in a folder of its own, and start with an empty one",
    )
    parser.add_argument(
        "--cold", action="store_true", help="start each function with its first request, as Lambda does"
    )
    parser.add_argument(
        "--latency",
        type=_profile,
        metavar="PROFILE",
        help=f"delay each call as in the same region of a cloud, with warm functions: {', '.join(PROFILES)}",
    )
    parser.add_argument("--latency-seed", type=int, metavar="N", help=f"of the drawn latencies ({DEFAULT_SEED})")
    parser.add_argument(
        "--delivery",
        choices=get_args(DeliveryKind),
        help="where previews are fetched from (default: the knob in cdk.json)",
    )
    parser.add_argument(
        "--page", action="store_true", help="with CloudFront: also a bucket for the page, which `make page` writes"
    )
    given = parser.parse_args(arguments)
    if given.page and given.delivery != "cloudfront":
        parser.error("--page needs --delivery cloudfront")
    if given.latency_seed is not None and given.latency is None:
        parser.error("--latency-seed needs --latency")
    after = None if given.demo is False else lambda live, progress: demo.run(live, given.demo, progress)
    latency = (
        None
        if given.latency is None
        else (given.latency, DEFAULT_SEED if given.latency_seed is None else given.latency_seed)
    )
    run(
        given.state,
        given.port,
        after,
        set_aside=given.set_aside,
        cold=given.cold,
        latency=latency,
        replaced_knobs=_replaced_knobs(given),
    )
    return 0


def _replaced_knobs(given: argparse.Namespace) -> dict[str, str]:
    delivery = {"delivery": given.delivery} if given.delivery else {}
    return delivery | ({"page": "true"} if given.page else {})


def _profile(text: str) -> str:
    if text not in PROFILES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a latency profile. Known: {', '.join(PROFILES)}.")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a TCP port")
    return int(text)


def run(
    state: Path,
    port: int,
    after: Callable[[Connection, Progress], object] | None = None,
    *,
    set_aside: bool = False,
    cold: bool = False,
    latency: tuple[str, int] | None = None,
    replaced_knobs: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run the stack until SIGINT or SIGTERM, then save it.

    `state` is the folder that keeps everything; its content is moved to a folder of its own first if `set_aside`.
    Port 0 takes a free one, as does a port that is in use. `after` is called once the API answers. All functions are
    started before, unless `cold`. `latency` is the profile and the seed of the delays after that.
    `replaced_knobs` are those that differ from `cdk.json`.
    """
    progress = Progress()
    started = time.monotonic()
    emulator = Emulator(state, port, deploy.environment().allowed_origins)
    emulator.report = progress.say
    emulator.take()
    connection.remove(emulator.folder)  # Left by a run that was killed.
    if set_aside:
        progress.say(f"The earlier state is kept in {recovery.set_aside(emulator.folder)}.")
    with progress.step("emulator") as show:
        emulator.start()
        show(emulator.endpoint_url)
    if port not in (0, emulator.port):
        progress.say(f"Port {port} is in use, so the stack uses port {emulator.port}. Choose one with PORT=…")
    try:
        _stop_on_signals()
        live = _deployed(emulator, progress, replaced_knobs)
        if not cold:
            _warm(emulator, progress)
        with progress.step("API answers"):
            _await_health(live.api_url)
        if latency is not None:
            profile, seed = latency
            delays.start(Delays(Latencies(PROFILES[profile], seed)))
            progress.say(f"Calls have the latencies of {profile}, seed {seed}.")
        live.write(emulator.folder)
        progress.say(f"ready in {time.monotonic() - started:.1f} s")
        progress.say(next_steps(live, state))
        if after is not None:
            _attempt(lambda: after(live, progress), progress)
        threading.Event().wait()
    except _Stopped:
        progress.say("stopping")
    finally:
        connection.remove(emulator.folder)
        with progress.step("saving"):
            try:
                emulator.stop()
            except OSError as error:
                raise RunError(
                    f"{problem(error)} The journal has every change, and the next start merges it."
                ) from error
    progress.say(f"Saved in {emulator.folder}. The next start has the same photos and users.")


def _attempt(action: Callable[[], object], progress: Progress) -> None:
    """Run what may fail while the stack goes on."""
    try:
        action()
    except CommandError as error:
        progress.say(str(error))


def _deployed(emulator: Emulator, progress: Progress, replaced_knobs: Mapping[str, str]) -> Connection:
    """Deploy the stack and create the demo user on the emulator."""
    target = Target(emulator.endpoint_url, emulator.credentials)
    with progress.step("CDK command line") as show:
        cdk = toolchain.install(toolchain.CLI_CACHE, show)
    log = emulator.folder / "deploy.log"
    with log.open("w") as file, progress.step("bootstrap") as show:
        is_new = deploy.bootstrap(cdk, target, _both(file.write, show))
        show("" if is_new else "already there")
    with log.open("a") as file, progress.step(f"deploy {deploy.STACK}") as show:
        record = emulator.folder / "deployed.json"
        output = emulator.folder / "cdk.out"
        has_changed = deploy.deploy(cdk, target, record, output, replaced_knobs, _both(file.write, show))
        show("" if has_changed else "nothing changed")
    outputs = deploy.stack_outputs(target, deploy.STACK)
    if outputs is None:
        raise RunError(f"The stack {deploy.STACK} is not complete; see {log}.")
    secret = users.password(emulator.folder / "password")
    with progress.step("demo user") as show:
        users.ensure(target.client("cognito-idp"), outputs["UserPoolId"], secret)
        show(users.USERNAME)
    if has_changed:
        # A new version may list photos by other keys; the next scheduled sweep is up to five minutes away.
        target.client("lambda").invoke(FunctionName=outputs["ReconcileFunctionName"], InvocationType="Event")
        # Without a change, the journal has the little that is new, and saving all takes a third of a second.
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
        emulator.page = Page.of(live, deploy.environment(), page.install(show))
        show(live.page_url)
    return live


def _warm(emulator: Emulator, progress: Progress) -> None:
    """Start all functions."""
    with progress.step("functions") as show:
        failed = lambdas.warm()
        show(f"not started: {', '.join(failed)}; see {emulator.folder / 'emulator.log'}" if failed else "warm")


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
    """Return what to do next, in a browser or in another terminal in the repository's folder."""
    python = state_folder.shown(Path(sys.executable))
    return f"""
Open   {live.page_url}

API    {live.api_url}
user   {live.username}  {live.password}

In another terminal, here:

  make demo{state_folder.variable(state)}

  TOKEN=$({python} -m local token{state_folder.option(state)})
  curl -sS -H "Authorization: $TOKEN" {live.api_url}/photos

Ctrl-C saves and stops."""


class _Stopped(BaseException):
    """A signal asked for the end. Not an Exception, so that no handler takes it for a failure."""


def _stop_on_signals() -> None:
    """Raise _Stopped on the first SIGINT or SIGTERM; the second one ends the process at once."""

    def on_signal(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        raise _Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


@contextmanager
def running(state: Path, port: int = 0, timeout_seconds: float = 300) -> Iterator[Connection]:
    """Run the stack in another process, for tests; it saves and stops when the block ends.

    Raises RunError with the process's output if it ends, or is not ready in time.
    """
    with started(state, port, timeout_seconds) as (ready, _):
        yield ready


@contextmanager
def started(
    state: Path, port: int = 0, timeout_seconds: float = 300, arguments: Sequence[str] = ()
) -> Iterator[tuple[Connection, subprocess.Popen[bytes]]]:
    """As `running`, with more options of `make run`, and yield the process too, which the block may kill."""
    command = [sys.executable, "-m", "local", "run", "--state", str(state), "--port", str(port), *arguments]
    with started_by(command, ROOT, state, timeout_seconds) as stack:
        yield stack


@contextmanager
def started_by(
    command: Sequence[str], tree: Path, state: Path, timeout_seconds: float
) -> Iterator[tuple[Connection, subprocess.Popen[bytes]]]:
    """As `started`, by a command in the folder `tree` that runs the stack with this state."""
    state.mkdir(parents=True, exist_ok=True)
    connection.remove(state)
    log = state / "run.log"
    with log.open("w") as file:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, cwd=tree, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
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
        yield ready, process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
