"""The permits that are measured: varied from a few hundred that the gateway itself projected, loaded by COPY.

Row number n is always the same permit, so that a table of 10,000 rows grows into one of 5,000,000. Plan numbers 1001 to
1400 have two fifths of them, 1,600 others as people write them the rest. Each of twenty low-sequence civil IDs owns 70;
the other owners' keys are random, for nobody's number.
"""

import json
import multiprocessing
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.gateway.stored import Stored
from partner_gateway.domain import permit_documents
from permits.sample import sample_id
from saudi.days import hijri_text, legal_day
from saudi.land import plan_key

TABLE, PLAIN = "building_permit", "bench_plain"
YEARS = 10
FIRST_GROWTH = 10_000
PLANS = range(1001, 1401)
GROWTH_PLANS = range(1001, 1101)
PLAIN_NUMBERED, FIRST_PLAIN_NUMBER = 10, 300_000_000
CIVIL_IDS = [sample_id(prefix, number) for prefix in "12" for number in range(10)]
PERMITS_OF_AN_OWNER = 70
_OWNED_EVERY = 61
_CHUNK = 2_000
# Every permit is of a building of its own, of which something is known: what a projected one shows.
_FACTS = """
INSERT INTO building_facts (building_id, document)
SELECT permit_id, coalesce((SELECT document FROM building_facts ORDER BY building_id LIMIT 1), %s)
FROM building_permit ON CONFLICT DO NOTHING
"""
_KNOWN = "SELECT document FROM building_facts ORDER BY building_id LIMIT 1"
_WRITERS = 2
# What a document has that differs from permit to permit, as the gateway's JSON has it.
_VARIED = (
    "permit_id", "permit_number", "issued_on", "issued_on_hijri", "expires_on", "expires_on_hijri", "plan_number",
)  # fmt: skip


def last_day() -> date:
    """The newest permits' day."""
    return legal_day(datetime.now(UTC))


@dataclass(frozen=True)
class Template:
    """A projected row, and its document cut where the permits differ."""

    row: dict[str, Any]
    pieces: list[str]
    names: list[str]

    @classmethod
    def of(cls, row: dict[str, Any], document: str) -> "Template":
        values = json.loads(document)
        cuts = []
        for name in _VARIED:
            found = f'"{name}":{json.dumps(values[name], ensure_ascii=False)}'
            if document.count(found) != 1:
                raise ValueError(f"the document doesn't have {name} once as expected: {document}")
            cuts.append((document.index(found), len(found), name))
        pieces, names, at = [], [], 0
        for start, length, name in sorted(cuts):
            pieces.append(document[at:start] + f'"{name}":')
            names.append(name)
            at = start + length
        return cls(row, [*pieces, document[at:]], names)

    def document(self, values: dict[str, str]) -> str:
        """The document with these JSON texts."""
        woven = [
            part
            for pair in zip(self.pieces, self.names, strict=False)
            for part in (pair[0], values[pair[1]])
        ]
        return "".join([*woven, self.pieces[-1]])


class Loader:
    """Fills the gateway's table. `admin` is the superuser's connection string."""

    def __init__(self, url: str, admin: str, stored: Stored) -> None:
        self._url = url.replace("+psycopg", "")
        self._admin = admin
        self._stored = stored
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            rows = connection.execute(f"SELECT * FROM {TABLE}").fetchall()
        self.templates = [Template.of(row, stored.opened(row)) for row in rows]
        self.rows = 0
        self.known: dict[str, Any] = {}  # of each building: what a document has of it
        self.steps: list[
            tuple[int, int]
        ] = []  # how it grew: the dates of each step go over ten years

    def grow(self, rows: int) -> None:
        """The table with so many rows, analysed, with its indexes, all of it on disk."""
        self._sized("8GB")
        with psycopg.connect(self._url, autocommit=True) as connection:
            if not self.rows:
                connection.execute(f"TRUNCATE {TABLE}")
            with without_indexes(connection, TABLE):
                in_processes(write, self._url, self.templates, self._stored, self.rows, rows, "")
            connection.execute(_FACTS, [permit_documents.text_of(permit_documents.NOTHING)])
            connection.execute("VACUUM (ANALYZE) building_facts")
            self.known = permit_documents.blocks_of(
                connection.execute(_KNOWN).fetchone()[0].encode()
            )
        self._sized(None)
        self.steps.append((self.rows, rows))
        self.rows = rows

    def plain(self) -> None:
        """The same rows in a table of the schema PLAIN, with their documents unsealed."""
        table = f"{PLAIN}.{TABLE}"
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {PLAIN}")
            connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.execute(f"CREATE TABLE {table} (LIKE {TABLE} INCLUDING ALL)")
            with without_indexes(connection, TABLE, PLAIN):
                in_processes(write, self._url, self.templates, self._stored, 0, self.rows, PLAIN)

    def _sized(self, wal: str | None) -> None:
        change = f"SET max_wal_size = '{wal}'" if wal else "RESET max_wal_size"
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM {change}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")


