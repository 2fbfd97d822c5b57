"""MiniStack in this process: its server, its state folder, the page, and `patches/` for what it lacks."""
