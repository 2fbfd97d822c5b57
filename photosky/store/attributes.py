"""Names of the table's attributes, indexes and special items, and the lifetimes of its expiring items."""

from typing import Final

READY_INDEX: Final = "ready"
"""Ready photos by owner, in the order of creation: `owner_id`, `ready_id` (the photo's id, a UUIDv7)."""

TRASHED_INDEX: Final = "trashed"
"""Trashed photos by owner, in the order of creation: `owner_id`, `trashed_id` (the photo's id)."""

TAKEN_INDEX: Final = "taken"
"""Ready and trashed photos in the order of capture: `listing`, `taken_id`."""

FAVORITES_INDEX: Final = "favorites"
"""Favourites among them in the order of creation: `favorite_listing`, `photo_id`."""

FAVORITES_TAKEN_INDEX: Final = "favorites-taken"
"""Favourites among them in the order of capture: `favorite_listing`, `taken_id`."""

CHANGED_INDEX: Final = "changed"
"""Photos that are or were ready, and tombstones, in the order of their last change: `owner_id`, `changed_id`."""

DIGEST_INDEX: Final = "digest"
"""Ready photos by owner and digest: `owner_id`, `ready_sha256`."""

UNSETTLED_INDEX: Final = "unsettled"
"""Items with a lease, by shard and expiry: `unsettled_shard`, `lease_until`. Reconcile queries expired leases."""

UNSETTLED_SHARDS: Final = 16
"""Partition keys of `unsettled` for leases. One partition takes 1,000 write units a second (DynamoDB guide, "Quotas").

As many follow for the photos in the trash and those that await their upload. However many of these are due at once, no
other lease waits for them.
"""

LEASE_ATTRIBUTES: Final = ("lease_until", "unsettled_shard")
"""Keys of `unsettled`. A settled item has neither, so that the sparse index does not contain it."""

INDEX_ATTRIBUTES: Final = (
    *("ready_id", "ready_sha256", "trashed_id", "listing", "favorite_listing", "taken_id", "changed_id"),
)
"""Keys of the indexes above, as `index_keys.index_attributes` states them. Sparse indexes hold no other items."""

AWAITED_UNTIL: Final = "awaited_until"
"""The time until which a record waits for its upload. Reconcile removes it then, and only other statuses lack it.

DynamoDB's time to live would remove the record, but could not subtract it from the owner's use.
"""

TRASH_ATTRIBUTES: Final = ("trashed_at", "trashed_until")
"""The times of the move to the trash and of the removal. No other photo has them."""

RETIRED_ATTRIBUTES: Final = ("retired", "retired_until")
"""Keys of the retired previews, and the time until which their objects are kept."""

LOST_INGESTS: Final = "lost_ingests"
"""Number of lost executions of a photo. A photo whose ingest has ended has none."""

TTL_ATTRIBUTE: Final = "expires_at"
"""The table's time to live: DynamoDB deletes an item after this time (Unix seconds)."""

UPLOAD_WAIT_SECONDS: Final = 24 * 3600
"""Time for which a record waits for its upload. The bucket's lifecycle expires `incoming/` after the same time."""

CHANGES_SECONDS: Final = 90 * 24 * 3600
"""Time for which deletions are remembered: the age of the oldest cursor of changes that is still served."""

TOMBSTONE_SECONDS: Final = CHANGES_SECONDS + 24 * 3600
"""Time to live of a tombstone. Until then a repeated DELETE succeeds. The margin is for a slow reader of changes."""

TOMBSTONE_PREFIX: Final = "deleted/"
"""Prefix of the sort key of a tombstone, followed by the photo's id."""

REQUEST_PREFIX: Final = "request/"
"""Prefix of the sort key of a request with an `Idempotency-Key`, followed by the key's digest."""

REQUEST_SECONDS: Final = 24 * 3600
"""Time for which a repeated request gets the answer of the first one."""

TAG_SEPARATOR: Final = "#"
"""Between the owner and the tag in the partition key of a tag's listing. No `sub` has it, because it is a UUID."""

MONTHS_SUFFIX: Final = "/months"
"""Of the partition key of an owner's counters. Their sort keys are the month and the counter's shard."""

USAGE_KEY: Final = "usage"
"""Sort key of the counter of an owner's use, in the partition of the owner's counters."""

SYSTEM_OWNER: Final = "photosky"
"""Partition key of the table's own items. No token has it, because a `sub` is a UUID.

These items have no attribute of an index, so that no index contains them.
"""

CURSOR_KEY_ITEM: Final = {"owner_id": SYSTEM_OWNER, "photo_id": "cursor-key"}
"""Primary key of the item with the secret that signs cursors."""

UPGRADE_ITEM: Final = {"owner_id": SYSTEM_OWNER, "photo_id": "upgrade"}
"""Primary key of the item with the schema version in which all listings were written, and how far the next one is."""

AUDIT_ITEM: Final = {"owner_id": SYSTEM_OWNER, "photo_id": "audit"}
"""Primary key of the item with the state in which the last audit stopped."""
