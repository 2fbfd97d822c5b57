"""The steps of the ingest workflow, one module each; `workflows/ingest.py` gives their order."""

import photosky.startup  # noqa: F401 - first, because it disables the garbage collector while others are imported
