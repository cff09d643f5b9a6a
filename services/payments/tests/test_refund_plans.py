"""A payer's refunds are found by the payer's bills, among many other people's, by a plan for any payer too."""

from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.paging import PageRequest
from payments.domain.refunds import Payer
from payments.queries import list_my_refunds

FILL = """
INSERT INTO bill (bill_id, invoice_id, invoice_version, service, subject_type, subject_id, municipality,
    amount_halalas, lines, due_on, payer_key, status, unsure, attempts, created_at, version)
  SELECT gen_random_uuid(), gen_random_uuid(), 1, 'licences', 'violation', n, 'qatif', 100, '[]', '2026-12-01',
    '1:' || md5((n / 5)::text), 'settled', false, 1, now() - n * interval '1 second', 1
  FROM generate_series(1, 20000) n;
INSERT INTO payment (payment_id, bill_id, source, reference, amount_halalas, status, paid_at, paid_on, received_at,
    version)
  SELECT gen_random_uuid(), bill_id, 'sadad', bill_id, 100, 'suspended', created_at, '2026-12-01', created_at, 1
  FROM bill;
ANALYZE bill, payment
"""


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_payer_reads_the_own_money_alone(session: Any, mode: str) -> None:
    session.execute(text(FILL))
    session.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
    page = PageRequest(limit=50, cursor=None, organisation="c", secret=b"s" * 32)
    before = rows_read(session)

    list_my_refunds(session, Payer("1000000008", frozenset({"7000000005"})), page)

    assert rows_read(session) - before <= 10


def rows_read(session: Any) -> int:
    """Returns the rows of both tables that this transaction has read, by scans and through indexes."""
    statement = """
        SELECT sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::bigint
        FROM pg_class WHERE relname IN ('bill', 'payment')
    """
    found: int = session.scalar(text(statement))
    return found
