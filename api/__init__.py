"""The REST API: its handler, its construct, its mapping templates and its contract."""
