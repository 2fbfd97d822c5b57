"""Ingest, listing and page at AWS's latencies, of this tree and of an earlier commit side by side."""
