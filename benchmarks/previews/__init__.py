"""Benchmarks: `make bench` measures the previews against what else makes them, and writes the table down."""
