"""The gaps of MiniStack that matter to this stack, one module per gap.

Each module says which gap it closes and how to see that MiniStack has closed it itself. `local.emulator.server`
installs all of them, once, before the first request. Nothing outside `local/` knows that they exist.
"""
