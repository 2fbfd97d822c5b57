"""Names of the table's attributes, indexes and special items, and the lifetimes of its expiring items."""

from typing import Final

READY_INDEX: Final = "ready"
"""Ready photos by owner, in the order of creation: `owner_id`, `ready_id` (the photo's id, a UUIDv7)."""

TRASHED_INDEX: Final = "trashed"
"""Trashed photos by owner, in the order of creation: `owner_id`, `trashed_id` (the photo's id)."""

DIGEST_INDEX: Final = "digest"
"""Ready photos by owner and digest: `owner_id`, `ready_sha256`."""

UNSETTLED_INDEX: Final = "unsettled"
"""Items with a lease, by shard and expiry: `unsettled_shard`, `lease_until`. Reconcile queries expired leases."""

UNSETTLED_SHARDS: Final = 16
"""Partition keys of `unsettled` for leases. One partition takes 1,000 write units a second (DynamoDB guide, "Quotas").

As many follow for the photos in the trash. However many of these are due at once, no other lease waits for them.
"""

LEASE_ATTRIBUTES: Final = ("lease_until", "unsettled_shard")
"""Keys of `unsettled`. A settled item has neither, so that the sparse index does not contain it."""

LISTING_ATTRIBUTES: Final = ("ready_id", "ready_sha256")
"""Sort keys of `ready` and `digest`. Only ready photos have them, so that these sparse indexes hold no others."""

TRASH_ATTRIBUTES: Final = ("trashed_id", "trashed_at", "trashed_until")
"""The sort key of `trashed`, and the times of the move to the trash and of the removal. No other photo has them."""

RETIRED_ATTRIBUTES: Final = ("retired", "retired_until")
"""Keys of the retired previews, and the time until which their objects are kept."""

LOST_INGESTS: Final = "lost_ingests"
"""Number of lost executions of a photo. A photo whose ingest has ended has none."""

TTL_ATTRIBUTE: Final = "expires_at"
"""The table's time to live: DynamoDB deletes an item after this time (Unix seconds)."""

UPLOAD_WAIT_SECONDS: Final = 24 * 3600
"""Time to live of a record without an upload. The bucket's lifecycle expires `incoming/` after the same time."""

TOMBSTONE_SECONDS: Final = 24 * 3600
"""Time to live of a tombstone. Until then a repeated DELETE succeeds."""

TOMBSTONE_PREFIX: Final = "deleted/"
"""Prefix of the sort key of a tombstone, followed by the photo's id."""

REQUEST_PREFIX: Final = "request/"
"""Prefix of the sort key of a request with an `Idempotency-Key`, followed by the key's digest."""

REQUEST_SECONDS: Final = 24 * 3600
"""Time for which a repeated request gets the answer of the first one."""

SYSTEM_OWNER: Final = "photosky"
"""Partition key of the table's own items. No token has it, because a `sub` is a UUID.

These items have no attribute of an index, so that no index contains them.
"""

CURSOR_KEY_ITEM: Final = {"owner_id": SYSTEM_OWNER, "photo_id": "cursor-key"}
"""Primary key of the item with the secret that signs cursors."""

AUDIT_ITEM: Final = {"owner_id": SYSTEM_OWNER, "photo_id": "audit"}
"""Primary key of the item with the state in which the last audit stopped."""
