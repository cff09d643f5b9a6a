"""A million things that people ask about, in the portal's read model: the states are those of the rules, the keys those
of the publishers, and every number is sample data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.gateway import permits
from chassis.data.sealing import Keyring
from chassis.events.inquiry import Known, digits_of, match_keys
from portal.commands.inquiry_things import _row_of
from portal.domain.inquiry_things import ThingEvent, apply_event
from saudi.days import legal_day

TABLE = "inquiry_thing"
ASKED = "transaction"
# The kinds in turn: with a second fact, with a branch besides, and of a public register. Transactions are asked for.
KINDS = (ASKED, "report", "building_permit", "shop_licence")
STATUSES = {
    "transaction": ("with_department", "approved"),
    "report": ("classified", "closed"),
    "building_permit": ("valid", "valid"),
    "shop_licence": ("valid", "valid"),
}
_NUMBER = "NUMBER"


@dataclass(frozen=True)
class Asked:
    """What a person types: the number of a transaction, and a mobile."""

    number: str
    mobile: str


def asked_of(place: int) -> Asked:
    """Returns what opens the answer about the thing at a place. A number of 14 digits isn't any thing's."""
    return Asked(f"1448{place:09}", f"05{place:08}")


def keys_of(ring: Keyring, asked: Asked) -> str:
    """Returns the keys by which a transaction is found, as PostgreSQL writes an array."""
    return f"{{{','.join(_keys_of(ring, ASKED, asked))}}}"


def _keys_of(ring: Keyring, kind: str, asked: Asked) -> list[str]:
    known = Known(by="mobile", value=f"+966{asked.mobile[1:]}")
    return match_keys(ring, kind, asked.number, known)


def fill(url: str, ring: Keyring, rows: int) -> None:
    """Fills the read model up to so many things, beside those of the events of sample data."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            f"SELECT count(*) FROM {TABLE} WHERE thing_id LIKE 'bench-%'"
        ).fetchone()
        have = found[0] if found else 0
        with permits.without_indexes(connection, TABLE):
            permits.in_processes(_write, url, ring, have, rows)


def _write(url: str, ring: Keyring, first: int, last: int, writer: int) -> None:
    """Writes a writer's share of the places."""
    templates = [_templates_of(kind) for kind in KINDS]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        names = list(permits.types_of(connection, TABLE))
        with cursor.copy(f"COPY {TABLE} ({', '.join(names)}) FROM STDIN") as copy:
            for row in _rows(templates, ring, range(first + writer, last, permits._WRITERS)):
                copy.write_row([row[name] for name in names])


def _rows(
    templates: list[list[dict[str, Any]]], ring: Keyring, places: range
) -> Iterator[dict[str, Any]]:
    for place in places:
        kind, asked = KINDS[place % len(KINDS)], asked_of(place)
        row = templates[place % len(KINDS)][place // len(KINDS) % 2]
        is_public = row["number_digits"] is not None
        yield {
            **row,
            "thing_id": f"bench-{place}",
            "number_digits": digits_of(asked.number) if is_public else None,
            "match_keys": [] if is_public else _keys_of(ring, kind, asked),
            "state": row["state"].replace(_NUMBER, asked.number),
        }


def _templates_of(kind: str) -> list[dict[str, Any]]:
    """Returns a row of the kind for each of two statuses, as the rules make it of two events."""
    now = datetime.now(UTC)
    today = legal_day(now)
    rows = []
    for status in STATUSES[kind]:
        block = {
            "kind": kind, "number": _NUMBER, "number_digits": _NUMBER, "status": status,
            "opened_on": (today - timedelta(9)).isoformat(), "decided_on": None,
            "due_on": (today + timedelta(5)).isoformat(), "expires_on": None,
            "municipality": "safwa", "next_step": "municipality", "public": kind == "shop_licence",
            "match": [{"by": "mobile", "key": ""}],
        }  # fmt: skip
        record = None
        for version, at in ((1, now - timedelta(9)), (2, now)):
            first = {"status": STATUSES[kind][0]} if version == 1 else {}
            event = ThingEvent(_NUMBER, version, {**block, **first}, legal_day(at), at, at)
            record = apply_event(record, event)
        assert record is not None
        row = _row_of(record)
        rows.append({**row, "state": json.dumps(row["state"]), "steps": json.dumps(row["steps"])})
    return rows
