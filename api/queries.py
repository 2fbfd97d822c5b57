"""Validation of queries: each is read into a typed value, or refused with its wrong parameters."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, cast, get_args

from api import fields
from api.fields import Check, FieldsError, Path, field_error, shortened
from api.requests import invalid, parameter_error
from photosky.store import cursors
from photosky.store.listings import Listing, Order, Sort, View
from photosky.store.timeline import Unit

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100

PREVIEWS: Final = "previews"
"""The parameter that names the previews to show."""

Previews = frozenset[str] | None
"""The names of the presets whose previews are shown; None shows all."""

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class ListPhotos:
    """The query of `GET /photos`; the cursor is not yet verified."""

    view: View
    limit: int
    order: Order
    cursor: str | None
    previews: Previews = None

    @property
    def listing(self) -> str:
        """The name that a cursor is bound to: the order, the status and the view's other values that are no defaults.

        So cursors stay valid when a parameter is added, as those from before there was a trash or a filter.
        """
        plain = self.order if self.view.status == "ready" else f"{self.view.status} {self.order}"
        chosen = {
            name: value
            for name, value in self.view._asdict().items()
            if name != "status" and value != View._field_defaults[name]
        }
        return f"{plain} {json.dumps(chosen, sort_keys=True)}" if chosen else plain


@dataclass(frozen=True)
class ListChanges:
    """The query of `GET /changes`; the cursor is not yet verified."""

    limit: int
    cursor: str | None
    starts_now: bool = False
    previews: Previews = None
    listing: ClassVar[str] = "changes"


def read_list(query: Mapping[str, str], presets: Sequence[str] = ()) -> ListPhotos:
    """Read the query of `GET /photos`. `presets` are the names of all. Raises PhotoSkyError, InvalidRequest."""
    values = _read(query, {**_LIST, PREVIEWS: _some_of(presets)})
    taken_from, taken_to = values.get("taken_from"), values.get("taken_to")
    has_period = taken_from is not None or taken_to is not None
    wrong = []
    if taken_from and taken_to and taken_from > taken_to:
        wrong.append(parameter_error("taken_from", "taken_from must not be after taken_to."))
    if has_period and values.get("sort") == "created_at":
        reason = "because a period is a range of the order by capture time"
        wrong.append(parameter_error("sort", f"sort must be taken_at with taken_from or taken_to, {reason}."))
    if wrong:
        raise invalid(wrong)
    view = View(
        status=values.get("status", "ready"),
        sort=values.get("sort", "taken_at" if has_period else "created_at"),
        is_favorite=values.get("favorite", False),
        tag=values.get("tag"),
        taken_from=taken_from,
        taken_to=taken_to,
    )
    limit, order = values.get("limit", DEFAULT_LIMIT), values.get("order", "desc")
    return ListPhotos(view, limit, order, values.get("cursor"), values.get(PREVIEWS))


def read_timeline(query: Mapping[str, str]) -> Unit:
    """Read the query of `GET /timeline`. Raises PhotoSkyError, InvalidRequest."""
    return cast(Unit, _read(query, {"unit": _one_of(*get_args(Unit))}).get("unit", "month"))


def read_changes(query: Mapping[str, str], presets: Sequence[str] = ()) -> ListChanges:
    """Read the query of `GET /changes`. `presets` are the names of all. Raises PhotoSkyError, InvalidRequest."""
    values = _read(query, {**_CHANGES, PREVIEWS: _some_of(presets)})
    if "start" in values and "cursor" in values:
        raise invalid([parameter_error("start", "start must not be sent with a cursor.")])
    limit, starts_now = values.get("limit", DEFAULT_LIMIT), values.get("start", False)
    return ListChanges(limit, values.get("cursor"), starts_now, values.get(PREVIEWS))


def read_cursor(query: ListPhotos | ListChanges, key: bytes, owner_id: str) -> str:
    """The position after which the page starts. Raises PhotoSkyError if the cursor is of another owner or query."""
    try:
        return cursors.unseal(key, owner_id, query.listing, query.cursor or "")
    except cursors.InvalidCursorError:
        detail = "cursor must be the next_cursor of a response to the same request; only limit and previews may differ."
        raise invalid([parameter_error("cursor", detail)]) from None


def read_previews(query: Mapping[str, str], presets: Sequence[str]) -> Previews:
    """Read the parameter `previews` of a single photo. Raises PhotoSkyError, InvalidRequest."""
    sent = {PREVIEWS: query[PREVIEWS]} if PREVIEWS in query else {}
    previews: Previews = _read(sent, {PREVIEWS: _some_of(presets)}).get(PREVIEWS)
    return previews


def read_flags(query: Mapping[str, str], *names: str) -> list[bool]:
    """Read parameters that are `true` or `false`, by default the latter. Raises PhotoSkyError, InvalidRequest."""
    sent = {name: query[name] for name in names if name in query}
    values = _read(sent, dict.fromkeys(names, _one_of("true", "false")))
    return [values.get(name) == "true" for name in names]


def _read(query: Mapping[str, str], checks: Mapping[str, Check]) -> dict[str, Any]:
    """The checked values of the parameters that were sent. Raises PhotoSkyError for all wrong and unknown ones."""
    wrong = [
        parameter_error(name[:40], f"{shortened(name)} is not a query parameter of this request.")
        for name in sorted(set(query) - set(checks))
    ]
    values = {}
    for name in checks:
        if name in query:
            try:
                values[name] = checks[name]((name,), query[name])
            except FieldsError as error:
                wrong += [parameter_error(name, part.detail) for part in error.errors]
    if wrong:
        raise invalid(wrong)
    return values


def _limit(path: Path, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise FieldsError([field_error(path, f"must be an integer from 1 to {MAX_LIMIT}")])
    return int(text)


def _cursor(_path: Path, text: str) -> str:
    """As sent: `read_cursor` verifies it."""
    return text


def _one_of(*choices: str) -> Check:
    """The check of a parameter that has one of these values."""

    def check(path: Path, text: str) -> str:
        if text not in choices:
            raise FieldsError([field_error(path, f"must be {', '.join(choices[:-1])} or {choices[-1]}")])
        return text

    return check


def _some_of(presets: Sequence[str]) -> Check:
    """The check of a list of presets' names, separated by commas; the empty text is the empty list."""

    def check(path: Path, text: str) -> frozenset[str]:
        names = frozenset(text.split(",")) if text else frozenset[str]()
        if not names <= set(presets):
            raise FieldsError([field_error(path, f"must be names of {', '.join(presets)}, separated by commas")])
        return names

    return check


def _date(path: Path, text: str) -> str:
    wrong = FieldsError([field_error(path, "must be a date, such as 2024-05-17")])
    if not _DATE.fullmatch(text):
        raise wrong
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise wrong from None


def _true(path: Path, text: str) -> bool:
    if text != "true":
        raise FieldsError([field_error(path, "must be true; omit it for all photos")])
    return True


def _now(path: Path, text: str) -> bool:
    if text != "now":
        raise FieldsError([field_error(path, "must be now; omit it to start from the beginning")])
    return True


_PAGE: Final[Mapping[str, Check]] = {"limit": _limit, "cursor": _cursor}
_CHANGES: Final[Mapping[str, Check]] = {**_PAGE, "start": _now}
_LIST: Final[Mapping[str, Check]] = {
    **_PAGE,
    "sort": _one_of(*get_args(Sort)),
    "order": _one_of(*get_args(Order)),
    "status": _one_of(*get_args(Listing)),
    "taken_from": _date,
    "taken_to": _date,
    "favorite": _true,
    "tag": fields.tag,
}
