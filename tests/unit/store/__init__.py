"""Tests of `photosky.store`."""
