"""Benchmark of the previews against other libraries; `make bench` writes `results.md`."""
