"""RSA keys for tests. Each is made when it is first used: pytest's workers import all tests, but run few of them."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:  # noqa: ARG001 - names are the keys of the cache
    """The key of this name, of 2048 bits. It exists until the process ends."""
    return rsa.generate_private_key(65537, 2048)
