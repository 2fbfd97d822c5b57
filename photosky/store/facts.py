"""The facts of a picture between Previews and Persist, as JSON in the bucket.

Previews runs native decoders on strangers' bytes, so it may not write records. Persist does, and accepts facts of this
form only: a decoder under foreign control can describe the picture that it decodes, and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import Field, fields
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from photosky.details import CaptureSettings, Embedded, ImageProperties, is_object
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.photo import FACTS, Photo
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError

_NAMES: Final = frozenset({*FACTS, "content_type", "size_bytes"} - {"original"})
"""Without the original: Persist knows its key, which follows from the execution."""

_FIELDS: Final = tuple(f for f in fields(Photo) if f.name in _NAMES)
_BOUNDED: Final = (CaptureSettings, ImageProperties, Embedded)
_TYPES: Final = get_type_hints(Photo)


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
    if not all(value.is_valid() for value in facts.values() if isinstance(value, _BOUNDED)):
        raise ValueError("A fact is outside its bounds.")
    for preview in facts["previews"].values():
        if not preview.key.startswith(previews_prefix):
            # The API signs URLs of the keys in a record, and a deletion removes them.
            raise ValueError("A preview belongs to another execution.")
    return facts


def _converted(target: Field[Any], conversion: str, value: Any) -> Any:
    convert = target.metadata.get(conversion)
    return value if convert is None or value is None else convert(value)


def _is_instance(value: Any, hint: Any) -> bool:
    """Whether a value and its parts have a type such as `int`, `str | None` or `Mapping[str, StoredPreview]`."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(_is_instance(value, argument) for argument in arguments)
    if kind is Literal:
        return isinstance(value, str) and value in arguments
    if kind is tuple:
        return isinstance(value, tuple) and all(_is_instance(part, arguments[0]) for part in value)
    if kind is Mapping:
        return isinstance(value, Mapping) and all(_is_instance(part, arguments[1]) for part in value.values())
    if is_object(hint):
        parts = get_type_hints(hint)
        return isinstance(value, hint) and all(_is_instance(getattr(value, name), parts[name]) for name in parts)
    return isinstance(value, hint)