@contextmanager
def without_indexes(
    connection: psycopg.Connection[Any], table: str, schema: str = "public"
) -> Iterator[None]:
    """Makes them after the load, and then the statistics."""
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = %s AND tablename = %s AND indexdef NOT LIKE '%%UNIQUE%%'",
        [schema, table],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {schema}.{name}")
    yield
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        connection.execute(definition)
    connection.execute(f"VACUUM (ANALYZE) {schema}.{table}")


def in_processes(target: Callable[..., None], *arguments: Any) -> None:
    """Runs it once for each writer, whose number is its last argument."""
    writers = [
        multiprocessing.Process(target=target, args=(*arguments, number))
        for number in range(_WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        if writer.exitcode:
            raise SystemExit("loading failed")


def write(
    url: str,
    templates: Sequence[Template],
    stored: Stored,
    first: int,
    last: int,
    schema: str,
    writer: int,
) -> None:
    """Writes a writer's share of the rows `first` to `last`: every other chunk, so that the table is in time order."""
    finished = stored.plain if schema == PLAIN else stored.sealed
    rows = (
        finished(row, document) for row, document in rows_of(templates, stored, first, last, writer)
    )
    copy_rows(url, f"{schema}.{TABLE}" if schema else TABLE, list(templates[0].row), rows)


def copy_rows(url: str, table: str, names: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Copies the rows in binary, in a transaction of their own."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        types = types_of(connection, table)
        with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([types[name] for name in names])
            for row in rows:
                copy.write_row([row[name] for name in names])


def types_of(connection: psycopg.Connection[Any], table: str) -> dict[str, str]:
    """The columns, in their order, with their types."""
    found = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    return dict(found.fetchall())


def rows_of(
    templates: Sequence[Template],
    stored: Stored,
    first: int,
    last: int,
    writer: int = 0,
    writers: int = _WRITERS,
) -> Iterator[tuple[dict[str, Any], str]]:
    """The rows by column, without their documents, and these as JSON. Their dates always go over ten years."""
    end, days = last_day(), YEARS * 365
    single = [one for one in templates if len(one.row["owner_keys"]) == 1] or list(templates)
    for chunk in range(first + writer * _CHUNK, last, _CHUNK * writers):
        for number in range(chunk, min(chunk + _CHUNK, last)):
            issued_on = end - timedelta(days - 1 - (number - first) * days // (last - first))
            owned = (
                number % _OWNED_EVERY == 0
                and number // _OWNED_EVERY < len(CIVIL_IDS) * PERMITS_OF_AN_OWNER
            )
            template = (single if owned else templates)[
                number % len(single if owned else templates)
            ]
            owners = (
                [stored.owner_key(CIVIL_IDS[number // _OWNED_EVERY % len(CIVIL_IDS)])]
                if owned
                else [stored.nobodys_key() for _ in template.row["owner_keys"]]
            )
            yield _row(template, number, issued_on, owners)


def _row(
    template: Template, number: int, issued_on: date, owners: list[str]
) -> tuple[dict[str, Any], str]:
    permit_id = uuid7_like(issued_on, number)
    expires_on = issued_on.replace(day=min(issued_on.day, 28), year=issued_on.year + 3)
    permit_number, written = permit_number_of(issued_on, number), plan_of(number)
    values = {
        "permit_id": f'"{permit_id}"',
        "permit_number": f'"{permit_number}"',
        "issued_on": f'"{issued_on}"',
        "issued_on_hijri": f'"{_hijri(issued_on)}"',
        "expires_on": f'"{expires_on}"',
        "expires_on_hijri": f'"{_hijri(expires_on)}"',
        "plan_number": f'"{written}"',
    }
    row = template.row | {
        "permit_id": permit_id,
        "building_id": permit_id,
        "request_key": str(number),
        "permit_number": permit_number,
        "issued_on": issued_on,
        "expires_on": expires_on,
        "plan_key": _plan_key(written),
        "owner_keys": owners,
    }
    return row, template.document(values)


def plan_of(number: int) -> str:
    """The plan number of row `number`, as written."""
    if number < FIRST_GROWTH:
        return str(GROWTH_PLANS[number % len(GROWTH_PLANS)])
    mixed = number * 2_654_435_761 % 2**32 >> 8
    if mixed % 5 < 2:
        return str(PLANS[mixed // 5 % len(PLANS)])
    other = mixed // 5 % 1_600
    return [f"{100 + other // 8}/{other % 8 + 1}", f"{100 + other // 8} / {other % 8 + 1} ج"][
        other % 2
    ]


def permit_number_of(issued_on: date, number: int) -> str:
    """Hijri year and a sequence; of every tenth, the plain running number of an older register."""
    if number % PLAIN_NUMBERED == 0:
        return str(FIRST_PLAIN_NUMBER + number)
    return f"{_hijri(issued_on)[:4]}/{number + 1}"


def uuid7_like(day: date, number: int) -> uuid.UUID:
    """The day, the version, the row's number: unique, and in order of time as the service's own ids are."""
    milliseconds = int(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp() * 1000)
    return uuid.UUID(
        int=milliseconds << 80 | 7 << 76 | number * 713 % 4096 << 64 | 2 << 62 | number
    )


@cache
def _hijri(day: date) -> str:
    return hijri_text(day)


@cache
def _plan_key(written: str) -> str:
    return plan_key(written)
