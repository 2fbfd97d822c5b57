"""Latencies of AWS for the emulator: `table` has them with their sources, `draws` draws them, `delays` applies them."""
