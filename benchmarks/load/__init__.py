"""Load test of a temporary local stack; `make load`."""
