"""Password hashes: Argon2id with the least parameters that OWASP recommends (19 MiB, 2 passes), 25 ms a check."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.core.unseen import without_unseen

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """The encoded hash, with its parameters and a salt of its own.

    Signs that nobody sees don't count, here and at the check: they come and go where a password is copied.
    """
    return _HASHER.hash(without_unseen(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Without a hash the work is done all the same, against a hash that no password fits."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), without_unseen(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")
