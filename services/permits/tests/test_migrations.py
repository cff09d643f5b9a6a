"""What a migration makes of rows that were there before it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from alembic import command
from sqlalchemy import Connection, NullPool, create_engine, text

from chassis.data import migrations

PERMIT = text(
    """
    INSERT INTO permit (permit_id, permit_number, year_hijri, municipality, kind, works, use_class,
        status, issued_on, expires_on, request_id, request_number, plan_key, land, building,
        engineering_office, insulation_pledge, version)
    VALUES (:key, :number, 1448, 'safwa', 'new', 'new', 'residential', 'valid', '2026-11-24',
        '2029-11-24', :key, :number, :plan_key, CAST(:land AS jsonb), '{}', '{}', true, 1)
    """
)
REQUEST = text(
    """
    INSERT INTO permit_request (request_id, request_number, kind, municipality, status, use_class,
        land, building, engineering_office, insulation_pledge, warnings, submitted_at, version)
    VALUES (:key, :number, 'new', 'safwa', 'issued', 'residential', '{}', '{}', '{}', true, '[]',
        now(), 1)
    """
)


def issue(connection: Connection, number: str, plan_key: str | None, district: str) -> None:
    values = {"key": uuid4(), "number": number, "plan_key": plan_key}
    connection.execute(REQUEST, values)
    connection.execute(PERMIT, {**values, "land": f'{{"district": "{district}"}}'})


def test_permits_of_before_are_found_in_the_partners_spelling(postgres_server: Any) -> None:
    url = postgres_server.fresh_database("permits_of_before")
    engine = create_engine(url, poolclass=NullPool)
    config = migrations._config("permits")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        issue(connection, "1448/1", "422/3ج", "حي البديعة")
        issue(connection, "1448/2", "713/7", "الزهراء")
        issue(connection, "1448/3", None, "القلعة")

    migrations.upgrade("permits", url)

    columns = "permit_number, plan_key, district_key"
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {columns} FROM permit ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [
        ("1448/1", "422/3 ج", "بديعه"),
        ("1448/2", "713/7", "زهرا"),
        ("1448/3", None, "قلعه"),
    ]


WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = :oid")
OID = text("SELECT oid FROM pg_database WHERE datname = current_database()")


def test_a_number_that_is_drawn_during_the_move_into_the_chassis_series_is_kept(
    postgres_server: Any,
) -> None:
    url = postgres_server.fresh_database("permits_of_meanwhile")
    engine = create_engine(url, poolclass=NullPool)
    config = migrations._config("permits")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")

    with ThreadPoolExecutor(1) as pool, engine.connect() as writer, engine.connect() as watcher:
        oid = watcher.scalar(OID)
        writer.execute(text("INSERT INTO serial VALUES ('permit', 'safwa', 1448, 7)"))
        moved = pool.submit(migrations.upgrade, "permits", url)
        while not moved.done() and not watcher.scalar(WAITING, {"oid": oid}):
            pass
        writer.commit()
        moved.result()

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT last FROM number_series")) == 7


RELEASE = text(
    """
    INSERT INTO release (release_id, release_number, permit_id, permit_number, building_id, municipality,
        extent, status, submitted_at, approvals, supply, disconnection, flagged, version)
    VALUES (:release, :release, :key, :number, :key, 'safwa', 'full', 'energised', now(), '[]', '{}',
        CAST(:order AS jsonb), false, 1)
    """
)


def test_an_order_of_before_is_named_by_its_release(postgres_server: Any) -> None:
    url = postgres_server.fresh_database("orders_of_before")
    engine = create_engine(url, poolclass=NullPool)
    orders = {
        uuid4(): '{"reason": "تماس", "ordered_on": "2026-11-24"}',
        uuid4(): "null",
        uuid4(): None,
    }
    with engine.begin() as connection:
        for chain, number in ((migrations.CHASSIS, "head"), ("permits", "0016")):
            config = migrations._config(chain)
            config.attributes["connection"] = connection
            command.upgrade(config, number)
        for release, order in orders.items():
            values = {"key": uuid4(), "number": str(release), "plan_key": None}
            connection.execute(REQUEST, values)
            connection.execute(PERMIT, {**values, "land": "{}"})
            connection.execute(RELEASE, {**values, "release": release, "order": order})

    migrations.upgrade("permits", url)

    with engine.connect() as connection:
        found = connection.execute(text("SELECT release_id, disconnection FROM release")).all()
    named = {release: order["order_id"] if order else None for release, order in found}
    first, *others = orders
    assert named == {first: str(first), **dict.fromkeys(others)}
