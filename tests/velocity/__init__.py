"""Mapping templates in tests: their inputs, both renderers, and what they read and set in `$context`."""
