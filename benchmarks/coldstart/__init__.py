"""Cold starts of the functions that a client waits for: what `make bench` runs, and `python -m benchmarks.coldstart`."""
