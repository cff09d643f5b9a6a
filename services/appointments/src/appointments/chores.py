"""What `work` does at intervals and at deadlines."""

from datetime import timedelta

from appointments.commands import retention, seats, visits, waiting
from appointments.commands.recording import DAY_END, FREED, LAPSE
from appointments.context import Context
from appointments.domain import actors
from chassis import one_time_codes
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import every, on_deadline


def _forget_holds(context: Context) -> None:
    seats.forget_holds(context.session, context.now)


def _empty_old(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.person_days)
    retention.empty_old(UnitOfWork.of(context, actors.RETENTION), before=before)


CHORES = [every(60, _forget_holds), every(60, one_time_codes.forget_old), every(10, _empty_old)]
DEADLINES = {
    FREED: on_deadline(waiting.offer_freed_seat, actors.WAITING_LIST),
    LAPSE: on_deadline(waiting.lapse_offer, actors.WAITING_LIST),
    DAY_END: on_deadline(visits.end_day, actors.DAY_END),
}
