"""Advisory locks: for what has no row yet, or no single row. The only module that takes a lock by a number.

A service declares each of its locks once, in the module that takes the lock:

    _RULES = Lock("licences.rules", 7302611)
    ...
    _RULES.take(session)

Two locks of one number would hold each other up, so a number can be declared once. A number never changes: during an
upgrade an old process and a new process have to take the same lock.
"""

import hashlib
from typing import ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from chassis.data.db import execute_by_driver

_TAKE = text("SELECT pg_advisory_xact_lock(:key)")
_TAKE_SHARED = text("SELECT pg_advisory_xact_lock_shared(:key)")
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")
_TRY_PAIR = text("SELECT pg_try_advisory_xact_lock(hashtext(:what), hashtext(:key))")
_TRY_HOLD = text("SELECT pg_try_advisory_lock(:key)")
_RELEASE = text("SELECT pg_advisory_unlock(:key)")


class Lock:
    """A lock with a number of its own. A transaction's lock ends with the transaction."""

    declared: ClassVar[dict[int, str]] = {}

    def __init__(self, name: str, number: int) -> None:
        """Raises ValueError for a number that another lock has."""
        if self.declared.setdefault(number, name) != name:
            raise ValueError(f"{name}: {self.declared[number]} has the number {number}")
        self._key = {"key": number}

    def take(self, session: Session | Connection) -> None:
        """Waits until no other transaction has the lock."""
        session.execute(_TAKE, self._key)

    def take_shared(self, session: Session) -> None:
        """Waits until no other transaction has the lock for itself."""
        session.execute(_TAKE_SHARED, self._key)

    def try_take(self, session: Session) -> bool:
        """Takes the lock without waiting. Returns False when another transaction has the lock."""
        return bool(session.scalar(_TRY, self._key))

    def try_hold(self, connection: Connection) -> bool:
        """Takes the lock for many transactions of one connection, without waiting."""
        return bool(connection.scalar(_TRY_HOLD, self._key))

    def release(self, connection: Connection) -> None:
        """Releases the lock that `try_hold` took."""
        connection.execute(_RELEASE, self._key)


class LockSpace:
    """A family of locks, each with the family's number and a second number. None of them is a `Lock`."""

    declared: ClassVar[dict[int, str]] = {}

    def __init__(self, name: str, number: int) -> None:
        """Raises ValueError for a number that another family has."""
        if self.declared.setdefault(number, name) != name:
            raise ValueError(f"{name}: {self.declared[number]} has the number {number}")
        self._number = number

    def take_free(self, session: Session, last: int) -> list[int]:
        """Takes, without waiting, the locks from 0 to `last` that nobody has. Returns their second numbers."""
        taken = execute_by_driver(session, _TAKE_FREE, {"space": self._number, "last": last})
        return [second for (second,) in taken]


_TAKE_FREE = """SELECT second FROM generate_series(0, %(last)s::integer) second
    WHERE pg_try_advisory_xact_lock(%(space)s::integer, second)"""
# The SQL function take_quotas takes these locks.
QUOTAS = LockSpace("chassis.quotas", 0x5151)


def one_at_a_time(session: Session, what: str, key: str) -> None:
    """Waits until no other transaction does the same thing with the same key. The lock ends with the transaction.

    The database gets a hash alone, so the key may be a person's number.
    """
    session.execute(_TAKE, {"key": _hashed(f"{what}/{key}")})


def try_one_at_a_time(session: Session, name: str) -> bool:
    """Takes the lock of a name without waiting. Returns False when another transaction has the lock."""
    return bool(session.scalar(_TRY, {"key": _hashed(name)}))


def try_pair(session: Session, what: str, key: str) -> bool:
    """Takes the lock of two names without waiting, by the database's own hash of each."""
    return bool(session.scalar(_TRY_PAIR, {"what": what, "key": key}))


def _hashed(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
