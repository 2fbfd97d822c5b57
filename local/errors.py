"""The base of all errors that a command reports without a traceback."""


class CommandError(Exception):
    """A command cannot continue; the message is complete sentences for the terminal."""
