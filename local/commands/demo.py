"""`make demo`: send a folder of pictures through the REST API, and print a table of the results."""

import http
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx

from local import users
from local.commands import options, pictures, samples
from local.commands.outcomes import Outcome, outcome_of, outcome_table
from local.connection import Connection
from local.errors import CommandError
from local.progress import Progress
from photosky.imaging.files import suffix

_PARALLEL: Final = 3
_TIMEOUT_SECONDS: Final = 60


def main(arguments: Sequence[str]) -> int:
    """Send a folder, or samples; the exit code is 1 if the stack failed."""
    parser = options.parser("demo", __doc__)
    parser.add_argument("folder", nargs="?", type=options.folder, help="of pictures; default: samples")
    given = parser.parse_args(arguments)
    return run(Connection.read(given.state), given.folder, Progress())


def run(live: Connection, folder: Path | None, progress: Progress) -> int:
    """Send a folder, or samples, and print the results; returns the exit code."""
    with _folder(folder) as source:
        files, skipped = _listed(source)
        if skipped:
            progress.say(pictures.skipped_line(skipped))
        outcomes = send(live, files, progress)
    progress.table(outcome_table(outcomes, progress.width))
    return 1 if any(outcome.is_fault for outcome in outcomes) else 0


def send(live: Connection, files: Sequence[Path], progress: Progress) -> list[Outcome]:
    """Send files; the outcomes are in their order. Raises CommandError if the stack stops answering."""
    pool = ThreadPoolExecutor(_PARALLEL)
    token = users.id_token(live)
    with httpx.Client(trust_env=False, timeout=_TIMEOUT_SECONDS) as client:
        try:
            with progress.step(f"{len(files)} pictures") as show:
                futures = {pool.submit(_send_one, client, live.api_url, token, file): file for file in files}
                outcomes: dict[Path, Outcome] = {}
                for future in as_completed(futures):
                    outcome = outcomes[futures[future]] = future.result()
                    show(f"{len(outcomes)}/{len(files)} {outcome.name}: {outcome.what}")
                show(f"{sum(outcome.is_ready for outcome in outcomes.values())} ready")
        except httpx.TransportError as error:
            raise CommandError(
                f"The stack at {live.endpoint_url} stopped answering ({error or type(error).__name__}). "
                "Check whether `make run` is still running."
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # After Ctrl-C, no further file is sent.
    return [outcomes[file] for file in files]


def _send_one(client: httpx.Client, api_url: str, token: str, file: Path) -> Outcome:
    """Create, upload and ingest a photo; stops at the first response that is not a success."""
    headers = {"Authorization": token}
    description = {
        "filename": file.name,
        "content_type": pictures.content_type_of(file),
        "size_bytes": file.stat().st_size,
    }
    response = client.post(f"{api_url}/photos", json=description, headers=headers)
    if response.status_code == http.HTTPStatus.CREATED:
        created = response.json()
        upload = created["upload"]
        with file.open("rb") as content:
            stored = client.post(upload["url"], data=upload["fields"], files={"file": (file.name, content)})
        if not stored.is_success:
            return Outcome(file.name, stored.status_code, "UploadRefused")
        response = client.post(f"{api_url}/photos/{created['photo']['photo_id']}/ingest", headers=headers)
    return outcome_of(file.name, response.status_code, _document(response))


def _document(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = response.json()
    except ValueError:  # Not from the API: the emulator's server failed.
        return {"code": "NoJson"}
    return document


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    """Yield the folder, or one of samples that exists as long as the block."""
    if folder is not None:
        yield folder
        return
    with TemporaryDirectory(prefix="photosky-samples-") as name:
        samples.paint(Path(name))
        yield Path(name)


def _listed(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the pictures of a folder in order, and how many other files it has by suffix. Raises CommandError."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.")
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    found, others = [], Counter[str]()
    for path in files:
        if pictures.content_type_of(path):
            found.append(path)
        else:
            others[suffix(path.name)] += 1
    if not found:
        raise CommandError(f"There are no pictures in {folder}.")
    return found, others
