"""What `work` does at intervals and at deadlines."""

from datetime import timedelta

from appointments.commands import retention, seats, visits, waiting
from appointments.commands.recording import DAY_END, FREED, LAPSE
from appointments.context import Context
from appointments.domain import actors
from chassis import one_time_codes
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import every


def _offer_freed_slot(context: Context, deadline: Deadline) -> None:
    work = UnitOfWork.of(context, actors.WAITING_LIST)
    waiting.offer_freed_slot(work, deadline.aggregate_id)


def _lapse_offer(context: Context, deadline: Deadline) -> None:
    waiting.lapse_offer(UnitOfWork.of(context, actors.WAITING_LIST), deadline.aggregate_id)


def _end_day(context: Context, deadline: Deadline) -> None:
    visits.end_day(UnitOfWork.of(context, actors.DAY_END), deadline.aggregate_id)


def _forget_holds(context: Context) -> None:
    seats.forget_holds(context.session, context.now)


def _forget_codes(context: Context) -> None:
    one_time_codes.forget_old(context.session, context.now)


def _empty_old(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.person_days)
    retention.empty_old(UnitOfWork.of(context, actors.RETENTION), before=before)


CHORES = [every(60, _forget_holds), every(60, _forget_codes), every(10, _empty_old)]
DEADLINES = {FREED: _offer_freed_slot, LAPSE: _lapse_offer, DAY_END: _end_day}
