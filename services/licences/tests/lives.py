"""What the tests of applications and licences share."""

from datetime import datetime
from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM

OWNER, SHOP, LEASE = "1000000008", "7000000005", "10423344550"
BAKERY = [{"code": "107110", "main": True}]
BARBER = [{"code": "960210", "main": True}]


def pay(session: Any, row: Any, now: datetime) -> None:
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
