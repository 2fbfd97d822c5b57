"""Fuzzing of the imaging core: `make fuzz SECONDS=60`."""
