"""Documentation by topic, and `make docs`, which renders the contract to a page."""
