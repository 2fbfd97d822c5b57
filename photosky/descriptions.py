"""What a record stores of a rendered picture, besides its previews."""

from typing import Any

from photosky.imaging.rendering import Rendered
from photosky.location import LocationPolicy, apply_location_policy


def describe(rendered: Rendered, policy: LocationPolicy) -> dict[str, Any]:
    """The attributes of the record by name; None stands for no value."""
    return {
        "taken_at": rendered.capture.taken_at,
        "taken_at_source": rendered.capture.taken_at_source,
        "camera": rendered.capture.camera,
        "capture": rendered.capture.settings,
        "location": apply_location_policy(rendered.capture.location, policy),
        "image": rendered.image,
        "embedded": rendered.capture.embedded,
    }
