"""The chores and deadlines of `payments work`: gauges for alerts, retention, and the expiry of bills."""

from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select

from chassis.core import metrics
from chassis.data.postponed_rows import PARKED_UNTIL
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from payments import queries
from payments.commands.decisions import forget_accounts_of_decisions
from payments.commands.recording import RETENTION, record_bill, record_payment
from payments.context import Context
from payments.domain.bills import Status as BillStatus
from payments.domain.payments import Status, Suspense
from payments.domain.settlement import last_day
from payments.models import Bill, Decision, Payment
from saudi.days import RIYADH

WAITING = metrics.gauge("bills_waiting", "Bills with something to do at the bill system")
OLDEST = metrics.gauge(
    "bills_oldest_waiting_seconds",
    "How long the first of them has waited, however often it was tried",
)
SUSPENDED = metrics.gauge("payments_suspended", "Payments that wait for a clerk")
REFUNDS = metrics.gauge(
    "payments_refunds_waiting",
    "Payments that are to go back, wanted or agreed to, and haven't gone",
)
OLDEST_REFUND = metrics.gauge(
    "payments_refunds_oldest_seconds", "How long the first of them is to go back"
)
DIFFERING = metrics.gauge(
    "payments_reference_differs", "Of these, whose number and reference don't name one bill"
)
UNNOTICED = metrics.gauge(
    "bills_paid_unnoticed", "Bills that are paid, by the bill system, and no notice came"
)
DIFFERENCES = metrics.gauge(
    "reconciliation_differences", "What has no partner, of the days of the last month", ["source"]
)
UNRECONCILED = metrics.gauge(
    "reconciliation_days_late", "How many days ago the first day was due that isn't reconciled yet"
)
COUNTER_OPEN = metrics.gauge(
    "counter_days_open", "Days of counters that ended days ago, and weren't compared with the bank"
)
# The bank's file of a Thursday may come on the Sunday after.
COUNTER_GRACE = timedelta(days=3)
# An older difference that nobody has resolved is shown in the list of reconciliations only.
DIFFERENCES_SHOWN = timedelta(days=31)


def measure(context: Context) -> None:
    """Sets the gauges."""
    session = context.session
    _measure_tasks(context)
    suspended = select(func.count()).where(Payment.status == Status.SUSPENDED.value)
    SUSPENDED.set(session.scalar(suspended) or 0)
    differing = suspended.where(Payment.reason == Suspense.REFERENCE_DIFFERS.value)
    DIFFERING.set(session.scalar(differing) or 0)
    unnoticed = select(func.count()).where(
        Bill.status == BillStatus.REGISTERED.value, Bill.paid_there_at.is_not(None)
    )
    UNNOTICED.set(session.scalar(unnoticed) or 0)
    _measure_refunds(context)
    _measure_reconciliations(context)


def _measure_tasks(context: Context) -> None:
    """Measures by `task_since`, because each try moves `due_at`. Parked bills have an alert of their own."""
    since = func.min(func.coalesce(Bill.task_since, Bill.due_at))
    oldest = since.filter(Bill.due_at < PARKED_UNTIL)
    count, first = context.session.execute(
        select(func.count(), oldest).where(Bill.task.is_not(None))
    ).one()
    WAITING.set(count)
    OLDEST.set(_age(context, first))


def _measure_refunds(context: Context) -> None:
    since = func.min(func.coalesce(Payment.refund_since, Payment.settled_at, Payment.received_at))
    waiting = select(func.count(), since).where(queries.is_refund_due())
    count, first = context.session.execute(waiting).one()
    REFUNDS.set(count)
    OLDEST_REFUND.set(_age(context, first))


def _age(context: Context, since: datetime | None) -> float:
    return max(0.0, (context.now - since).total_seconds()) if since else 0.0


def _measure_reconciliations(context: Context) -> None:
    last = last_day(context.now, context.settings.reconcile_hour)
    for source, count in queries.count_differences(
        context.session, last - DIFFERENCES_SHOWN
    ).items():
        DIFFERENCES.labels(source).set(count)
    missing: list[date] = []
    if context.resources.bill_system is not None:
        missing = queries.list_unreconciled_days(context.session, last)
    UNRECONCILED.set((last - missing[0]).days + 1 if missing else 0)
    yesterday = context.now.astimezone(RIYADH).date() - timedelta(days=1)
    COUNTER_OPEN.set(
        len(queries.list_open_counter_days(context.session, yesterday - COUNTER_GRACE))
    )


def empty_old(context: Context) -> None:
    """Empties payer and contacts of bills that ended `payer_days` ago, and the accounts of refunds of that time. Bills,
    payments and decisions stay, with amounts and times. A bill whose money still goes back keeps its payer, who may
    give an account on any day."""
    ended_before = context.now - timedelta(days=context.settings.payer_days)
    _empty_bills(context, ended_before)
    _empty_accounts(context, ended_before)


def _empty_bills(context: Context, ended_before: datetime) -> None:
    is_full = or_(Bill.payer.is_not(None), Bill.contacts.is_not(None))
    waits = exists().where(Payment.bill_id == Bill.bill_id, queries.may_go_back())
    due = (Bill.ended_at < ended_before) & is_full & ~waits
    rule = Retention(Bill, due, _empty_bill, order_by=Bill.ended_at, batch=200, name="bills")
    rule.run(UnitOfWork.of(context, RETENTION))


def _empty_bill(work: UnitOfWork, bill: Bill) -> None:
    bill.payer = bill.payer_key = bill.contacts = None
    record_bill(work, bill, "empty", None)


def _empty_accounts(context: Context, ended_before: datetime) -> None:
    """Empties the accounts in the decisions about money that settled a bill, or went back, before then."""
    has_account = Payment.payment_id.in_(
        select(Decision.payment_id).where(Decision.iban.is_not(None))
    )
    is_old = func.coalesce(Payment.ended_at, Payment.settled_at) < ended_before
    due = has_account & is_old & ~queries.may_go_back()
    rule = Retention(Payment, due, _empty_account, batch=200, name="accounts")
    rule.run(UnitOfWork.of(context, RETENTION))


def _empty_account(work: UnitOfWork, payment: Payment) -> None:
    forget_accounts_of_decisions(work.session, payment.payment_id)
    record_payment(work, payment, "empty", None)
