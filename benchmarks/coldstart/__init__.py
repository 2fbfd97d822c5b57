"""Cold starts of the functions that a client waits for: a section of `make bench`, and a comparison with a commit."""
