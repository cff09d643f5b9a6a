"""Migrations: Alembic, under a lock so that several starts don't race.

A database has two numbered chains: the chassis' own (`versions` beside this file), which runs first, and the service's.
`serve` and `work` ask for the newest number alone, so only the functions that migrate import Alembic.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text

from chassis.data.advisory import Lock

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATING = Lock("chassis.migrations", 0x4D49)
CHASSIS = "chassis.data"
Seed = Callable[[Connection], None]
# Where the chains from before the first release counted.
UNRELEASED = "alembic_version"
TABLES = frozenset(
    {
        "outbox",
        "inbox",
        "parked",
        "consumer_progress",
        "token_revocation",
        "revocation_view",
        "used_proof",
        "quota_used",
        "journal",
        "number_series",
        "voided_number",
        "issuer_keys",
        "attachment",
        "deadline",
        "idempotency_key",
        "postponed_row",
        "one_time_code",
    }
)


class UnreleasedDatabase(Exception):
    """The database was made by the migrations from before the first release, which nothing leads on from."""

    def __init__(self) -> None:
        super().__init__(
            "this database was made before the first release; create a new one and migrate it"
        )


def owns(table: str) -> bool:
    """Whether a table belongs to the chassis or to the migrations themselves, and to no service's models."""
    day = table.removeprefix("outbox_")
    is_partition = table != day and (day.isdigit() or day == "default")
    return is_partition or table in TABLES or table in map(_version_table, (CHASSIS, ""))


def upgrade(package: str, url: str, *, seed: Seed | None = None) -> str:
    """Brings both chains of the database to their newest migration, and then runs the service's `seed`. Returns the
    number of the service's newest migration. Raises UnreleasedDatabase."""
    from alembic import command

    engine = create_engine(url, connect_args={"options": "-c lock_timeout=5000 -c timezone=UTC"})
    try:
        with engine.begin() as connection:
            _MIGRATING.take(connection)
            if connection.scalar(text("SELECT to_regclass(:table)"), {"table": UNRELEASED}):
                raise UnreleasedDatabase
            for chain in (CHASSIS, package):
                config = _config(chain)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            if seed is not None:
                seed(connection)
    finally:
        engine.dispose()
    return head(package)


@cache
def head(package: str) -> str:
    """Returns the number of the newest migration of a chain: `0002` of `0002_more.py`."""
    versions = files(package) / "migrations" / "versions"
    return max(file.name[:4] for file in versions.iterdir() if file.name[:4].isdigit())


def is_current(package: str, connection: Connection) -> bool:
    """Whether the database has what this code needs: the newest migration of both chains, or later ones, which only
    add. Raises ProgrammingError for a database that was never migrated."""
    for chain in (CHASSIS, package):
        number = connection.scalar(text(f"SELECT version_num FROM {_version_table(chain)}"))  # noqa: S608
        if number is None or str(number) < head(chain):
            return False
    return True


def run_sql(migration: str) -> None:
    """Runs the statements of the `.sql` file of the same name that stands beside a migration; give it `__file__`."""
    from alembic import op

    connection = op.get_bind().connection.driver_connection
    connection.execute(Path(migration).with_suffix(".sql").read_text("utf-8"))  # type: ignore[union-attr]


def run() -> None:
    """The whole of a chain's `migrations/env.py`."""
    from alembic import context

    config = context.config
    context.configure(
        connection=config.attributes["connection"], version_table=config.attributes["version_table"]
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(package: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(str(files(package))) / "migrations"))
    config.attributes["version_table"] = _version_table(package)
    return config


def _version_table(package: str) -> str:
    return "chassis_version" if package == CHASSIS else "service_version"
