"""Password hashes: Argon2id with the least parameters that OWASP recommends (19 MiB, 2 passes), 25 ms a check."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.core.unseen import without_unseen

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Returns the encoded hash, with its parameters and its salt.

    Invisible signs don't count, here and at the check, because a copied password may gain or lose them.
    """
    return _HASHER.hash(without_unseen(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Returns whether the password fits. Without a hash, a check against an unknown password takes the usual time."""
    try:
        _HASHER.verify(password_hash or _hash_of_nobody(), without_unseen(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Returns whether the hash has other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")
