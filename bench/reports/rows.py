"""A million reports, copied with or without their history out of a few hundred that real commands made."""

from typing import Any

import psycopg

# Spread over three years, the oldest first, with ids in the order of time, as reports are filed: the monthly table and
# each list find what they'd find then, where they'd find it.
DAYS = 1_095
_ID = (
    "overlay(md5('report' || n) PLACING lpad(to_hex("
    "(extract(epoch FROM t.filed_at - shift) * 1000)::bigint), 12, '0') FROM 1 FOR 12)::uuid"
)
_COLUMNS = """SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO'
    ORDER BY ordinal_position"""
# What a copy has of its own; all else is its template's. psycopg wants a `%` doubled.
_OWN = {
    "report_id": _ID,
    "report_number": "'9' || lpad(n::text, 9, '0')",
    "filed_at": "filed_at - shift",
    "due_at": "NULL",
    "resolved_at": "resolved_at - shift",
    "closed_at": "closed_at - shift",
    "reopenable_until": "reopenable_until - shift",
    "submission": "NULL",
    "submission_digest": "NULL",
    "duplicate_of": "NULL",
    "latitude": "latitude + (n %% 997) * 0.00001",
    "longitude": "longitude + (n %% 991) * 0.00001",
}
_JOURNAL_OWN = {"aggregate_id": f"({_ID})::text", "at": "at - shift"}


def fill(url: str, rows: int, *, with_journal: bool = True) -> None:
    """Adds copies of the closed reports until there are so many, in portions of 100,000. Each has its journal, unless
    nothing that is measured reads it."""
    with psycopg.connect(url, autocommit=True) as connection:
        have = _one(connection, "SELECT count(*) FROM report")
        connection.execute(
            "CREATE TEMP TABLE template AS SELECT *, row_number() OVER () - 1 AS place FROM report"
            " WHERE status = 'closed'"
        )
        templates = _one(connection, "SELECT count(*) FROM template")
        if not templates:
            raise SystemExit("no report is closed yet: nothing to copy")
        for first in range(have, rows, 100_000):
            span = (rows, DAYS * 86_400 / rows, first, min(first + 100_000, rows) - 1, templates)
            connection.execute(_copy(connection, "report", _OWN, "template t"), span)
            if not with_journal:
                continue
            source = (
                "template t JOIN journal j ON j.aggregate_type = 'report'"
                " AND j.aggregate_id = t.report_id::text"
            )
            connection.execute(_copy(connection, "journal", _JOURNAL_OWN, source), span)
        connection.execute("VACUUM ANALYZE report, journal")


def _copy(connection: psycopg.Connection[Any], table: str, own: dict[str, str], source: str) -> str:
    names = [row[0] for row in connection.execute(_COLUMNS, [table])]
    alias = "t" if table == "report" else "j"
    values = ", ".join(own.get(name, f"{alias}.{name}") for name in names)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
        " FROM (SELECT n, make_interval(secs => (%s - n) * %s::float8) AS shift"
        " FROM generate_series(%s::bigint, %s::bigint) n) s,"
        f" LATERAL (SELECT 1) one, {source} WHERE t.place = s.n %% %s::bigint ORDER BY s.n"
    )


def _one(connection: psycopg.Connection[Any], statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
