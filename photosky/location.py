"""Where a photo was taken, and how much of that an environment keeps."""

from dataclasses import dataclass, replace
from typing import Final, Literal

LocationPolicy = Literal["keep", "coarse", "drop"]

_COARSE_PLACES: Final = 1


@dataclass(frozen=True)
class Location:
    """A place on the WGS 84 ellipsoid: decimal degrees, north and east positive, and metres above sea level."""

    latitude: float
    longitude: float
    altitude_m: float | None = None


def apply_location_policy(location: Location | None, policy: LocationPolicy) -> Location | None:
    """What may be kept of a location: all of it, one decimal place (about 11 km) without altitude, or nothing."""
    if location is None or policy == "drop":
        return None
    if policy == "keep":
        return location
    return replace(
        location,
        latitude=round(location.latitude, _COARSE_PLACES),
        longitude=round(location.longitude, _COARSE_PLACES),
        altitude_m=None,
    )
