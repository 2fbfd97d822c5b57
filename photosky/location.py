"""The location of a photo, and the policy of an environment for storing it."""

from typing import Final, Literal, NamedTuple

LocationPolicy = Literal["keep", "coarse", "drop"]

_COARSE_DECIMAL_PLACES: Final = 1
"""About 11 km of latitude."""


class Location(NamedTuple):
    """A position in WGS 84: decimal degrees, north and east positive, and metres above sea level."""

    latitude: float
    longitude: float
    altitude_m: float | None = None


def apply_location_policy(location: Location | None, policy: LocationPolicy) -> Location | None:
    """The location that may be stored: exact, rounded to about 11 km without altitude, or none."""
    if location is None or policy == "drop":
        return None
    if policy == "keep":
        return location
    return location._replace(
        latitude=round(location.latitude, _COARSE_DECIMAL_PLACES),
        longitude=round(location.longitude, _COARSE_DECIMAL_PLACES),
        altitude_m=None,
    )
