"""The random tokens of links that stand in texts. A service stores their hashes alone."""

from hashlib import sha256
from secrets import token_urlsafe

TOKEN_BYTES = 16


def new_token() -> str:
    """Returns a random token, which opens nothing before its hash is stored."""
    return token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Returns the hash that is stored. The token is random, so a plain hash reveals nothing."""
    return sha256(token.encode()).digest()
