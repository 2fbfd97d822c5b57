"""The contract as a page to read."""
