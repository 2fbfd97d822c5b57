"""What photos and listings cost on AWS, where its quotas bite, and what a burst does: `docs/scale.md`, computed."""
