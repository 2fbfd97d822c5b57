"""The steps of the ingest workflow, one module each; `workflows/ingest.py` gives their order."""
