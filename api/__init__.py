"""The REST API: its handler, its construct, its mapping templates and its contract."""

import photosky.startup  # noqa: F401 - first, because it disables the garbage collector while others are imported
