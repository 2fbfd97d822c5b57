"""The facts of a picture between Previews and Persist, as JSON in the bucket.

Previews runs native decoders on strangers' bytes, so it may not write records. Persist does, and accepts facts of this
form only: a decoder under foreign control can describe the picture that it decodes, and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, Final, get_origin, get_type_hints

from photosky.imaging.formats import CONTENT_TYPES
from photosky.photo import FACTS, Photo, StoredPreview
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError

_NAMES: Final = frozenset({*FACTS, "content_type", "size_bytes"} - {"original"})
"""Without the original: Persist copies it, and knows its key."""

_FIELDS: Final = tuple(f for f in fields(Photo) if f.name in _NAMES)
_TYPES: Final = get_type_hints(Photo)
_PREVIEW_TYPES: Final = get_type_hints(StoredPreview)


def store_facts(owner_id: str, photo_id: str, execution: str, facts: Mapping[str, Any]) -> None:
    """Store the facts of a picture by attribute name. None stands for no value."""
    document = {f.name: _converted(f, "to_json", facts[f.name]) for f in _FIELDS}
    media_bucket().put_facts(keys.facts_key(owner_id, photo_id, execution), json.dumps(document).encode())


def read_facts(owner_id: str, photo_id: str, execution: str) -> dict[str, Any] | None:
    """The facts that an execution stored, None if they were removed.

    Raises ValueError for facts that Previews would not have stored.
    """
    try:
        document = media_bucket().read_facts(keys.facts_key(owner_id, photo_id, execution))
    except ObjectMissingError:
        return None
    return _checked(json.loads(document), keys.execution_previews_prefix(owner_id, photo_id, execution))


def _checked(found: Any, previews_prefix: str) -> dict[str, Any]:
    if not isinstance(found, dict) or found.keys() != _NAMES:
        raise ValueError("The facts do not have the expected names.")
    try:
        facts = {f.name: _converted(f, "parse", found[f.name]) for f in _FIELDS}
    except (AttributeError, TypeError) as error:
        raise ValueError("A fact does not have the expected form.") from error
    if not all(_is_instance(value, _TYPES[name]) for name, value in facts.items()):
        raise ValueError("A fact does not have the expected type.")
    if None in (facts["sha256"], facts["width"], facts["height"]):
        raise ValueError("A fact that every picture has is missing.")
    if facts["content_type"] not in CONTENT_TYPES.values():
        raise ValueError("The picture does not have a type that PhotoSky accepts.")
    for preview in facts["previews"].values():
        if not all(_is_instance(value, _PREVIEW_TYPES[name]) for name, value in vars(preview).items()):
            raise ValueError("A preview does not have the expected types.")
        if not preview.key.startswith(previews_prefix):
            # The API signs URLs of the keys in a record, and a deletion removes them.
            raise ValueError("A preview belongs to another execution.")
    return facts


def _converted(target: Field[Any], conversion: str, value: Any) -> Any:
    convert = target.metadata.get(conversion)
    return value if convert is None or value is None else convert(value)


def _is_instance(value: Any, hint: Any) -> bool:
    """Whether a value has a type such as `int`, `str | None` or `Mapping[str, StoredPreview]`."""
    kind = get_origin(hint)
    return isinstance(value, kind if kind is Mapping else hint)
