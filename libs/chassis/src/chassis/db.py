"""The database of one service: engine, metadata with a naming convention, and the one place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraints have predictable names, so that migrations can name them."""
    return MetaData(naming_convention=NAMES)


class Database:
    """An engine and its transactions. Made once per process, after a fork, by the composition root."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_ms: int = 15_000,
        name: str = "chassis",
    ) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 2,
                "application_name": name,
                "options": f"-c statement_timeout={statement_timeout_ms} -c lock_timeout=5000"
                " -c idle_in_transaction_session_timeout=10000 -c timezone=UTC",
            },
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back with the error that left the block.

        The only commit in the code base: a request or a message is one transaction.
        """
        with Session(self._bind(), expire_on_commit=False) as session:
            yield session
            session.commit()

    def _bind(self) -> Engine | Connection:
        return self.engine

    def ping(self) -> None:
        """Raises OperationalError when the database doesn't answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Closes the pool."""
        self.engine.dispose()
