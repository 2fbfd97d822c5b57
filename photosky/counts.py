"""What an audit counts: the objects of one photo under one prefix, and those that it would remove."""

import time
from collections.abc import Sequence
from dataclasses import replace

from photosky.consistency import is_unexplained, removable
from photosky.store import keys
from photosky.store.groups import Group, photo_objects
from photosky.store.items import Record
from photosky.store.media import ListedObject
from photosky.store.photos import photos_table
from photosky.store.table import tombstone_key
from photosky.survey import AuditState, Survey


def record_of(group: Group) -> Record | None:
    """The record of the photo to which a group of objects belongs."""
    _, owner_id, photo_id = group
    return photos_table().record(owner_id, photo_id) if owner_id and photo_id else None


def count_group(group: Group, record: Record | None, objects: Sequence[ListedObject], state: AuditState) -> Survey:
    """The counts of one photo's objects under one prefix."""
    (prefix, owner_id, photo_id), now = group, time.time()
    if prefix not in keys.PREFIXES:
        return Survey()
    discardable = removable(record, objects, now)
    counts = Survey(objects=len(objects), removable=len(discardable))
    if prefix != keys.ORIGINALS_PREFIX or not discardable:
        return counts
    if record is None and owner_id and photo_id:
        record = photos_table().record(owner_id, tombstone_key(photo_id))
    if not is_unexplained(record):
        return counts
    # Listed again: an execution may have removed them between the listing and the read of the record.
    present = photo_objects(owner_id, photo_id)
    unknown = [stored for stored in objects if stored.key in discardable & present.keys()]
    recent = [stored for stored in unknown if stored.modified_at > state.recent_since(now)]
    return replace(counts, unknown=len(unknown), recent=len(recent))
