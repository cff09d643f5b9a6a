"""What a database's error says: that the database is away, that somebody else was in the way, or that a statement is at
fault. Only the last is of the row or the event in hand."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

# No connection, or a server that shuts down or has no room.
_AWAY = ("08", "53", "57P")
# Lock not available, deadlock, serialisation failure.
_BUSY = ("55P03", "40P01", "40001")


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE; empty for an error that isn't the database's, or when it couldn't be reached."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return str(getattr(cause, "sqlstate", None) or "")


def is_away(error: BaseException) -> bool:
    """Whether the database couldn't be reached or has no room, for this row or any other. A statement that took too
    long (57014) isn't meant: it may take too long each time."""
    if not isinstance(error, (OperationalError, InterfaceError)):
        return isinstance(error, TimeoutError)  # of the pool
    state = sqlstate(error)
    return not state or state.startswith(_AWAY)


def is_busy(error: BaseException) -> bool:
    """Whether another transaction was in the way: the same statement may well succeed a moment later."""
    return sqlstate(error) in _BUSY
