"""What an audit would remove, and whether it may.

A table that was restored from a backup lacks the records of all later photos, so that the audit would take their
objects for garbage. It therefore counts first, and stops at these limits until an operator confirms the removal.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from photosky.store.attributes import TOMBSTONE_SECONDS
from photosky.store.leases import LEASE_SECONDS

MIN_REMOVALS: Final = 20
"""Objects that an audit may remove whatever their share, so that a small collection can be cleaned.

Also the limit of unexplained originals, whatever their share: nothing can make an original again.
"""

RECORD_SECONDS: Final = TOMBSTONE_SECONDS - LEASE_SECONDS
"""Time for which an original has a record or a tombstone.

The record exists when an execution writes the original, or was deleted less than a lease before; then its tombstone
lasts for `TOMBSTONE_SECONDS`. So a younger original without both shows that the table is older than the bucket.
"""

STATE_SECONDS: Final = 2 * 24 * 3600
"""Time after which a stored state is obsolete. It exceeds the interval of audits; a restored table has an old state."""


@dataclass(frozen=True)
class Survey:
    """Counts of objects, as an audit has seen them so far."""

    objects: int = 0
    removable: int = 0
    """Objects that the audit removes, except retired previews, which the records name."""
    unknown: int = 0
    """Originals that `consistency.is_unexplained` describes. The audit removes them too."""
    recent: int = 0
    """Those of them that were written within `RECORD_SECONDS`, or after an operator confirmed the removal."""

    def plus(self, other: "Survey") -> "Survey":
        """The sum of both."""
        return Survey(**{name: value + getattr(other, name) for name, value in asdict(self).items()})

    def refusal(self, percent: int) -> str | None:
        """Why the audit may not remove this much, None if it may. `percent` is the largest share of all objects."""
        if self.recent:
            return f"{self.recent} recent originals lack their records: the table is older than the bucket."
        if self.unknown > MIN_REMOVALS:
            return f"{self.unknown} originals lack their records; the limit is {MIN_REMOVALS}."
        if self.removable > MIN_REMOVALS and 100 * self.removable > percent * self.objects:
            return f"{self.removable} of {self.objects} objects would be removed; the limit is {percent} %."
        return None

    @property
    def unexpected(self) -> "Survey":
        """What is refused even after a confirmation."""
        return Survey(recent=self.recent)


@dataclass(frozen=True)
class AuditState:
    """The position at which an audit stopped at its time limit, and what it had counted until then.

    Attributes:
        position: The pass (`survey`, `records` or `objects`) and the key after which it continues.
        survey: What the first pass has counted. Nothing is removed before it is complete.
        removed: What the last pass has removed.
        confirmed_at: When an operator confirmed the removal (Unix seconds).
    """

    position: tuple[str, ...] = ("survey", "")
    survey: Survey = field(default_factory=Survey)
    removed: Survey = field(default_factory=Survey)
    confirmed_at: int | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any], now: float) -> Self:
        """Read a stored state. A new audit begins if there is none, or an obsolete one, or one without a survey."""
        if not item.get("position") or item.get("stored_at", 0) < now - STATE_SECONDS:
            return cls()
        counts = {name: Survey(**item[name]) for name in ("survey", "removed")}
        return cls(tuple(item["position"]), **counts, confirmed_at=item.get("confirmed_at"))

    def to_item(self, now: float) -> dict[str, Any]:
        """The attributes to store."""
        return asdict(self) | {"stored_at": int(now)}

    def at(self, *position: str) -> Self:
        """The same audit at another position."""
        return replace(self, position=position)

    def recent_since(self, now: float) -> float:
        """The time (Unix seconds) since which no unexplained original is expected."""
        return max(now - RECORD_SECONDS, self.confirmed_at or 0)

    def refusal(self, percent: int) -> str | None:
        """Why the last pass may not go on, None if it may: it has the same limits as the survey."""
        if self.confirmed_at is not None:
            return self.removed.unexpected.refusal(percent)
        return replace(self.removed, objects=self.survey.objects).refusal(percent)
