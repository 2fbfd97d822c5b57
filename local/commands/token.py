"""`python -m local token`: an ID token of the demo user."""

from collections.abc import Sequence

from local import users
from local.commands import options
from local.connection import Connection


def main(arguments: Sequence[str]) -> int:
    """Print an ID token."""
    given = options.parser("token", __doc__).parse_args(arguments)
    print(users.id_token(Connection.read(given.state)))
    return 0
